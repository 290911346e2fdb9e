"""Options that many commands share, and how a command opens its library."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from fieldkit.cli.codes import EXIT_CODES
from fieldkit.config import rate_of, seconds_of, size_of
from fieldkit.errors import Damaged, FieldkitError, NeedsCrew
from fieldkit.model import Consent, ConsentState, Language, Manner, Method, Region, TweetId, Voice

if TYPE_CHECKING:
    from fieldkit.dispatch import Dispatch
    from fieldkit.kit import Kit
    from fieldkit.protector import Wish

_F = TypeVar("_F", bound=Callable[..., Any])


class TweetParam(click.ParamType[TweetId]):
    """A tweet ID or a status URL."""

    name = "tweet"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> TweetId:
        """Raises NotATweet, whose sentence says more than click's."""
        return TweetId.parse(str(value))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The tweets that the command centre wants answered."""
        from fieldkit.cli.requests import kept, shown

        try:
            asked, _ = kept(ctx.params.get("folder") or os.environ.get("FIELDKIT_LIBRARY"))
        except FieldkitError:
            return []
        return [
            CompletionItem(each.request.tweet_id, help=shown(each.request.text or "")[:60])
            for each in asked
            if each.request.tweet_id.startswith(incomplete)
        ]


TWEET = TweetParam()

library = click.option(
    "--library",
    "folder",
    envvar="FIELDKIT_LIBRARY",
    metavar="DIR",
    help="The library's folder (also FIELDKIT_LIBRARY; default: the platform's data folder).",
)
as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, for scripts.")


class RateParam(click.ParamType[int]):
    """64k, 256k, 1M: bits per second."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Raises NeedsCrew, whose sentence says more than click's."""
        return value if isinstance(value, int) else rate_of(str(value))


class SizeParam(click.ParamType[int]):
    """150k, 5M, 800000: bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Raises NeedsCrew."""
        return value if isinstance(value, int) else size_of(str(value))


class TimeParam(click.ParamType[float]):
    """90, 90s, 5m: seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Raises NeedsCrew."""
        return float(value) if isinstance(value, int | float) else seconds_of(str(value))


def wishes(function: _F) -> _F:
    """--vmaf, --max-size, --link, --deadline: what a rendition is to be."""
    for option in (
        click.option(
            "--deadline",
            type=TimeParam(),
            metavar="TIME",
            help="Seconds (or 5m) from now in which a clip is to be made and sent; the best picture that is in time.",
        ),
        click.option(
            "--link",
            "rate",
            type=RateParam(),
            metavar="RATE",
            help="What the line carries (64k, 256k, 1M bit/s); without it what `sync` measured last.",
        ),
        click.option(
            "--max-size",
            "max_bytes",
            type=SizeParam(),
            metavar="SIZE",
            help="The file's size at most (400k, 5M bytes): the best picture in it, within 2 % below.",
        ),
        click.option(
            "--vmaf", type=click.FloatRange(20, 98), help="The quality to reach in the fewest bytes (VMAF)."
        ),
    ):
        function = option(function)
    return function


def prompting(function: _F) -> _F:
    """--tweet-text, --prompt, --prompt-text, --read-out: what the person who speaks sees and hears before."""
    for option in (
        click.option(
            "--read-out", is_flag=True, help="Have the system's voice read the tweet before the take."
        ),
        click.option("--prompt-text", metavar="TEXT", help="The same, typed here."),
        click.option(
            "--prompt",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="A text that they want to read, in any language; it runs through the window, ↑ and ↓ set its speed.",
        ),
        click.option(
            "--tweet-text", metavar="TEXT", help="What the tweet says, to be shown before the take."
        ),
    ):
        function = option(function)
    return function


def explained(function: _F) -> _F:
    """--explain, --plot: what a recipe was chosen from."""
    for option in (
        click.option(
            "--plot",
            type=click.Path(path_type=Path),
            metavar="PNG",
            help="Draw the same for one clip: quality against bytes, or against the time of arrival.",
        ),
        click.option("--explain", is_flag=True, help="Also show what each clip's recipe was chosen from."),
    ):
        function = option(function)
    return function


