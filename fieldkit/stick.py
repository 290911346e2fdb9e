"""What lies on a stick: clips, and a manifest that says what they are. A laptop writes it, a store reads it. Pure.

Whoever reads it believes nothing: a stick goes through many hands.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fieldkit.errors import NeedsCrew
from fieldkit.model import ConsentState, Sha256, TweetId

MANIFEST = "fieldkit-manifest.json"
LARGEST_MANIFEST = 64 * 1024 * 1024  # bytes: a hundred thousand clips
_VERSION = 1
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Clip:
    """One file on the stick. `metadata` is what an upload of it would say (Upload-Metadata)."""

    tweet_id: TweetId
    sha256: Sha256
    bytes: int
    suffix: str
    metadata: Mapping[str, str]
    consent: ConsentState = ConsentState.AGREED

    def __post_init__(self) -> None:
        if not _SUFFIX.fullmatch(self.suffix):
            raise ValueError("a suffix is a dot and up to eight letters and digits")
        if self.bytes < 1:
            raise ValueError("a clip has bytes")

    @property
    def file(self) -> str:
        """Its name: tweet and hash and no more, so that no name read from a stick is ever used as a path."""
        return f"{self.tweet_id}-{self.sha256}{self.suffix}"


def written(clips: Iterable[Clip]) -> bytes:
    """The manifest."""
    listed = [
        {
            "file": clip.file,
            "tweet_id": clip.tweet_id,
            "sha256": clip.sha256,
            "bytes": clip.bytes,
            "consent": clip.consent,
            "metadata": dict(clip.metadata),
        }
        for clip in clips
    ]
    return (json.dumps({"fieldkit_export": _VERSION, "clips": listed}, indent=1) + "\n").encode()


def read(content: bytes) -> list[Clip]:
    """The clips that a manifest names. Raises NeedsCrew for anything that is not one."""
    try:
        said = json.loads(content)
        clips = [_clip(each) for each in said["clips"]] if said["fieldkit_export"] == _VERSION else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, NeedsCrew) as error:
        raise NeedsCrew(
            f"{MANIFEST} is not what `fieldkit export` writes; nothing was taken from it."
        ) from error
    if clips is None:
        raise NeedsCrew(f"{MANIFEST} was written by a newer fieldkit; install that one to read it.")
    return clips


def _clip(said: Mapping[str, Any]) -> Clip:
    metadata = said["metadata"]
    if not all(isinstance(text, str) for pair in metadata.items() for text in pair):
        raise ValueError("metadata is text")
    if type(said["bytes"]) is not int:
        raise ValueError("bytes is a number")
    clip = Clip(
        TweetId(said["tweet_id"]),
        Sha256(said["sha256"]),
        said["bytes"],
        "." + str(said["file"]).rpartition(".")[2],
        dict(metadata),
        ConsentState(said["consent"]),
    )
    if clip.file != said["file"]:
        raise ValueError("a file is named for its tweet and hash")
    return clip
