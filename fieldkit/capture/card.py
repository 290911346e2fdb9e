"""A camera card's tree, understood: which files are one recording, in which order, and what is missing of it.

Names only say what belongs together; what a clip *is* stays its hash.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fieldkit.capture.clock import SECOND, Clock, after

_JOINED = frozenset(
    {"mts", "m2ts", "m2t", "ts", "tod", "mod"}
)  # transport streams: bytes that follow one another
_GAP = (
    SECOND // 2
)  # between two parts of one recording; a camera that was stopped and started again leaves more
# a file as big as its camera or FAT32 lets it grow, and what cameras stay below that
_LIMITS, _SLACK = (2 * 1024**3, 4 * 1024**3), 64 * 1024**2

# GoPro: GX020123 is chapter 2 of recording 123. HERO5 and older: GOPR0123, then GP010123, GP020123
_GOPRO = re.compile(r"G[HX](?P<chapter>\d{2})(?P<recording>\d{4})", re.ASCII | re.IGNORECASE)
_GOPRO_FIRST = re.compile(r"GOPR(?P<recording>\d{4})", re.ASCII | re.IGNORECASE)
_GOPRO_NEXT = re.compile(r"GP(?P<chapter>\d{2})(?P<recording>\d{4})", re.ASCII | re.IGNORECASE)
_GOPRO_SMALL = re.compile(r"GL(?P<chapter>\d{2})(?P<recording>\d{4})", re.ASCII | re.IGNORECASE)
_SONY_SMALL = re.compile(
    r"(?P<stem>.+)S\d{2}", re.ASCII | re.IGNORECASE
)  # SUB/C0001S03.MP4 of CLIP/C0001.MP4
_NUMBER = re.compile(r"(?P<stem>.*?)(?P<number>\d{1,9})", re.ASCII)
_TOLD = 5  # missing parts that are told one by one
_DIGITS = re.compile(r"(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class File:
    """A video file of a card: its path from the card's root with `/` between, its bytes, a transport stream's clock."""

    path: str
    bytes: int
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording: its files in the order they were filmed.

    Where it is `joined` their bytes in a row are the recording; else each is a whole video, a chapter. `lacking` are
    the numbers, from 1, of chapters that are not on the card; `full` says that its last file could grow no further,
    so that there should be another.
    """

    parts: tuple[File, ...]
    joined: bool = False
    lacking: tuple[int, ...] = ()
    full: bool = False

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)

    def remark(self, at: int) -> str | None:
        """What the crew should know of its file number `at` (of the clip where that is joined), in one sentence."""
        there = len(self.parts)
        of = there + len(self.lacking)
        if self.lacking:
            gone = ", ".join(map(str, self.lacking[:_TOLD])) + (" …" if len(self.lacking) > _TOLD else "")
            return f"{there} of {of} parts found, this is part {self._number(at)}; missing on this card: part {gone}."
        if self.full and at == there - 1:
            kept = f"{there} parts were" if there > 1 else "1 part was"
            return f"It is as big as a file can be on such a card and nothing follows: {kept} found, look for the next."
        if self.joined:
            return f"{there} parts of one recording, joined." if there > 1 else None
        return f"Part {at + 1} of {of} of one recording." if of > 1 else None

    def _number(self, at: int) -> int:
        numbers = [n for n in range(1, len(self.parts) + len(self.lacking) + 1) if n not in self.lacking]
        return numbers[at]


@dataclass(frozen=True, slots=True)
class _Chapter:
    recording: tuple[str, ...]
    number: int  # from 1


def clips(files: Iterable[File]) -> list[Clip]:
    """Every recording of a card in the order of filming, whatever order the files are listed in.

    Small stand-ins that a camera writes beside a clip (GoPro's LRV, Sony's SUB) are left out where that clip is there.
    """
    there = sorted({file.path: file for file in files}.values(), key=_turn)
    small = _stand_ins(there)
    return list(_followed(_gathered([file for file in there if file.path not in small])))


def _turn(file: File) -> tuple[object, ...]:
    """Numbers count as numbers, folders come before what they are called inside, chapters stay together."""
    folder, stem, suffix = _split(file.path)
    if (gopro := _gopro(stem)) is not None:
        (recording, _), chapter = gopro
        return _natural(folder), _natural(f"G{recording}"), chapter, suffix, file.path
    return _natural(folder), _natural(stem), 0, suffix, file.path


