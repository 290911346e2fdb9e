"""Does the store still hold what its catalogue says? Reads everything, changes nothing of it, and goes on where it
was interrupted.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from fieldkit import disk
from fieldkit.store.bucket import Bucket, Missing
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.house import House
from fieldkit.store.media import Media
from fieldkit.store.nouns import Clip
from fieldkit.store.replicas import replicated

_NOTED_EVERY = 20  # clips
_OTHERS = "its bytes are not those of its SHA-256"


@dataclass(slots=True)
class Findings:
    """How far a verification came: behind which clip's number, over how many clips, with what differences."""

    after: int = 0
    clips: int = 0
    differences: list[str] = field(default_factory=list)

    @classmethod
    def noted(cls, path: Path) -> Self:
        """Those of the one that was interrupted; none where the last one came to its end."""
        try:
            said = json.loads(path.read_text())
            return cls(int(said["after"]), int(said["clips"]), [str(each) for each in said["differences"]])
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def note(self, path: Path) -> None:
        """Raises DiskFull."""
        disk.write(path, json.dumps(asdict(self)).encode())


def verify(
    house: House, *, anew: bool = False, tell: Callable[[str], None] = lambda _difference: None
) -> Findings:
    """Every clip and every file; each difference is told as it is found. Goes on where the last one was interrupted."""
    path = house.root / "verify.json"
    findings = Findings() if anew else Findings.noted(path)
    for difference in findings.differences:
        tell(difference)

    def passed(clip: Clip) -> None:
        findings.after, findings.clips = clip.number, findings.clips + 1
        if findings.clips % _NOTED_EVERY == 0:
            findings.note(path)

    for difference in differences(house.catalogue, house.media, house.bucket, findings.after, passed):
        findings.differences.append(difference)
        tell(difference)
    path.unlink(missing_ok=True)
    return findings


def differences(
    catalogue: Catalogue,
    media: Media,
    bucket: Bucket | None = None,
    after: int = 0,
    passed: Callable[[Clip], None] = lambda _clip: None,
) -> Iterator[str]:
    """Names every clip behind number `after` whose bytes are missing or differ, and all that no clip speaks of."""
    in_bucket = set[int]()
    if bucket:
        with catalogue.reading() as connection:
            in_bucket = replicated(connection)
    for clip in catalogue.every_clip(after):
        path, name = media.path(clip.blob), _name(clip)
        there = bucket if clip.number in in_bucket else None
        if not path.exists():
            if not there:
                yield f"{name}: missing"
        elif disk.hashed(path) != (clip.blob.sha256, clip.bytes):
            yield f"{name}: {_OTHERS}"
        if there and (trouble := _trouble(there, clip)):
            yield f"{name}: in the bucket {trouble}"
        passed(clip)
    # a clip withdrawn or received meanwhile is no difference, so strays are asked for one by one
    for path in sorted(media.files()):
        if not catalogue.knows(path.parent.name, path.stem):
            yield f"{path.relative_to(media.folder)}: no clip speaks of it"
    for tweet_id, name in bucket.names() if bucket else ():
        if not catalogue.knows(tweet_id, name.partition(".")[0]):
            yield f"{tweet_id}/{name}: in the bucket no clip speaks of it"


def _trouble(bucket: Bucket, clip: Clip) -> str | None:
    try:
        return None if bucket.hashed(clip.blob) == (clip.blob.sha256, clip.bytes) else _OTHERS
    except Missing:
        return "it is missing"


def _name(clip: Clip) -> str:
    return f"{clip.blob.tweet_id}/{clip.blob.sha256}.{clip.blob.kind}"
