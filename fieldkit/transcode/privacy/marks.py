"""A second net: words that give something away wherever in a file they stand, also where no reader looks."""

import mmap
import re
from collections.abc import Iterator
from pathlib import Path

from fieldkit.transcode.privacy.nouns import Rule, Telling, telling, text_of

# long enough that compressed pictures do not hold them by chance
_MARKS = (
    (Rule.LOCATION, rb"[+-]\d{2}\.\d{3,8}[+-]\d{3}\.\d{3,8}|\$G[PN](?:GGA|RMC),\d"),
    (Rule.WORDS, rb"<x:xmpmeta|http://ns\.adobe\.com/xap/"),
    (Rule.DEVICE, rb"Exif\0\0(?:II\*\0|MM\0\*)|com\.apple\.quicktime\.m|com\.android\."),
    (Rule.TELEMETRY, rb"DEVC.{4}DVID"),
    (Rule.ENCODER, rb"x26[45] (?:- core \d|\(build \d)|Lav[cf]\d{2}\.\d"),
)


def tellings(path: Path, known: set[Rule]) -> Iterator[Telling]:
    """What stands anywhere in the file, of the rules that nothing was found for."""
    if path.stat().st_size == 0:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for rule, pattern in _MARKS:
            if rule not in known and (found := re.search(pattern, content, re.DOTALL)):
                yield telling(rule, text_of(found[0]))
