"""Words for a screen: every script as it is read, no letter lost."""

import numpy as np
import pytest

from fieldkit.errors import NeedsCrew
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.fonts import drawable
from fieldkit.transcode.signs import Sign, Text, signs

ARABIC = "السلام عليكم. اسمي أحمد وأعيش في مخيم الزعتري منذ ١٢ سنة."
TIGRINYA = "ሰላም። ስመይ ኣስቴር እዩ። ካብ ኤርትራ መጺአ።"


def ink(sign: Sign) -> np.ndarray:
    return np.frombuffer(sign.ink, np.uint8).reshape(sign.height, sign.width)


@pytest.fixture(scope="module")
def wall() -> dict[str, Sign]:
    texts = {
        "latin": Text("Out of focus", 27, 400, 2),
        "arabic": Text(ARABIC, 54, 600, None),
        "tigrinya": Text(TIGRINYA, 54, 600, None),
        "7": Text("7", 46, 100),
        "blank": Text("  ", 46, 100),
    }
    return signs(texts, Ffmpeg())


def test_each_is_drawn_in_its_own_room_and_nothing_touches_the_edge(wall: dict[str, Sign]) -> None:
    assert set(wall) == {"latin", "arabic", "tigrinya", "7"}
    for sign in wall.values():
        letters = ink(sign)
        assert letters.max() > 200
        assert letters[0].max() == letters[-1].max() == 0
        assert letters[:, 0].max() == letters[:, -1].max() == 0


def test_arabic_begins_at_the_right_and_tigrinya_at_the_left(wall: dict[str, Sign]) -> None:
    arabic, tigrinya = ink(wall["arabic"]), ink(wall["tigrinya"])
    assert wall["arabic"].width >= 600
    assert np.flatnonzero(arabic.max(axis=0))[-1] > arabic.shape[1] - 20
    assert np.flatnonzero(tigrinya.max(axis=0))[0] < 20


def test_arabic_letters_are_joined() -> None:
    apart = signs({"a": Text("ب ب ب ب", 54, 600)}, Ffmpeg())["a"]
    joined = signs({"a": Text("بببب", 54, 600)}, Ffmpeg())["a"]

    def strokes(sign: Sign) -> int:
        columns = ink(sign).max(axis=0) > 60
        return int(np.count_nonzero(np.diff(columns.astype(int)) == 1))

    assert strokes(apart) == 4
    assert strokes(joined) == 1


def test_a_letter_that_no_font_has_is_named() -> None:
    with pytest.raises(NeedsCrew, match=r"U\+4F60\) in the text to be read"):
        signs({"a": Text("你好", 54, 600, None, "the text to be read")}, Ffmpeg())


def test_a_tweet_is_shown_without_its_emoji() -> None:
    assert drawable("ሰላም 😀 السلام #x\nhi") == "ሰላም  السلام #x\nhi"


def test_words_are_no_orders() -> None:
    text = r"{\fs400}\N{\p1}m 0 0 l 9 9"
    assert signs({"a": Text(text, 30, 600)}, Ffmpeg())["a"].height < 60


def test_a_hint_that_finds_no_room_is_refused() -> None:
    with pytest.raises(NeedsCrew, match="too long for the screen"):
        signs({"a": Text("word " * 40, 30, 200, 2)}, Ffmpeg())
