"""Words as they really stand in the picture: drawn by libass, then looked at by the pixel."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.errors import NeedsCrew
from fieldkit.transcode import ass, fonts, script
from fieldkit.transcode.captions import Cue
from fieldkit.transcode.ffmpeg import Ffmpeg, FfmpegFailed
from fieldkit.transcode.lettering import RLM, plain, reads_from_the_right, wrapped
from fieldkit.transcode.words import Card, Words

WIDE, TALL = (1280, 720), (720, 1280)
LANGUAGES = {
    "Arabic": "أنا اسمي فاطمة، وصلت إلى المخيّم قبل ٣ سنوات (عام 2023)؛ هل تسمعني؟",
    "Persian": "من می‌خواهم به خانه برگردم؛ پدرم چای می‌گفت.",
    "Amharic": "ስሜ ሄለን ይባላል። ከጎንደር መጣሁ፤ ፫ ልጆች አሉኝ (2026)!",
    "Tigrinya": "ኣነ ካብ ትግራይ እየ፣ ቋንቋይ ትግርኛ እዩ። ዓቐብ፧",
    "Somali": "Magacaygu waa Axmed; waxaan ka imid Muqdisho “2019”.",
    "Swahili": "Habari, jina langu ni Neema – nina miaka 22, ng’ombe wangu…",
    "French": "Où êtes-vous ? L’été à Dadaab, ça va : 50 € !",
}
COMMON = [  # letters that are always cut, so that one cut serves nearly all tests
    ("common", text)
    for text in (*LANGUAGES.values(), *map(chr, range(0x20, 0x7F)), *map(chr, range(0x620, 0x64B)))
]


def caption(*lines: str, start: float = 0.0, end: float = 2.0) -> Words:
    return Words((Cue(start, end, lines),))


def document(words: Words, size: tuple[int, int] = WIDE, seconds: float = 10.0, *, cut: bool = False) -> str:
    return script.document(words, fonts.faces([*words.texts(), *COMMON]), size, seconds, cut=cut)


@pytest.fixture
def draw(tmp_path: Path, ffmpeg: Ffmpeg, monkeypatch: pytest.MonkeyPatch):
    """Draws a document's words at a time on mid-grey, with no font on the system, and returns the picture as RGB."""
    monkeypatch.setenv("FONTCONFIG_FILE", "/dev/null")

    def drawn(text: str, size: tuple[int, int] = WIDE, at: float = 1.0) -> np.ndarray:
        path, picture = tmp_path / "words.ass", tmp_path / "picture.rgb"
        path.write_text(text, "utf-8")
        source = f"color=gray:s={size[0]}x{size[1]}:r=1:d=1,format=yuv444p,settb=1/1000,setpts=PTS+{at}/TB,ass={path}"
        ffmpeg.run(
            [
                "-y",
                "-f",
                "lavfi",
                "-i",
                source,
                "-frames:v",
                "1",
                "-f",
                "rawvideo",
                "-pix_fmt",
                "rgb24",
                str(picture),
            ]
        )
        return np.frombuffer(picture.read_bytes(), np.uint8).reshape(size[1], size[0], 3).astype(int)

    return drawn


def white(picture: np.ndarray) -> np.ndarray:
    return picture.min(axis=2) > 200


def red(picture: np.ndarray) -> np.ndarray:
    return (picture[:, :, 0] > 180) & (picture[:, :, 1] < 90)


def columns(ink: np.ndarray) -> np.ndarray:
    return np.flatnonzero(ink.any(axis=0))


def strokes(ink: np.ndarray) -> int:
    """How many pieces there are from left to right, with an empty column between them."""
    return int((np.diff(columns(ink)) > 1).sum()) + 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [WIDE, TALL], ids=["wide", "tall"])
def test_each_language_stands_in_the_lower_part_of_the_picture_and_nowhere_near_its_edge(
    language: str, size: tuple[int, int], draw
) -> None:
    ink = white(draw(document(caption(LANGUAGES[language]), size), size))
    rows, across = np.flatnonzero(ink.any(axis=1)), columns(ink)
    assert ink.sum() > 1500
    assert rows.min() > 0.6 * size[1]
    assert rows.max() < 0.96 * size[1]
    assert across.min() > 0.03 * size[0]
    assert across.max() < 0.97 * size[0]
    assert abs((across.min() + across.max()) / 2 - size[0] / 2) < 0.02 * size[0]


def test_arabic_letters_are_joined(draw) -> None:
    joined = white(draw(document(caption("بيت"))))
    apart = white(draw(document(caption("ب\u200cي\u200cت"))))
    assert strokes(joined) == 1
    assert strokes(apart) == 3
    assert np.ptp(columns(apart)) > 1.2 * np.ptp(columns(joined))


def test_lam_and_alef_become_one_and_marks_take_no_room(draw) -> None:
    assert strokes(white(draw(document(caption("لا"))))) == 1
    bare, marked = (columns(white(draw(document(caption(word))))) for word in ("بيت", "بَيْت"))
    assert abs(np.ptp(bare) - np.ptp(marked)) <= 2