def _gathered(files: Sequence[File]) -> Iterator[Clip]:
    """Chapters that say in their names that they are some."""
    seen: dict[_Chapter, File] = {}
    groups: dict[object, list[tuple[int, File]]] = {}
    for file in files:
        chapter = _chapter(file.path)
        if chapter is None or chapter in seen:  # two with one number: neither is believed to be the other
            groups[file.path] = [(1, file)]
            continue
        seen[chapter] = file
        groups.setdefault(chapter.recording, []).append((chapter.number, file))
    for group in groups.values():
        group.sort(key=lambda each: each[0])
        numbers = {number for number, _ in group}
        yield Clip(
            tuple(file for _, file in group),
            lacking=tuple(n for n in range(1, max(numbers)) if n not in numbers),
        )


def _followed(found: Iterator[Clip]) -> Iterator[Clip]:
    """Parts whose names only count on: believed where the first ends as the next begins, or could grow no further."""
    last: Clip | None = None
    for clip in found:
        if last is not None and (joined := _next(last, clip)) is not None:
            last = replace(last, parts=(*last.parts, *clip.parts), joined=joined)
            continue
        if last is not None:
            yield _ended(last)
        last = clip
    if last is not None:
        yield _ended(last)


def _next(clip: Clip, after_it: Clip) -> bool | None:
    """Whether the recording goes on in the other, by its bytes (True) or by its pictures (False); None where not."""
    if any(_chapter(each.parts[0].path) for each in (clip, after_it)):
        return None
    one, other = clip.parts[-1], after_it.parts[0]
    if not _counts_on(one.path, other.path):
        return None
    if one.clock and other.clock:
        return True if 0 < after(one.clock.ends, other.clock.begins) <= _GAP else None
    return False if _full(one) and not clip.joined else None


def _ended(clip: Clip) -> Clip:
    named = len(clip.parts) > 1 and not clip.joined and _chapter(clip.parts[-1].path) is not None
    return replace(
        clip, full=not named and _full(clip.parts[-1]) and not _gopro(_split(clip.parts[-1].path)[1])
    )


def _full(file: File) -> bool:
    return any(limit - _SLACK <= file.bytes <= limit for limit in _LIMITS)


def _counts_on(path: str, following: str) -> bool:
    folder, stem, suffix = _split(path)
    other_folder, other_stem, other_suffix = _split(following)
    one, other = _NUMBER.fullmatch(stem), _NUMBER.fullmatch(other_stem)
    if one is None or other is None or (folder, suffix) != (other_folder, other_suffix):
        return False
    return one["stem"] == other["stem"] and int(one["number"]) + 1 == int(other["number"])


def _chapter(path: str) -> _Chapter | None:
    folder, stem, suffix = _split(path)
    if (gopro := _gopro(stem)) is not None and suffix == "mp4":
        recording, number = gopro
        return _Chapter((folder, *recording), number)
    # Canon XF: CONTENTS/CLIPS001/AA0001/AA000101.MXF
    inside = folder.rpartition("/")[2]
    number_ = stem[len(inside) :]
    if inside and suffix == "mxf" and stem.startswith(inside) and re.fullmatch(r"\d\d", number_, re.ASCII):
        return _Chapter((folder,), max(1, int(number_)))
    return None


def _gopro(stem: str) -> tuple[tuple[str, str], int] | None:
    """(recording, kind) and the number of the chapter, from 1."""
    if found := _GOPRO.fullmatch(stem):
        return (found["recording"], stem[1].upper()), max(1, int(found["chapter"]))
    if found := _GOPRO_FIRST.fullmatch(stem):
        return (found["recording"], "P"), 1
    if found := _GOPRO_NEXT.fullmatch(stem):
        return (found["recording"], "P"), int(found["chapter"]) + 1
    return None


def _stand_ins(files: Sequence[File]) -> set[str]:
    there = {"/".join(_split(file.path)[:2]).lower() for file in files if _split(file.path)[2] != "lrv"}

    def stands_in(path: str) -> bool:
        folder, stem, suffix = _split(path)
        if suffix == "lrv":
            small = _GOPRO_SMALL.fullmatch(stem)
            names = [f"G{kind}{small['chapter']}{small['recording']}" for kind in "HX"] if small else [stem]
            return any(f"{folder}/{name}".lower() in there for name in names)
        above, _, inside = folder.rpartition("/")
        small = _SONY_SMALL.fullmatch(stem)
        return (
            inside.lower() == "sub" and small is not None and f"{above}/clip/{small['stem']}".lower() in there
        )

    return {file.path for file in files if stands_in(file.path)}


def _split(path: str) -> tuple[str, str, str]:
    """Folder, stem, and suffix in small letters without its dot."""
    folder, _, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    return (folder, stem, suffix.lower()) if dot else (folder, name, "")


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    pieces = _DIGITS.split(text.casefold())
    return tuple((0, int(p), "") if n % 2 else (1, 0, p) for n, p in enumerate(pieces) if p)


def clocked(path: str) -> bool:
    """Whether a file of this name is a transport stream, whose clock tells what it follows."""
    return _split(path)[2] in _JOINED
