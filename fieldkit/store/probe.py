"""What a clip looks like, as far as its file tells. The only import of av in the store."""

import logging
from dataclasses import dataclass
from pathlib import Path

import av

# libav writes to stderr about every odd file; the store keeps odd files and has nothing to say about them
av.logging.set_level(None)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Looks:
    """None where the file does not tell."""

    seconds: float | None = None
    width: int | None = None
    height: int | None = None


def looks(path: Path) -> Looks:
    """Best effort: a file that is not a video looks like nothing. Never raises."""
    try:
        with av.open(str(path)) as container:
            seconds = container.duration / av.time_base if container.duration else None
            video = next(iter(container.streams.video), None)
            if video is None:
                return Looks(seconds)
            return Looks(seconds, video.width or None, video.height or None)
    except Exception:  # hostile files raise whatever they like here; the bytes are kept all the same
        _log.info("a clip could not be probed")
        return Looks()
