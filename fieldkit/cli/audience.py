"""Shows the line at work on a terminal."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fieldkit.cli import say
from fieldkit.errors import WorthRetrying
from fieldkit.journal import Due
from fieldkit.pipeline import Audience
from fieldkit.sync.push import Progress


@contextmanager
def on_terminal(stop: threading.Event) -> Iterator[Audience]:
    """Bars for what is rendered and sent, and each new trouble once."""
    bars = say.Bars()
    said = ""

    def rendering(due: Due) -> Callable[[float, float], None]:
        name = f"render {due.profile} {due.take.id[-6:]}"

        def follow(done: float, total: float) -> None:
            if stop.is_set():
                raise WorthRetrying("Stopped; the rendition is made anew next time.")
            bars.update(name, total, done)

        return follow

    def sending(progress: Progress, bits_per_second: float | None) -> None:
        rendition = progress.upload.rendition
        name = f"send {rendition.profile} {progress.upload.take.id[-6:]}"
        bars.update(name, rendition.bytes, progress.acknowledged, say.rate(bits_per_second))

    def trouble(text: str) -> None:
        nonlocal said
        if text != said:
            said = text
            say.trouble(text)

    with bars.shown():
        yield Audience(rendering, sending, trouble)
