"""The queue as a crew sees and steers it; knows nothing of cameras and encoders, so that it answers at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from fieldkit.config import Library, Settings
from fieldkit.errors import NeedsCrew
from fieldkit.journal import Journal, Meant, Word
from fieldkit.model import TakeId
from fieldkit.sync import live, queue
from fieldkit.sync.allowance import Limits, Moment, held
from fieldkit.sync.battery import charge
from fieldkit.sync.purse import spent_today


@dataclass(frozen=True, slots=True)
class Aloft:
    """A clip that is sent while it is encoded; `bytes` and `eta_seconds` are about what they will be."""

    take: str
    tweet_id: str
    profile: str
    sent: int  # bytes that the store confirmed
    bytes: int | None
    eta_seconds: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """The queue at one instant."""

    lines: list[queue.Line]
    sight: live.Sight
    held: str | None  # why nothing is sent for now
    spent: int  # bytes today
    budget: int | None
    unsigned: int = 0  # protected renditions that wait for a person's word
    aloft: Aloft | None = None

    @property
    def as_json(self) -> Iterator[str]:
        """What `fieldkit queue --json` prints, in pieces."""
        return queue.document(
            self.lines,
            self.sight,
            self.held,
            {
                "today": self.today,
                "unsigned": self.unsigned,
                "aloft": asdict(self.aloft) if self.aloft else None,
            },
        )

    @property
    def today(self) -> dict[str, Any]:
        """Bytes that were sent, and that may be."""
        return {"sent": self.spent, "budget": self.budget}


@dataclass(frozen=True, slots=True)
class Outbox:
    """The queue of one library."""

    library: Library
    settings: Settings

    def show(self) -> Shown:
        """What waits, in the order of sending. Raises NeedsCrew where the journal can't be used."""
        sight, spent = live.read(self.library.live), spent_today(self.library.spent)
        with self.library.lock("sync") as lock, self._journal() as journal:
            at_work = not lock.take()
            waiting = journal.lineup.waiting(self.settings.store or "")
            hashes = journal.lineup.named(sight.sent)
            why = journal.lineup.why_refused()
            unsigned = len(journal.protection.drafts())
            aloft = _aloft(journal, sight) if at_work else None
        # a worker may have been given other limits on its command line than those that are set
        why_held = sight.held if at_work else holding(self.settings, lambda: spent)()
        lines = queue.listing(waiting, hashes, why, sight, at_work=at_work, held=why_held)
        return Shown(lines, sight, why_held if lines else None, spent, self.settings.budget, unsigned, aloft)

    def say(self, word: Word, ids: Sequence[str]) -> list[Meant]:
        """Puts the crew's word about uploads on record; a worker acts on it within a second. Raises NeedsCrew."""
        with self._journal() as journal:
            meant = [_meant(journal, each) for each in ids] or [Meant()]
            journal.lineup.say(word, meant)
        return meant

    def _journal(self) -> Journal:
        self.library.make()
        return Journal(self.library.journal)


def holding(settings: Settings, spent: Callable[[], int]) -> Callable[[], str | None]:
    """A function that tells, as a sentence, what keeps everything from being sent now; None where nothing does."""
    limits = Limits(settings.window, settings.budget, settings.battery)

    def why() -> str | None:
        percent = charge() if limits.battery is not None else None
        return held(limits, Moment(datetime.now().astimezone(), spent(), percent))

    return why


def _aloft(journal: Journal, sight: live.Sight) -> Aloft | None:
    if (seen := sight.aloft) is None:
        return None
    flight = journal.flights.of(TakeId(seen.take), seen.profile)
    if flight is None:
        return None
    eta = None
    if flight.expected and sight.rate:
        eta = round(max(0, flight.expected - seen.sent) * 8 / sight.rate.mean)
    return Aloft(seen.take, journal.take(seen.take).tweet_id, seen.profile, seen.sent, flight.expected, eta)


def _meant(journal: Journal, text: str) -> Meant:
    """`1f0c22` or `1f0c22:proxy`."""
    take, colon, profile = text.partition(":")
    if colon and not (profile.isascii() and profile.isalnum()):
        raise NeedsCrew(f"“{text[:40]}” is not a take's ID, or one with a profile such as 1f0c22:proxy.")
    return Meant(journal.take(take).id, profile or None)
