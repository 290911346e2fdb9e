"""What a rendition of the batch is called: after its source, and after all that was asked of it."""

import hashlib
import json
import re
from dataclasses import asdict, fields

from fieldkit.transcode.brief import NOTHING_MORE, Brief
from fieldkit.transcode.profiles import PROFILES, Profile

SUFFIX = ".mp4"
EDITION = 1  # one more where plans change so much that what was made before should be made anew
_KEY = 12  # hexadecimal digits
_LONGEST = 200  # bytes of UTF-8: file systems take 255, and somebody may add to the name
_OURS = re.compile(rf"-(?:{'|'.join(PROFILES)})-[0-9a-f]{{{_KEY}}}(?:-first)?{re.escape(SUFFIX)}\Z")
_AWKWARD = frozenset('<>:"/\\|?*')  # a FAT stick takes none of these


def key(source: str, profile: Profile, brief: Brief) -> str:
    """The same for the same SHA-256, profile and brief, on any laptop, whatever it measures or has installed.

    ffmpeg's version is not in it, or an update would make a whole archive again; the passport tells it.
    """
    asked = [EDITION, source, asdict(profile), _asked(brief)]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:_KEY]


def file_name(stem: str, profile: str, key: str) -> str:
    """`<stem>-<profile>-<key>.mp4`, the stem as far as any disk takes it."""
    end = f"-{profile}-{key}{SUFFIX}"
    return _cut(plain(stem), _LONGEST - len(end)) + end


def plain(name: str) -> str:
    """A file's or folder's name that any disk and any shell takes: never hidden, an option, or `..`."""
    clean = "".join("_" if c in _AWKWARD or not c.isprintable() else c for c in name).rstrip(". ")
    if clean.startswith(("-", ".", " ")):
        clean = "_" + clean[1:]
    return _cut(clean, _LONGEST) or "_"


def first(name: str) -> str:
    """What the version is called that goes first where a rendition of that name will be late."""
    return f"{name.removesuffix(SUFFIX)}-first{SUFFIX}"


def ours(name: str) -> bool:
    """Whether a file is called as renditions of the batch are."""
    return _OURS.search(name) is not None


def _asked(brief: Brief) -> dict[str, object]:
    """What differs from nothing: a newer fieldkit that can be asked for more gives the same key for the same wish.

    A field whose metadata says `measured` is no wish.
    """
    wishes = [field.name for field in fields(brief) if not field.metadata.get("measured")]
    nothing, asked = asdict(NOTHING_MORE), asdict(brief)
    return {name: asked[name] for name in wishes if asked[name] != nothing[name]}


def _cut(text: str, most: int) -> str:
    while len(text.encode()) > most:
        text = text[:-1]
    return text
