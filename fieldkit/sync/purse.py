"""How many bytes were handed to the line today: durable before they go, so that no restart gives them back."""

import json
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

from fieldkit import disk
from fieldkit.errors import FieldkitError, Held
from fieldkit.sync.allowance import spent_up

_HELPING = 512 * 1024  # bytes put down in advance: what a crash may count too much
_DAYS = 14  # kept: a clock that jumps back finds what was spent on the day it believes in


class Purse:
    """Counts by local day. Any thread may spend; one process at a time does (the lock on `sync`)."""

    def __init__(self, path: Path, budget: int | None = None, today: Callable[[], date] = date.today) -> None:
        self._path, self._budget, self._today = path, budget, today
        self._lock = threading.Lock()
        self._days = _read(path)
        self._put_down = dict(self._days)

    @property
    def spent(self) -> int:
        """Bytes of today."""
        return self._days.get(self._today().isoformat(), 0)

    def spend(self, size: int) -> None:
        """`size` bytes are about to go. Raises Held where the budget has no room for them."""
        with self._lock:
            day = self._today().isoformat()
            spent = self._days.get(day, 0) + size
            if self._budget is not None and spent > self._budget:
                self._days[day] = self._budget  # what is left carries no block: the day is over
                raise Held(spent_up(self._budget))
            self._days[day] = spent
            if spent > self._put_down.get(day, 0):
                self._put({**self._days, day: spent + _HELPING})

    def close(self) -> None:
        """Puts down what was spent to the byte."""
        with self._lock:
            if self._put_down != self._days:
                self._put(self._days)

    def _put(self, days: dict[str, int]) -> None:
        self._put_down = dict(sorted(days.items())[-_DAYS:])
        try:
            disk.write(self._path, json.dumps(self._put_down).encode())
        except FieldkitError:
            return  # a full disk must not stop an upload that needs none


def spent_today(path: Path) -> int:
    """Bytes of today, for those who only look."""
    return Purse(path).spent


def _read(path: Path) -> dict[str, int]:
    try:
        days = json.loads(path.read_bytes())
        return {date.fromisoformat(day).isoformat(): max(0, int(spent)) for day, spent in days.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}
