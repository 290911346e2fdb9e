"""Moves an MP4's index to the front, as ffmpeg's `+faststart` does, but once the file is whole: so what ffmpeg appends
while it encodes is final as soon as it is there (`fieldkit/growing.py`), and not a byte is reserved in vain.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from fieldkit import disk
from fieldkit.errors import Damaged

_FOLDERS = {b"trak", b"mdia", b"minf", b"stbl"}
_NARROW, _WIDE = b"stco", b"co64"  # chunk offsets of 32 and of 64 bits (ISO/IEC 14496-12, 8.7.5)
_LONGEST_INDEX = 64 * 1024 * 1024  # bytes


def index_to_front(part: Path) -> None:
    """Writes the file anew with moov before mdat, in its own place; nothing where it is so already.

    Raises Damaged where the boxes are not what ffmpeg writes, DiskFull.
    """
    with part.open("rb") as file:
        boxes = list(_top(file))
        kinds = [kind for kind, _, _ in boxes]
        if kinds.count(b"moov") != 1 or kinds.count(b"mdat") != 1:
            raise Damaged("ffmpeg's file has no index, or several; nothing was published.")
        if kinds.index(b"moov") < kinds.index(b"mdat"):
            return
        _, start, size = boxes[kinds.index(b"moov")]
        file.seek(start)
        moov = bytearray(file.read(size))
        _shift(moov, 8, len(moov), by=size)
        ordered = [(kind, at, length) for kind, at, length in boxes if kind not in (b"moov", b"ftyp")]
        head = [(kind, at, length) for kind, at, length in boxes if kind == b"ftyp"]
        anew = disk.part_for(part)
        with disk.discarded_on_error(anew), disk.translated(anew):
            with anew.open("xb") as target:
                _copy(file, head, target)
                target.write(moov)
                _copy(file, ordered, target)
            anew.replace(part)


def _top(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    end, at = file.seek(0, 2), 0
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        size, kind = struct.unpack_from(">I4s", head)
        if size == 1 and len(head) == 16:
            size = struct.unpack_from(">Q", head, 8)[0]
        if size < 8 or at + size > end or (kind == b"moov" and size > _LONGEST_INDEX):
            raise Damaged("ffmpeg's file is cut short; nothing was published.")
        yield kind, at, size
        at += size


def _shift(data: bytearray, at: int, end: int, *, by: int) -> None:
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > end:
            raise Damaged("The index that ffmpeg wrote can't be read; nothing was published.")
        if kind in _FOLDERS:
            _shift(data, at + 8, at + size, by=by)
        elif kind in (_NARROW, _WIDE):
            one = ">I" if kind == _NARROW else ">Q"
            (count,) = struct.unpack_from(">I", data, at + 12)
            for place in range(at + 16, at + 16 + count * struct.calcsize(one), struct.calcsize(one)):
                struct.pack_into(one, data, place, struct.unpack_from(one, data, place)[0] + by)
        at += size


def _copy(source: BinaryIO, boxes: list[tuple[bytes, int, int]], target: BinaryIO) -> None:
    for _, at, size in boxes:
        source.seek(at)
        left = size
        while left:
            block = source.read(min(disk.BLOCK, left))
            target.write(block)
            left -= len(block)
