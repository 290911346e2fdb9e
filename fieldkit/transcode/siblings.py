"""Finds the takes beside a file that may be of the same camera."""

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from fieldkit.transcode import naming

_MOST = 6  # that are worth a try
_OPENING = 4096  # bytes of a file's first box, at most


def siblings(source: Path) -> Sequence[Path]:
    """Other takes beside it that may be of the same camera, those nearest by name first."""
    suffix, opening = source.suffix.lower(), _opening(source)
    takes = [p for p in source.parent.iterdir() if p.suffix.lower() == suffix and not naming.ours(p.name)]
    takes.sort(key=lambda path: [(len(word), word) for word in re.findall(r"\d+|\D+", path.name)])
    here = next((n for n, path in enumerate(takes) if path.name == source.name), 0)
    near = sorted(range(len(takes)), key=lambda n: abs(n - here))
    others = (takes[n] for n in near if n != here and takes[n].is_file())
    return list(islice((path for path in others if _opening(path) == opening), _MOST))


def _opening(path: Path) -> bytes:
    """The first box, which says who wrote the file: all of one camera's begin alike."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(4), "big")
            return file.read(min(size, _OPENING))
    except OSError:
        return b""
