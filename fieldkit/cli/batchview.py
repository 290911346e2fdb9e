"""Shows a batch at work: on a terminal how far it is, elsewhere a line a file; at the end what came of it."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldkit.cli import say

if TYPE_CHECKING:
    from fieldkit.kit import Errand
    from fieldkit.transcode.batch import Result

_OFTEN = 0.25  # seconds between two looks at the whole


class View:
    """Told of each file; keeps counts and no more, however many files there are."""

    def __init__(self, *, quiet: bool, dry: bool = False, explain: bool = False) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._quiet, self._dry, self._explain = quiet, dry, explain
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[more]}", markup=False),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._tasks = dict[Path, Any]()
        self._all: Any = None
        self._errand: Errand | None = None
        self._began = self._looked = time.monotonic()
        self.made = self.skipped = self.refused = self.bytes_in = self.bytes_out = 0

    @contextmanager
    def shown(self, errand: "Errand") -> Iterator[None]:
        """Shows it while the block runs."""
        self._errand = errand
        self._all = self._bars.add_task(self._count(), total=1.0, more="")
        with self._bars:
            say.Bars.shown_now = None if self._bars.disable else self
            try:
                yield
            finally:
                say.Bars.shown_now = None

    def print(self, text: str, style: str | None) -> None:
        """A line above the bars."""
        self._bars.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def update(self, source: Path, done: float, of: float) -> None:
        """Where one file is; called from the threads that work."""
        if self._bars.disable:
            return
        if source not in self._tasks:
            self._tasks[source] = self._bars.add_task(f"  {say.plain(source.name)[:60]}", total=1.0, more="")
        self._bars.update(self._tasks[source], completed=done / of)
        self._look()

    def add(self, result: "Result") -> None:
        """One file is done with."""
        source = Path(result.source)
        if (task := self._tasks.pop(source, None)) is not None:
            self._bars.remove_task(task)
        self.refused += not result.ok
        self.skipped += result.ok and result.skipped
        if result.ok and not result.skipped:
            self.made += 1
            self.bytes_out += result.bytes or 0
            self.bytes_in += result.seen[0].bytes if result.seen else 0
        self._say(result)
        self._look()

    def summary(self) -> dict[str, Any]:
        """As `--json` prints it."""
        assert self._errand is not None
        return {
            "files": len(self._errand.sources),
            "made": self.made,
            "skipped": self.skipped,
            "refused": self.refused,
            "left_out": self._errand.left_out,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "wall_seconds": round(time.monotonic() - self._began, 3),
            "jobs": self._errand.jobs,
            "dry_run": self._dry,
        }

    def end(self) -> None:
        """The whole in a sentence."""
        assert self._errand is not None
        rest = len(self._errand.sources) - self.made - self.skipped - self.refused
        words = [
            f"{'To be made' if self._dry else 'Made'} {self.made} of {len(self._errand.sources)}",
            f"there already {self.skipped}",
            f"refused {self.refused}",
            *([f"not begun or not finished {rest}"] if rest else []),
            *([f"left out {self._errand.left_out} that fieldkit made"] if self._errand.left_out else []),
        ]
        sizes = f"; {say.size(self.bytes_in)} became {say.size(self.bytes_out)}" if self.bytes_out else ""
        say.note(f"{', '.join(words)}{sizes}; {say.span(time.monotonic() - self._began)}.")

    def _say(self, result: "Result") -> None:
        for sentence in () if result.skipped else result.notes:
            say.note(f"{result.source}: {sentence}")
        if result.error:
            say.trouble(f"{result.source}: {result.error}")
        elif self._bars.disable and not self._quiet and not result.skipped:
            made = f"would be made, {say.span(result.seconds)}" if self._dry else say.size(result.bytes or 0)
            say.note(f"{self._count()}: {result.output}: {made}")

        if not self._quiet and not result.skipped:
            self._reasons(result)

    def _reasons(self, result: "Result") -> None:
        """The plan in two lines, and what it was chosen from."""
        for line in result.why:
            say.note(f"  {line}")
        if result.first:
            say.note(f"  {result.first}: ready before it")
        if self._explain and result.options:
            from fieldkit.transcode.explain import COLUMNS, rows

            say.table(*COLUMNS, rows=rows(result.options))

    def _count(self) -> str:
        assert self._errand is not None
        return f"{self.made + self.skipped + self.refused} of {len(self._errand.sources)}"

    def _look(self) -> None:
        """Brings the bar of the whole up to date, now and then."""
        now = time.monotonic()
        if self._bars.disable or now - self._looked < _OFTEN:
            return
        assert self._errand is not None
        self._looked = now
        reckoning = self._errand.reckoning
        elapsed = now - self._began
        left = reckoning.left(elapsed)
        words = [f"{say.span(left)} left" if left is not None else ""]
        if self.refused:
            words.append(f"{self.refused} refused")
        if left is not None and elapsed > 1:
            words.append(f"{reckoning.worked / elapsed:.1f} s of film a second")
        self._bars.update(
            self._all,
            description=self._count(),
            completed=reckoning.done / max(reckoning.total, 1e-9),
            more="  ".join(filter(None, words)),
        )
