"""How far a batch is and how long it still takes: in seconds of film, because files are of any length."""

from collections.abc import Hashable, Mapping

_GUESS = 1e-6  # seconds a byte, until a header has told better: 8 Mbit/s


class Reckoning:
    """`sizes` are the sources' bytes, by which those whose header was not read yet are guessed."""

    def __init__(self, sizes: Mapping[Hashable, int]) -> None:
        self._sizes = dict(sizes)
        self._told: dict[Hashable, float] = {}
        self._told_bytes = 0
        self._told_seconds = 0.0
        self._running: dict[Hashable, float] = {}
        self._gone: dict[Hashable, bool] = {}  # whether it took work

    def told(self, source: Hashable, seconds: float) -> None:
        """The header of a source was read."""
        if source not in self._told and source in self._sizes:
            self._told[source] = seconds
            self._told_seconds += seconds
            self._told_bytes += self._sizes[source]

    def at(self, source: Hashable, part: float) -> None:
        """A source is being worked on; `part` is 0 to 1."""
        self._running[source] = min(1.0, max(0.0, part))

    def finished(self, source: Hashable, *, worked: bool) -> None:
        """A source is done with; `worked` is False where there was nothing to do."""
        self._running.pop(source, None)
        self._gone[source] = worked

    @property
    def total(self) -> float:
        return sum(self._seconds(source) for source in list(self._sizes))

    @property
    def done(self) -> float:
        return sum(self._seconds(source) for source in list(self._gone)) + self._half_done

    @property
    def worked(self) -> float:
        """Of what is done, what took work."""
        return (
            sum(self._seconds(source) for source, work in list(self._gone.items()) if work) + self._half_done
        )

    def left(self, elapsed: float) -> float | None:
        """Seconds until the end, if the rest goes as fast as what took work in `elapsed` seconds; None: no telling."""
        worked = self.worked
        return max(0.0, self.total - self.done) * elapsed / worked if worked > 0 else None

    @property
    def _half_done(self) -> float:
        return sum(self._seconds(source) * part for source, part in list(self._running.items()))

    def _seconds(self, source: Hashable) -> float:
        usual = self._told_seconds / self._told_bytes if self._told_bytes and self._told_seconds else _GUESS
        return self._told.get(source) or self._sizes.get(source, 0) * usual
