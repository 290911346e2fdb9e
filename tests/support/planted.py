"""Files that tell: a marker planted wherever cameras, phones and editors write about people, places and devices."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support.footage import card, make

MARK = "Plantedname"
PLACE = "+40.6892-074.0445"
MARKS = (MARK.encode(), PLACE.encode(), b"40.6892", MARK.encode("utf-16-le"))

_COPY = ("-map", "0", "-c", "copy")
_XMP = f"<x:xmpmeta><dc:creator>{MARK}</dc:creator></x:xmpmeta>".encode()
_SEI = f"h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+{MARK} in each picture"


@dataclass(frozen=True)
class Plant:
    """What is planted, and by which rules it has to be found."""

    name: str
    rules: frozenset[str]
    make: Callable[[Path, Path], Path]  # folder and a plain clip to the planted one


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def png() -> bytes:
    """One grey pixel, with words."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * 16) * 16)
    words = chunk(b"tEXt", b"Author\0" + MARK.encode())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + words + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    """No picture to speak of, with Exif: maker, position."""
    maker = MARK.encode() + b"\0"
    entries = struct.pack("<HHII", 0x010F, 2, len(maker), 38) + struct.pack("<HHII", 0x8825, 4, 1, 60)
    exif = b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + b"\0\0\0\0" + maker
    segment = b"Exif\0\0" + exif
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", 2 + len(segment)) + segment + b"\xff\xda\0\x02\0\xff\xd9"


def _tagged(suffix: str, *words: str) -> Callable[[Path, Path], Path]:
    return lambda folder, plain: make(folder / f"tagged{suffix}", "-i", str(plain), *_COPY, *words)


def _tags(**tags: str) -> tuple[str, ...]:
    return tuple(word for key, value in tags.items() for word in ("-metadata", f"{key}={value}"))


def _chapters(folder: Path, plain: Path) -> Path:
    told = folder / "chapters.txt"
    told.write_text(f";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=300\ntitle={MARK}\n")
    return make(folder / "chapters.mp4", "-i", str(plain), "-i", str(told), "-map_metadata", "1", *_COPY)


def _cover(folder: Path, plain: Path) -> Path:
    (folder / "cover.png").write_bytes(png())
    words = ("-i", str(plain), "-i", str(folder / "cover.png"), "-map", "0", "-map", "1", "-c", "copy")
    return make(folder / "cover.mp4", *words, "-disposition:v:1", "attached_pic")


def _subtitles(folder: Path, plain: Path) -> Path:
    (folder / "words.srt").write_text(f"1\n00:00:00,000 --> 00:00:00,300\n{MARK}\n")
    words = ("-i", str(plain), "-i", str(folder / "words.srt"), "-map", "0", "-map", "1", "-c", "copy")
    return make(folder / "subtitles.mp4", *words, "-c:s", "mov_text")


def _attached(folder: Path, plain: Path) -> Path:
    (folder / "letter.txt").write_text(MARK)
    more = ("-attach", str(folder / "letter.txt"), "-metadata:s:t", "mimetype=text/plain")
    return make(folder / "attached.mkv", "-i", str(plain), *_COPY, *more)


def _appended(name: str, *boxes: bytes) -> Callable[[Path, Path], Path]:
    def append(folder: Path, plain: Path) -> Path:
        planted = folder / f"{name}.mp4"
        planted.write_bytes(plain.read_bytes() + b"".join(boxes))
        return planted

    return append


def _in_moov(folder: Path, plain: Path) -> Path:
    """User data as cameras write it, at the end of a moov that stands last, so that no offset moves."""
    content = plain.read_bytes()
    at = content.rindex(b"moov") - 4
    place = PLACE.encode()
    user = box(b"\xa9xyz", struct.pack(">HH", len(place), 0x15C7) + place)
    user += box(b"GPMF", b"DEVC\0\x01\0\x04DVID" + MARK.encode()) + box(b"CAME", MARK.encode())
    user += box(
        b"loci", b"\0\0\0\0\x15\xc7" + MARK.encode() + b"\0\0" + struct.pack(">iii", -1, 2, 3) + b"earth\0\0"
    )
    moov = content[at + 8 :] + box(b"udta", user)
    planted = folder / "camera.mp4"
    planted.write_bytes(content[:at] + box(b"moov", moov))
    return planted


PLANTS = (
    Plant(
        "tags",
        frozenset({"words", "location", "time"}),
        _tagged(
            ".mp4",
            *_tags(title=MARK, artist=MARK, location=PLACE + "/", creation_time="2026-11-22T10:00:00Z"),
        ),
    ),
    Plant(
        "keys",
        frozenset({"device", "location"}),
        _tagged(
            ".mov",
            *("-movflags", "use_metadata_tags"),
            *_tags(
                **{"com.apple.quicktime.model": MARK, "com.apple.quicktime.location.ISO6709": PLACE + "/"}
            ),
        ),
    ),
    Plant("chapters", frozenset({"chapters"}), _chapters),
    Plant("cover", frozenset({"attachment"}), _cover),
    Plant("subtitles", frozenset({"track"}), _subtitles),
    Plant("attached", frozenset({"attachment"}), _attached),
    Plant(
        "matroska", frozenset({"words", "device"}), _tagged(".mkv", *_tags(title=MARK, SERIAL_NUMBER=MARK))
    ),
    Plant("avi", frozenset({"words"}), _tagged(".avi", *_tags(title=MARK, comment=MARK))),
    Plant(
        "timecode", frozenset({"timecode"}), _tagged(".mov", "-timecode", "10:11:12:13", *_tags(comment=MARK))
    ),
    Plant("handler", frozenset({"handler"}), _tagged(".mp4", "-metadata:s:v", f"handler_name={MARK}")),
    Plant("remark", frozenset({"user data"}), _tagged(".mp4", "-bsf:v", _SEI)),
    Plant("remark in a stream", frozenset({"user data"}), _tagged(".ts", "-bsf:v", _SEI)),
    Plant("xmp", frozenset({"words"}), _appended("xmp", box(b"uuid", bytes(16) + _XMP))),
    Plant("padding", frozenset({"hidden"}), _appended("padding", box(b"free", MARK.encode()))),
    Plant("tail", frozenset({"hidden"}), _appended("tail", MARK.encode())),
    Plant("unheard of", frozenset({"hidden"}), _appended("unheard", box(b"LGPS", PLACE.encode()))),
    Plant("camera", frozenset({"location", "device"}), _in_moov),
)


def plain(folder: Path) -> Path:
    """Half a second, with its index last."""
    return card(folder / "plain.mp4", seconds=0.6, size="160x120", rate="15")
