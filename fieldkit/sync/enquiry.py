"""Asks the store what the command centre wants and has decided: one conditional request at each contact."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlencode

from fieldkit.config import Library
from fieldkit.errors import FieldkitError, LinkDown
from fieldkit.journal import Journal
from fieldkit.model import Place
from fieldkit.protocol import REQUESTS
from fieldkit.sync.tus import Tus
from fieldkit.wanted import read_wanted

_EVERY = 300.0  # seconds between two questions: 260 bytes up and 170 down where nothing changed
_AGAIN = 60.0  # seconds after one that got no answer
_LONG = 900.0  # seconds of sending after which one is asked beside an upload, behind what fills the line
_LARGEST = 2_000_000  # bytes of a list
_PATIENCE, _LONG_PATIENCE = 8.0, 20.0  # seconds for an answer


class Enquiry:
    """Keeps in the journal what the store says to one library, over a new `line` for each question.

    `place` is what an open store can't tell itself, and `held` gives the sentence of what keeps everything from
    being sent, or None.

    An answer is nothing that anything waits for: where none comes, the list that is kept stays as it is.
    """

    def __init__(
        self,
        library: Library,
        line: Callable[[], Tus],
        store: str,
        place: Place | None,
        *,
        held: Callable[[], str | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._library, self._line, self._store, self._clock = library, line, store, clock
        self._path = REQUESTS + (f"?{urlencode({'place': place})}" if place else "")
        self._held = held
        self._asked_at: float | None = None  # on the clock
        self._asking: threading.Thread | None = None

    def ask(self, patience: float) -> None:
        """Asks now, with so many seconds for the answer. Raises WorthRetrying, NeedsCrew; what is kept stays."""
        with Journal(self._library.journal) as journal, closing(self._line()) as tus:
            last = journal.centre.contact()
            known = last.etag if last and last.store == self._store else ""
            told = tus.get(self._path, known, patience, _LARGEST)
            if told is None:
                journal.centre.heard_again(self._store, known)
                return
            etag, content = told
            try:
                requests, decisions, withdrawn = read_wanted(content)
            except ValueError as error:
                raise LinkDown("What came is no list of requests: it did not come from the store.") from error
            journal.farewell.heard(withdrawn)  # first: whoever dies between the two hears all of it again
            journal.centre.heard(self._store, etag, requests, decisions)

    def begin(self) -> None:
        """Asks if it is time, beside what is about to be sent: the line is still empty then. Raises nothing."""
        self._ask_beside(_EVERY, _PATIENCE)

    def while_sending(self) -> None:
        """Asks beside an upload that takes long. Raises nothing, and takes no time."""
        self._ask_beside(_LONG, _LONG_PATIENCE)

    def end(self) -> None:
        """Returns when the answer is there or does not come: at once, where anything was sent meanwhile."""
        if self._asking is not None:
            self._asking.join()

    def _ask_beside(self, every: float, patience: float) -> None:
        now = self._clock()
        if self._asked_at is not None and now - self._asked_at < every:
            return
        if self._held() or (self._asking is not None and self._asking.is_alive()):
            return
        self._asked_at = now
        self._asking = threading.Thread(target=self._try, args=(patience,), daemon=True)
        self._asking.start()

    def _try(self, patience: float) -> None:
        try:
            self.ask(patience)
        except FieldkitError:
            self._asked_at = self._clock() - _EVERY + _AGAIN
