"""devices, record, ingest: pictures come in, under a tweet, with consent on record."""

import signal
import threading
from dataclasses import asdict
from pathlib import Path

import click

from fieldkit.cli import options, say
from fieldkit.errors import Damaged, FieldkitError, NeedsCrew
from fieldkit.model import ConsentState, TweetId

_NO_CONSENT = "No consent is on record, so it stays on this laptop until `fieldkit consent {take} --agree`."


@click.command(epilog=options.epilog("fieldkit devices", "fieldkit devices --json"))
@options.as_json
@options.library
def devices(as_json: bool, folder: str | None) -> None:
    """List cameras with their formats, and microphones."""
    found = options.kit(folder).devices()
    if as_json:
        say.document(asdict(found))
        return
    say.table(
        "camera",
        "name",
        "formats",
        rows=[(c.name, c.label, ", ".join(f.pixels for f in c.formats) or "–") for c in found.cameras],
    )
    say.table("microphone", "name", rows=[(m.name, m.label) for m in found.microphones])
    say.note(
        "`test:` is a moving test card that needs no camera; rtsp:// and http:// URLs of network cameras work too."
    )


@click.command(
    epilog=options.epilog(
        "fieldkit record https://x.com/i/status/826412345678901234 --consent agreed --language sw --spoken",
        "fieldkit record 826412345678901234 --camera test: --seconds 5",
    )
)
@click.argument("tweet", type=options.TWEET)
@click.option(
    "--camera", metavar="C", help="A camera from `fieldkit devices`, a network camera's URL, or test:"
)
@click.option("--mic", "microphone", metavar="M", help="A microphone from `fieldkit devices`.")
@click.option(
    "--seconds",
    type=click.FloatRange(1, 140),
    default=140,
    show_default=True,
    help="Stop by itself after so long; q and Enter stop earlier.",
)
@click.option("--no-preview", is_flag=True, help="No preview window.")
@click.option("--size", metavar="WxH", default="1280x720", show_default=True, help="The picture's size.")
@click.option("--fps", type=click.IntRange(1, 60), default=30, show_default=True, help="Frames per second.")
@options.consent
@options.as_json
@options.library
def record(
    tweet: TweetId,
    camera: str | None,
    microphone: str | None,
    seconds: float,
    no_preview: bool,
    size: str,
    fps: int,
    agreed: str,
    language: str | None,
    spoken: bool | None,
    as_json: bool,
    folder: str | None,
) -> None:
    """Record one take that answers TWEET (a tweet ID or its link)."""
    from fieldkit.cli.rolling import Slate, stop_on_q

    kit = options.kit(folder, camera=camera, microphone=microphone)
    given = options.consent_of(agreed, language or kit.settings.language, spoken)
    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())  # ends the take well, as q does
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop_on_q(stop)
    taken = kit.record(
        kit.order(tweet, given),
        seconds=seconds,
        size=_size(size),
        fps=fps,
        preview=not no_preview,
        stop=stop,
        tell=Slate(seconds).tell,
    )
    if as_json:
        say.document({"take": taken.take, "path": str(kit.library.root / taken.path), "sha256": taken.sha256})
    say.note(f"Take {taken.take[-6:]} is safe: {say.span(taken.seconds)}, {say.size(taken.bytes)}.")
    if given.state is not ConsentState.AGREED:
        say.note(_NO_CONSENT.format(take=taken.take[-6:]))


def _bytes_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # gone meanwhile: ingest says so


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise NeedsCrew(f"“{text[:40]}” is not a picture size such as 1280x720.")
    return int(width), int(height)


@click.command(
    epilog=options.epilog(
        "fieldkit ingest /media/card --tweet 826412345678901234 --consent agreed --language ar --written",
        "fieldkit ingest clip.mov --tweet https://x.com/i/status/826412345678901234",
    )
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option("--tweet", type=options.TWEET, required=True, help="The tweet they answer: its ID or link.")
@options.consent
@options.as_json
@options.library
def ingest(
    paths: tuple[Path, ...],
    tweet: TweetId,
    agreed: str,
    language: str | None,
    spoken: bool | None,
    as_json: bool,
    folder: str | None,
) -> int:
    """Take in video files, folders or a camera card: copied, read back and compared; the source is never touched."""
    from fieldkit.capture.ingest import find

    kit = options.kit(folder)
    order = kit.order(tweet, options.consent_of(agreed, language or kit.settings.language, spoken))
    options.interruptible()
    sources = find(paths)
    if not sources:
        raise NeedsCrew(f"There is no video file in {', '.join(map(str, paths))}.")
    done, damaged = 0, False
    results: list[dict[str, object]] = []
    bars = say.Bars()
    with bars.shown():
        for source, result in kit.ingest(
            sources, order, lambda path: bars.adding(f"ingest {path.name}", _bytes_of(path))
        ):
            if isinstance(result, FieldkitError):
                damaged |= isinstance(result, Damaged)
                results.append(
                    {"source": str(source), "take": None, "fresh": False, "error": str(result), "notes": ()}
                )
                say.trouble(str(result) if source.name in str(result) else f"{source.name}: {result}")
                continue
            done += 1
            take = result.take.id
            results.append(
                {
                    "source": str(source),
                    "take": take,
                    "fresh": result.fresh,
                    "error": None,
                    "notes": result.notes,
                }
            )
            if not result.fresh:
                say.note(f"{source.name}: here already, as take {take[-6:]}.")
                if result.agreed:
                    say.note(f"Consent is now on record for take {take[-6:]}.")
                if result.voided:
                    say.note(f"Take {take[-6:]} was discarded; `fieldkit circle {take[-6:]}` takes it back.")
            else:
                say.note(
                    f"{source.name}: take {take[-6:]}, {say.size(result.original.bytes)}, read back and compared."
                )
                for sentence in result.notes:
                    say.note(f"{source.name}: {sentence}")
                if order.consent.state is not ConsentState.AGREED:
                    say.note(_NO_CONSENT.format(take=take[-6:]))
    if as_json:
        say.document(results)
    return options.exit_code(done, len(results) - done, damaged=damaged)
