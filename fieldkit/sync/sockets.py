"""What is set on every socket to a store: small buffers, quick notice of a dead line."""

import socket

from fieldkit.sync import tcp

# seconds in which one block of 16 KiB must find room in the kernel: 13 kbit/s. Where the kernel tells what was
# acknowledged, `quiet.py` knows sooner, and a connection that outlives an outage sends nothing twice
STALL = 120.0 if tcp.TELLS else 10.0
_UNSENT = 16 * 1024  # bytes the kernel may hold beyond what is in flight
_SEND_BUFFER = 64 * 1024  # bytes, where the kernel can't be told so


def _options() -> list[tuple[int, int, int]]:
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        # a small SO_SNDBUF stalls instead: the kernel wakes the sender only when a third of it is free
        options.append((socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT))
    else:
        options.append((socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER))
    for name, value in (
        ("TCP_KEEPIDLE", 10),
        ("TCP_KEEPINTVL", 5),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", round(STALL * 1000)),  # Linux, RFC 5482: unacknowledged for so long is dead
    ):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return [(level, option, int(value)) for level, option, value in options]


OPTIONS = _options()
