"""How long and how often to try again: one tenacity policy whose predicate is the error branch."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import tenacity

from fieldkit.errors import WorthRetrying

_T = TypeVar("_T")


class Patience:
    """Tries again what time cures, until `limit` seconds pass without progress or `stop` is set.

    Waits are short: a SYN costs a few dozen bytes, an idle link costs the moment.
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

    def moved(self) -> None:
        """Bytes were confirmed: the patience begins anew."""
        self._moved_at = self._clock()

    def __call__(self, attempt: Callable[[], _T]) -> _T:
        """The attempt's result. Raises its last error once patience is at its end."""
        return self._policy()(attempt)

    def _policy(self) -> tenacity.Retrying:
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(WorthRetrying),
            wait=tenacity.wait_random(0.2, 1.2),
            stop=self._is_at_its_end,
            sleep=self._rest,
            before_sleep=self._say,
            reraise=True,
        )

    def _is_at_its_end(self, _: tenacity.RetryCallState) -> bool:
        return self._stop.is_set() or self._clock() - self._moved_at >= self._limit

    def _rest(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def _say(self, state: tenacity.RetryCallState) -> None:
        if state.outcome is not None:
            self._tell(str(state.outcome.exception()))
