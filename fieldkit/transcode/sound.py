"""The sound's way through ffmpeg: from whatever a microphone gave to speech that a phone can play."""

from typing import Any


def filtered(stream: Any) -> Any:
    """The stream at 48 kHz; holes are filled with silence and a late start too, so that it stays with the lips."""
    return stream.filter("aresample", 48000, **{"async": 1, "first_pts": 0})
