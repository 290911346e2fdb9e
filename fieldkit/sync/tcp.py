"""What the kernel knows of a connection and may be told of it; the rest of sync asks here. Linux knows most."""

import contextlib
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

TELLS = sys.platform == "linux"  # what was acknowledged
_INFO = 152  # bytes of struct tcp_info (linux/tcp.h) up to tcpi_min_rtt, since Linux 4.6
_RTO_MAX_MS = 44  # linux/tcp.h, since 6.15
_LINGER = "hh" if sys.platform == "win32" else "ii"  # struct linger: on, seconds
_BBR = "bbr"
_ALLOWED = Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
_AVAILABLE = Path("/proc/sys/net/ipv4/tcp_available_congestion_control")

if sys.platform == "linux":
    import fcntl
    import termios


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a connection. Seconds and segments."""

    round_trip: float  # smoothed
    least_round_trip: float  # what it was when nothing waited in a queue
    again: int  # segments that were sent for a second time


def reading(connection: socket.socket | None) -> Reading | None:
    """None where the kernel does not tell."""
    if connection is None or sys.platform != "linux":
        return None
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    except OSError:
        return None
    if len(info) < _INFO:
        return None
    (round_trip,) = struct.unpack_from("=I", info, 68)
    (again,) = struct.unpack_from("=I", info, 100)
    (least,) = struct.unpack_from("=I", info, 148)
    return Reading(round_trip / 1e6, min(least, round_trip) / 1e6, again)


def unacknowledged(connection: socket.socket | None) -> int:
    """Bytes handed to the kernel that the other end has not acknowledged; 0 where that is unknown."""
    if sys.platform == "linux" and connection is not None:
        try:
            answer = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0\0\0\0")
        except (OSError, ValueError):
            return 0
        return int(struct.unpack("i", answer)[0])
    return 0


def use_bbr(connection: socket.socket | None) -> bool:
    """Has the connection take losses for what they are on a radio link; False where that is not allowed."""
    if connection is None or not hasattr(socket, "TCP_CONGESTION"):
        return False
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, _BBR.encode())
    except OSError:
        return False
    return True


def hurry(connection: socket.socket | None, seconds: float) -> bool:
    """Has the kernel try again at least so often what was lost; False where it can't be told."""
    if connection is None or sys.platform != "linux":
        return False
    try:
        connection.setsockopt(socket.IPPROTO_TCP, _RTO_MAX_MS, max(1000, round(seconds * 1000)))
    except OSError:
        return False
    return True


def bbr_advice() -> str:
    """How an administrator lets every user choose BBR; empty where they can already, or where it is no Linux."""
    if sys.platform != "linux":
        return ""
    try:
        allowed, available = _ALLOWED.read_text().split(), _AVAILABLE.read_text().split()
    except OSError:
        return ""
    return advice(allowed, available)


def advice(allowed: list[str], available: list[str]) -> str:
    """The same, from what the kernel lists. Pure."""
    if _BBR in allowed:
        return ""
    load = "" if _BBR in available else "sudo modprobe tcp_bbr && "
    listed = " ".join([*allowed, _BBR])
    return f'{load}sudo sysctl -w net.ipv4.tcp_allowed_congestion_control="{listed}"'


def drop_on_close(connection: socket.socket | None, *, drop: bool) -> None:
    """Whether what the kernel still holds of an upload goes out after the connection was closed.

    It does by default, even after a SIGKILL; where the same bytes go by another connection then, they go twice.
    """
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, drop, 0))


def end(connection: socket.socket | None) -> None:
    """Wakes whoever sends or waits on it; nothing more is said or heard."""
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
