"""The store as a process: one, on one port, until it is told to stop."""

import asyncio
import logging
import signal
import socket
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette

from fieldkit import disk
from fieldkit.errors import NeedsCrew
from fieldkit.store.app import create_app
from fieldkit.store.guard import LOOPBACK
from fieldkit.store.house import House
from fieldkit.store.lines import IDLE_SECONDS, lines, quiet, raise_file_limit, room
from fieldkit.store.logs import Level, log_to_stderr
from fieldkit.store.site import Site, site_of
from fieldkit.store.terms import Terms

_log = logging.getLogger(__name__)

_QUEUE = 1024  # connections that the kernel may hold until they are taken in
_LOCAL_PROXY = ("127.0.0.1", "::1")
_GRACE_SECONDS = 20  # for running requests when the store stops
_DEAD_PEER = {  # so that the kernel finds out about lines that died without a word; seconds, or probes
    "TCP_KEEPIDLE": 60,
    "TCP_KEEPINTVL": 15,
    "TCP_KEEPCNT": 4,
    "TCP_USER_TIMEOUT": 120_000,  # milliseconds
}


@dataclass(frozen=True, slots=True)
class Front:
    """How the store is reached over TLS: by its own certificate, or through a proxy on this machine that has one."""

    cert: Path | None = None  # PEM, with the chain
    key: Path | None = None  # PEM
    behind_proxy: bool = False  # X-Forwarded-Proto and -For are believed, from loopback and from `proxies`
    proxies: tuple[str, ...] = ()  # addresses of proxies on other machines


def serve(
    where: Site | Path,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    terms: Terms | None = None,
    front: Front | None = None,
    log: Level = "warning",
) -> None:
    """Serves until SIGTERM or SIGINT; port 0 picks a free one. Says its URL on stdout once it answers.

    Raises NeedsCrew where the folder or port is taken, the certificate is none, or where strangers could come in;
    StoreBusy where the database or the bucket does not answer.
    """
    front = front or Front()
    _check_certificate(front)
    site = site_of(where)
    root = site.root
    disk.make_folder(root)
    lock = disk.Lock(root / "store.lock")
    if not lock.take():
        raise NeedsCrew(f"Another store is serving {root} already.")
    with lock:
        log_to_stderr(log)
        app = create_app(site, terms)
        if app.state.house.bucket:
            app.state.house.bucket.check()
        if host not in LOOPBACK and not _somebody_known(app.state.house):
            raise NeedsCrew(
                f"Without a token or a user anybody who reaches {host} could use this store: make one first with "
                "`fieldkit store token add`, or serve on 127.0.0.1."
            )
        with _listen(host, port) as listener:
            _Server(app, _url(host, listener, front), terms or Terms(), front).run([listener])


class _Server(uvicorn.Server):
    def __init__(self, app: Starlette, url: str, terms: Terms, front: Front) -> None:
        most, helping = room(raise_file_limit())
        super().__init__(
            uvicorn.Config(
                app,
                http=cast("Any", lines(terms.head_seconds, most)),
                ws="none",
                lifespan="on",
                access_log=False,  # a log of who sent what to which tweet is a risk, not a help
                log_config=None,
                server_header=False,
                proxy_headers=front.behind_proxy,
                forwarded_allow_ips=[*_LOCAL_PROXY, *front.proxies],
                ssl_certfile=front.cert,
                ssl_keyfile=front.key,
                backlog=helping,
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        self._turns = app.state.turns
        self._events = app.state.events
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        quiet(asyncio.get_running_loop())
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(_QUEUE)  # asyncio has set it to one helping: too short for a rush
        sys.stdout.write(f"fieldkit store at {self._url}\n")
        sys.stdout.flush()
        _log.info("serving")

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        # uvicorn would raise the signal again afterwards; stopping when asked is no failure
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        _log.info("stopping")
        self._turns.stop()  # an upload may have hours to go: keep what came and let it come back
        self._events.stop()  # a board that is open would hold the door until the grace is over
        await super().shutdown(sockets)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise NeedsCrew(
            f"The store can’t listen on {host} port {port}: {error.strerror or error}."
        ) from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # asyncio sets it only where a socket names its protocol: a body would wait for its head's acknowledgement
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in _DEAD_PEER.items():
        if hasattr(socket, name):  # accepted connections inherit what the platform has
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return listener


def _check_certificate(front: Front) -> None:
    if front.cert is None and front.key is None:
        return
    if front.cert is None or front.key is None:
        raise NeedsCrew("A certificate and its key belong together: give --tls-cert and --tls-key.")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(front.cert, front.key)
    except OSError as error:  # ssl.SSLError is one
        raise NeedsCrew(f"{front.cert} and {front.key} are no certificate and its key: {error}.") from error


def _somebody_known(house: House) -> bool:
    return house.tokens.any_active() or house.users.any_active()


def _url(host: str, listener: socket.socket, front: Front) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{'https' if front.cert else 'http'}://{name}:{listener.getsockname()[1]}"
