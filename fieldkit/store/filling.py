"""One body on its way to the disk, which may end sooner than announced: where a part begins, that came meanwhile."""

from fieldkit.store.inflow import Inflow
from fieldkit.store.uploads import Append


class Filling:
    """From `inflow` to `append`. `full` says that the rest of the body is not wanted any more."""

    def __init__(self, append: Append, inflow: Inflow) -> None:
        self._append, self._inflow = append, inflow
        self._end: int | None = None
        self.full = False

    def ends_at(self, start: int) -> None:
        """What lies from `start` on is or will be here already."""
        self._end = start if self._end is None else min(self._end, start)
        self._stop_if_full()

    def write(self, block: bytes) -> None:
        """As Append.write, up to the end."""
        room = len(block) if self._end is None else max(0, self._end - self._append.offset)
        self._append.write(block[:room])
        self._stop_if_full()

    def _stop_if_full(self) -> None:
        if self._end is not None and self._append.offset >= self._end and not self.full:
            self.full = True
            self._inflow.enough()
