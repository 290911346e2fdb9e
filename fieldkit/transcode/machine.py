"""How many encodes this machine takes at a time, by its processors and its memory."""

import os
import sys
from pathlib import Path

# Processors that filming takes, with preview and meters, and a proxy's pictures beside it: the recorder's bar, and what
# clips of 720p30 cost at most (0.15 to 0.21), on a laptop of that speed (benchmarks/README.md)
_FILMING, _ALONGSIDE = 0.45, 0.21
_SPEED = 31e6  # pixels/s of the finest effort
_FILMED = 1280 * 720 * 30  # pixels/s
_EACH = 700_000_000  # bytes: ffmpeg 300 MB from 1080p, 450 MB from 4K HEVC (measured), and as much again to be safe
_MOST = 64
_SPARED = 0.25  # of the free memory is left to others


def fitting(cores: int, memory: int | None) -> int:
    """Encodes at a time; at least one. `memory` in bytes, None where nobody tells.

    One a processor: x264's two threads leave a quarter of two idle (8 clips on 2 processors: 16.5 s one at a time,
    12.5 s two, 11.6 s three).
    """
    by_memory = cores if memory is None else int(memory * (1 - _SPARED)) // _EACH
    return max(1, min(cores, by_memory, _MOST))


def takes_more(cores: int, speed: float | None, filmed: float) -> bool:
    """Whether a proxy can be encoded while the camera rolls, with a processor left to everything else.

    `speed` is what the laptop's own last encodes told, in pixels/s of the finest effort, None where there were none:
    then two processors must be left. `filmed` is in pixels/s.
    """
    load = (_FILMING + _ALONGSIDE) * filmed / _FILMED * _SPEED / (speed or _SPEED)
    return load <= cores - (1 if speed else 2)


def jobs() -> int:
    """Encodes at a time on this machine, now."""
    return fitting(cores(), free_memory())


def cores() -> int:
    """Processors that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory() -> int | None:
    """Bytes that can be had without pushing others out; None where the system does not tell."""
    if sys.platform == "linux":
        told = [amount for amount in (_meminfo(), _cgroup()) if amount is not None]
        return min(told, default=None)
    if sys.platform == "win32":
        return _windows()
    try:  # macOS tells what is built in; half of it is a fair guess
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (ValueError, OSError):
        return None


def _meminfo() -> int | None:
    for line in _text("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _cgroup() -> int | None:
    """What a container may still take."""
    limit, used = (_text(f"/sys/fs/cgroup/memory.{name}").strip() for name in ("max", "current"))
    return max(0, int(limit) - int(used)) if limit.isdigit() and used.isdigit() else None


def _text(path: str) -> str:
    try:
        return Path(path).read_text("ascii")
    except (OSError, ValueError):
        return ""


def _windows() -> int | None:
    if sys.platform != "win32":
        return None
    import ctypes  # noqa: PLC0415 - only Windows needs it

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "t", "f", "tv", "fv", "fe")),
        )

    status = Status()
    status.length = ctypes.sizeof(Status)
    taken = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return int(status.free) if taken else None
