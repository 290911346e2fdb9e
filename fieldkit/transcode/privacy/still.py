"""JPEG and PNG: the thumbnails and stills that lie beside a clip."""

import struct
from collections.abc import Iterator

from fieldkit.transcode.privacy.nouns import Rule, Telling, telling, text_of

_PNG = b"\x89PNG\r\n\x1a\n"
_CHUNKS = {
    *(
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"bKGD",
        b"pHYs",
        b"sBIT",
    ),
    *(b"hIST", b"sPLT", b"acTL", b"fcTL", b"fdAT", b"cICP"),
}
_EXIF = {
    0x010E: Rule.WORDS,
    0x010F: Rule.DEVICE,
    0x0110: Rule.DEVICE,
    0x0131: Rule.ENCODER,
    0x0132: Rule.TIME,
    0x013B: Rule.WORDS,
    0x8298: Rule.WORDS,
    0x8825: Rule.LOCATION,
    0x9003: Rule.TIME,
    0x9286: Rule.WORDS,
    0x927C: Rule.DEVICE,
    0xA430: Rule.WORDS,
    0xA431: Rule.DEVICE,
    0xA433: Rule.DEVICE,
    0xA434: Rule.DEVICE,
}


def tellings(content: bytes) -> Iterator[Telling] | None:
    """What a picture tells; None where it is neither. Raises ValueError for one that is broken."""
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg(content)
    return _png(content) if content.startswith(_PNG) else None


def _jpeg(content: bytes) -> Iterator[Telling]:
    at = 2
    while True:
        if at + 4 > len(content) or content[at] != 0xFF:
            raise ValueError("a JPEG that ends early")
        kind, size = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        body = content[at + 4 : at + 2 + size]
        if kind == 0xDA:
            break
        if kind == 0xE1 and body.startswith(b"Exif\0\0"):
            yield from exif(body[6:])
        elif kind == 0xE1 or kind in (0xED, 0xFE):
            yield telling(
                Rule.WORDS, "XMP" if b"adobe" in body[:40] else "IPTC or a comment", text_of(body[:60])
            )
        elif 0xE3 <= kind <= 0xEF and kind != 0xEE:
            yield telling(Rule.HIDDEN, f"a segment APP{kind - 0xE0}, {size} bytes")
        elif kind == 0xE2 and not body.startswith(b"ICC_PROFILE"):
            yield telling(Rule.HIDDEN, f"a segment APP2, {size} bytes")
        at += 2 + size
    end = content.find(b"\xff\xd9", at)
    if end < 0:
        raise ValueError("a JPEG that ends early")
    if any(content[end + 2 :]):
        yield telling(Rule.HIDDEN, f"{len(content) - end - 2} bytes after the picture")


def _png(content: bytes) -> Iterator[Telling]:
    at = len(_PNG)
    while True:
        if at + 12 > len(content):
            raise ValueError("a PNG that ends early")
        size, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        body = content[at + 8 : at + 8 + size]
        if kind == b"eXIf":
            yield from exif(body)
        elif kind in (b"tEXt", b"iTXt", b"zTXt"):
            yield telling(Rule.WORDS, text_of(body[:80]).replace("\0", " "))
        elif kind == b"tIME":
            yield telling(Rule.TIME, "the time of its last change")
        elif kind not in _CHUNKS:
            yield telling(Rule.HIDDEN, f"a chunk {text_of(kind)}, {size} bytes")
        at += 12 + size
        if kind == b"IEND":
            break
    if at < len(content):
        yield telling(Rule.HIDDEN, f"{len(content) - at} bytes after the picture")


def exif(data: bytes) -> Iterator[Telling]:
    """The tags of both directories that name something."""
    order = "<" if data[:2] == b"II" else ">"
    found = False
    try:
        waiting = [struct.unpack_from(order + "I", data, 4)[0]]
        for at in waiting:
            for number in range(struct.unpack_from(order + "H", data, at)[0]):
                tag, kind, count, value = struct.unpack_from(order + "HHII", data, at + 2 + 12 * number)
                if tag == 0x8769 and len(waiting) < 3:
                    waiting.append(value)
                if tag in _EXIF:
                    found = True
                    text = text_of(data[value : value + count][:60]) if kind == 2 and count > 4 else ""
                    yield telling(_EXIF[tag], f"Exif {tag:#06x}", text)
    except struct.error:
        pass
    if not found:
        yield telling(Rule.HIDDEN, f"Exif, {len(data)} bytes")
