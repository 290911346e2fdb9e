"""Keeps people from being seen or heard: what the crew asks for, the sheets it looks through, and its signatures."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from fieldkit import disk
from fieldkit.capture.ingest import suffix_of
from fieldkit.config import Library, Settings
from fieldkit.errors import Damaged, NeedsCrew
from fieldkit.journal import Journal
from fieldkit.model import Draft, Kept, Method, Protection, Region, Sha256, Slip, Take, TakeId, Voice, coded
from fieldkit.transcode import captions
from fieldkit.transcode.guarded import sweep
from fieldkit.transcode.probe import probe


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed of a protection; None says nothing about it."""

    method: Method | None = None
    region: Region | None = None
    voice: Voice | None = None
    voice_file: Path | None = None
    captions: Path | None = None


NOTHING = Wish()
_SOME = Kept("", Sha256("0" * 64))  # stands for a file until it was copied


@dataclass(frozen=True, slots=True)
class Protector:
    """The protections of one library."""

    library: Library
    settings: Settings
    journal: Callable[[], AbstractContextManager[Journal]]

    def wanted(self, wish: Wish, before: Protection | None = None) -> Protection | None:
        """The protection that was asked for, on top of what there was; its files are copied into the library.

        None where nothing was asked for. Raises NeedsCrew, NotAVideo, DiskFull.
        """
        if wish == NOTHING:
            return before
        method = wish.method or (before.method if before else None)
        voice = wish.voice or (before.voice if before else None)
        region = wish.region or (before.region if before and wish.method is None else None)
        spoken = before.spoken if before and voice is Voice.REVOICE else None
        said = before.captions if before else None
        self._fit(wish, voice, spoken)
        wanted = Protection(method, region, voice, _SOME if voice is Voice.REVOICE else None)
        return replace(
            wanted,
            spoken=self._kept(wish.voice_file) if wish.voice_file else spoken,
            captions=self._kept(wish.captions) if wish.captions else said,
            by=(self.settings.operator or "")[:40] or None,
        )

    @staticmethod
    def _fit(wish: Wish, voice: Voice | None, spoken: Kept | None) -> None:
        """Raises NeedsCrew for files that don't fit what is asked, before a byte is copied."""
        if (voice is Voice.REVOICE) != (wish.voice_file is not None or spoken is not None):
            raise NeedsCrew(
                "--voice revoice goes with --voice-file FILE, another person's recording of the words."
            )
        if wish.voice_file is not None and probe(wish.voice_file).audio is None:
            raise NeedsCrew(f"{wish.voice_file.name} has no sound; record the other voice once more.")
        if wish.captions is not None:
            with disk.translated(wish.captions):
                content = wish.captions.read_bytes()
            captions.parse(content, wish.captions.name)

    def protect(self, take: TakeId, wish: Wish) -> tuple[Protection, list[Slip]]:
        """Puts a protection on record; what was made before goes. Returns what a store has in the open."""
        self.library.make()
        with self.journal() as journal:
            wanted = self.wanted(wish, journal.protection.of(take))
            if wanted is None:
                raise NeedsCrew("Say what is hidden: --protect for the face, --voice for the voice, or both.")
            slips = journal.protection.put(take, wanted)
            sweep(self.library, journal)
        return wanted, slips

    def sheets(self, take: TakeId) -> list[Draft]:
        """What waits for a person's word, as it lies on the disk, with sheets that are there."""
        with self.journal() as journal:
            drafts = journal.protection.drafts(take)
            for draft in drafts:
                self._verified(journal, draft)
        return drafts

    def shown(self, drafts: list[Draft]) -> None:
        """Somebody was shown these sheets."""
        with self.journal() as journal:
            journal.protection.shown(drafts)

    def sign(self, take: Take, by: str) -> list[Draft]:
        """A person answers for every draft of a take whose sheet was shown; returns them.

        Raises NeedsCrew where there is none, or one whose sheet nobody looked at; Damaged.
        """
        by = coded(by)
        with self.journal() as journal:
            drafts = journal.protection.drafts(take.id)
            if not drafts:
                raise NeedsCrew(
                    f"Nothing of take {take.id[-6:]} waits for sign-off; `fieldkit render` makes what is due."
                )
            if any(not draft.shown for draft in drafts):
                raise NeedsCrew(
                    "Nobody signs for what they have not seen: look at every picture first with "
                    f"`fieldkit protect {take.id[-6:]} --sheet`."
                )
            for draft in drafts:
                self._verified(journal, draft)
            for draft in drafts:
                made = draft.rendition
                journal.protection.sign(take.id, made.profile, made.sha256, by)
        return drafts

    def _verified(self, journal: Journal, draft: Draft) -> None:
        """Raises Damaged, and has it made anew, where the file is not what was checked."""
        made = draft.rendition
        try:
            disk.verify(self.library.root / made.path, made.sha256)
            disk.hashed(self.library.root / draft.sheet)  # that it is there, and can be read
        except (Damaged, NeedsCrew):
            journal.protection.reject(made.take, made.profile)
            raise

    def _kept(self, source: Path) -> Kept:
        """A copy in the library, under a name that tells nothing."""
        disk.make_folder(self.library.protections)
        final = self.library.protections / f"{secrets.token_hex(8)}{suffix_of(source)}"
        part = disk.part_for(final)
        with disk.discarded_on_error(part):
            sha256, _ = disk.copy(source, part)
            disk.publish(part, final)
        return Kept(final.relative_to(self.library.root).as_posix(), sha256)
