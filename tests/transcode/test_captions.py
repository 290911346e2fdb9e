"""SRT as it is found in the wild, and as an enemy would write it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fieldkit.errors import NeedsCrew
from fieldkit.transcode.captions import Cue, parse

PLAIN = """1
00:00:01,000 --> 00:00:03,500
Magacaygu waa Axmed.
Waxaan ka imid Soomaaliya.

2
00:00:03,600 --> 00:00:06,000
أنا اسمي فاطمة (2026).
"""
CUES = (
    Cue(1.0, 3.5, ("Magacaygu waa Axmed.", "Waxaan ka imid Soomaaliya.")),
    Cue(3.6, 6.0, ("أنا اسمي فاطمة (2026).",)),
)


def one(text: str) -> Cue:
    (cue,) = parse(f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n".encode(), "a.srt")
    return cue


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.strip().encode(),
        ("\n\n" + PLAIN + "\n\n\n").encode(),
        PLAIN.replace(",", ".", 4).encode(),
        PLAIN.replace("\n\n2\n", "\n2\n").encode(),  # no empty line
        PLAIN.replace("1\n00", "00", 1).replace("2\n00", "00").encode(),  # no numbers
        PLAIN.replace("03,500", "03,500 X1:40 X2:600 Y1:20 Y2:50").encode(),
    ],
)
def test_the_same_captions_are_read_however_they_were_saved(content: bytes) -> None:
    assert parse(content, "a.srt") == CUES


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("<i>Habari</i> <b>yako</b>", "Habari yako"),
        ('<font color="#ff0000">Habari</font>', "Habari"),
        ("{\\an8}{\\i1}Habari{\\i0}", "Habari"),
        ("2 < 3 and 5 > 4", "2 < 3 and 5 > 4"),
        ("{sic} \\o/ & so on", "{sic} \\o/ & so on"),
    ],
)
def test_markup_goes_and_everything_else_stays(told: str, shown: str) -> None:
    assert one(told).lines == (shown,)


def test_a_caption_that_asks_for_the_top_gets_it() -> None:
    assert one("{\\an8}Habari").top
    assert not one("Habari").top


def test_captions_that_touch_by_a_moment_do_not_overlap_and_speakers_at_once_do() -> None:
    text = "00:00:01,000 --> 00:00:02,100\na\n\n00:00:02,000 --> 00:00:04,000\nb\n\n00:00:03,000 --> 00:00:05,000\nc\n"
    assert [(cue.start, cue.end) for cue in parse(text.encode(), "a.srt")] == [(1, 2), (2, 4), (3, 5)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no captions"),
        (b"1\n00:00:01,000 --> 00:00:02,000\n\n", "holds no captions"),
        (PLAIN.encode() + b"\n3\n00:00:07,000 --> soon\nx", "line 11, says “00:00:07,000 --> soon”"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nx", "line 1, says “WEBVTT”"),
        (b"1\n00:00:05,000 --> 00:00:04,000\nx", "line 2: the caption ends before it begins"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nOl\xe1", "line 3, is not Unicode"),
        (b"00:00:01,000 --> 00:00:02,000\n" + b"x " * 400, "line 1: a caption of 800 letters"),
        (b"x" * 600_000, "too large"),
        (b"00:00:01,000 --> 00:00:02,000\nx\n" * 2500, "2500 captions"),
    ],
)
def test_what_is_broken_is_named_with_its_line(content: bytes, said: str) -> None:
    with pytest.raises(NeedsCrew, match=r"^a\.srt") as raised:
        parse(content, "a.srt")
    assert said in str(raised.value)


@given(
    st.one_of(
        st.binary(max_size=400), st.text(alphabet="0123456789:,.->\n\r {}\\<i/>aأ\u2028\x00", max_size=300)
    )
)
@example("99:99:99,999 --> 1:1:1\n")
def test_whatever_the_file_holds_it_is_read_or_refused_in_one_sentence(content: bytes | str) -> None:
    try:
        cues = parse(content.encode() if isinstance(content, str) else content, "a.srt")
    except NeedsCrew:
        return
    assert cues
    assert all(0 <= cue.start < cue.end for cue in cues)
    assert all(cue.lines and all(line.strip() and "\n" not in line for line in cue.lines) for cue in cues)
    assert [cue.start for cue in cues] == sorted(cue.start for cue in cues)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 5000),
            st.lists(
                st.text(
                    alphabet=st.characters(categories=("L", "Nd", "Po", "Ps", "Pe")), min_size=1, max_size=30
                ).filter(lambda line: not line.isdigit() and "{" not in line and "<" not in line),
                min_size=1,
                max_size=3,
            ),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_was_written_as_srt_is_read_again(told: list[tuple[int, list[str]]]) -> None:
    at, written, expected = 0, [], []
    for number, (length, lines) in enumerate(told):
        start, end = at, at + length
        at = end + 500
        written.append(f"{number + 1}\n{stamp(start)} --> {stamp(end)}\n" + "\n".join(lines))
        expected.append((start, end, tuple(lines)))
    cues = parse("\n\n".join(written).encode(), "a.srt")
    assert [(round(cue.start * 1000), round(cue.end * 1000), cue.lines) for cue in cues] == expected


def stamp(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{rest:03}"
