"""What stands between the pictures of H.264, HEVC and MPEG-2: user data, which players pass over. Pure."""

import re
from collections.abc import Iterator

from fieldkit.transcode.privacy.nouns import Rule, Telling, telling, text_of

_START = re.compile(b"\0\0\1")
_MDPM = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM"  # camcorders: AVCHD
_ENCODERS = (
    bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef"),
    bytes.fromhex("2ca2de09b51747dbbb55a4fe7fc2fc4e"),
)
_REGISTERED, _UNREGISTERED = 4, 5
_MPEG_USER_DATA = b"\0\0\1\xb2"


def tellings(codec: str, packet: bytes, lengths: int | None) -> Iterator[Telling]:
    """What one packet tells. `lengths` is how many bytes say a unit's length; None where start codes part them."""
    if codec in ("mpeg1video", "mpeg2video", "mpeg4"):
        for part in packet.split(_MPEG_USER_DATA)[1:]:
            data = part[:200].split(b"\0\0\1")[0]
            rule = Rule.ENCODER if data[:4] in (b"Lavc", b"XviD", b"DivX") else Rule.USER_DATA
            yield telling(rule, text_of(data[:60]))
        return
    for unit in _parted(packet) if lengths is None else _measured(packet, lengths):
        if codec == "h264" and unit and unit[0] & 31 == 6:
            yield from _messages(unit[1:])
        elif codec == "hevc" and unit and unit[0] >> 1 & 63 in (39, 40):
            yield from _messages(unit[2:])


def lengths_of(codec: str, extradata: bytes | None) -> int | None:
    """From an MP4's avcC or hvcC; None for a stream with start codes."""
    if not extradata or extradata[:1] != b"\1":
        return None
    return (
        (extradata[4] if codec == "h264" else extradata[21]) % 4 + 1
        if len(extradata) > 21 or codec == "h264"
        else 4
    )


def _measured(packet: bytes, width: int) -> Iterator[bytes]:
    at = 0
    while at + width < len(packet):
        size = int.from_bytes(packet[at : at + width], "big")
        yield packet[at + width : at + width + size]
        at += width + size


def _parted(packet: bytes) -> Iterator[bytes]:
    starts = [found.end() for found in _START.finditer(packet)]
    ends = [start - len(_START.pattern) for start in starts[1:]] + [len(packet)]
    for at, end in zip(starts, ends, strict=False):
        yield packet[at:end]


def _messages(unit: bytes) -> Iterator[Telling]:
    data, at = unit.replace(b"\0\0\3", b"\0\0"), 0
    while at + 2 < len(data):
        kind, at = _number(data, at)
        size, at = _number(data, at)
        body = data[at : at + size]
        at += size
        if kind == _REGISTERED:
            yield telling(Rule.USER_DATA, "captions, or what a maker registered")
        elif kind == _UNREGISTERED:
            yield from _unregistered(body)


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    while at < len(data) and data[at] == 255:
        value, at = value + 255, at + 1
    return (value + data[at], at + 1) if at < len(data) else (value, at)


def _unregistered(body: bytes) -> Iterator[Telling]:
    if body.startswith(_MDPM):
        tags = set(body[len(_MDPM) + 1 :: 5])
        if tags & {0x18, 0x19}:
            yield telling(Rule.TIME, "the camcorder's clock, in each picture")
        if tags & set(range(0xB0, 0xCB)):
            yield telling(Rule.LOCATION, "the camcorder's position, in each picture")
        if tags & set(range(0xE0, 0xE8)):
            yield telling(Rule.DEVICE, "the camcorder's maker and model, in each picture")
        yield telling(Rule.USER_DATA, "the camcorder's settings, in each picture")
    elif body[:16] in _ENCODERS:
        yield telling(Rule.ENCODER, text_of(body[16:80]))
    else:
        yield telling(Rule.USER_DATA, text_of(body[16:76]) or f"{len(body)} bytes")
