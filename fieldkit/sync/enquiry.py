"""Asks the store what the command centre wants and has decided: one conditional request at each contact."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlencode

from fieldkit.config import Library
from fieldkit.errors import FieldkitError, LinkDown
from fieldkit.journal import Journal
from fieldkit.model import Place
from fieldkit.protocol import REQUESTS
from fieldkit.sync.tus import Tus
from fieldkit.wanted import read_wanted

_EVERY = 300.0  # seconds between two answers: 240 bytes up and 150 down where nothing changed
_AGAIN = 60.0  # seconds after one that did not come
_FULL = (
    5.0  # seconds after which an upload has filled the line, so that a question delays it by its bytes alone
)
_LARGEST = 2_000_000  # bytes of a list
_IDLE_PATIENCE, _BUSY_PATIENCE = 8.0, 20.0  # seconds for an answer; the second shares its line with an upload


class Enquiry:
    """Keeps in the journal what the store says to one library. `place` is what an open store can't tell itself,
    and `held` gives the sentence of what keeps everything from being sent, or None.

    An answer is nothing that anything waits for: where none comes, the list that is kept stays as it is.
    """

    def __init__(
        self,
        library: Library,
        tus: Tus,
        store: str,
        place: Place | None,
        *,
        held: Callable[[], str | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._library, self._tus, self._store, self._clock = library, tus, store, clock
        self._path = REQUESTS + (f"?{urlencode({'place': place})}" if place else "")
        self._held = held
        self._next = 0.0  # on the clock
        self._sending_since: float | None = None
        self._asking = threading.Lock()

    def ask(self, patience: float) -> None:
        """Asks now, with so many seconds for the answer. Raises WorthRetrying, NeedsCrew; what is kept stays."""
        with Journal(self._library.journal) as journal:
            last = journal.centre.contact()
            known = last.etag if last and last.store == self._store else ""
            told = self._tus.get(self._path, known, patience, _LARGEST)
            if told is None:
                journal.centre.heard_again(self._store, known)
                return
            etag, content = told
            try:
                requests, decisions = read_wanted(content)
            except ValueError as error:
                raise LinkDown("What came is no list of requests: it did not come from the store.") from error
            journal.centre.heard(self._store, etag, requests, decisions)

    def when_idle(self) -> None:
        """Asks if it is time: nothing is being sent. Raises nothing."""
        self._sending_since = None
        if self._is_time():
            self._try(_IDLE_PATIENCE)

    def while_sending(self) -> None:
        """Asks beside an upload if it is time, in a thread of its own. Raises nothing, and takes no time."""
        now = self._clock()
        if self._sending_since is None:
            self._sending_since = now
        if now - self._sending_since >= _FULL and self._is_time():
            threading.Thread(target=self._try, args=(_BUSY_PATIENCE,), daemon=True).start()

    def _is_time(self) -> bool:
        return self._clock() >= self._next and not self._asking.locked()

    def _try(self, patience: float) -> None:
        if not self._asking.acquire(blocking=False):
            return
        self._next = self._clock() + _AGAIN
        try:
            with suppress(FieldkitError):
                if self._held():
                    return
                self.ask(patience)
                self._next = self._clock() + _EVERY
        finally:
            self._asking.release()
