"""How pictures and sound come out of the recorder's one pipe, and go on to the preview's process. Pure.

ffmpeg writes Matroska, the one format that carries both without a loss through a pipe on every system.
"""

from collections.abc import Iterator
from typing import BinaryIO

PICTURE, SOUND, STATE, SIGN = b"P", b"S", b"T", b"W"  # what a message holds
_LARGEST = 16_000_000  # bytes of one element or message: what is larger is not ours
_BEGINS = b"\x1a\x45\xdf\xa3"  # as ffmpeg writes it first, and alone
_SEGMENT, _CLUSTER, _GROUP = 0x18538067, 0x1F43B675, 0xA0
_BLOCKS = (0xA3, 0xA1)
_KINDS = {1: PICTURE, 2: SOUND}  # tracks in the order in which rig.py maps them


class Unpacker:
    """Takes Matroska cut anywhere and gives whole pictures and pieces of sound; what is none is passed over.

    Another ffmpeg that begins where one broke off begins here too.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._lost = False

    def more(self, piece: bytes) -> list[tuple[bytes, bytes]]:
        """(PICTURE or SOUND, its bytes) of what became whole."""
        if piece.startswith(_BEGINS):
            self._rest, self._lost = b"", False
        if self._lost:
            return []
        self._rest += piece
        found: list[tuple[bytes, bytes]] = []
        at = 0
        while (head := _head(self._rest, at)) is not None:
            name, size, body = head
            if name in (_SEGMENT, _CLUSTER, _GROUP):  # of no known size while it is written
                at = body
                continue
            if size > _LARGEST or name == 0:
                self._rest, self._lost = b"", True
                return found
            if len(self._rest) < body + size:
                break
            if name in _BLOCKS and size > 4 and (kind := _KINDS.get(self._rest[body] & 0x7F)) is not None:
                found.append((kind, self._rest[body + 4 : body + size]))
            at = body + size
        self._rest = self._rest[at:]
        return found


def _head(data: bytes, at: int) -> tuple[int, int, int] | None:
    """An element's name, its size and where its body begins; None where that is not all there yet."""
    name = _number(data, at, keep=True)
    size = _number(data, name[1], keep=False) if name else None
    return (name[0], size[0], size[1]) if name and size else None


def _number(data: bytes, at: int, *, keep: bool) -> tuple[int, int] | None:
    if at >= len(data):
        return None
    if data[at] == 0:
        return 0, at + 1  # no number begins so
    length = 9 - data[at].bit_length()
    if at + length > len(data):
        return None
    value = int.from_bytes(data[at : at + length], "big")
    return (value if keep else value & ((1 << 7 * length) - 1)), at + length


def packed(kind: bytes, content: bytes) -> bytes:
    """A message to the preview's process."""
    return kind + len(content).to_bytes(4, "big") + content


def messages(stream: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """The messages that come until the stream ends; half a one is left."""
    while len(head := stream.read(5)) == 5 and (size := int.from_bytes(head[1:], "big")) <= _LARGEST:
        content = stream.read(size)
        if len(content) < size:
            return
        yield head[:1], content
