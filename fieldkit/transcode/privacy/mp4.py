"""MP4 and MOV, box by box: what a player needs is known by name and looked through, all else is told."""

import struct
from collections.abc import Iterator
from pathlib import Path

from fieldkit.errors import NeedsCrew
from fieldkit.transcode.privacy.nouns import Rule, Telling, of_key, telling, text_of

_TOP = {
    "ftyp",
    "styp",
    "moov",
    "mdat",
    "moof",
    "mfra",
    "sidx",
    "free",
    "skip",
    "wide",
    "meta",
    "uuid",
    "udta",
}
_FOLDERS = {
    "moov",
    "trak",
    "mdia",
    "minf",
    "stbl",
    "edts",
    "mvex",
    "moof",
    "traf",
    "dinf",
    "mfra",
    "gmhd",
    "tapt",
}
_PLAIN = {  # what plays needs, or says nothing: their bytes are numbers of no other use
    *(
        "mvhd",
        "tkhd",
        "mdhd",
        "hdlr",
        "vmhd",
        "smhd",
        "nmhd",
        "sthd",
        "hmhd",
        "gmin",
        "dref",
        "elst",
        "stsd",
        "stts",
    ),
    *(
        "ctts",
        "cslg",
        "stss",
        "stsz",
        "stz2",
        "stsc",
        "stco",
        "co64",
        "sdtp",
        "sbgp",
        "sgpd",
        "subs",
        "saiz",
        "saio",
    ),
    *(
        "stps",
        "trex",
        "mehd",
        "trep",
        "mfhd",
        "tfhd",
        "tfdt",
        "trun",
        "tfra",
        "mfro",
        "iods",
        "clef",
        "prof",
        "enof",
    ),
    *("tref", "ftyp", "styp", "sidx", "mdat", "wide", "tgas", "load", "text", "tmcd", "tcmi", "stdp", "padb"),
}
_PADDING = {"free", "skip"}
_NOTHING = {"hdlr", "free", "skip", "keys", "mdir", "mdta"}  # in a folder of tags
_TRACKS = {"tmcd": Rule.TIMECODE, "meta": Rule.TELEMETRY, "camm": Rule.TELEMETRY}
_DEEPEST, _LARGEST = 16, 64 * 1024 * 1024  # boxes inside one another; bytes of one that are looked through
_SHORT = 400  # bytes of a tag that are read as words


