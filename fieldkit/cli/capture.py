"""record, ingest: pictures come in, under a tweet, with consent on record."""

import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fieldkit.cli import options, say
from fieldkit.errors import Damaged, FieldkitError, NeedsCrew
from fieldkit.model import Consent, ConsentState, TweetId

if TYPE_CHECKING:
    from fieldkit.capture.ingest import Ingested

_NO_CONSENT = "No consent is on record, so it stays on this laptop until `fieldkit consent {take} --agree`."


@click.command(
    epilog=options.epilog(
        "fieldkit record https://x.com/i/status/826412345678901234 --consent agreed --language sw --spoken",
        "fieldkit record 826412345678901234 --camera test: --seconds 5",
        "fieldkit record   # a tweet from the command centre's list",
        "fieldkit record 826412345678901234 --tweet-text “ሰላም ድዩ?” --prompt answer.txt --language ti --read-out",
    )
)
@click.argument("tweet", type=options.TWEET, required=False)
@click.option(
    "--camera", metavar="C", help="A camera from `fieldkit devices`, a network camera's URL, or test:"
)
@click.option("--mic", "microphone", metavar="M", help="A microphone from `fieldkit devices`, or none.")
@click.option(
    "--seconds",
    type=click.FloatRange(1, 140),
    default=140,
    show_default=True,
    help="Stop by itself after so long; Space stops earlier.",
)
@click.option(
    "--preview/--no-preview", default=True, help="A window with picture and hints, where there is a display."
)
@click.option("--now", is_flag=True, help="Roll at once, without a rehearsal; so it is where nobody types.")
@options.prompting
@click.option("--size", metavar="WxH", default="1280x720", show_default=True, help="The picture's size.")
@click.option("--fps", type=click.IntRange(1, 60), default=30, show_default=True, help="Frames per second.")
@options.protection
@options.consent
@options.as_json
@options.library
def record(
    tweet: TweetId | None,
    camera: str | None,
    microphone: str | None,
    seconds: float,
    preview: bool,
    now: bool,
    size: str,
    fps: int,
    tweet_text: str | None,
    prompt: Path | None,
    prompt_text: str | None,
    read_out: bool,
    agreed: str,
    language: str | None,
    spoken: bool | None,
    as_json: bool,
    folder: str | None,
    **hidden: Any,
) -> None:
    """Record one take that answers TWEET (a tweet ID or its link, or the end of a requested one's ID).

    Without TWEET it is chosen from the command centre's requests.

    Rehearse first: Space begins and ends the take, R ends it and records it once more, Q leaves.
    """
    from fieldkit.capture.desk import Desk
    from fieldkit.cli.keys import keys
    from fieldkit.cli.requests import chosen, text_of
    from fieldkit.cli.rolling import Slate, rehearsed, watcher
    from fieldkit.screen import Prompting, read

    kit = options.dated(options.kit(folder, camera=camera, microphone=microphone))
    given = options.consent_of(agreed, language or kit.settings.language, spoken)
    answered = chosen(tweet, folder)
    protection = kit.protector.wanted(options.wish(hidden))
    desk = Desk()
    signal.signal(signal.SIGINT, lambda *_: desk.leave())  # ends the take well, as Space does
    signal.signal(signal.SIGTERM, lambda *_: desk.leave())
    prompting = Prompting(
        tweet_text or text_of(answered, folder), prompt_text or (read(prompt) if prompt else None)
    )
    slate = Slate(seconds, keys=sys.stdin.isatty())
    slate.prompt(prompting.tweet, prompting.text)
    with keys(desk.press), slate:
        taken = kit.recorder.record(
            kit.recorder.order(answered, given, protection),
            seconds=seconds,
            size=_size(size),
            fps=fps,
            desk=desk,
            crew=slate,
            preview=watcher(preview=preview),
            rehearse=not now and rehearsed(),
            prompting=prompting,
            read_out=read_out,
            note=say.note,
        )
    if taken is None:
        raise NeedsCrew("Nothing was recorded, because nobody pressed Space; the same command starts again.")
    original = taken.original
    if as_json:
        say.document(
            {
                "take": original.take,
                "path": str(kit.library.root / original.path),
                "sha256": original.sha256,
                "verdict": asdict(taken.verdict),
            }
        )
    if given.state is not ConsentState.AGREED:
        say.note(_NO_CONSENT.format(take=original.take[-6:]))


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise NeedsCrew(f"“{text[:40]}” is not a picture size such as 1280x720.")
    return int(width), int(height)


