"""The worker that seals: originals whose plain bytes nobody needs any more become age files."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from fieldkit import age, disk
from fieldkit.config import Library
from fieldkit.errors import Damaged, DiskFull, NeedsCrew, Unready
from fieldkit.journal import Due, Journal, When
from fieldkit.model import Original, TakeId
from fieldkit.pipeline import Outcome
from fieldkit.transcode.profiles import DUE
from fieldkit.vault.keys import Keys
from fieldkit.vault.seal import SUFFIX, opened, seal


@dataclass(slots=True)
class Sealer:
    """Seals what is to be sealed, and takes away what was sealed and what was handed over.

    The order holds at every instant: sealed file, read back; its key's envelopes; the fact; only then the plain file.
    """

    journal: Journal
    library: Library
    keys: Keys
    begin: Callable[[Original], None] = lambda _: None
    _given_up: set[TakeId] = field(default_factory=set)
    _settled: object = None  # what the journal and the folders looked like when there was nothing to do

    def __call__(self, stop: threading.Event) -> Outcome:
        """Works until nothing is to be sealed or `stop` is set. Raises DiskFull, Unready."""
        outcome = Outcome()
        if self.keys.campaign is None and self.keys.laptop is None:
            return outcome
        if not self.library.originals.is_dir():
            raise Unready(f"{self.library.originals} is not there; is the library's disk plugged in?")
        self.library.make()
        if (now := self._sight()) == self._settled:
            return outcome
        self._work(stop, outcome)
        self._settled = now
        return outcome

    def _work(self, stop: threading.Event, outcome: Outcome) -> None:
        disk.sweep(self.library.sealed)
        disk.sweep(self.library.keys, "*-*-*-*-*")  # a take's; the laptop's own is made by somebody else
        self._clear_away(outcome)
        when = When(DUE, early=self.keys.laptop is not None)
        for original in self.journal.sealing.plain(when):
            if stop.is_set():
                break
            if original.take not in self._given_up:
                self._guarded(original, when, outcome)
        for take in self.journal.sealing.delivered(DUE):
            if self.keys.envelope(take).is_file():  # or nobody could open it any more
                self.journal.sealing.hand_over(take)
        self._clear_away(outcome)

    def _sight(self) -> object:
        """Changes with every fact and every file that comes or goes: with 100,000 takes asking costs more."""
        folders = (self.library.originals, self.library.renditions, self.library.sealed, self.library.keys)
        return self.journal.version(), [folder.stat().st_mtime_ns for folder in folders]

    def _guarded(self, original: Original, when: When, outcome: Outcome) -> None:
        try:
            if self._seal(original, when):
                outcome.sealed.append(original.take)
        except (DiskFull, Unready):
            raise
        except (NeedsCrew, Damaged) as error:
            self._given_up.add(original.take)
            outcome.unsealed.append(f"Take {original.take[-6:]} stays plain: {error}")
            outcome.damaged |= isinstance(error, Damaged)

    def _seal(self, original: Original, when: When) -> bool:
        self.begin(original)
        plain = self.library.root / original.path
        final = self.library.sealed / f"{original.take}{plain.suffix}{SUFFIX}"
        pair, part = age.new_pair(), disk.part_for(final)
        size = seal(plain, original.sha256, part, pair)
        with disk.discarded_on_error(part):
            self.keys.keep(original.take, pair)
            disk.publish(part, final)
        path = final.relative_to(self.library.root).as_posix()
        if self.journal.sealing.sealed(original.take, path, size, when):
            return True
        self._forget(original.take)  # consent was given or withdrawn, or it was wanted again, meanwhile
        return False

    def _clear_away(self, outcome: Outcome) -> None:
        """Removes what facts say is not to be here any more; also after a kill between fact and removal."""
        sealing = self.journal.sealing
        kept = _names(self.library.keys) | _names(self.library.sealed)
        for take in sealing.forgotten() if kept else ():
            if any(name.startswith(take) for name in kept):
                self._forget(take)
        if plain := _names(self.library.originals):
            for path, take in sealing.superseded().items():
                if Path(path).name in plain and self._is_safe(take, outcome):
                    disk.remove(self.library.root / path)
        if made := _names(self.library.renditions):
            for path in sealing.shed():
                if Path(path).name in made:
                    disk.remove(self.library.root / path)
        for take in sealing.handed_over() if kept else ():
            if self.keys.envelope(take, "laptop").name in kept:
                self.keys.give_away(take)

    def _is_safe(self, take: TakeId, outcome: Outcome) -> bool:
        """Whether the sealed file and a key to it are where they were put: then the plain one may go."""
        sealed = self.library.root / (self.journal.sealing.path(take) or "")
        envelopes = (self.keys.envelope(take), self.keys.envelope(take, "laptop"))
        if sealed.is_file() and any(each.is_file() for each in envelopes):
            return True
        if take in self._given_up:
            return False
        self._given_up.add(take)
        outcome.unsealed.append(
            f"Take {take[-6:]}: its sealed file or its key is gone from {self.library.root}; its plain original stays."
        )
        outcome.damaged = True
        return False

    def _forget(self, take: TakeId) -> None:
        """Key first; then what it opened."""
        self.keys.destroy(take)
        for path in self.library.sealed.glob(f"{take}.*"):
            disk.remove(path)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which originals this laptop can read: plain ones, and sealed ones to which this laptop opens the key."""

    journal: Journal
    library: Library
    keys: Keys
    unlock: Callable[[], str | None] = lambda: (
        None
    )  # this laptop's secret key, where the passphrase was given

    def sort(self, due: Iterable[Due]) -> tuple[list[Due], list[str]]:
        """What can be made of what is due, and a sentence for each take that can't be read now. Raises WrongKey."""
        can: list[Due] = []
        why: dict[str, None] = {}
        for each in due:
            if (sentence := self._keeps(each.take.id)) is None:
                can.append(each)
            else:
                why[f"Take {each.take.id[-6:]} {sentence}"] = None
        return can, list(why)

    @contextmanager
    def opening(self, due: Due) -> Iterator[Due]:
        """What is due with an original that can be read, for as long as it is needed. Raises Damaged, DiskFull."""
        path = self.journal.sealing.path(due.take.id)
        if path is None or (own := self.unlock()) is None:
            yield due
            return
        key = self.keys.open(due.take.id, own)
        plain = disk.part_for(
            self.library.renditions / Path(due.original.path).name
        )  # swept with the renditions
        with opened(self.library.root / path, due.original.sha256, plain, key) as part:
            relative = part.relative_to(self.library.root).as_posix()
            yield replace(due, original=replace(due.original, path=relative))

    def _keeps(self, take: TakeId) -> str | None:
        if self.journal.sealing.path(take) is None:
            return None
        if not self.keys.envelope(take, "laptop").is_file():
            return "is sealed for headquarters: nothing more is made of it here; they open it with `fieldkit unseal`."
        if self.unlock() is None:
            return (
                "is sealed: give the passphrase (FIELDKIT_PASSPHRASE, or at the prompt of `fieldkit render`)."
            )
        return None


def _names(folder: Path) -> set[str]:
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as found:
        return {entry.name for entry in found}
    return set()
