"""The words that the preview shows: the crew's, the tweet being answered, and the text to be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fieldkit.capture import stage
from fieldkit.capture.hints import SAYS
from fieldkit.errors import FieldkitError, NeedsCrew
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.fonts import drawable
from fieldkit.transcode.signs import Sign, Text, set_, signs

_LONGEST = 4000  # letters: 140 seconds of speech are 2500
_PAGE = stage.WIDTH - 40
_CREW = {
    "rehearsing": "Nothing is recorded yet",
    "counting": "Get ready",
    "waiting": "Waiting for the camera",
    "rolling": "Recording",
    "sealing": "Making it safe",
}
_KEYS = {
    "rehearsing": "Space begins · Q leaves",
    "counting": "Q leaves",
    "waiting": "Space stops",
    "rolling": "Space ends · R once more",
    "sealing": "",
}
_READING = " · Up and Down set the text's speed"


@dataclass(frozen=True, slots=True)
class Prompting:
    """What the person who speaks should see or hear: the tweet, as far as it is known, and a text of their own."""

    tweet: str | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        for words in (self.tweet, self.text):
            if words is not None and len(words) > _LONGEST:
                raise NeedsCrew(
                    f"The text is longer than anyone reads in 140 s ({len(words)} letters); shorten it."
                )


def read(path: Path) -> str:
    """The text of a file in UTF-8. Raises NeedsCrew."""
    try:
        with path.open("rb") as file:
            return file.read(4 * _LONGEST + 4).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise NeedsCrew(
            f"{path} can't be read as a text in UTF-8 ({error}); nothing was recorded."
        ) from error


def texts(prompting: Prompting) -> dict[str, Text]:
    """All that the window may have to show. Raises NeedsCrew for a letter in the text to be read that no font has."""
    wall = {hint.value: Text(says, 27, 400, 2) for hint, says in SAYS.items()}
    wall |= {phase: Text(says, 20, 250) for phase, says in _CREW.items()}
    wall |= {f"keys {phase}": Text(says, 19, 620) for phase, says in _KEYS.items() if says}
    wall |= {"left": Text("left", 20, 200), "free": Text("GB free", 18, 200)}
    if prompting.text:
        wall["keys rolling"] = Text(_KEYS["rolling"] + _READING, 19, 620)
    for figure in "0123456789:.":
        wall |= {f"digit{figure}": Text(figure, 46, 200), f"small{figure}": Text(figure, 24, 200)}
    wall |= {f"big{figure}": Text(figure, 110, 300) for figure in "123"}
    if prompting.tweet and (tweet := drawable(prompting.tweet).strip()):
        wall["tweet"] = Text(tweet, 40, _PAGE, None, "the tweet's text")
    if prompting.text and prompting.text.strip():
        wall["prompt"] = Text(prompting.text, 54, _PAGE, None, "the text to be read")
        set_({"prompt": wall["prompt"]})
    return wall


def drawn(wall: Mapping[str, Text], ffmpeg: Ffmpeg) -> dict[str, Sign]:
    """The texts as pictures; none where they can't be drawn, because a recording does without."""
    try:
        return signs(wall, ffmpeg)
    except FieldkitError:
        return {}
