"""How long and how often to try again: one tenacity policy whose predicate is the error branch."""

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import tenacity

from fieldkit.errors import LinkDown, StoreBusy, WorthRetrying

_T = TypeVar("_T")
_SOON = 0.1, 0.5  # seconds between two looks for a line that has just gone: a SYN or two each
_LATER = 0.5, 2.5  # seconds, once it has been gone for longer than
_LONG = 60.0  # seconds
_BUSY = 0.5  # seconds before a busy store is asked again, and twice as long each time, up to
_MOST = 60.0  # seconds


class BackAgain(LinkDown):
    """The line is back, with a fresh connection: go on at once."""


class Patience:
    """Tries again what time cures, until `limit` seconds pass without progress or `stop` is set.

    A line that went is looked for often: a SYN costs a few dozen bytes, an idle link costs the moment. A store
    that is busy is left alone for longer each time.
    """

    def __init__(
        self,
        limit: float,
        stop: threading.Event,
        *,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._limit, self._stop, self._clock, self._tell = limit, stop, clock, tell
        self._moved_at = clock()
        self._refusals = 0  # of a busy store, one after the other

    def moved(self) -> None:
        """Bytes were confirmed: the patience begins anew."""
        self._moved_at = self._clock()
        self._refusals = 0

    def __call__(self, attempt: Callable[[], _T]) -> _T:
        """The attempt's result. Raises its last error once patience is at its end."""
        return self._policy()(attempt)

    def _policy(self) -> tenacity.Retrying:
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(WorthRetrying),
            wait=self._wait,
            stop=self._is_at_its_end,
            sleep=self._rest,
            before_sleep=self._say,
            reraise=True,
        )

    def _is_at_its_end(self, _: tenacity.RetryCallState) -> bool:
        return self._stop.is_set() or self._clock() - self._moved_at >= self._limit

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, BackAgain):
            return 0.0
        if isinstance(error, StoreBusy):
            self._refusals += 1
            most = min(_MOST, _BUSY * 2.0**self._refusals)
            return random.uniform(most / 2, most)  # noqa: S311 - so that laptops do not all come at once
        gone = self._clock() - self._moved_at
        return random.uniform(*(_SOON if gone < _LONG else _LATER))  # noqa: S311

    def _rest(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def _say(self, state: tenacity.RetryCallState) -> None:
        if state.outcome is not None:
            self._tell(str(state.outcome.exception()))
