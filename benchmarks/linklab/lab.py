"""The laboratory: a laptop's namespace and a store's, joined by TUN devices. Linux, root.

Nothing is left behind, not even after SIGKILL: a namespace lives as long as the process that holds it, which ends
when its standard input does, and a TUN device as long as its descriptor.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from linklab.carrier import Carrier, Way, open_tun
from linklab.line import Line, Terms
from linklab.packets import payload

if sys.platform == "linux":
    import fcntl

LAPTOP, STORE = "10.77.0.1", "10.77.0.2"
_ALLOWED = Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
_WITHOUT_BBR = Path(__file__).with_name("without_bbr.py")


def available() -> bool:
    """Whether this machine lets us build it."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return False
    try:
        tun, _ = open_tun()
    except OSError:
        return False
    os.close(tun)
    return True


def has_bbr() -> bool:
    """Whether this kernel has it, built in or as a module."""
    with contextlib.suppress(OSError):
        subprocess.run(["modprobe", "tcp_bbr"], capture_output=True)
    return "bbr" in Path("/proc/sys/net/ipv4/tcp_available_congestion_control").read_text().split()


class Lab:
    """A link up from the laptop to the store and one down, for as long as the `with` lasts.

    Both hosts use cubic, as laptops do. `up` and `down` say what crossed.
    """

    store_address = STORE
    up: Way
    down: Way

    def __init__(self, up: Terms, down: Terms) -> None:
        self._terms = up, down
        self._ends = ExitStack()

    def laptop(self, words: Sequence[str], *, bbr: bool = False) -> list[str]:
        """The command as run on the laptop. Without `bbr` no program there can choose a congestion control."""
        apart = [] if bbr else [sys.executable, "-S", str(_WITHOUT_BBR)]
        return [*_inside(self._laptop), *apart, *words]

    def store(self, words: Sequence[str]) -> list[str]:
        """The command as run on the store's host."""
        return [*_inside(self._store), *words]

    def reach(self, port: int) -> str:
        """The URL under which the laptop finds what listens there on the store's host."""
        return f"http://{STORE}:{port}"

    def carried(self) -> int:
        """Bytes of TCP payload that arrived at the store's host."""
        return payload(self.up.segments)

    def cut(self, seconds: float) -> float:
        """From now on both directions are a black hole for so long; returns when they are back (monotonic)."""
        now = time.monotonic()
        for way in (self.up, self.down):
            way.line.outage(now, now + seconds)
        return now + seconds

    def __enter__(self) -> Self:
        with self._ends:
            self._laptop, self._store = (self._ends.enter_context(_namespace()) for _ in range(2))
            laptop, store = (
                _end(*ends) for ends in ((self._laptop, LAPTOP, STORE), (self._store, STORE, LAPTOP))
            )
            up, down = self._terms
            self.up, self.down = Way(laptop, store, Line(up)), Way(store, laptop, Line(down))
            self._ends.callback(Carrier((self.up, self.down)).close)
            self._ends = self._ends.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()


@contextmanager
def _namespace() -> Iterator[int]:
    """The ID of a process that holds a fresh network namespace."""
    words = ["unshare", "--net", "sh", "-c", "echo; exec cat"]
    # a session of its own: Ctrl-C is for us, and we end it when the programs inside have ended
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        if not holder.stdout.readline():
            raise OSError("no network namespace can be made here")
        yield holder.pid
        holder.stdin.close()


def _end(holder: int, address: str, other: str) -> int:
    """Puts a TUN device into a namespace; returns its descriptor."""
    tun, name = open_tun()
    _do("ip", "link", "set", name, "netns", str(holder))
    inside = _inside(holder)
    _do(*inside, "ip", "link", "set", "lo", "up")
    _do(*inside, "ip", "address", "add", address, "peer", other, "dev", name)
    _do(*inside, "ip", "link", "set", name, "mtu", "1500", "up")
    with _cubic_allowed():
        _do(*inside, "sysctl", "-qw", "net.ipv4.tcp_congestion_control=cubic")
    return tun


@contextmanager
def _cubic_allowed() -> Iterator[None]:
    """A namespace may only be given what the machine allows, and that may not be what laptops use."""
    with _ALLOWED.open() as listed:
        fcntl.flock(listed, fcntl.LOCK_EX)  # another laboratory puts back what it found, too
        before = listed.read().split()
        if "cubic" in before:
            yield
            return
        _ALLOWED.write_text(" ".join([*before, "cubic"]))
        try:
            yield
        finally:
            _ALLOWED.write_text(" ".join(before))


def _inside(holder: int) -> list[str]:
    """Words before a command that run it in a namespace; it dies with the thread that started it.

    It goes before what else the machine does: what is measured is the link.
    """
    return ["nsenter", f"--net=/proc/{holder}/ns/net", "nice", "-n", "-10", "setpriv", "--pdeathsig", "KILL"]


def _do(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")
