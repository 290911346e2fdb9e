"""What happens in the guest: takes from a real driver, each with a fault of its own, and what fieldkit says of them.

Commands are forks of this process, which has imported what they need: in the guest that takes twenty seconds. A line of
JSON for each goes to /out/said; `judge` (benchmarks/devices.py) reads them outside.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av  # noqa: F401 - imported before the forks, as numpy and what is imported late
import numpy as np  # noqa: F401
from vivid import turn

import fieldkit.recorder
import fieldkit.renderer  # noqa: F401
from fieldkit.cli import main as fieldkit_main

OUT = Path("/out")
HERE = Path("/tmp")  # noqa: S108 - the guest's own, in its memory
CAMERA, MICROPHONE = "/dev/video0", "hw:CARD=Mic,DEV=1"
TWEET = "826412345678901234"
FFMPEG = os.environ["FIELDKIT_FFMPEG"]
CARD = Path("/sys/bus/platform/drivers/snd_aloop/unbind")
LONG = 40.0  # seconds: the power is cut long before
CUT_AFTER = 8.0  # seconds into the growing file
RECORD = [
    *("record", TWEET, "--camera", CAMERA, "--mic", MICROPHONE, "--size", "320x180", "--fps", "15"),
    *("--now", "--no-preview", "--json"),
]


def main(part: str, only: str) -> None:
    begun = time.monotonic()
    print("GUEST python", flush=True)
    if part == "after" and only in ("", "power cut"):
        after()
    for number, (name, one) in enumerate((FAULTS if part == "faults" else LAST).items()):
        if only not in ("", name):
            continue
        library = HERE / str(number)
        library.mkdir()
        try:
            one(name, library)
        except Exception as error:  # the others are wanted still
            tell(name, trouble=repr(error))
        print(f"GUEST {name} {time.monotonic() - begun:.0f} s", flush=True)
    if part == "faults" and only in ("", "power cut"):
        cut()


# ── faults ──────────────────────────────────────────────────────────────────────────────────────────


def listed(name: str, library: Path) -> None:
    tell(name, **ended(*start(["devices", "--json"], library)))


def good(name: str, library: Path) -> None:
    with tone():
        whole(name, library)


def unplugged(name: str, library: Path) -> None:
    during(name, library, lambda _: turn(CAMERA, "Disconnect", 1))


def busy(name: str, library: Path) -> None:
    other = [FFMPEG, "-loglevel", "quiet", "-f", "v4l2", "-i", CAMERA, "-f", "framecrc", "-"]
    with subprocess.Popen(other, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as holder:
        assert holder.stdout
        holder.stdout.readline()
        threading.Thread(target=holder.stdout.read, daemon=True).start()
        try:
            whole(name, library)
        finally:
            holder.kill()


def dropped(name: str, library: Path) -> None:
    turn(CAMERA, "Percentage of Dropped Buffers", 20)
    try:
        good(name, library)
    finally:
        turn(CAMERA, "Percentage of Dropped Buffers", 0)


def silent(name: str, library: Path) -> None:
    whole(name, library)


def unloaded(name: str, library: Path) -> None:
    def go(_: int) -> None:  # the driver waits for whoever has the card open
        threading.Thread(target=CARD.write_text, args=["snd_aloop.0"], daemon=True).start()

    during(name, library, go)


def full(name: str, library: Path) -> None:
    small(library)

    def fill(_: int) -> None:
        with contextlib.suppress(OSError), (library / "filler").open("wb", buffering=0) as filler:
            while filler.write(bytes(1 << 20)):
                pass

    during(name, library, fill)


def nearly_full(name: str, library: Path) -> None:
    small(library)
    during(name, library, lambda _: (library / "filler").write_bytes(bytes(50_000_000)))


def ffmpeg_killed(name: str, library: Path) -> None:
    during(name, library, lambda pid: os.kill(child(pid), signal.SIGKILL))


def fieldkit_killed(name: str, library: Path) -> None:
    during(name, library, lambda pid: os.kill(pid, signal.SIGKILL))


def both_killed(name: str, library: Path) -> None:
    def kill(pid: int) -> None:
        for victim in (child(pid), pid):
            os.kill(victim, signal.SIGKILL)

    during(name, library, kill)


FAULTS: dict[str, Callable[[str, Path], None]] = {
    "devices": listed,
    "good": good,
    "unplugged": unplugged,
    "busy": busy,
    "buffers dropped": dropped,
    "microphone silent": silent,
    "disk full": full,
    "disk nearly full": nearly_full,
    "ffmpeg killed": ffmpeg_killed,
    "fieldkit killed": fieldkit_killed,
    "both killed": both_killed,
}
LAST = {"microphone unloaded": unloaded}  # the card that comes back is not what it was


def whole(name: str, library: Path) -> None:
    """A take to its end."""
    tell(name, **ended(*start([*RECORD, "--seconds", "5"], library)))


def during(name: str, library: Path, fault: Callable[[int], object]) -> None:
    """A take of eight seconds in which the fault happens once two seconds of it are there."""
    with tone():
        pid, files = start([*RECORD, "--seconds", "8"], library)
        if grown(pid, library, 2.0):
            fault(pid)
        said = ended(pid, files)
    (library / "filler").unlink(missing_ok=True)
    if said["code"]:
        time.sleep(3)  # an ffmpeg that was left alone ends by itself
        ended(*start(["render"], library))
    takes = ended(*start(["takes", "--json"], library))
    tell(name, **said, takes=takes["out"])


def cut() -> None:
    """The guest dies in the middle of a take; the line tells when, by its own clock."""
    library = HERE / "disk"
    library.mkdir()
    subprocess.run(["mount", "-t", "ext4", "/dev/vda", str(library)], check=True)
    with tone():  # ffmpeg's report tells when the first picture was taken
        pid, _ = start([*RECORD, "--seconds", str(LONG)], library, FFREPORT="file=/out/report:level=32")
        grown(pid, library, CUT_AFTER)
        print(f"POWER-CUT {time.time():.3f}", flush=True)
        time.sleep(30)


def after() -> None:
    library = HERE / "disk"
    library.mkdir()
    subprocess.run(["mount", "-t", "ext4", "/dev/vda", str(library)], check=True)
    ended(*start(["render"], library))
    takes = ended(*start(["takes", "--json"], library))
    for path in (library / "originals").glob("*.mkv"):
        (OUT / "salvaged.mkv").write_bytes(path.read_bytes())
    tell("power cut", **takes)


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────


def tell(name: str, **said: object) -> None:
    with (OUT / "said").open("a") as file:
        file.write(json.dumps({"name": name, **said}) + "\n")


def start(words: list[str], library: Path, **environment: str) -> tuple[int, tuple[Path, Path]]:
    """A command in a process of its own: its number, and the files with what it says."""
    files = Path(f"{library}.out"), Path(f"{library}.err")
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid, files
    for number, path in ((1, files[0]), (2, files[1])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(environment, FIELDKIT_LIBRARY=str(library))
    sys.argv = ["fieldkit", *words]
    code = 1
    try:
        fieldkit_main()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def ended(pid: int, files: tuple[Path, Path]) -> dict[str, object]:
    _, status = os.waitpid(pid, 0)
    out, err = (path.read_text(errors="replace") for path in files)
    return {"code": os.waitstatus_to_exitcode(status), "out": out, "err": err}


def grown(pid: int, library: Path, seconds: float) -> bool:
    """Returns so many seconds after the recording began to grow; False where the command ended before."""
    while not any(path.stat().st_size for path in (library / "rolling").glob("*.mkv")):
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        time.sleep(0.05)
    time.sleep(seconds)
    return True


def child(pid: int) -> int:
    """The recorder's ffmpeg."""
    for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if "ffmpeg" in Path(f"/proc/{number}/comm").read_text():
            return int(number)
    raise RuntimeError("no ffmpeg is there")


@contextlib.contextmanager
def tone() -> Iterator[None]:
    """Something to hear: what is played into the card's one end comes out of the other."""
    played = ["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000,volume=0.5", "-ac", "2"]
    with subprocess.Popen(
        [FFMPEG, "-loglevel", "quiet", *played, "-f", "alsa", "hw:CARD=Mic,DEV=0"], stdin=subprocess.DEVNULL
    ) as player:
        time.sleep(2)
        try:
            yield
        finally:
            player.kill()


def small(library: Path) -> None:
    """A disk with just the room that a take of eight seconds asks for."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=130m", "small", str(library)], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
