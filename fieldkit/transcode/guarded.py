"""Makes protected renditions: a copy without what is hidden, the clip of that copy, the alarm over both, a person.

Nothing gets its name before every check was passed, and nothing is a rendition before somebody signed for it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fieldkit import disk
from fieldkit.config import Library
from fieldkit.errors import FieldkitError, NeedsCrew
from fieldkit.journal import Due, Journal
from fieldkit.model import Draft, Kept, Method, Protection, Region, Rendition, Voice
from fieldkit.transcode import captions, explain, fonts, mask, repair
from fieldkit.transcode.alarm import Alarm, Unsafe, pictures
from fieldkit.transcode.brief import NOTHING_MORE, Brief
from fieldkit.transcode.choose import Choice
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.ground import Conditions
from fieldkit.transcode.lab import url
from fieldkit.transcode.mask import Mask
from fieldkit.transcode.probe import probe, seen
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.render import SUFFIX, UNKNOWN, Made, Progress, foreseen, render
from fieldkit.transcode.sheet import draw
from fieldkit.transcode.words import Words

_EVEN, _OFF = (
    3.0,
    6.0,
)  # of 255: how much a solid fill may vary, and differ from the fill, once it was encoded
_LATE = 0.5  # seconds by which the other voice may outlast the picture


@dataclass(frozen=True, slots=True)
class Guard:
    """Makes the protected renditions of one run. What was found of a source holds for all of its profiles."""

    library: Library
    journal: Journal
    ffmpeg: Ffmpeg
    alarm: Alarm = field(default_factory=Alarm)
    cleared: set[tuple[str, Region | None]] = field(default_factory=set)

    def make(
        self,
        due: Due,
        protection: Protection,
        *,
        brief: Brief = NOTHING_MORE,
        conditions: Conditions = UNKNOWN,
        progress: Progress = lambda _done, _of: None,
        tell: Callable[[str], None] = lambda _: None,
        chosen: Callable[[Choice], None] = lambda _: None,
    ) -> Draft:
        """The draft of what is due, whole, checked and on record; `tell` is given the notes.

        Raises Unsafe where a face is seen or it can't be told, Overtaken where the take was protected otherwise
        meanwhile, and what `render_due` raises. Whatever is raised, no file is left.
        """
        source = self.library.root / due.original.path
        disk.verify(source, due.original.sha256)
        brief = replace(brief, words=self._words(brief.words, protection))
        beside = self.library.renditions / f"{due.profile}{SUFFIX}"
        tick = lambda: progress(0.0, 1.0)  # noqa: E731 - the same for all that takes time
        with repair.readable(source, beside, tick) as (readable, saved):
            foreseen(readable, due.profile, brief)
            masked = self._mask(readable, due.profile, protection)
            if masked.filmed and protection.method is not None:
                self._look(due, readable, masked, tick)
            with self._copied(readable, masked, protection, beside, tick) as copy:
                _check_copy(copy, masked, tick)
                part = disk.part_for(beside)
                with disk.discarded_on_error(part):
                    made = render(
                        copy,
                        due.profile,
                        part.parent,
                        part.name,
                        self.ffmpeg,
                        brief=brief,
                        conditions=conditions,
                        progress=progress,
                        sha256=due.original.sha256,
                    )
                    self._check(made, protection, tick)
                    draft = self._published(due, protection, made)
        for sentence in (*saved, *made.notes, *(explain.two_lines(made.choice) if made.choice else ())):
            tell(sentence)
        tell(waits(draft))
        if made.choice:
            chosen(made.choice)
        return draft

    def sweep(self) -> None:
        """Removes what no row speaks of any more. The caller holds the lock on rendering."""
        sweep(self.library, self.journal)

    def _look(self, due: Due, readable: Path, masked: Mask, tick: Callable[[], None]) -> None:
        """The alarm over the source, once for all profiles of a run."""
        key = (due.original.sha256, masked.region)
        if key not in self.cleared:
            self.alarm.before(readable, masked.region, tick)
            self.cleared.add(key)

    def _words(self, words: Words | None, protection: Protection) -> Words | None:
        if protection.captions is not None:
            path = self._kept(protection.captions)
            cues = captions.parse(path.read_bytes(), "the captions")
            words = replace(words or Words(), cues=cues)
            fonts.faces(words.texts())
        elif protection.voice is Voice.MUTE:
            raise NeedsCrew(
                "Without sound it takes captions to say anything: `fieldkit protect TAKE --captions FILE` gives them."
            )
        return words

    def _mask(self, source: Path, profile: str, protection: Protection) -> Mask:
        found, spoken = probe(source), None
        if protection.spoken is not None:
            if protection.spoken.sha256 == disk.hashed(source)[0]:
                raise NeedsCrew(
                    "The other voice's recording is the take itself; have somebody else speak the words."
                )
            told = probe(self._kept(protection.spoken))
            if told.audio is None:
                raise NeedsCrew("The other voice's recording has no sound; record it once more.")
            if told.seconds > found.seconds + _LATE:
                raise NeedsCrew(
                    f"The other voice speaks for {told.seconds:.1f} s and the take lasts {found.seconds:.1f} s; "
                    "speak it faster, or leave something out."
                )
            spoken = told.audio.index
        return mask.mask(found, protection, PROFILES[profile], spoken)

    @contextmanager
    def _copied(
        self, source: Path, masked: Mask, protection: Protection, beside: Path, tick: Callable[[], None]
    ) -> Iterator[Path]:
        """The copy without what is hidden, for as long as it is used."""
        part = disk.part_for(beside.with_suffix(".mkv"))
        voice = url(self.library.root / protection.spoken.path) if protection.spoken else None
        try:
            self.ffmpeg.run(
                masked.arguments(url(source), url(part), voice),
                seconds=masked.probe.seconds,
                progress=lambda _: tick(),
            )
            yield part
        finally:
            part.unlink(missing_ok=True)

    def _check(self, made: Made, protection: Protection, tick: Callable[[], None]) -> None:
        """What came out: no face in any picture, no picture too few, no sound where there must be none."""
        if protection.voice is Voice.MUTE and seen(made.path).audios:
            raise Unsafe("What was made has sound and must not; no protected clip was made.")
        if protection.method is not None:
            self.alarm.after(made.path, protection.region, made.passport.frames, tick)
        disk.verify(made.path, made.sha256)

    def _published(self, due: Due, protection: Protection, made: Made) -> Draft:
        """The clip and its sheet get their names, then the row is written."""
        stem = f"{due.take.tweet_id}-{due.profile}-{made.sha256[:12]}-{due.take.id[-12:]}"
        final, sheet = (self.library.renditions / f"{stem}{suffix}" for suffix in (SUFFIX, ".jpg"))
        try:
            draw(made.path, sheet)
            disk.publish(made.path, final)
            rendition = Rendition(
                take=due.take.id,
                profile=due.profile,
                path=final.relative_to(self.library.root).as_posix(),
                sha256=made.sha256,
                bytes=made.bytes,
                seconds=round(made.seconds, 3),
                width=made.width,
                height=made.height,
            )
            told = sheet.relative_to(self.library.root).as_posix()
            return self.journal.protection.drafted(rendition, told, protection, made.passport.document())
        except BaseException:
            for path in (final, sheet):
                path.unlink(missing_ok=True)
            raise

    def _kept(self, kept: Kept) -> Path:
        path = self.library.root / kept.path
        disk.verify(path, kept.sha256)
        return path


def waits(draft: Draft) -> str:
    """What somebody has to do now."""
    made = draft.rendition
    return (
        f"The protected {made.profile} of take {made.take[-6:]} waits for sign-off: look at every picture with "
        f"`fieldkit protect {made.take[-6:]} --sheet`, then sign."
    )


def sweep(library: Library, journal: Journal) -> list[str]:
    """Removes what no row speaks of any more; a sentence for each file that can't be removed yet."""
    left = []
    for path in journal.protection.leftovers():
        try:
            with disk.translated(library.root / path):
                (library.root / path).unlink(missing_ok=True)
        except FieldkitError as error:
            left.append(str(error))
            continue
        journal.protection.gone(path)
    return left


def _check_copy(copy: Path, masked: Mask, tick: Callable[[], None]) -> None:
    """That the copy has every picture, and nothing but the fill where something is hidden. Raises Unsafe."""
    if masked.shape is None or masked.protection.method is not Method.COVER:
        return
    count, (wide, high) = 0, masked.shape.frame
    left, top, width, height = masked.box() if masked.region and masked.filmed else (0, 0, wide, high)
    for at, picture in pictures(copy):
        count += 1
        across, down = picture.shape[1] / wide, picture.shape[0] / high
        if not _solid(
            picture[
                round(top * down) + 2 : round((top + height) * down) - 2,
                round(left * across) + 2 : round((left + width) * across) - 2,
            ]
        ):
            raise Unsafe(
                f"The cover is not whole at {at:.1f} s; no protected clip was made, the original is safe."
            )
        if count % 10 == 0:
            tick()
    if abs(count - masked.frames) > 1:
        raise Unsafe(
            f"The covered copy has {count} pictures instead of {masked.frames}; no protected clip was made, the "
            "original is safe."
        )


def _solid(picture: Any) -> bool:
    if not picture.size:
        return False
    return float(picture.std()) <= _EVEN and abs(float(picture.mean()) - mask.FILL) <= _OFF
