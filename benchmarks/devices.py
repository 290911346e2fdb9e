"""The recorder before a real driver: takes in a guest with vivid and snd-aloop, each with a fault of its own.

`python benchmarks/devices.py` boots the guest, makes a good take and nine bad ones, cuts the guest's power in another,
boots once more, salvages it, and takes the sound card away from a last one. Exits with 1 where a fault is not named for
what it is, or a bad take is called good, or the power cut cost more than the bar of issue 5. Debian on x86-64; fetches
its kernel once (70 MB).
"""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from guest.boot import NoGuest, boot, ready

import fieldkit
from fieldkit.recorder import measured

TAIL = 1.5  # seconds: the bar
CUT_SHORT = "File ended prematurely"  # the medium had a part of the last cluster; what is before it plays
DISK = 512 << 20  # bytes
NAMED = {  # what has to stand in the sentence, of the verdict or of the error
    "good": r"^Good: picture and sound",
    "unplugged": r"camera",
    "busy": r"in use by another program",
    "buffers dropped": r"of the pictures are missing|stands still",
    "microphone silent": r"nothing to be heard",
    "microphone unloaded": r"microphone|the sound stops",
    "disk full": r"the disk (is full|filled up|was nearly full)",
    "disk nearly full": r"the disk was nearly full",
    "ffmpeg killed": r"ended from outside|was cut off",
    "fieldkit killed": r"was cut off",
    "both killed": r"was cut off",
    "power cut": r"was cut off",
}
INSIDE = Path(__file__).parent / "guest/inside.py"


def main() -> int:
    """Prints what the guest's takes were called; exits with 1 where one was called wrong."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--only", choices=("devices", *NAMED), default="", help="this one alone")
    only = asked.parse_args().only
    begun = time.monotonic()
    try:
        ready()
    except NoGuest as error:
        print(error)
        return 2
    with tempfile.TemporaryDirectory(prefix="devices-") as folder:
        out = Path(folder)
        disk = out / "disk"
        with disk.open("wb") as file:
            file.truncate(DISK)
        subprocess.run(["/usr/sbin/mkfs.ext4", "-q", str(disk)], check=True)
        cut: list[float] = []

        def hear(line: str) -> bool:
            if line.startswith(("GUEST", "POWER-CUT", "insmod", "Traceback")):
                print(f"  {time.monotonic() - begun:5.0f} s  {line}", file=sys.stderr, flush=True)
            if line.startswith("POWER-CUT"):
                cut.append(float(line.split()[1]))
                return True
            return False

        for part in ("faults", "after"):
            boot(
                [sys.executable, str(INSIDE), part, only], out, environment=ENVIRONMENT, disk=disk, hear=hear
            )
        said = [json.loads(line) for line in (out / "said").read_text().splitlines()]
        wrong = [name for name, each in by_name(said).items() if not judge(name, each)]
        wanted = {only} if only else {"devices", *NAMED}
        wrong += [f"{name}: never told" for name in wanted - {each["name"] for each in said}]
        if "power cut" in wanted:
            lost = tail(out, cut[0]) if cut else None
            print(
                "power cut: " + (f"{lost:.2f} s lost (bar {TAIL:g})" if lost is not None else "nothing plays")
            )
            if lost is None or lost > TAIL:
                wrong.append("power cut")
    print(f"{time.monotonic() - begun:.0f} s in all")
    print("\n".join(f"WRONG {each}" for each in wrong) or "all called by their names")
    return int(bool(wrong))


ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PYTHONPATH": str(Path(fieldkit.__file__).parents[1]),
    "PYTHONDONTWRITEBYTECODE": "1",
    "FIELDKIT_FFMPEG": "/usr/bin/ffmpeg",  # Debian's: it has ALSA
    "PULSE_SERVER": "/nowhere",  # one that this machine has installed must not be started there
}


def by_name(said: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in said}


def judge(name: str, said: dict[str, Any]) -> bool:
    """Prints one take's sentence; whether it is the right one."""
    if name == "devices":
        return listed(said)
    good, sentence = verdict(said)
    right = bool(re.search(NAMED[name], sentence, re.IGNORECASE)) and good == (name == "good")
    print(f"{'' if right else 'WRONG '}{name}: {sentence}")
    return right


def listed(said: dict[str, Any]) -> bool:
    try:
        found = json.loads(said["out"])
    except ValueError:
        print(f"WRONG devices: {said}")
        return False
    cameras, microphones = (
        [each["name"] for each in found["cameras"]],
        [each["name"] for each in found["microphones"]],
    )
    modes = [mode for camera in found["cameras"] for mode in camera["modes"]]
    print(f"devices: {cameras}, {len(modes)} modes, {microphones}")
    return "/dev/video0" in cameras and "hw:CARD=Mic,DEV=1" in microphones and bool(modes)


def verdict(said: dict[str, Any]) -> tuple[bool, str]:
    """Whether the take is called good; its sentence and, where the command failed, the last of what it said."""
    good, sentences = False, []
    if said.get("trouble") or said.get("code"):
        sentences.append(str(said.get("trouble") or said["err"].strip().rpartition("\n")[2]))
    for part in ("takes", "out"):
        with contextlib.suppress(ValueError):
            document = json.loads(said.get(part, ""))
            takes = document if isinstance(document, list) else document.get("takes", [document])
            for judged in [take["verdict"] for take in takes if take.get("verdict")][:1]:
                good = bool(judged["good"])
                sentences.append(str(judged["sentence"]))
    return good, " → ".join(dict.fromkeys(sentences))


def tail(out: Path, cut: float) -> float | None:
    """Seconds between the end of what was salvaged and the cut; None where it does not play or lacks a stream."""
    salvaged, report = out / "salvaged.mkv", out / "report"
    if not salvaged.is_file():
        return None
    started = re.search(
        r"Input #0, video4linux2.*?start: ([\d.]+)", report.read_text(errors="replace"), re.DOTALL
    )
    found = measured(salvaged)
    if found.sound is None or started is None:
        return None
    played = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(salvaged), "-f", "null", "-"], capture_output=True, text=True
    )
    complaints = [line for line in played.stderr.splitlines() if line and not line.endswith(CUT_SHORT)]
    if played.returncode or complaints:
        print(f"  it does not play: {played.stderr}")
        return None
    end = min(found.picture.end, found.sound.end) - found.picture.begin
    return cut - float(started[1]) - end


if __name__ == "__main__":
    sys.exit(main())