def protection(function: _F) -> _F:
    """--protect, --region, --voice, --voice-file, --captions."""
    for option in (
        click.option(
            "--captions",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="SRT",
            help="What is said, for a protected clip; without sound it takes them.",
        ),
        click.option(
            "--voice-file",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Another person's recording of the words, for --voice revoice.",
        ),
        click.option(
            "--voice",
            type=click.Choice([each.value for each in Voice]),
            help="Hide the voice: no sound, with captions, or another person's voice.",
        ),
        click.option(
            "--region",
            metavar="X,Y,W,H",
            help="What --protect cover hides, in per cent of the picture as it is played; without it all of it.",
        ),
        click.option(
            "--protect",
            type=click.Choice([each.value for each in Method]),
            help="Hide the face: a solid cover, a card without picture, or filmed so that any face is an error.",
        ),
    ):
        function = option(function)
    return function


def wish(typed: dict[str, Any]) -> "Wish":
    """What was typed of a protection. Raises NeedsCrew."""
    from fieldkit.protector import Wish

    region = Region.parse(typed["region"]) if typed["region"] else None
    method = Method(typed["protect"]) if typed["protect"] else None
    voice = Voice(typed["voice"]) if typed["voice"] else None
    return Wish(method, region, voice, typed["voice_file"], typed["captions"])


def consent(function: _F) -> _F:
    """--consent, --language, --spoken/--written."""
    for option in (
        click.option(
            "--spoken/--written",
            "spoken",
            default=None,
            help="How consent was given: said, or signed or marked on paper.",
        ),
        click.option(
            "--language",
            metavar="TAG",
            help="The language it was explained in (BCP 47: ar, sw, so, am, ti, en…).",
        ),
        click.option(
            "--consent",
            "agreed",
            type=click.Choice(["agreed", "none"]),
            default="none",
            show_default=True,
            help="Whether the speaker agreed to this reply being published. Without it nothing leaves the laptop.",
        ),
    ):
        function = option(function)
    return function


def consent_of(state: str, language: str | None, spoken: bool | None) -> Consent:
    """The consent that was typed."""
    manner = None if spoken is None else Manner.SPOKEN if spoken else Manner.WRITTEN
    return Consent(ConsentState(state), Language(language) if language else None, manner)


def kit(folder: str | None, **flags: Any) -> "Kit":
    """The kit for the library that was named."""
    from fieldkit.kit import Kit

    return Kit.open(folder, flags)


def dated(kit: "Kit") -> "Kit":
    """The same kit; a clock that can't be right is told first, because what is begun now gets its date."""
    from fieldkit.cli import say

    if doubt := kit.clock_doubt():
        say.trouble(doubt)
    return kit


def unlocked(kit: "Kit") -> "Kit":
    """The same kit with the passphrase that is typed now, where something waits for it and somebody can type."""
    from dataclasses import replace

    if not (sys.stdin.isatty() and kit.library.journal.exists() and kit.locked):
        return kit
    return replace(kit, passphrase=click.prompt("Passphrase", hide_input=True, err=True))


def dispatch(folder: str | None, *, sends: bool = False, **flags: Any) -> "Dispatch":
    """The way to the store for the library that was named; begins sooner than the kit.

    With `sends`, the store is dialled before the rest is loaded, unless a limit may forbid it.
    """
    from fieldkit.config import library_and_settings

    library, settings = library_and_settings(folder, flags)
    limited = settings.window or settings.budget or settings.battery
    ahead = None
    if sends and settings.store and library.journal.exists() and not limited:
        from fieldkit.sync.ahead import Ahead

        ahead = Ahead(settings.store)
    from fieldkit.dispatch import Dispatch

    return Dispatch(library, settings, ahead)


def interruptible() -> threading.Event:
    """An event to stop by; SIGTERM then ends a command as Ctrl-C does, resumable."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    return threading.Event()


def exit_code(done: int, refused: int, *, damaged: bool = False) -> int:
    """0 where nothing was refused, 1 where the rest was done, 3 where nothing could be done, 5 for damage."""
    if damaged:
        return Damaged.exit_code
    return 0 if not refused else 1 if done else NeedsCrew.exit_code


def epilog(*examples: str) -> str:
    """A command's examples and exit codes, for the end of its help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in examples) + "\n\n" + EXIT_CODES
