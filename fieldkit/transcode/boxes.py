"""A small reader of MP4 boxes: what PyAV does not tell and a platform trips over, or a person would regret."""

import struct
from dataclasses import dataclass
from pathlib import Path

from fieldkit.transcode.samples import Track, mean, peak

_FOLDERS = {"moov", "trak", "mdia", "minf", "stbl", "edts", "mvex", "moof", "traf", "ilst", "dinf"}
_TIMED = {"mvhd", "tkhd", "mdhd"}
_DEEPEST = 16  # boxes inside one another; a file made to trip readers nests thousands
_MOST_TRACKS = 32
_LARGEST = 64 * 1024 * 1024  # bytes of one moov that are looked into
_BARE = {"meta", "hdlr", "ilst", "free", "data", "mdir", "keys", "mdta", "©too"}  # say nothing by themselves
_PLACES = ("loci", "©xyz", "location", "gps")
_DEVICES = (
    *("©mak", "©mod", "©swr", "make", "model", "software", "version", "manufacturer", "smta", "smrd", "sdln"),
    *("came", "firm", "lens", "gumi", "muid", "hmmt", "bcid", "gpmf", "sett"),  # GoPro
)
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder"}


@dataclass(frozen=True, slots=True)
class Boxes:
    """`order` is the top level in file order; `edits` how many entries each track's edit list has."""

    brand: str
    order: tuple[str, ...]
    kinds: frozenset[str]  # every box inside moov, four letters each
    tags: frozenset[str]  # boxes of user data, and QuickTime's keys as they are written
    edits: tuple[int, ...]
    empty_edit: bool  # a track that starts with nothing
    created: bool  # some box carries a date
    video_rate: int | None = None  # bits/s, None where the sample tables do not tell (fragments)
    audio_rate: int | None = None
    peak: int | None = None  # bits in the dearest second
    dolby: str | None = (
        None  # Dolby Vision's profile and what its base layer is fit for: 8.4 is HLG, 5.0 is nothing
    )

    @property
    def moov_first(self) -> bool:
        return "moov" in self.order and (
            "mdat" not in self.order or self.order.index("moov") < self.order.index("mdat")
        )

    @property
    def fragmented(self) -> bool:
        return "moof" in self.order or "mvex" in self.kinds

    @property
    def places(self) -> frozenset[str]:
        """Tags that say where it was filmed."""
        return frozenset(tag for tag in self.tags if any(word in tag.lower() for word in _PLACES))

    @property
    def devices(self) -> frozenset[str]:
        """Tags that say with what."""
        return (
            frozenset(tag for tag in self.tags if any(word in tag.lower() for word in _DEVICES)) - self.places
        )

    @property
    def words(self) -> frozenset[str]:
        """All other tags: titles, names, comments, dates, and whatever a camera maker thought of."""
        return self.tags - self.places - self.devices


class _Reader:
    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.tags: set[str] = set()
        self._user = 0  # how many boxes of user data we are inside of
        self.edits: list[int] = []
        self.empty_edit = False
        self.created = False
        self.tracks: list[Track] = []
        self._depth = 0
        self.dolby: str | None = None

    def walk(self, data: bytes) -> None:
        if self._depth == _DEEPEST:
            return
        self._depth += 1
        self._walk(data)
        self._depth -= 1

    def _walk(self, data: bytes) -> None:
        at = 0
        while at + 8 <= len(data):
            size, kind = struct.unpack_from(">I4s", data, at)
            head = 8
            if size == 1 and at + 16 <= len(data):
                size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
            size = size or len(data) - at
            if size < head:
                return
            self.box(kind.decode("latin-1"), data[at + head : at + size])
            at += size

    def box(self, name: str, body: bytes) -> None:
        self.kinds.add(name)
        if (self._user or name == "uuid") and name not in _BARE and name.isprintable():
            self.tags.add(name)
        if name == "trak" and len(self.tracks) < _MOST_TRACKS:
            self.tracks.append(Track())
        elif self.tracks:
            self.tracks[-1].read(name, body)
        if name in _TIMED and len(body) >= 8:
            width = 8 if body[0] == 1 else 4
            self.created |= any(body[4 : 4 + 2 * width])
        elif name == "elst" and len(body) >= 8:
            self._edit_list(body)
        elif name == "keys" and len(body) >= 8:
            self._keys(body)
        elif name == "stsd":
            self._dolby(body)
        elif name == "meta":  # QuickTime's has no version field, ISO's has
            self.walk(body if body[4:8] in (b"hdlr", b"keys", b"ilst") else body[4:])
        elif name == "udta":
            self._user += 1
            self.walk(body)
            self._user -= 1
        elif name in _FOLDERS:
            self.walk(body)

    def _dolby(self, body: bytes) -> None:
        for name in (b"dvcC", b"dvvC"):
            at = body.find(name) + 4
            if at >= 4 and at + 5 <= len(body):
                self.dolby = f"{body[at + 2] >> 1}.{body[at + 4] >> 4}"

    def _edit_list(self, body: bytes) -> None:
        count = struct.unpack_from(">I", body, 4)[0]
        wide = body[0] == 1
        self.edits.append(count)
        if count and len(body) >= (28 if wide else 20):
            media_time = struct.unpack_from(">q" if wide else ">i", body, 16 if wide else 12)[0]
            self.empty_edit |= media_time == -1

    def _keys(self, body: bytes) -> None:
        at = 8
        while at + 8 <= len(body):
            size = struct.unpack_from(">I", body, at)[0]
            if size < 8:
                return
            self.tags |= {body[at + 8 : at + size].decode("utf-8", "replace")} - _OF_THE_FILE
            at += size


def boxes(path: Path) -> Boxes | None:
    """The file's boxes, or None where it is not made of them."""
    reader, brand = _Reader(), ""
    order: list[str] = []
    with path.open("rb") as file:
        end = file.seek(0, 2)
        at = 0
        while at + 8 <= end:
            file.seek(at)
            head = file.read(16)
            size, kind = struct.unpack_from(">I4s", head)
            length = 8
            if size == 1 and len(head) == 16:
                size, length = struct.unpack_from(">Q", head, 8)[0], 16
            size = size or end - at
            if size < length or (not order and not kind.isalnum()):
                break
            order.append(kind.decode("latin-1"))
            if kind in (b"ftyp", b"moov", b"uuid", b"udta", b"meta") and size <= _LARGEST:
                file.seek(at + length)
                body = file.read(size - length)
                if kind == b"ftyp":
                    brand = body[:4].decode("latin-1")
                else:
                    reader.box(kind.decode("latin-1"), body)
            at += size
    if "ftyp" not in order and "moov" not in order:
        return None
    return Boxes(
        brand=brand,
        order=tuple(order),
        kinds=frozenset(reader.kinds),
        tags=frozenset(reader.tags),
        edits=tuple(reader.edits),
        empty_edit=reader.empty_edit,
        created=reader.created,
        video_rate=mean(reader.tracks, "vide"),
        audio_rate=mean(reader.tracks, "soun"),
        peak=peak(reader.tracks),
        dolby=reader.dolby,
    )
