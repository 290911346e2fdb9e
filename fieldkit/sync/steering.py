"""Whether an upload may go on, asked before every block: the crew's words, the order of the queue, the limits."""

import threading
import time
from collections.abc import Callable

from fieldkit.errors import Cancelled, Held, NoConsent, SetAside
from fieldkit.journal import Journal
from fieldkit.model import Upload
from fieldkit.sync.link import Pace
from fieldkit.sync.purse import Purse

_LOOK = 1.0  # seconds between two looks at the hours and the battery


class Steering:
    """The gate that every block passes. Any thread may ask, so any may read `journal`.

    `held` gives the sentence of what keeps everything back, or None.
    """

    def __init__(
        self,
        journal: Journal,
        store: str,
        held: Callable[[], str | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal, self._store, self._held, self._clock = journal, store, held, clock
        self._lock = threading.Lock()
        self._seen: tuple[Upload, tuple[int, int]] | None = None
        self._looked_at: float | None = None

    def __call__(self, upload: Upload) -> None:
        """Returns where the upload may go on. Raises NoConsent, Cancelled, Held, SetAside where not."""
        with self._lock:
            self._look()
            # reading the version costs microseconds; the rest is asked after somebody wrote something, and once
            # a second, for a consent ends without a word
            seen = (upload, self._journal.version())
            if seen != self._seen:
                self._check(upload)
                self._seen = seen

    def _look(self) -> None:
        now = self._clock()
        if self._looked_at is None or now - self._looked_at >= _LOOK:
            if why := self._held():
                raise Held(why)
            self._looked_at, self._seen = now, None

    def _check(self, upload: Upload) -> None:
        lineup = self._journal.lineup
        if not self._journal.may_leave(upload.take.id):
            raise NoConsent("Consent was withdrawn or the take discarded; its upload stopped at once.")
        if lineup.is_cancelled(upload):
            raise Cancelled("The crew cancelled this upload; it stopped at once.")
        if lineup.is_paused(upload):
            raise SetAside("The crew paused this upload; what was sent is kept.")
        if not lineup.leads(upload, self._store):
            raise SetAside("A more urgent upload goes first; what was sent is kept.")


class Outlay:
    """Pays for each block: with the day's bytes, and with time where a rate is kept."""

    def __init__(self, purse: Purse, pace: Pace) -> None:
        self._purse, self._pace = purse, pace

    def delay(self, now: float, size: int) -> float:
        """Seconds to wait before `size` bytes may go. Raises Held where today's are used up."""
        self._purse.spend(size)
        return self._pace.delay(now, size)
