"""Sends what waits: the push with its limits, put together. Knows no encoder, so that it begins at once."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fieldkit import erase, pipeline
from fieldkit.config import Library, Settings
from fieldkit.errors import NeedsCrew
from fieldkit.growing import Runway
from fieldkit.journal import Journal
from fieldkit.model import Station, Upload
from fieldkit.outbox import Outbox, holding
from fieldkit.pipeline import Audience, Outcome, Worker
from fieldkit.sync import live
from fieldkit.sync.ahead import Ahead
from fieldkit.sync.enquiry import Enquiry
from fieldkit.sync.export import Exported, export
from fieldkit.sync.follow import Follow
from fieldkit.sync.gauge import Gauge
from fieldkit.sync.link import Pace
from fieldkit.sync.patience import Patience
from fieldkit.sync.purse import Purse
from fieldkit.sync.push import Progress, Push
from fieldkit.sync.steering import Outlay, Steering
from fieldkit.sync.tus import Tus


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The way of one library's uploads to its store."""

    library: Library
    settings: Settings
    ahead: Ahead | None = None
    runway: Runway | None = None  # where somebody encodes beside it

    @property
    def store(self) -> str:
        """The store's URL. Raises NeedsCrew where none is set."""
        if self.settings.store is None:
            raise NeedsCrew(
                "No store is set yet: `fieldkit init --store https://… --token …`. Everything is kept."
            )
        return self.settings.store

    @property
    def outbox(self) -> Outbox:
        """The queue, to be looked at."""
        return Outbox(self.library, self.settings)

    def sync(
        self, stop: threading.Event, audience: Audience, *, watch: bool = False, again: bool = False
    ) -> Outcome:
        """Pushes what is due, until the queue is empty or, with `watch`, until `stop` is set."""
        if again:
            with self._journal() as journal:
                journal.forgive(Station.PUSH)
        if not watch:
            with self._pusher(stop, audience, self.settings.patience) as worker:
                return worker()
        with contextlib.ExitStack() as stack:
            pipeline.forever(self.staying(stack, stop, audience), stop, audience.trouble)
        return Outcome()

    def export(self, folder: Path, progress: Callable[[Upload], Callable[[int], None]]) -> Iterator[Exported]:
        """Copies what lacks its receipt onto a stick. Raises DiskFull, NeedsCrew, WorthRetrying."""
        with self._journal() as journal:
            yield from export(journal, self.library, self.settings.store or "", folder, progress)

    def enquire(self, patience: float) -> None:
        """Asks the store what the command centre wants. Raises WorthRetrying, NeedsCrew; what is kept stays."""
        self.library.make()
        self._enquiry(lambda: None).ask(patience)

    def staying(self, stack: contextlib.ExitStack, stop: threading.Event, audience: Audience) -> Worker:
        """A worker that is opened when it is first wanted, again where that failed, and kept until `stack` closes."""
        worker: Worker | None = None

        def work() -> Outcome:
            nonlocal worker
            if worker is None:
                worker = stack.enter_context(self._pusher(stop, audience, float("inf")))
            return worker()

        return work

    @contextmanager
    def _pusher(self, stop: threading.Event, audience: Audience, limit: float) -> Iterator[Worker]:
        """The worker that sends; `limit` is its patience in seconds."""
        with (
            self._journal(any_thread=True) as journal,
            contextlib.closing(Tus(self.store, self.settings.token, self.ahead)) as tus,
            contextlib.closing(Purse(self.library.spent, self.settings.budget)) as purse,
        ):
            sight = live.Live(self.library.live, lambda: tus.round_trip)
            held = holding(self.settings, lambda: purse.spent)
            enquiry = self._enquiry(held)

            def tell(progress: Progress) -> None:
                sight(progress)
                audience.sending(progress, sight.bits_per_second())
                enquiry.while_sending()

            patience = Patience(limit, stop, clock=time.monotonic, tell=audience.trouble)
            pace = Outlay(purse, Pace(self.settings.rate))
            gauge = Gauge()
            push = Push(
                journal,
                self.library,
                tus,
                self.store,
                patience=patience,
                stop=stop,
                steer=Steering(journal, self.store, held),
                pace=pace,
                gauge=gauge,
                tell=tell,
            )
            follow = None
            if self.runway is not None:
                follow = Follow(
                    journal,
                    tus,
                    self.store,
                    self.runway,
                    stop=stop,
                    patience=patience,
                    held=held,
                    pace=pace,
                    gauge=gauge,
                    tell=lambda at, flight, confirmed, behind: sight.flying(
                        at, live.Aloft(flight.take, flight.profile, confirmed), behind=behind
                    ),
                )
            tidy = erase.tidied(journal, self.library, self.settings)
            worker = pipeline.Pusher(
                journal, push, self.store, held, sight.holds, audience.arrived, tidy, audience.trouble, follow
            )

            def work() -> Outcome:
                enquiry.begin()
                outcome = pipeline.once(self.library, "sync", worker, stop)
                if follow is None:  # else nothing is to be missed that begins to grow meanwhile
                    enquiry.end()
                for sentence in tidy():  # what was heard at this contact
                    audience.trouble(sentence)
                return outcome

            yield work

    def _enquiry(self, held: Callable[[], str | None]) -> Enquiry:
        # on a line of its own: a connection that was dialled ahead, or is still warm, is the upload's
        return Enquiry(
            self.library,
            lambda: Tus(self.store, self.settings.token),
            self.store,
            self.settings.place,
            held=held,
        )

    def _journal(self, *, any_thread: bool = False) -> Journal:
        self.library.make()
        return Journal(self.library.journal, any_thread=any_thread)
