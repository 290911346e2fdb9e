"""A take that must not be seen or heard, and what is made of it."""

import json
from dataclasses import dataclass
from pathlib import Path

from fieldkit import disk
from fieldkit.config import Library
from fieldkit.journal import Due, Journal
from fieldkit.model import Draft, Original, Protection, TakeId
from fieldkit.transcode.alarm import Alarm
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.guarded import Guard
from support.facts import AGREED, TWEET, take_id
from support.footage import clip, make

SRT = "1\n00:00:00,000 --> 00:00:01,000\nWe are still here.\n"


@dataclass(frozen=True)
class Kept:
    """A library with one take."""

    library: Library
    journal: Journal
    take: TakeId

    def due(self, profile: str = "proxy") -> Due:
        return next(each for each in self.journal.due_renditions((profile,)))

    def make(self, protection: Protection, profile: str = "proxy", alarm: Alarm | None = None) -> Draft:
        guard = Guard(self.library, self.journal, Ffmpeg(), alarm or Alarm())
        return guard.make(self.due(profile), protection)

    @property
    def left(self) -> list[str]:
        return sorted(path.name for path in self.library.renditions.iterdir())


def kept(folder: Path, journal: Journal, source: Path, protection: Protection | None) -> Kept:
    """A take whose original is that file."""
    library = Library(folder)
    library.make()
    take = journal.begin(take_id(), TWEET, None, None, AGREED, protection=protection)
    held = library.originals / f"{take.id}{source.suffix}"
    held.write_bytes(source.read_bytes())
    sha256, size = disk.hashed(held)
    journal.seal(Original(take.id, held.relative_to(library.root).as_posix(), sha256, size))
    return Kept(library, journal, take.id)


def talking(path: Path, *, seconds: float = 0.5, filters: str = "null") -> Path:
    """The man in the car (carphone), with a tone for a voice: a face in every picture."""
    return make(
        path,
        *("-i", str(clip("carphone_pristine")), "-f", "lavfi", "-i", "sine=frequency=300:sample_rate=48000"),
        *(
            "-t",
            str(seconds),
            "-vf",
            f"{filters},setsar=1",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-crf",
            "12",
        ),
        *("-pix_fmt", "yuv420p", "-c:a", "aac"),
    )


def written(path: Path, text: str = SRT) -> Path:
    path.write_text(text, "utf-8")
    return path


def listed(text: str) -> list[dict[str, object]]:
    return json.loads(text)
