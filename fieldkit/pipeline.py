"""The line: salvage, render, push. Each worker asks the journal what is missing until nothing is."""

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fieldkit import disk
from fieldkit.config import Library
from fieldkit.errors import (
    Cancelled,
    Damaged,
    FieldkitError,
    Held,
    NeedsCrew,
    NoConsent,
    Refused,
    SetAside,
    Withdrawn,
    WorthRetrying,
    own_mistake,
)
from fieldkit.journal import Due, Journal
from fieldkit.model import Draft, Original, Receipt, Refusal, Rendition, Station, TakeId, Upload, Withdrawal
from fieldkit.sync.follow import Follow
from fieldkit.sync.push import Progress, Push, Spoiled

if TYPE_CHECKING:
    from fieldkit.transcode.choose import Choice

_LOOK = 0.05  # seconds between two looks at whether the journal has changed
_IDLE = 1.0  # seconds between two looks at the journal of a worker that stays
_AGAIN = 30.0  # seconds before what needs the crew is tried again


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told what happens: each is a function of the command that runs."""

    rendering: Callable[[Due], Callable[[float, float], None]]  # returns who wants seconds done, of how many
    sending: Callable[[Progress, float | None], None]  # with the goodput in bits/s
    arrived: Callable[[Receipt], None]
    trouble: Callable[[str], None]


@dataclass(slots=True)
class Outcome:
    """What one run of a worker did."""

    salvaged: list[Original] = field(default_factory=list)
    rendered: list[Rendition] = field(default_factory=list)
    drafted: list[Draft] = field(default_factory=list)  # protected, and wait for a person
    received: list[Receipt] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    sealed: list[TakeId] = field(default_factory=list)  # originals that now lie here sealed only
    unsealed: list[str] = field(default_factory=list)  # why originals that are to be sealed stay plain
    spoiled: list[str] = field(default_factory=list)  # renditions found damaged, which are due again
    damaged: bool = False  # an original, or the path to the store
    choices: list["Choice"] = field(default_factory=list)  # of the renditions that had one
    held: str | None = None  # why the rest waits, where it does
    notes: list[str] = field(default_factory=list)  # what the crew should know of a clip, a sentence each

    @property
    def troubles(self) -> list[str]:
        """What the crew must hear, a sentence each; what befell both profiles of a take is said once."""
        refused = dict.fromkeys((refusal.take, refusal.why) for refusal in self.refused)
        return [*self.spoiled, *self.unsealed, *(f"Take {take[-6:]}: {why}" for take, why in refused)]

    def note(self, due: Due) -> Callable[[str], None]:
        """Who keeps the notes on what is due; what holds for both profiles of a take is kept once."""

        def keep(sentence: str) -> None:
            if (said := f"Take {due.take.id[-6:]}: {sentence}") not in self.notes:
                self.notes.append(said)

        return keep


@dataclass(slots=True)
class Pusher:
    """Sends every rendition that lacks its receipt and that nobody holds back.

    `held` gives the sentence of what keeps everything back, or None; `idle` is told it when nothing is sent,
    and `arrived` of each receipt. Of withdrawals the store hears first. While nothing waits, what is just being
    encoded is followed.
    """

    journal: Journal
    push: Push
    store: str
    held: Callable[[], str | None]
    idle: Callable[[str | None], None]
    arrived: Callable[[Receipt], None]
    erase: Callable[[], list[str]] = list  # what is due to go from this laptop, a sentence for each
    tell: Callable[[str], None] = lambda _: None
    follow: Follow | None = None  # where somebody encodes beside it
    _tidied: tuple[int, int] | None = None  # the journal's version when there was nothing to clear away

    def __call__(self, stop: threading.Event) -> Outcome:
        """Works until nothing is due or `stop` is set. Raises NotAuthorised, WorthRetrying."""
        outcome = Outcome()
        self._erase()
        self._clear_away()
        try:
            while not stop.is_set():
                if upload := self.journal.lineup.next(self.store):
                    self._send(upload, outcome)
                    continue
                if self.follow is not None:
                    self.follow()
                if self.journal.lineup.next(self.store) is None:
                    break
        except Held as why:
            outcome.held = str(why)
        finally:
            self.idle(outcome.held)
        return outcome

    def _send(self, upload: Upload, outcome: Outcome) -> None:
        if why := self.held():
            raise Held(why)
        try:
            receipt = self.push(upload)
            outcome.received.append(receipt)
            self.arrived(receipt)
        except (NoConsent, Cancelled):
            self._clear_away()
        except Withdrawn:
            self.journal.farewell.heard([Withdrawal(upload.take.tweet_id, upload.take.id)])
            self._erase()
        except Held:
            raise
        except SetAside:
            return  # another one is next
        except Spoiled as error:
            self.journal.drop_rendition(upload.take.id, upload.rendition.profile)
            outcome.spoiled.append(str(error))
        except (Refused, Damaged) as error:
            refusal = Refusal(upload.take.id, Station.PUSH, str(error), upload.rendition.profile)
            self.journal.refuse(refusal)
            outcome.refused.append(refusal)
            outcome.damaged |= isinstance(error, Damaged)

    def _erase(self) -> None:
        for sentence in self.erase():  # told at once: what follows may end in an error
            self.tell(sentence)

    def _clear_away(self) -> None:
        if self.journal.version() != self._tidied:
            for sentence in self.push.clear_away():
                self.tell(sentence)
            if self.follow is not None:
                self.follow.clear_away()
            self._tidied = self.journal.version()


Worker = Callable[[], Outcome]  # one run of it


def once(
    library: Library, work: str, worker: Callable[[threading.Event], Outcome], stop: threading.Event
) -> Outcome:
    """One run of a worker, alone at this work in this library. Raises WorthRetrying where another is at it."""
    with library.lock(work) as lock:
        if not _taken(lock, stop):
            raise WorthRetrying(
                f"Another fieldkit is already at work on this library ({work}); leave it, or stop it first."
            )
        return worker(stop)


def _taken(lock: disk.Lock, stop: threading.Event) -> bool:
    """`fieldkit queue` holds the lock for an instant to see whether a worker does: so more than one try."""
    for _ in range(5):
        if lock.take():
            return True
        stop.wait(0.1)
    return False


def forever(
    work: Callable[[], Outcome],
    stop: threading.Event,
    tell: Callable[[str], None],
    rest: Callable[[threading.Event, float], object] = threading.Event.wait,
) -> None:
    """Repeats `work` until `stop` is set; what needs the crew is told once, and tried again in a while.

    `rest` waits so many seconds for `stop` between two looks, or less where there is news.
    So is a mistake of our own: whoever left this running must not find in the morning that nothing was sent.
    """
    said = ""
    while not stop.is_set():
        pause, wait = _IDLE, rest
        try:
            outcome = work()
            for sentence in (*outcome.notes, *outcome.troubles):
                tell(sentence)
            if outcome.held and outcome.held != said:
                tell(outcome.held)
            said = outcome.held or ""
        except FieldkitError as error:
            if stop.is_set():
                return
            if str(error) != said:
                tell(said := str(error))
            # what a person must do takes a while, and asking in vain costs a metered line
            pause, wait = (_AGAIN if isinstance(error, NeedsCrew) else _IDLE), threading.Event.wait
        except Exception as error:
            if os.environ.get("FIELDKIT_DEBUG"):
                raise
            if (sentence := own_mistake(error)) != said:
                tell(said := sentence)
            pause, wait = _AGAIN, threading.Event.wait
        wait(stop, pause)


def listen(
    journal: Callable[[], AbstractContextManager[Journal]],
    stir: Callable[[], None],
    stop: threading.Event,
) -> None:
    """Tells `stir` when anybody has put something on record, until `stop`: a recorder beside us, for one."""
    while not stop.is_set():
        with suppress(FieldkitError), journal() as open_journal:
            known = open_journal.version()
            while not stop.wait(_LOOK):
                if (now := open_journal.version()) != known:
                    known = now
                    stir()
        stop.wait(_IDLE)  # the library's disk was unplugged; the stations say so
