"""Text as it will stand: which typeface draws which letters, how wide that is, where a line breaks. Pure."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

RLM, LRM = "\u200f", "\u200e"
_FAST = "\u00a0\u202f"  # spaces at which no line breaks
_WORDSPACE = "\u1361"  # the Ethiopic one, after which a line may break
_SIZES = (1.0, 0.9, 0.8, 0.7)  # a caption that is long is set smaller, down to this
_SENTENCE = 3  # words from which a line is a sentence of its own, as in a caption in two languages
# They steer what stands beside them and have no shape of their own: joiners and the marks of direction
STEERING = frozenset("\u200c\u200d\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# They mean nothing once lines are broken and emoji refused
_IDLE = dict.fromkeys([0x00AD, 0x200B, 0x034F, 0x2060, 0xFEFF, *range(0xFE00, 0xFE10)])


@dataclass(frozen=True, slots=True)
class Face:
    """A typeface cut down to the letters in use. Lengths in em."""

    family: str
    advances: Mapping[str, float]  # of each letter that it can draw
    ascent: float
    descent: float
    data: bytes  # the font file

    @property
    def height(self) -> float:
        """What libass takes for the size of a font."""
        return self.ascent + self.descent


@dataclass(frozen=True, slots=True)
class Line:
    """One line in runs of one face each, in the order of reading."""

    runs: tuple[tuple[Face, str], ...]
    rtl: bool

    @property
    def width(self) -> float:
        """In em; for Arabic a little more than the joined letters take."""
        return sum(face.advances.get(letter, 0.0) for face, text in self.runs for letter in text)

    @property
    def descent(self) -> float:
        return max((face.descent for face, _ in self.runs), default=0.0)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one size, one below the other. Lengths in pixels."""

    lines: tuple[Line, ...]
    em: float

    @property
    def pitch(self) -> float:
        """From line to line: the marks of Arabic need room."""
        return self.em * (1.55 if any(line.rtl for line in self.lines) else 1.3)

    @property
    def height(self) -> float:
        return self.pitch * len(self.lines)

    def foot(self, number: int) -> float:
        """Where libass has a line's lower edge so that its baseline is in place, from the block's top."""
        line = self.lines[number]
        return self.pitch * (number + (0.66 if line.rtl else 0.76)) + line.descent * self.em


def plain(text: str) -> str:
    """The text without what has no effect, in composed letters, its spaces made one."""
    letters = unicodedata.normalize("NFC", text).translate(_IDLE)
    spaced = "".join(" " if letter.isspace() and letter not in _FAST else letter for letter in letters)
    return " ".join(part for part in spaced.split(" ") if part)


def reads_from_the_right(text: str) -> bool:
    """Whether more than two in five of its words do: a name in Latin letters does not turn an Arabic sentence."""
    ways = [way for word in text.split() if (way := _way(word)) is not None]
    return sum(ways) > 0.4 * len(ways)


def set_line(text: str, faces: Sequence[Face], *, rtl: bool) -> Line:
    """The line, each letter in a face that has it: the one before it where it can."""
    letters = [letter for letter in text if unicodedata.category(letter).startswith("L")]
    now = _face((letters or [" "])[0], faces, faces[0])
    chosen = []
    for letter in text:
        now = now if letter in STEERING else _face(letter, faces, now)
        chosen.append((now, letter))
    runs = groupby(chosen, key=lambda pair: pair[0].family)
    by_family = {face.family: face for face in faces}
    return Line(
        tuple((by_family[family], "".join(letter for _, letter in pairs)) for family, pairs in runs), rtl
    )


def wrapped(text: str, faces: Sequence[Face], width: float, *, rtl: bool) -> list[Line]:
    """The fewest lines no wider than `width` em, of about one length; a word that is wider stands alone."""
    pieces = list(_pieces(text))
    best = _greedy(pieces, faces, width, rtl=rtl)
    narrower = width
    while len(best) > 1:
        narrower *= 0.96
        trial = _greedy(pieces, faces, narrower, rtl=rtl)
        if len(trial) > len(best) or any(line.width > narrower for line in trial):
            break
        best = trial
    return best


def fitted(texts: Sequence[str], faces: Sequence[Face], em: float, wide: float, most: int) -> Block | None:
    """The text at the largest size, from `em` down, that fits `wide` pixels; None where none does.

    In the lines it came in if they can be kept, else in others, `most` of them.
    """
    plains = [line for text in texts if (line := plain(text))]
    whole = " ".join(plains)
    rtl = reads_from_the_right(whole)
    for size in _SIZES:
        room = wide / (em * size)
        as_told = [line for text in plains for line in wrapped(text, faces, room, rtl=_goes(text, rtl=rtl))]
        for lines in (as_told, wrapped(whole, faces, room, rtl=rtl)):
            if 0 < len(lines) <= most and all(line.width <= room for line in lines):
                return Block(tuple(lines), em * size)
    return None


def _goes(text: str, *, rtl: bool) -> bool:
    """A full sentence goes its own way, as in a caption in two languages; a few words go with the rest."""
    return reads_from_the_right(text) if len(text.split()) >= _SENTENCE else rtl


def _greedy(pieces: Sequence[str], faces: Sequence[Face], width: float, *, rtl: bool) -> list[Line]:
    rows = [""]
    for piece in pieces:
        longer = rows[-1] + piece
        if rows[-1] and set_line(longer.rstrip(" "), faces, rtl=rtl).width > width:
            rows.append(piece)
        else:
            rows[-1] = longer
    return [set_line(row.strip(" "), faces, rtl=rtl) for row in rows]


def _pieces(text: str) -> Iterator[str]:
    """What must stay together, with the space that follows it."""
    piece = ""
    for at, letter in enumerate(text):
        piece += letter
        if letter == " " or (letter == _WORDSPACE and text[at + 1 : at + 2] not in (" ", _WORDSPACE, "")):
            yield piece
            piece = ""
    if piece:
        yield piece


def _face(letter: str, faces: Sequence[Face], now: Face) -> Face:
    return now if letter in now.advances else next((face for face in faces if letter in face.advances), now)


def _way(word: str) -> bool | None:
    for letter in word:
        match unicodedata.bidirectional(letter):
            case "R" | "AL":
                return True
            case "L":
                return False
    return None
