"""devices, slate: what lies ready before the camera rolls."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fieldkit import disk
from fieldkit.cli import options, say
from fieldkit.model import TweetId

if TYPE_CHECKING:
    from fieldkit.capture.devices import Mode


@click.command(
    epilog=options.epilog(
        "fieldkit devices", "fieldkit devices --json", "fieldkit devices --use /dev/video0   # from now on"
    )
)
@click.option("--use", metavar="C", help="Remember this camera (its name or id here, a URL, or test:).")
@click.option("--mic", "microphone", metavar="M", help="With --use: this microphone, or none for no sound.")
@options.as_json
@options.library
def devices(use: str | None, microphone: str | None, as_json: bool, folder: str | None) -> None:
    """List cameras with their formats and own microphones, and microphones; remember which to use."""
    gear = options.kit(folder).recorder.gear
    if use is not None:
        sentence = gear.remember(use, microphone)
        say.note(f"{use} is remembered. {sentence}")
        return
    if microphone is not None:
        raise click.UsageError("--mic goes with --use.")
    found = gear.devices()
    if as_json:
        say.document(asdict(found))
        return
    named = {m.id: m.label for m in found.microphones}
    say.table(
        "camera",
        "name",
        "films",
        "its microphone",
        "id",
        rows=[
            (c.name, c.label, _films(c.modes), named.get(c.microphone or "", "–"), c.id)
            for c in found.cameras
        ],
    )
    say.table("microphone", "name", rows=[(m.name, m.label) for m in found.microphones])
    say.note(
        "`test:` is a moving test card that needs no camera; rtsp:// and http:// URLs of network cameras work too."
    )


def _films(modes: Sequence["Mode"]) -> str:
    """`mjpeg to 1920x1080 at 30, yuyv422 to 640x480`: of each kind of pixels the largest; rates where told."""
    largest: dict[str | None, Mode] = {}
    for mode in sorted(modes, key=lambda m: ((m.size or (0, 0)), (m.rates or (0, 0))[1])):
        largest[mode.pixels] = mode
    kinds = (
        " ".join(
            part
            for part in (
                mode.pixels,
                mode.size and f"to {mode.size[0]}x{mode.size[1]}",
                mode.rates and f"at {mode.rates[1]:g}",
            )
            if part
        )
        for mode in largest.values()
    )
    return ", ".join(kinds) or "–"


@click.command(
    epilog=options.epilog(
        "fieldkit slate 826412345678901234", "fieldkit slate 826412345678901234 -o slate.png"
    )
)
@click.argument("tweet", type=options.TWEET)
@click.option(
    "-o",
    "png",
    type=click.Path(path_type=Path),
    metavar="PNG",
    help="Make a picture of it, to print or show.",
)
def slate(tweet: TweetId, png: Path | None) -> None:
    """Show a code that says TWEET (a tweet ID or its link): film it, and `ingest` files the clips after it.

    Hold the camera still on it for two seconds, with the code at least a sixth of the picture's height.
    """
    from fieldkit.capture.slate import picture, text

    if png is None:
        click.echo(text(tweet, coloured=sys.stdout.isatty()))
        return
    disk.write(png, picture(tweet), mode=0o644)
    say.note(f"{png} is made: film it before the clips that answer tweet {tweet}.")
