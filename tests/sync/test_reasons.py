"""What keeps a laptop from its store is named for what it is: real sockets, real certificates."""

import contextlib
import errno
import socket
import ssl
import threading
from pathlib import Path

import pytest
from support.talker import Talker

from fieldkit.errors import LinkDown
from fieldkit.sync.dial import Dial
from fieldkit.sync.tus import Tus

_CERTIFICATES = Path(__file__).parent / "certificates"


@contextlib.contextmanager
def tls_server(certificate: str):
    """A server that shows a certificate and nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_CERTIFICATES / f"{certificate}.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), context.wrap_socket(line, server_side=True) as safe:
                safe.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def said(store: str, *, trusts_us: bool = True) -> str:
    tus = Tus(store)
    if trusts_us:
        tus._session.verify = str(_CERTIFICATES / "ca.pem")
    with pytest.raises(LinkDown) as error:
        tus.greet()
    tus.close()
    return str(error.value)


def test_a_wrong_clock_is_named():
    with tls_server("expired") as store:
        assert "set the clock" in said(store)


def test_a_portal_that_answers_in_the_stores_name_is_named():
    with tls_server("other") as store:
        assert "somebody else's server answers under its name" in said(store)


def test_an_inspecting_proxy_is_named():
    with tls_server("good") as store:
        assert "something on the way reads along" in said(store, trusts_us=False)


def test_https_to_a_server_without_it_is_named():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            line, _ = listener.accept()
            with line:
                line.recv(4096)
                line.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert "it does not speak TLS" in said(f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()


def test_a_name_that_can_t_be_looked_up_is_named():
    assert "name can't be looked up" in said("http://store.invalid")


def test_nothing_listening_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "nothing listens there" in said(f"http://127.0.0.1:{port}")


def test_a_captive_portal_over_plain_http_is_named():
    with Talker([(302, {"Location": "http://login.example/"})]) as portal:
        assert "log-in" in said(portal.url)


@pytest.fixture
def nowhere():
    """A listener whose queue is full: SYNs to it are never answered, as in a black hole."""
    hole = socket.create_server(("127.0.0.2", 0), backlog=0)
    fillers = []
    for _ in range(3):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(hole.getsockname())
        fillers.append(filler)
    yield hole.getsockname()
    for each in (*fillers, hole):
        each.close()


def test_an_address_that_is_a_black_hole_does_not_keep_a_laptop_from_the_other(nowhere, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as store:
        ways = [nowhere, store.getsockname()]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", way) for way in ways]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        dial = Dial(())
        for _ in range(2):
            with dial("store.example", 80, 4.0) as line:
                assert line.getpeername() == store.getsockname()
        assert dial._known["store.example", 80][0][1] == store.getsockname()  # asked first from now on


def test_a_black_hole_is_given_up_in_time(nowhere):
    dial = Dial(())
    with pytest.raises(TimeoutError):
        dial(*nowhere, 0.6)
    assert dial.lost


def test_dialling_can_be_called_off(nowhere):
    called_off = threading.Event()
    called_off.set()
    with pytest.raises(ConnectionAbortedError):
        Dial(())(*nowhere, 60.0, called_off)


def test_a_refusal_everywhere_is_told_at_once():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ConnectionRefusedError) as error:
        Dial(())("127.0.0.1", port, 60.0)
    assert error.value.errno == errno.ECONNREFUSED
