"""The typefaces that fieldkit brings, cut down to the letters in use; the system's fonts are never asked.

Noto Sans Arabic and Noto Sans Ethiopic (both OFL, both with Latin letters) come from PyPI. What is cut from them goes
into the ASS document under a name of our own, so that every laptop draws the same picture, offline.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any

from fieldkit.errors import NeedsCrew
from fieldkit.transcode.lettering import STEERING, Face, plain

_FACES = {
    "Fieldkit Arabic": ("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf"),
    "Fieldkit Ethiopic": (
        "justmytype_intl_africa",
        "fonts/ofl/notosansethiopic/NotoSansEthiopic[wdth,wght].ttf",
    ),
}
_CUT = {"wght": 600, "wdth": 100}  # semi-bold: white letters on a moving picture look thinner than they are
_REGULAR = 400
_FAMILY, _FULL, _POSTSCRIPT = 1, 4, 6  # of OpenType's names


def faces(texts: Iterable[tuple[str, str]]) -> tuple[Face, ...]:
    """The faces that draw these texts, each given with its name for the crew.

    Raises NeedsCrew for a letter that none of them has, because libass would leave it out without a word.
    """
    used: set[str] = set()
    for name, text in texts:
        for letter in plain(text):
            if letter not in STEERING and not any(_has(family, letter) for family in _FACES):
                raise NeedsCrew(
                    f"“{letter if letter.isprintable() else ' '}” (U+{ord(letter):04X}) in {name} can't be drawn: "
                    "the fonts have Arabic, Ethiopic and Latin letters and no emoji; take it out and try again, "
                    "nothing was made and the original is safe."
                )
            used.add(letter)
    first, *others = _FACES
    needed = [
        first,
        *(family for family in others if any(_has(family, a) and not _has(first, a) for a in used)),
    ]
    return tuple(
        _face(family, "".join(sorted(letter for letter in used if _has(family, letter)))) for family in needed
    )


def drawable(text: str) -> str:
    """The text without the letters that no face has, such as the emoji in a tweet."""
    return "".join(a for a in text if a.isspace() or a in STEERING or any(_has(face, a) for face in _FACES))


@lru_cache(maxsize=16)
def _face(family: str, letters: str) -> Face:
    from fontTools import subset  # noqa: PLC0415 - a quarter of a second that only words should cost
    from fontTools.varLib import instancer  # noqa: PLC0415

    font = _opened(family)
    cutter = subset.Subsetter()
    cutter.populate(text=letters + "".join(STEERING))
    cutter.subset(font)
    instancer.instantiateVariableFont(font, _CUT, inplace=True)
    for record in list(font["name"].names):
        if record.nameID in (_FAMILY, _FULL, _POSTSCRIPT):
            record.string = family.replace(" ", "") if record.nameID == _POSTSCRIPT else family
    metrics = font["OS/2"]
    metrics.usWeightClass = _REGULAR  # or libass would look for another weight
    em, glyphs, widths = font["head"].unitsPerEm, font.getBestCmap(), font["hmtx"]
    file = BytesIO()
    font.save(file)
    return Face(
        family,
        {letter: widths[glyphs[ord(letter)]][0] / em for letter in letters},
        metrics.usWinAscent / em,
        metrics.usWinDescent / em,
        file.getvalue(),
    )


@cache
def _letters(family: str) -> frozenset[int]:
    with _opened(family) as font:
        return frozenset(font.getBestCmap())


def _has(family: str, letter: str) -> bool:
    return ord(letter) in _letters(family) and unicodedata.category(letter) != "Cc"


def _opened(family: str) -> Any:
    from fontTools.ttLib import TTFont  # noqa: PLC0415

    package, path = _FACES[family]
    return TTFont(BytesIO(files(package).joinpath(path).read_bytes()), recalcTimestamp=False)
