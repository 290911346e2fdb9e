"""One sender, one link, one upload: how long it took and what it cost, told by the packets."""

import hashlib
import os
import random
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from linklab import Lab, ProxyLab
from linklab.packets import Segment, body, recoveries
from scenarios import Scenario
from senders import SENDERS, Job, webdav
from support.store import StoreProcess

from fieldkit.model import Place, Sha256
from fieldkit.store.house import House
from fieldkit.store.tokens import Role

_LOOK = 0.005  # seconds between two looks at how much was carried, to cut in time
_GIVE_UP = 12.0  # times the limit


@dataclass(frozen=True, slots=True)
class Crossing:
    """What one upload came to. Seconds from the command's start to its end; bytes are whole IP packets."""

    scenario: str
    sender: str
    seed: int
    whole: bool  # the store has the clip, hash equal, and the sender knows
    seconds: float
    limit: float
    wire_up: int = 0
    wire_both: int = 0
    twice: int = 0  # payload that arrived beyond the clip: requests' headers, and bytes that came again
    connections: int = 0  # over which bytes arrived
    phases: dict[str, float] = field(default_factory=dict)  # where the seconds went
    recoveries: list[float] = field(default_factory=list)  # seconds from the link's return to a new byte
    packets: dict[str, int] = field(default_factory=dict)  # lost, dropped and swallowed on the way up
    said: str = ""  # the sender's last words, where it failed


def cross(scenario: Scenario, name: str, seed: int, lab: Lab | ProxyLab) -> Crossing:
    """Uploads once. `lab` has been entered; it serves one crossing, so that no host remembers another."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as ends:
        root = Path(folder)
        clip = root / "clip.mp4"
        clip.write_bytes(random.Random(seed).randbytes(scenario.size))
        job = _job(root, clip, lab, ends, name)
        command = SENDERS[name].command(job, ends)
        words = lab.laptop(command.words, bbr=scenario.bbr)
        began = time.monotonic()
        with subprocess.Popen(
            words,
            env=dict(command.environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                returns = _cutting(scenario, seed, lab, process)
                _, said = process.communicate(timeout=_GIVE_UP * scenario.limit)
            except subprocess.TimeoutExpired:
                said = b"it was given up"
            finally:
                if process.poll() is None:
                    _end(process)
        ended = time.monotonic()
        whole = process.returncode == 0 and _holds(root, job)
    up = lab.up.line.counts
    return Crossing(
        scenario.name,
        name,
        seed,
        whole,
        ended - began,
        scenario.limit,
        up.bytes,
        up.bytes + lab.down.line.counts.bytes,
        lab.carried() - scenario.size,
        len({each.flow for each in lab.up.segments}),
        _phases(lab.up.segments, lab.up.first_at, began, ended),
        recoveries(lab.up.segments, returns),
        {"lost": up.lost, "dropped": up.dropped, "swallowed": up.swallowed},
        "" if whole else said.decode(errors="replace")[-300:],
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)  # node runs under a script of its wheel


def _job(root: Path, clip: Path, lab: Lab | ProxyLab, ends: ExitStack, name: str) -> Job:
    with House(root / "store") as house:
        token, _ = house.tokens.add(Role.LAPTOP, Place("kakuma"))
    host = lab.store_address
    store = ends.enter_context(StoreProcess(root / "store", 0, "--host", host, within=lab.store([])))
    dav = ""
    if name == "rclone":
        dav = lab.reach(ends.enter_context(webdav(root / "webdav", host, lab.store)))
    (root / "laptop").mkdir()
    sha256 = Sha256(hashlib.sha256(clip.read_bytes()).hexdigest())
    return Job(clip, sha256, lab.reach(store.port), token, dav, root / "laptop")


def _cutting(
    scenario: Scenario, seed: int, lab: Lab | ProxyLab, process: subprocess.Popen[bytes]
) -> list[float]:
    """Cuts the link as planned; returns when it was back each time (monotonic)."""
    returns: list[float] = []
    plan = scenario.cuts.plan(scenario.size, seed) if scenario.cuts else []
    for moment, seconds in plan:
        while lab.carried() < moment or (returns and time.monotonic() < returns[-1]):
            if process.poll() is not None:
                return returns
            time.sleep(_LOOK)
        returns.append(lab.cut(seconds))
    return returns


def _holds(root: Path, job: Job) -> bool:
    """Whether the store, or the WebDAV server, has the clip."""
    size = job.clip.stat().st_size
    held = [path for side in ("store", "webdav") for path in (root / side).rglob("*") if path.is_file()]
    return any(
        hashlib.sha256(path.read_bytes()).hexdigest() == job.sha256
        for path in held
        if path.stat().st_size == size
    )


def _phases(segments: list[Segment], first_at: float | None, began: float, ended: float) -> dict[str, float]:
    """Where the seconds went: before the first packet, until a full segment is there, until the last, and after."""
    full = body(segments)
    if not full or first_at is None:
        return {}
    marks = {"start": first_at, "asking": full[0].at, "sending": full[-1].at, "receipt": ended}
    phases, before = {}, began
    for name, at in marks.items():
        phases[name], before = at - before, at
    return phases
