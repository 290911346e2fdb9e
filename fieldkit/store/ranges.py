"""Which part of a file a Range header wants (RFC 9110, section 14). Pure."""

import re

from fieldkit.store.problems import Problem

_SET = re.compile(r"bytes=(.*)", re.ASCII | re.IGNORECASE)
_RANGE = re.compile(r"([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18})", re.ASCII)
_MOST = 20  # ranges; more is a mistake or an attack, and ignoring it is allowed


class Beyond(Problem):
    """The part begins behind the end of the file."""

    status = 416
    error = "range"

    def __init__(self, size: int) -> None:
        super().__init__(
            f"The file has {size} bytes; the part asked for is not among them.",
            headers={"Content-Range": f"bytes */{size}"},
        )


def settled_range(header: str, size: int) -> str | None:
    """The header, cut down to what the file has; None where it is to be ignored. Raises Beyond (416)."""
    said = _SET.fullmatch(header.strip())
    texts = [text.strip() for text in said[1].split(",") if text.strip()] if said else []
    ranges = [_RANGE.fullmatch(text) for text in texts]
    if not size or not ranges or len(ranges) > _MOST:
        return None
    kept = []
    for text, found in zip(texts, ranges, strict=True):
        if found is None or (found[2] and int(found[2]) < int(found[1])):
            return None  # one that is not valid makes the whole header so
        if int(found[3]) if found[3] else int(found[1]) < size:
            kept.append(text)
    if not kept:
        raise Beyond(size)
    return f"bytes={','.join(kept)}"
