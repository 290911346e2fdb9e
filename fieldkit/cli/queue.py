"""queue: what waits to be sent, and what the crew says of it, also while a worker sends."""

import gc
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fieldkit.cli import options, say

if TYPE_CHECKING:
    from fieldkit.model import TweetId
    from fieldkit.outbox import Aloft, Outbox, Shown

_SHOWN = 40  # lines for people; --json has them all
_SAID = {
    "first": "go first, in that order",
    "pause": "wait until `fieldkit queue resume`",
    "resume": "go on",
    "cancel": "will not be sent; what the store has of them is thrown away there",
    "retry": "are tried again",
}


@click.group(
    invoke_without_command=True,
    epilog=options.epilog("fieldkit queue", "fieldkit queue --json", "fieldkit queue first 1f0c22"),
)
@options.as_json
@options.library
@click.pass_context
def queue(context: click.Context, as_json: bool, folder: str | None) -> None:
    """Show what waits to be sent, with progress and time to go; or steer it, also while it is being sent."""
    context.obj = folder
    if context.invoked_subcommand is not None:
        return
    gc.disable()  # a process that ends in a moment need not look for cycles among 100,000 lines
    shown = _outbox(folder).show()
    if as_json:
        sys.stdout.writelines(shown.as_json)
    else:
        _show(shown)


def _steering(word: str, example: str, text: str, *, needs: bool = False) -> Callable[..., Any]:
    """A command that says a word about uploads. With `needs` it must be told which."""

    @queue.command(name=word, help=text, epilog=options.epilog(*example.split(" | ")))
    @click.argument("ids", nargs=-1, required=needs, metavar="ID…" if needs else "[ID…]")
    @options.as_json
    @options.library
    @click.pass_context
    def steer(context: click.Context, ids: tuple[str, ...], as_json: bool, folder: str | None) -> None:
        from fieldkit.journal import Word

        meant = _outbox(folder or context.obj).say(Word(word), ids)
        if as_json:
            say.document({"word": word, "uploads": [{"take": m.take, "profile": m.profile} for m in meant]})
            return
        names = [f"{m.take[-6:]}{f':{m.profile}' if m.profile else ''}" if m.take else "all" for m in meant]
        say.note(f"{', '.join(names)}: {_SAID[word]}.")

    return steer


_steering(
    "first",
    "fieldkit queue first 1f0c22 | fieldkit queue first 1f0c22:tweet 9b3e01",
    "Send these before everything else; what is being sent makes way without losing a byte. An ID is a take's, or "
    "its last six letters, with `:profile` where only one of its renditions is meant.",
    needs=True,
)
_steering(
    "pause",
    "fieldkit queue pause | fieldkit queue pause 1f0c22",
    "Hold these back until `resume`; without an ID everything. What was sent is kept.",
)
_steering(
    "resume",
    "fieldkit queue resume | fieldkit queue resume 1f0c22:proxy",
    "Let these go on; without an ID everything.",
)
_steering(
    "cancel",
    "fieldkit queue cancel 1f0c22 | fieldkit queue cancel 1f0c22:tweet",
    "Do not send these, now or later; the files stay here. `retry` takes it back.",
    needs=True,
)
_steering(
    "retry",
    "fieldkit queue retry | fieldkit queue retry 1f0c22",
    "Send what was refused or cancelled after all; without an ID everything that was.",
)


@queue.command(
    epilog=options.epilog(
        "fieldkit queue add reply.mp4 --tweet 826412345678901234 --consent agreed --language ar --written"
    )
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--tweet", type=options.TWEET, required=True, help="The tweet it answers: its ID or link.")
@options.consent
@options.as_json
@options.library
@click.pass_context
def add(
    context: click.Context,
    file: Path,
    tweet: "TweetId",
    agreed: str,
    language: str | None,
    spoken: bool | None,
    as_json: bool,
    folder: str | None,
) -> None:
    """Queue a finished file as it is, without encoding it again: one that `fieldkit check` finds nothing against.

    A file that tells where, when or with what it was filmed is refused; `fieldkit ingest` makes a clip without that.
    """
    from fieldkit.kit import size_of

    kit = options.kit(folder or context.obj)
    order = kit.recorder.order(tweet, options.consent_of(agreed, language or kit.settings.language, spoken))
    bars = say.Bars()
    with bars.shown():
        made = kit.recorder.add(file, order, bars.adding(f"add {file.name}", size_of(file)))
    if as_json:
        say.document(
            {
                "take": made.take,
                "tweet_id": tweet,
                "profile": made.profile,
                "sha256": made.sha256,
                "bytes": made.bytes,
            }
        )
    say.note(f"{file.name} waits to be sent as take {made.take[-6:]}, {say.size(made.bytes)}.")


def _outbox(folder: str | None) -> "Outbox":
    from fieldkit.config import library_and_settings
    from fieldkit.outbox import Outbox

    return Outbox(*library_and_settings(folder))


def _show(shown: "Shown") -> None:
    """The link, what holds the queue back, and its beginning as a table."""
    link = shown.sight.link
    say.note(
        f"Link: {say.rate(link.bits_per_second)}, {link.rtt_ms:.0f} ms" if link else "Link: not measured yet"
    )
    if shown.budget:
        say.note(f"Today: {say.size(shown.spent)} of {say.size(shown.budget)} sent")
    if shown.held:
        say.note(shown.held)
    if shown.unsigned:
        say.note(
            f"{shown.unsigned} protected waiting for sign-off: `fieldkit takes`, `fieldkit protect TAKE --sheet`"
        )
    if shown.aloft:
        say.note(aloft(shown.aloft))
    if not shown.lines:
        if not shown.aloft:
            say.note("Nothing waits.")
        return
    rows = [
        (
            line.take[-6:],
            line.tweet_id,
            line.profile,
            say.size(line.sent),
            say.size(line.bytes),
            line.state,
            _eta(line.eta_seconds, line.eta_low_seconds, line.eta_high_seconds),
        )
        for line in islice(shown.lines, _SHOWN)
    ]
    say.table("take", "tweet", "profile", "sent", "of", "state", "ETA", rows=rows)
    if len(shown.lines) > _SHOWN:
        say.note(f"… and {len(shown.lines) - _SHOWN} more (--json shows them all).")


def aloft(each: "Aloft") -> str:
    """What is sent while it is encoded."""
    of = f" of about {say.size(each.bytes)}" if each.bytes else ""
    eta = "" if each.eta_seconds is None else f", about {say.span(each.eta_seconds)} to go"
    what = f"{each.profile} of take {each.take[-6:]}"
    return f"In flight: {what}, {say.size(each.sent)}{of} sent while it is encoded{eta}"


def _eta(eta: float | None, low: float | None, high: float | None) -> str:
    if eta is None:
        return "–"
    return f"{say.span(eta)} ({say.span(low)}–{say.span(high)})"