@pytest.mark.parametrize(
    ("line", "part", "left"),
    [
        ("وصلت إلى هنا (2026)", "(2026)", True),
        ("وصلت إلى هنا (2026)", "وصلت", False),
        ("وصلت إلى هنا.", ".", True),
        ("هل تسمعني؟", "؟", True),
        ("UNHCR لم تأت بعد!", "!", True),
        ("UNHCR لم تأت بعد!", "UNHCR", False),
        ("كنا ٣٠ شخصا، 12 منهم (أطفال)!", "!", True),
        ("من فضلك: amnesty.org/refugees.", "من", False),
        ("Habari yako (2026)", "(2026)", False),
        ("ስሜ ሄለን ነው (2026)።", "።", False),
        ("She said مرحبا to me.", ".", False),
    ],
)
def test_punctuation_stands_at_the_end_of_reading(line: str, part: str, left: bool, draw) -> None:
    text = document(caption(line))
    lines = [
        painted(event, part) if event.startswith("Dialogue: 3") else event for event in text.splitlines()
    ]
    picture = draw("\n".join(lines))
    marked, whole = columns(red(picture)), columns(red(picture) | white(picture))
    assert len(marked)
    assert (abs(marked.min() - whole.min()) <= 2) == left
    assert (abs(marked.max() - whole.max()) <= 2) != left


def painted(event: str, part: str) -> str:
    orders, _, told = event.rpartition("}")
    return orders + "}" + told.replace(part, "{\\1c&H0000FF&}" + part + "{\\1c&HFFFFFF&}")


def test_each_half_of_a_bilingual_caption_goes_its_own_way() -> None:
    text = document(caption("نحن هنا منذ عام 2019.", "We have been here since 2019."))
    assert [event.count(RLM) for event in text.splitlines() if event.startswith("Dialogue: 3")] == [
        1,
        0,
    ]
    assert reads_from_the_right("UNHCR هنا الآن")
    assert not reads_from_the_right("123 (456)")


def test_the_systems_fonts_change_nothing(draw, monkeypatch: pytest.MonkeyPatch) -> None:
    text = document(caption(LANGUAGES["Arabic"], LANGUAGES["Tigrinya"]))
    without = draw(text)
    monkeypatch.delenv("FONTCONFIG_FILE")
    assert (draw(text) == without).all()


@pytest.mark.parametrize(
    ("letter", "name"),
    [("😀", "U+1F600"), ("中", "U+4E2D"), ("\x07", "U+0007"), ("א", "U+05D0"), ("\ufffd", "U+FFFD")],
)
def test_a_letter_that_no_font_has_is_an_error_that_names_it_and_its_time(letter: str, name: str) -> None:
    with pytest.raises(NeedsCrew, match=re.escape(f"({name}) in the caption at 1:05 can't be drawn")):
        fonts.faces(caption(f"Habari {letter}", start=65, end=66).texts())


def test_marks_without_a_shape_are_no_error(draw) -> None:
    told = "\ufeffمي\u200cخواهم\u200b \u2067abc\u2069\u200f\u00ad\u2060 \ufe0f\u2003!"
    assert white(draw(document(caption(told)))).any()


def test_what_libass_could_not_draw_after_all_is_an_error(draw) -> None:
    with pytest.raises(FfmpegFailed, match=r"could not be drawn.*0x1F600"):
        draw(document(caption("abc")).replace("abc", "a\U0001f600c"))


def test_nothing_in_a_caption_is_an_order_to_libass(draw) -> None:
    """Each would fill the picture, leave it, or break the line, if libass took it for more than text."""
    hostile = [
        "{\\fs400}a",
        "a\\Nb\\nc\\h",
        "{\\p1}m 0 0 l 900 0 900 900",
        "a{\\pos(9,9)}b",
        "\\{\\an8}x",
        "a\\",
    ]
    for line in hostile:
        ink = white(draw(document(caption(line))))
        rows = np.flatnonzero(ink.any(axis=1))
        assert ink.any()
        assert rows.min() > 600, line
        assert rows.max() - rows.min() < 60, line
    assert strokes(white(draw(document(caption("\\N{n}"))))) == 5


@given(st.text(max_size=60))
def test_escaped_text_is_read_back_by_libass_rules_as_it_was(text: str) -> None:
    told = plain(text)
    escaped, read, at = ass.escaped(told) + "{\\fnX}", "", 0
    while (letter := escaped[at]) != "{":  # an override block begins: it must be ours, at the end
        if letter == "\\" and escaped[at + 1] in "{}":
            letter, at = escaped[at + 1], at + 1
        else:
            assert not (letter == "\\" and escaped[at + 1] in "Nnh")
        read, at = read + letter, at + 1
    assert escaped[at:] == "{\\fnX}"
    assert read.replace("\u2060", "") == told
    assert not set(told) & set("\n\r\x0b\x0c\x85\u2028\u2029\x1c\x1d\x1e")


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text("abجد ሀ፡", min_size=1, max_size=12), min_size=1, max_size=12), st.floats(3, 30))
def test_wrapping_loses_nothing_and_keeps_within_the_width(words: list[str], width: float) -> None:
    text = plain(" ".join(words))
    faces = fonts.faces([*COMMON, ("words", "ሀ፡")])
    lines = wrapped(text, faces, width, rtl=False)
    shown = ["".join(run for _, run in line.runs) for line in lines]
    assert "".join(shown).replace(" ", "") == text.replace(" ", "")
    for line, told in zip(lines, shown, strict=True):
        assert line.width <= width or not re.search(r"[^ ] [^ ]|፡[^ ፡]", told)


