"""The sockets under the uploads: small buffers, quick notice of a dead line, a count of bytes on it."""

import socket
import struct
import sys
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

STALL = 10.0  # seconds in which one block of 16 KiB must find room in the kernel: 13 kbit/s
_UNSENT = 16 * 1024  # bytes the kernel may hold beyond what is in flight
_SEND_BUFFER = 64 * 1024  # bytes, where the kernel can't be told so

if sys.platform == "linux":
    import fcntl
    import termios


def _options() -> list[tuple[int, int, int]]:
    options = [
        *HTTPConnection.default_socket_options,
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    ]
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
    return options


class Sockets:
    """The socket that was used last; one thread uses a Line at a time."""

    last: socket.socket | None = None

    def unacknowledged(self) -> int:
        """Bytes handed to the kernel that the other end has not acknowledged; 0 where that is unknown."""
        if self.last is None:
            return 0
        if sys.platform == "linux":
            try:
                answer = fcntl.ioctl(self.last.fileno(), termios.TIOCOUTQ, b"\0\0\0\0")
            except OSError:
                return 0
            return int(struct.unpack("i", answer)[0])
        return 0


class Line(HTTPAdapter):
    """An adapter whose connections stall out instead of hanging and can be asked what they still carry."""

    def __init__(self) -> None:
        self.sockets = Sockets()
        super().__init__(pool_connections=4, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:  # noqa: FBT001, FBT002
        """requests' own hook for socket options."""
        sockets = self.sockets

        class Plain(HTTPConnection):
            def send(self, data: Any) -> None:
                _patient(self.sock, sockets)
                super().send(data)

        class Secure(HTTPSConnection):
            def send(self, data: Any) -> None:
                _patient(self.sock, sockets)
                super().send(data)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager = PoolManager(
            num_pools=connections, maxsize=maxsize, block=block, socket_options=_options(), **more
        )
        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


def _patient(connection: socket.socket | None, sockets: Sockets) -> None:
    # urllib3 leaves the connect timeout on the socket, where it would limit each block that is sent
    if connection is not None:
        connection.settimeout(STALL)
        sockets.last = connection