@click.command(
    epilog=options.epilog(
        "fieldkit ingest /media/card --tweet 826412345678901234 --consent agreed --language ar --written",
        "fieldkit ingest /media/card --consent agreed --language sw --spoken   # filed by the slates filmed on it",
        "fieldkit ingest clip.mov --tweet https://x.com/i/status/826412345678901234",
    )
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option(
    "--tweet",
    type=options.TWEET,
    help="The tweet they answer: its ID or link, or the end of a requested one's ID. Without it, that of the slate "
    "(`fieldkit slate`) filmed before.",
)
@options.protection
@options.consent
@options.as_json
@options.library
def ingest(
    paths: tuple[Path, ...],
    tweet: TweetId | None,
    agreed: str,
    language: str | None,
    spoken: bool | None,
    as_json: bool,
    folder: str | None,
    **hidden: Any,
) -> int:
    """Take in video files, folders or a camera card: copied, read back and compared; the source is never touched.

    Parts of one recording are put in order. Was the card pulled, the same command goes on from there.
    """
    from fieldkit.capture.offload import pieces
    from fieldkit.cli.requests import chosen_or_slates

    kit = options.dated(options.kit(folder))
    consent = options.consent_of(agreed, language or kit.settings.language, spoken)
    options.interruptible()
    found = pieces(paths)
    if not found:
        raise NeedsCrew(f"There is no video file in {', '.join(map(str, paths))}.")
    tweet = chosen_or_slates(tweet, folder)
    protection = kit.protector.wanted(options.wish(hidden))
    if tweet is None:
        filed = kit.recorder.by_slate(consent, protection)
    else:
        order = kit.recorder.order(tweet, consent, protection)
        filed = lambda _: order  # noqa: E731 - one sort of filing beside the other
    done, damaged = 0, False
    results: list[dict[str, object]] = []
    bars = say.Bars()
    what = found[0].name if len(found) == 1 else f"{len(found)} clips"
    told = Told(bars.adding(f"ingest {what}", sum(piece.bytes for piece in found)))
    with bars.shown():
        for piece, result in kit.recorder.ingest(found, filed, told):
            told.up_to(piece.bytes)
            row = {"source": str(piece.files[0]), "parts": [str(path) for path in piece.files]}
            if isinstance(result, FieldkitError):
                damaged |= isinstance(result, Damaged)
                results.append(row | {"take": None, "fresh": False, "error": str(result), "notes": ()})
                named = piece.files[0].name in str(result)
                say.trouble(str(result) if named else f"{piece.name}: {result}")
                continue
            done += 1
            take = result.take
            results.append(
                row
                | {
                    "take": take.id,
                    "tweet_id": take.tweet_id,
                    "fresh": result.fresh,
                    "error": None,
                    "notes": result.notes,
                }
            )
            for sentence in _sentences(result, consent, named=tweet is not None):
                say.note(f"{piece.name}: {sentence}")
    if as_json:
        say.document(results)
    return options.exit_code(done, len(results) - done, damaged=damaged)


class Told:
    """Adds a piece's bytes to the bar as they are copied, and later what was not copied: known here, or refused.

    The bar begins with the first byte that is copied: where nothing is, there is nothing to show.
    """

    def __init__(self, add: Callable[[int], None]) -> None:
        self._add, self._copied, self._owed = add, 0, 0

    def __call__(self, count: int) -> None:
        self._copied += count
        self._add(count + self._owed)
        self._owed = 0

    def up_to(self, count: int) -> None:
        """The piece of so many bytes is dealt with."""
        self._owed += count - self._copied
        self._copied = 0


def _sentences(result: "Ingested", consent: Consent, *, named: bool) -> Iterator[str]:
    """What the crew reads of one piece; under which tweet it was filed where nobody `named` that."""
    take = result.take.id[-6:]
    under = "" if named else f" of tweet {result.take.tweet_id}"
    if not result.fresh:
        yield f"here already, as take {take}{under}."
        if result.agreed:
            yield f"Consent is now on record for take {take}."
        if result.voided:
            yield f"Take {take} was discarded; `fieldkit circle {take}` takes it back."
        return
    yield f"take {take}{under}, {say.size(result.original.bytes)}, read back and compared."
    yield from result.notes
    if consent.state is not ConsentState.AGREED:
        yield _NO_CONSENT.format(take=take)
