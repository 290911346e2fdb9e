"""sync, run, export: on the way to the store."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fieldkit.cli import options, say
from fieldkit.errors import Held

if TYPE_CHECKING:
    from fieldkit.model import Upload

_F = TypeVar("_F", bound=Callable[..., Any])


def limits(function: _F) -> _F:
    """--rate, --window, --budget, --battery: how much of the line the crew gives away."""
    for option in (
        click.option(
            "--battery", metavar="PERCENT", help="Send nothing below this charge, unless plugged in: 20."
        ),
        click.option("--budget", metavar="SIZE", help="Send at most so many bytes a day: 50M."),
        click.option("--window", metavar="HOURS", help="Send in these local hours only: 22:00-06:00."),
        click.option("--rate", metavar="RATE", help="Use at most so many bits per second: 64k, 1M."),
    ):
        function = option(function)
    return function


@click.command(
    epilog=options.epilog(
        "fieldkit sync",
        "fieldkit sync --watch --rate 128k",
        "fieldkit sync --watch --window 22:00-06:00 --budget 50M --battery 20",
    )
)
@limits
@click.option("--watch", is_flag=True, help="Stay, and send whatever comes, until Ctrl-C.")
@click.option("--again", is_flag=True, help="Try refused uploads again.")
@options.as_json
@options.library
def sync(watch: bool, again: bool, as_json: bool, folder: str | None, **limited: str | None) -> int:
    """Send what is due, until the queue is empty. Cuts, crashes and power failures cost nothing but time.

    With --watch, --json prints events, one JSON document a line.
    """
    dispatch = options.dispatch(folder, sends=True, **limited)
    from fieldkit.cli.audience import listening

    stop = options.interruptible()
    with listening(stop, as_json=watch and as_json) as audience:
        outcome = dispatch.sync(stop, audience, watch=watch, again=again)
    if as_json and not watch:
        say.document(
            {
                "received": [
                    {"take": r.take, "profile": r.profile, "sha256": r.sha256} for r in outcome.received
                ],
                "refused": [{"take": r.take, "profile": r.profile, "why": r.why} for r in outcome.refused],
                "held": outcome.held,
            }
        )
    for sentence in outcome.troubles:
        say.trouble(sentence)
    if outcome.held:
        say.trouble(outcome.held)
        return Held.exit_code
    if not (outcome.received or outcome.refused or outcome.spoiled):
        paused = sum(line.state == "paused" for line in dispatch.outbox.show().lines)
        say.note(
            f"Paused: {paused} in the queue; `fieldkit queue resume` lets them go on."
            if paused
            else "Nothing is to be sent."
        )
    return options.exit_code(
        len(outcome.received), len(outcome.refused), damaged=outcome.damaged or bool(outcome.spoiled)
    )


@click.command(
    epilog=options.epilog("fieldkit run", "fieldkit run --window 22:00-06:00", "fieldkit run --json")
)
@limits
@options.as_json
@options.library
def run(as_json: bool, folder: str | None, **limited: str | None) -> None:
    """Salvage, render and send, side by side, for ever: what a crew leaves running.

    --json prints events, one JSON document a line.
    """
    from fieldkit.cli.audience import listening

    way = options.dispatch(folder, sends=True, **limited)
    kit = options.unlocked(options.kit(folder, **limited))
    stop = options.interruptible()
    say.note(f"At work on {kit.library.root}; Ctrl-C stops, everything goes on from there next time.")
    with listening(stop, as_json=as_json) as audience:
        kit.run(stop, audience, way)


@click.command(
    epilog=options.epilog("fieldkit export /media/stick/clips", "fieldkit export /media/stick/clips --json")
)
@click.argument("folder_to", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@options.as_json
@options.library
def export(folder_to: Path, as_json: bool, folder: str | None) -> int:
    """Copy what still lacks its receipt onto a stick, with a manifest, for `fieldkit store import`.

    Whoever has the stick has the clips: carry it as you would carry the camera.
    """
    dispatch = options.dispatch(folder)
    reports: list[dict[str, Any]] = []
    bars = say.Bars()

    def progress(upload: "Upload") -> Callable[[int], None]:
        name = f"copy {upload.rendition.profile} {upload.take.id[-6:]}"
        return bars.adding(name, upload.rendition.bytes)

    with bars.shown():
        for done in dispatch.export(folder_to, progress):
            state = "refused" if done.why else "copied" if done.fresh else "there"
            reports.append(
                {
                    "file": done.clip.file,
                    "take": done.upload.take.id,
                    "profile": done.upload.rendition.profile,
                }
                | {"bytes": done.clip.bytes, "state": state, "why": done.why}
            )
            if done.why:
                say.trouble(f"Take {done.upload.take.id[-6:]}: {done.why}")
    if as_json:
        say.document({"clips": reports})
    refused = sum(report["state"] == "refused" for report in reports)
    if reports:
        say.note(
            f"{len(reports) - refused} clips are on {folder_to}; their receipts come with a later `fieldkit sync`."
        )
    else:
        say.note("Nothing waits.")
    return options.exit_code(len(reports) - refused, refused)