def tellings(path: Path) -> Iterator[Telling] | None:
    """What the boxes tell; None where the file is not made of them. Raises NeedsCrew for what can't be looked into."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] not in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"):
        return None
    return _top(path)


def _top(path: Path) -> Iterator[Telling]:
    walk = _Walk()
    with path.open("rb") as file:
        end, at = file.seek(0, 2), 0
        while at < end:
            file.seek(at)
            head = file.read(16)
            if len(head) < 8:
                yield telling(Rule.HIDDEN, f"{end - at} bytes after the last box")
                return
            size, name, length = _head(head)
            size = min(size or end - at, end - at)
            if size < length:
                yield telling(Rule.HIDDEN, f"{end - at} bytes after the last box")
                return
            if name not in _TOP:
                yield telling(Rule.HIDDEN, f"box {_shown(name)}, {size} bytes")
            elif name != "mdat":
                if size > _LARGEST:
                    raise NeedsCrew(
                        f"{path.name} has a box of {size / 1e6:.0f} MB that can't be looked through."
                    )
                file.seek(at + length)
                yield from walk.box(name, file.read(size - length), 0)
            at += size


class _Walk:
    """Keeps what has been seen of tracks."""

    def __init__(self) -> None:
        self.tracks: set[str] = set()
        self.keys: list[str] = []  # Apple's, by whose number values are named

    def inside(self, data: bytes, depth: int, *, tags: bool = False) -> Iterator[Telling]:
        if depth > _DEEPEST:
            raise NeedsCrew("The file nests its boxes too deep to be looked through.")
        at = 0
        while at + 8 <= len(data):
            size, name, length = _head(data[at : at + 16])
            size = min(size or len(data) - at, len(data) - at)
            if size < length:
                break
            body = data[at + length : at + size]
            yield from self.tag(name, body, depth) if tags else self.box(name, body, depth)
            at += size
        if any(data[at:]):
            yield telling(Rule.HIDDEN, f"{len(data) - at} bytes between boxes")

    def box(self, name: str, body: bytes, depth: int) -> Iterator[Telling]:
        if name in _FOLDERS:
            yield from self.inside(body, depth + 1)
        elif name in ("udta", "ilst"):
            yield from self.inside(body, depth + 1, tags=True)
        elif name == "meta":
            yield from self.meta(body, depth + 1)
        elif name in ("mvhd", "tkhd", "mdhd"):
            width = 8 if body[:1] == b"\1" else 4
            if any(body[4 : 4 + 2 * width]):
                yield telling(Rule.TIME, f"{name}: {_date(int.from_bytes(body[4 : 4 + width], 'big'))}")
        elif name == "hdlr":
            yield from self.handler(body)
        elif name == "stsd":
            yield from _description(body)
        elif name == "uuid":
            yield telling(
                Rule.WORDS if b"xmp" in body[:4096] else Rule.HIDDEN, f"box uuid, {len(body)} bytes"
            )
        elif name == "tref":
            if b"chap" in body:
                yield telling(Rule.CHAPTERS, "a track of chapters")
        elif name in _PADDING:
            if any(body):
                yield telling(Rule.HIDDEN, f"{len(body)} bytes in a box of padding")
        elif name not in _PLAIN:
            yield telling(Rule.HIDDEN, f"box {_shown(name)}, {len(body)} bytes")

    def handler(self, body: bytes) -> Iterator[Telling]:
        kind = body[8:12].decode("latin-1")
        if words := text_of(body[24:][:_SHORT]):
            yield telling(Rule.HANDLER, words)
        if body[4:8] == b"dhlr" or kind in ("mdir", "mdta", "url ", "alis"):
            return
        if kind not in ("vide", "soun") or kind in self.tracks:
            yield telling(_TRACKS.get(kind, Rule.TRACK), f"a track of the kind {_shown(kind)}")
        self.tracks.add(kind)

    def meta(self, body: bytes, depth: int) -> Iterator[Telling]:
        """QuickTime's has no version field, ISO's has; Apple's keys stand beside their values."""
        data = body if body[4:8] in (b"hdlr", b"keys", b"ilst") else body[4:]
        self.keys = list(_keys(data))
        yield from self.inside(data, depth, tags=True)

    def tag(self, name: str, body: bytes, depth: int) -> Iterator[Telling]:
        if name == "meta":
            yield from self.meta(body, depth)
        elif name == "ilst":
            yield from self.inside(body, depth + 1, tags=True)
        elif name in _PADDING:
            yield from self.box(name, body, depth)
        elif name == "hdlr":
            if words := text_of(body[24:][:_SHORT]):
                yield telling(Rule.HANDLER, words)
        elif name not in _NOTHING and any(body):
            value = text_of(body[:_SHORT].replace(b"data\0\0\0\1\0\0\0\0", b""))
            number = int.from_bytes(name.encode("latin-1"), "big")
            key = self.keys[number - 1] if 0 < number <= len(self.keys) else _shown(name)
            yield telling(of_key(key), key, value)


def _description(body: bytes) -> Iterator[Telling]:
    """The encoder's name in a picture's sample entry: a Pascal string of at most 31 bytes."""
    if len(body) >= 16 + 74 + 8 and body[12:16] not in (
        b"mp4a",
        b"sowt",
        b"twos",
        b"lpcm",
        b"gpmd",
        b"mebx",
        b"tmcd",
    ):
        size = body[8 + 8 + 42]
        if 0 < size < 32 and (words := text_of(body[8 + 8 + 43 : 8 + 8 + 43 + size])):
            yield telling(Rule.ENCODER, words)
    if body[12:16] in (b"gpmd", b"mebx", b"camm"):
        yield telling(Rule.TELEMETRY, f"a track of {body[12:16].decode()}")


def _keys(data: bytes) -> Iterator[str]:
    at = data.find(b"keys")
    if at < 4:
        return
    end, at = at - 4 + int.from_bytes(data[at - 4 : at], "big"), at + 12
    while at + 8 <= min(end, len(data)):
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8:
            return
        yield text_of(data[at + 8 : at + size])
        at += size


def _head(head: bytes) -> tuple[int, str, int]:
    size, kind = struct.unpack_from(">I4s", head)
    if size == 1 and len(head) == 16:
        return struct.unpack_from(">Q", head, 8)[0], kind.decode("latin-1"), 16
    return size, kind.decode("latin-1"), 8


def _shown(name: str) -> str:
    return name if name.isprintable() else name.encode("latin-1").hex()


def _date(seconds: int) -> str:
    """Of seconds since 1904, the year alone: enough to be believed."""
    return f"a date of {1904 + seconds // 31_556_952}"
