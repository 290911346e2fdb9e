"""What a tus request may ask: header text in, values out. Pure."""

import base64
import binascii
import re
from dataclasses import dataclass
from email.utils import formatdate

from fieldkit.protocol import (
    BLOCKS_EXTENSION,
    FILES,
    FROM,
    FROM_EXTENSION,
    PART,
    PARTS_EXTENSION,
    Part,
    read_part_id,
)
from fieldkit.store.problems import Conflict, Problem, TooLarge

ALGORITHMS = ("sha256", "sha1")  # sha1 is mandatory in tus 1.0.0
EXTENSIONS = (
    "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination,concatenation,"
    f"{PARTS_EXTENSION},{BLOCKS_EXTENSION},{FROM_EXTENSION}"
)
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_PART_URL = re.compile(rf"(?:https?://[^/\s]+)?{FILES}/([0-9a-f]{{32}}(?:-[0-9]+-[0-9]+)?)", re.ASCII)
_MOST_PARTS = 100


@dataclass(frozen=True, slots=True)
class Terms:
    """What the store puts up with."""

    largest: int = 64 * 1024**3  # bytes of one upload
    stall_seconds: float = 60.0  # silence inside a body before what came is kept and the line is dropped
    head_seconds: float = 20.0  # until a new connection must have asked something, with a whole head
    keep_seconds: float = 30 * 86_400.0  # an unfinished upload expires this long after its last byte
    cache: int | None = (
        None  # bytes of clips that stay on the local disk although the bucket has them; None: all
    )
    note_addresses: bool = (
        False  # of sign-ins, in the audit trail: where somebody works from is a risk to them
    )


@dataclass(frozen=True, slots=True)
class Checksum:
    """An Upload-Checksum header."""

    algorithm: str
    digest: bytes


def is_upload_id(text: str) -> bool:
    """Only what the store itself could have named; so no name reaches the disk unchecked."""
    return _ID.fullmatch(text) is not None or read_part_id(text) is not None


def read_length(text: str, terms: Terms, header: str = "Upload-Length") -> int:
    """A size in bytes. Raises Problem (400) or TooLarge (413)."""
    if not _DIGITS.fullmatch(text):
        raise Problem(f"{header} must be a number of bytes.")
    if len(text) > 18 or int(text) > terms.largest:
        raise TooLarge(f"{header} is more than the {terms.largest} bytes that this store takes.")
    return int(text)


def read_deferred(length: str | None, defer: str | None, terms: Terms) -> int | None:
    """The length at creation; None where it will be told later. Raises Problem."""
    if (length is None) == (defer is None):
        raise Problem("Say either Upload-Length or Upload-Defer-Length: 1.")
    if length is not None:
        return read_length(length, terms)
    if defer != "1":
        raise Problem("Upload-Defer-Length can only be 1.")
    return None


def settle_length(known: int | None, told: int | None, offset: int) -> int | None:
    """The length from now on: once known it never changes. Raises Conflict (409)."""
    if told is None:
        return known
    if known is not None and told != known:
        raise Conflict(f"This upload is {known} bytes long; the request says {told}.")
    if told < offset:
        raise Conflict(f"The store already holds {offset} bytes of this upload, more than {told}.")
    return told


def read_checksum(header: str | None) -> Checksum | None:
    """Raises Problem (400) for an unknown algorithm or a digest that is not base64."""
    if header is None:
        return None
    algorithm, _, encoded = header.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise Problem(f"Upload-Checksum knows {' and '.join(ALGORITHMS)} only.")
    try:
        return Checksum(algorithm, base64.b64decode(encoded.strip(), validate=True))
    except (binascii.Error, ValueError) as error:
        raise Problem("Upload-Checksum is not base64.") from error


def read_parts(concat: str) -> tuple[str, ...] | None:
    """The upload IDs that a final upload names; None for a partial one. Raises Problem (400)."""
    if concat == "partial":
        return None
    kind, _, urls = concat.partition(";")
    parts = [_PART_URL.fullmatch(url) for url in urls.split()]
    if kind != "final" or not parts or None in parts or len(parts) > _MOST_PARTS:
        raise Problem(
            "Upload-Concat is `partial`, or `final;` and the URLs of partial uploads of this store."
        )
    return tuple(part.group(1) for part in parts if part)


def read_place(header: str, length: int | None) -> tuple[str, Part]:
    """The upload to which a part belongs, and its place there. Raises Problem (400)."""
    upload, _, start = header.partition(" ")
    if not _ID.fullmatch(upload) or not _DIGITS.fullmatch(start) or len(start) > 18 or not length:
        raise Problem(f"{PART} is the ID of an upload and a start; the part needs its Upload-Length.")
    return upload, Part(int(start), length)


def read_from(header: str) -> tuple[str, int]:
    """The partial upload that holds bytes of another one, and where they begin there. Raises Problem (400)."""
    held, _, start = header.partition(" ")
    if not _ID.fullmatch(held) or not _DIGITS.fullmatch(start) or len(start) > 18:
        raise Problem(f"{FROM} is the ID of a partial upload and a start.")
    return held, int(start)


def http_date(moment: float) -> str:
    """Unix seconds as the date of an HTTP header."""
    return formatdate(moment, usegmt=True)
