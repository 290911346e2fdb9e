"""The slate: a code to film, so that `ingest` knows which tweet the clips after it answer."""

import io
from typing import Any

import segno

from fieldkit.errors import NotATweet
from fieldkit.model import TweetId

SCHEME = "fieldkit:"
_QUIET = 4  # modules of white around the code (ISO/IEC 18004)
_MODULE = 40  # pixels: the picture is then big enough for a screen, and prints sharply on a page
_BLACK_ON_WHITE, _PLAIN = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def said(text: str) -> TweetId | None:
    """The tweet that a code names; None for a code that is none of ours."""
    if not text.lower().startswith(SCHEME):
        return None
    try:
        return TweetId(text[len(SCHEME) :])
    except (NotATweet, ValueError):
        return None


def picture(tweet: TweetId) -> bytes:
    """The code as a PNG, with the white that it needs around it."""
    made = io.BytesIO()
    _code(tweet).save(made, kind="png", scale=_MODULE, border=_QUIET)
    return made.getvalue()


def text(tweet: TweetId, *, coloured: bool) -> str:
    """The code in half blocks for a terminal, and the tweet in words below it.

    `coloured` says that the terminal takes colours: it is then dark on white whatever the terminal's own are.
    """
    rows = [[bool(module) for module in row] for row in _code(tweet).matrix_iter(border=_QUIET)]
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    lines = [
        "".join(_HALVES[pair] for pair in zip(*rows[at : at + 2], strict=True))
        for at in range(0, len(rows), 2)
    ]
    if coloured:
        lines = [f"{_BLACK_ON_WHITE}{line}{_PLAIN}" for line in lines]
    return "\n".join([*lines, f"{SCHEME}{tweet}"])


def _code(tweet: TweetId) -> segno.QRCode:
    # letters and digits apart: 25 modules a side then hold it with a quarter of them unreadable
    pieces: Any = [SCHEME, str(tweet)]
    return segno.make(pieces, error="q", micro=False, boost_error=False)