def test_a_caption_that_fits_in_no_size_is_refused_with_its_time() -> None:
    with pytest.raises(NeedsCrew, match=r"caption at 0:04 is too long for the picture .*split"):
        document(caption("Habari yako " * 20, start=4, end=6), TALL)
    with pytest.raises(NeedsCrew, match=r"end card's address is too long"):
        document(Words(card=Card("Sign", "amnesty.org/" + "x" * 80)), TALL)


def test_captions_of_another_take_are_noticed_and_those_that_were_cut_off_are_not_missed() -> None:
    words = Words((Cue(1, 2, ("a",)), Cue(30, 32, ("b",))))
    with pytest.raises(NeedsCrew, match=r"caption at 0:30 comes after the take's end \(0:10\)"):
        document(words)
    assert document(words, cut=True).count("Dialogue: 3") == 1


def test_who_speaks_at_the_same_time_stands_above(draw) -> None:
    both = Words((Cue(0, 3, ("Habari yako",)), Cue(0.5, 2, ("Njema sana",)), Cue(2.5, 3, ("Asante",))))
    rows = [np.flatnonzero(white(draw(document(both), at=at)).any(axis=1)) for at in (0.2, 1.0, 2.2, 2.8)]
    assert [int((np.diff(seen) > 4).sum()) + 1 for seen in rows] == [1, 2, 1, 2]
    assert len({int(seen.max()) for seen in rows}) == 1  # the first one stays where it is
    with pytest.raises(NeedsCrew, match="Too many captions are seen at once at 0:00"):
        document(Words(tuple(Cue(0, 3, (f"{number} abc",)) for number in range(20))))


def test_the_lower_third_is_seen_for_a_while_and_captions_make_room_for_it(draw) -> None:
    words = Words((Cue(0.0, 9.0, ("Habari yako",)),), "Fatima – Kakuma", Card("a", "b.org", accent="#ff0000"))
    text = document(words, seconds=20.0)
    pictures = [draw(text, at=at) for at in (0.5, 3.0, 7.0)]
    assert [bool(red(picture).any()) for picture in pictures] == [False, True, False]
    bar, shown = red(pictures[1]), white(pictures[1])
    assert columns(bar).max() < columns(shown).min() < 0.1 * WIDE[0]
    top = np.flatnonzero(bar.any(axis=1)).min()
    beside = np.flatnonzero(shown[:, WIDE[0] // 2 + 60 :].any(axis=1))
    assert beside.max() < top  # the caption stands above
    mirrored = draw(document(Words(lower_third="فاطمة", card=words.card), seconds=20.0), at=3.0)
    assert columns(red(mirrored)).min() > 0.9 * WIDE[0]


def test_the_end_card_covers_what_comes_after_the_take_and_nothing_before(draw) -> None:
    card = Card("Sign for safe passage.\nوقّعوا الآن!", "amnesty.org/refugees", background="#102030")
    text = document(Words(card=card), TALL, seconds=5.004)
    assert not (np.ptp(draw(text, TALL, at=5.0), axis=(0, 1)) > 3).any()
    picture = draw(text, TALL, at=7.0)
    assert np.abs(picture[5, 5] - (0x10, 0x20, 0x30)).max() <= 3
    assert white(picture).any()
    rows = np.flatnonzero((picture[:, :, 0] > 180).any(axis=1))
    assert abs((rows.min() + rows.max()) / 2 - TALL[1] / 2) < 0.04 * TALL[1]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("headline = 'a'", "lacks the end card's address"),
        ("headline = 'a'\naddress = 'b.org'\ncolour = 'red'", "says “colour”"),
        ("headline = 'a'\naddress = 'b.org'\nink = 'red'", "ink is a colour such as"),
        ("headline = 'a'\naddress = 'b.org'\nseconds = 60", "between 1 and 10"),
        ("headline = 'a'\naddress = 'b.org'\nseconds = true", "seconds is a number"),
        ("headline = 3\naddress = 'b.org'", "headline is a text"),
        ("headline = ", "is not a template in TOML"),
        ("headline = ' '\naddress = 'b.org'", "headline is a text of up to"),
    ],
)
def test_a_template_that_is_wrong_is_told_what(template: str, said: str) -> None:
    with pytest.raises(NeedsCrew) as raised:
        Card.read(template, "card.toml")
    assert said in str(raised.value)


def test_the_fonts_are_cut_the_same_each_time() -> None:
    texts = [("x", "Habari مرحبا")]
    first = fonts.faces(texts)
    fonts._face.cache_clear()
    assert fonts.faces(texts) == first
