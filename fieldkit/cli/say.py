"""How results look: one JSON document on stdout for scripts, sentences, tables and bars for people."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Protocol

import click


def document(value: Any) -> None:
    """The one JSON document of a `--json` command."""
    click.echo(json.dumps(value, indent=2))  # ASCII: a file name may be no text at all


def plain(text: object) -> str:
    """Text that any terminal takes: what can't be shown or would steer the terminal becomes a question mark."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in str(text))


def note(text: str) -> None:
    """A sentence for people, on stderr."""
    _say(plain(text), None)


def trouble(text: str) -> None:
    """A sentence about something that went wrong, on stderr, red on a terminal."""
    _say(plain(text), "red")


def _say(text: str, colour: str | None) -> None:
    if Bars.shown_now is not None:  # above the bars, not through them
        Bars.shown_now.print(text, style=colour)
    else:
        click.secho(text, fg=colour if sys.stderr.isatty() else None, err=True)


def table(*columns: str, rows: list[tuple[Any, ...]]) -> None:
    """A table for people on stdout."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    drawn = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        drawn.add_row(*(escape(plain(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else 160).print(drawn)


def size(count: float) -> str:
    """Bytes as people read them: decimal, as disks and links are sold."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count:.0f} B"


def rate(bits_per_second: float | None) -> str:
    """A rate as people read it."""
    if not bits_per_second:
        return "– kbit/s"
    return (
        f"{bits_per_second / 1000:.0f} kbit/s"
        if bits_per_second < 1e6
        else f"{bits_per_second / 1e6:.1f} Mbit/s"
    )


def span(seconds: float | None) -> str:
    """A time span as people read it."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"


def age(seconds: float) -> str:
    """How long ago, or how soon, as people say it."""
    for unit, factor in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= factor:
            return f"{seconds // factor:.0f} {unit}"
    return "less than a minute"


class Above(Protocol):
    """Bars that take a line above them."""

    def print(self, text: str, style: str | None) -> None: ...


class Bars:
    """Progress bars on a terminal; elsewhere a line when a task begins, and no more."""

    shown_now: ClassVar["Above | None"] = None

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[rate]}", markup=False),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._tasks = dict[str, Any]()

    def print(self, text: str, style: str | None) -> None:
        """A line above the bars."""
        console = self._progress.console
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def update(self, name: str, total: float, done: float, rate: str = "") -> None:
        """Where one task is; only the one that moves and the one before it are shown."""
        if name not in self._tasks:
            for finished in self._progress.tasks[:-1]:
                self._progress.update(finished.id, visible=False)
            self._tasks[name] = self._progress.add_task(plain(name), total=total, rate=rate)
            if self._progress.disable:
                note(name)
        self._progress.update(self._tasks[name], completed=done, rate=rate)

    def adding(self, name: str, total: float) -> Callable[[int], None]:
        """A function to be told how many more bytes of the task were done."""
        done, begun = 0.0, time.monotonic()

        def add(more: int) -> None:
            nonlocal done
            done += more
            self.update(name, total, done, f"{size(done / max(time.monotonic() - begun, 0.001))}/s")

        return add

    @contextmanager
    def shown(self) -> Iterator["Bars"]:
        """Shows the bars while the block runs."""
        with self._progress:
            Bars.shown_now = None if self._progress.disable else self
            try:
                yield self
            finally:
                Bars.shown_now = None
