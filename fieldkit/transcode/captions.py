"""Captions from an SRT file: what is said when. Pure, and suspicious of every byte."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NoReturn

from fieldkit.errors import NeedsCrew

_LARGEST = 512 * 1024  # bytes; 140 s of speech are about 3 KB
_MOST = 2000  # cues
_LONGEST = 600  # letters of a cue
_TOUCH = 0.2  # seconds by which programs let one caption run into the next without meaning it
_STAMP = r"(\d{1,3}):([0-5]?\d):([0-5]?\d)(?:[,.](\d{1,3}))?"
_TIMES = re.compile(rf"\s*{_STAMP}\s*-->\s*{_STAMP}(?:\s.*)?", re.ASCII)
_NUMBER = re.compile(r"\s*\d+\s*", re.ASCII)
_MARKUP = re.compile(r"</?(?:b|i|u|s|font|c|v|lang|ruby|rt)(?:[\s.=][^<>]*)?/?>", re.IGNORECASE)
_OVERRIDE = re.compile(r"\{\\[^{}]*\}")  # ASS in SRT, as some programs write it
_AT_TOP = re.compile(r"\{\\(?:an[789]|a[567])\}")
_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines of plain text, shown from `start` to `end` in seconds of the take."""

    start: float
    end: float
    lines: tuple[str, ...]
    top: bool = False  # at the top of the picture, because something below must be seen


def parse(content: bytes, name: str) -> tuple[Cue, ...]:
    """The cues in the order of their times. Raises NeedsCrew, naming file and line."""
    if len(content) > _LARGEST:
        raise NeedsCrew(
            f"{name} is too large for captions ({len(content) // 1024} KB); is it the right file?"
        )
    cues = [cue for cue in _cues(_text(content, name), name) if cue.lines]
    if not cues:
        raise NeedsCrew(f"{name} holds no captions; export it as SRT (SubRip) and try again.")
    cues.sort(key=lambda cue: cue.start)
    return (*(_apart(cue, later) for cue, later in pairwise(cues)), cues[-1])


def clock(seconds: float) -> str:
    """A place in the take, as a player shows it."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _text(content: bytes, name: str) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise NeedsCrew(f"{name}, line {line}, is not Unicode; save the captions as UTF-8.") from error


def _cues(text: str, name: str) -> Iterator[Cue]:
    """A cue is a line of times and the text below it; its number, and the empty line before it, may be missing."""
    lines = _BREAKS.split(text)
    starts = [number for number, line in enumerate(lines) if "-->" in line]
    if len(starts) > _MOST:
        raise NeedsCrew(f"{name} has {len(starts)} captions, more than {_MOST}; is it the right file?")
    for number, line in enumerate(lines[: starts[0] if starts else len(lines)]):
        if line.strip() and not _NUMBER.fullmatch(line):
            _wrong(name, number, line)
    for number, following in pairwise([*starts, len(lines) + 1]):
        times = _TIMES.fullmatch(lines[number])
        if times is None:
            _wrong(name, number, lines[number])
        start, end = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
        if end <= start:
            raise NeedsCrew(
                f"{name}, line {number + 1}: the caption ends before it begins; set its times right."
            )
        body = lines[number + 1 : following]
        if following <= len(lines) and body and _NUMBER.fullmatch(body[-1]):
            body.pop()  # the next one's number
        told = "\n".join(body)
        if len(told) > _LONGEST:
            raise NeedsCrew(
                f"{name}, line {number + 1}: a caption of {len(told)} letters; split it into shorter ones."
            )
        shown = (_OVERRIDE.sub("", _MARKUP.sub("", line)).strip() for line in body)
        yield Cue(start, end, tuple(line for line in shown if line), top=bool(_AT_TOP.search(told)))


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction or 0}")


def _apart(cue: Cue, later: Cue) -> Cue:
    touches = cue.start < later.start < cue.end <= later.start + _TOUCH
    return replace(cue, end=later.start) if touches else cue


def _wrong(name: str, number: int, line: str) -> NoReturn:
    raise NeedsCrew(
        f"{name}, line {number + 1}, says “{line.strip()[:40]}” where times belong, such as "
        "“00:00:01,000 --> 00:00:03,500”; set it right and try again."
    )
