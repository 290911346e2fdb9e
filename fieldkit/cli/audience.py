"""Shows the line at work: bars on a terminal, or events for a script."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import click

from fieldkit.cli import say
from fieldkit.errors import WorthRetrying
from fieldkit.journal import Due
from fieldkit.model import Receipt
from fieldkit.pipeline import Audience
from fieldkit.sync.link import eta_seconds
from fieldkit.sync.push import Progress

_EVERY = 1.0  # seconds between two events of one upload or rendition


def listening(stop: threading.Event, *, as_json: bool) -> AbstractContextManager[Audience]:
    """The audience of a command that stays."""
    return in_events(stop) if as_json else on_terminal(stop)


@contextmanager
def on_terminal(stop: threading.Event) -> Iterator[Audience]:
    """Bars for what is rendered and sent, and each new trouble once."""
    bars = say.Bars()

    def rendering(due: Due) -> Callable[[float, float], None]:
        name = f"render {due.profile} {due.take.id[-6:]}"

        def follow(done: float, total: float) -> None:
            _stopped(stop)
            bars.update(name, total, done)

        return follow

    def sending(progress: Progress, bits_per_second: float | None) -> None:
        rendition = progress.upload.rendition
        name = f"send {rendition.profile} {progress.upload.take.id[-6:]}"
        bars.update(name, rendition.bytes, progress.acknowledged, say.rate(bits_per_second))

    def arrived(receipt: Receipt) -> None:
        say.note(f"Arrived and verified: take {receipt.take[-6:]}, {receipt.profile}.")

    with bars.shown():
        yield Audience(rendering, sending, arrived, _once(say.trouble))


@contextmanager
def in_events(stop: threading.Event) -> Iterator[Audience]:
    """One JSON document a line, each with its `event`: rendering, sending, arrived or trouble."""
    said: dict[tuple[str, str, str], float] = {}

    def tell(event: str, **more: Any) -> None:
        click.echo(json.dumps({"event": event, **more}))

    def is_time(event: str, take: str, profile: str, *, end: bool) -> bool:
        now, key = time.monotonic(), (event, take, profile)
        if not end and now - said.get(key, -_EVERY) < _EVERY:
            return False
        said[key] = now
        return True

    def rendering(due: Due) -> Callable[[float, float], None]:
        what = {"take": due.take.id, "profile": due.profile}

        def follow(done: float, total: float) -> None:
            _stopped(stop)
            if is_time("rendering", due.take.id, due.profile, end=done >= total):
                tell("rendering", **what, seconds=round(done, 2), of=round(total, 2))

        return follow

    def sending(progress: Progress, bits_per_second: float | None) -> None:
        take, rendition = progress.upload.take, progress.upload.rendition
        left = rendition.bytes - progress.acknowledged
        eta = eta_seconds(left, bits_per_second)
        if is_time("sending", take.id, rendition.profile, end=left <= 0):
            tell(
                "sending",
                take=take.id,
                tweet_id=take.tweet_id,
                profile=rendition.profile,
                sent=progress.acknowledged,
                bytes=rendition.bytes,
                bits_per_second=bits_per_second and round(bits_per_second),
                eta_seconds=None if eta is None else round(eta, 1),
            )

    def arrived(receipt: Receipt) -> None:
        tell("arrived", take=receipt.take, profile=receipt.profile, sha256=receipt.sha256)

    yield Audience(rendering, sending, arrived, _once(lambda text: tell("trouble", text=text)))


def _stopped(stop: threading.Event) -> None:
    if stop.is_set():
        raise WorthRetrying("Stopped; the rendition is made anew next time.")


def _once(tell: Callable[[str], None]) -> Callable[[str], None]:
    """The same trouble is told once in a row."""
    said = ""

    def trouble(text: str) -> None:
        nonlocal said
        if text != said:
            said = text
            tell(text)

    return trouble
