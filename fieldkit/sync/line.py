"""The sockets under the uploads: small buffers, quick notice of a dead line, BBR where it helps and is allowed."""

import select
import socket
import threading
from collections.abc import Callable
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError

from fieldkit.sync import tcp
from fieldkit.sync.ahead import Ahead
from fieldkit.sync.dial import Dial
from fieldkit.sync.sockets import OPTIONS, STALL

_MOST = 12  # connections: as many streams as there ever are, and some for short questions


class Mine(threading.local):
    """The socket that this thread used last, and who wants to know of it."""

    connection: socket.socket | None = None
    tell: Callable[[socket.socket], None] | None = None


class Line(HTTPAdapter):
    """An adapter whose connections stall out instead of hanging; threads may share it."""

    def __init__(self, ahead: Ahead | None = None) -> None:
        self.mine = Mine()
        self.dial = Dial(OPTIONS)
        self._ahead = ahead
        self.bbr = False  # asked for on every new connection
        self._spare: list[tuple[tuple[str, int], socket.socket]] = []
        super().__init__(pool_connections=4, pool_maxsize=_MOST, max_retries=0)

    def keep_spare(self, host: str, port: int, connection: socket.socket) -> None:
        """A connection that is open already, for whoever asks next for one to there."""
        self._spare.append(((host, port), connection))

    def drop_spare(self) -> None:
        """Nobody needs it any more."""
        while self._spare:
            self._spare.pop()[1].close()

    def close(self) -> None:
        """Ends what is open."""
        self.drop_spare()
        if self._ahead is not None:
            self._ahead.close()
        super().close()

    def connected(self, host: str, port: int, allowed: float) -> socket.socket:
        """The one dialled ahead, the spare one, or a new one. Raises OSError."""
        if self._ahead is not None and (early := self._ahead.take(host, port)) and not _over(early):
            return early
        while spare := [each for each in self._spare if each[0] == (host, port)]:
            self._spare.remove(spare[-1])
            if not _over(spare[-1][1]):
                return spare[-1][1]
        connection = self.dial(host, port, allowed)
        self.bbr = self.bbr and tcp.use_bbr(connection)
        return connection

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:  # noqa: FBT001, FBT002
        """requests' own hook for how connections are made."""
        line = self

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return _new(self, line)

            def send(self, data: Any) -> None:
                _patient(self.sock, line.mine)
                super().send(data)

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return _new(self, line)

            def send(self, data: Any) -> None:
                _patient(self.sock, line.mine)
                super().send(data)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


def _new(asking: HTTPConnection, line: Line) -> socket.socket:
    allowed = asking.timeout if isinstance(asking.timeout, int | float) else STALL
    host = asking._dns_host  # noqa: SLF001 - urllib3 offers no other name for a host of IPv6
    try:
        connection = line.connected(host, asking.port or 80, allowed)
    except socket.gaierror as error:
        raise NameResolutionError(asking.host, asking, error) from error
    except OSError as error:
        raise NewConnectionError(asking, f"no connection: {error}") from error
    connection.settimeout(allowed)
    return connection


def _over(connection: socket.socket) -> bool:
    """Whether a connection that nobody has used yet was ended by the store, which waits for no question for ever."""
    if select.select([connection], [], [], 0)[0]:
        connection.close()
        return True
    return False


def _patient(connection: socket.socket | None, mine: Mine) -> None:
    # urllib3 leaves the connect timeout on the socket, where it would limit each block that is sent
    if connection is not None:
        connection.settimeout(STALL)
        mine.connection = connection
        if mine.tell is not None:
            mine.tell(connection)
