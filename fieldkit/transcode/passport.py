"""A rendition's passport: from what, by which recipe and tools, judged by which rules; kept beside it, never inside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Passport:
    """Stays on the laptop: whoever holds only the MP4 learns nothing of it."""

    source: str  # SHA-256
    profile: str
    brief: Mapping[str, Any]  # what was asked
    recipe: Mapping[str, Any]  # what was chosen
    width: int
    height: int
    fps: float
    frames: int
    took: float  # seconds that the encode took on this laptop
    tools: Mapping[str, str]  # versions: fieldkit, ffmpeg, x264, av
    rules: str  # the rule book's date
    quality: Mapping[str, Any] | None = None  # VMAF, where it was measured
    loudness: float | None = None  # LUFS, where it was measured

    @property
    def speed(self) -> float:
        """Pixels encoded a second: what this laptop can do with this recipe."""
        return self.width * self.height * self.frames / max(self.took, 1e-3)

    def document(self) -> dict[str, Any]:
        """As it is kept and shown: plain values that JSON takes."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return round(value, 6)
    return value if isinstance(value, str | int | None) else str(value)
