"""The connection that is opened while the rest of fieldkit still loads."""

import select
import socket
from collections.abc import Iterator

import pytest

from fieldkit.sync.ahead import Ahead
from fieldkit.sync.line import Line


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


def test_the_first_connection_is_the_one_that_was_dialled_ahead(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    ahead = Ahead(f"http://127.0.0.1:{port}/")
    line = Line(ahead)
    with line.connected("127.0.0.1", port, 5) as first, listener.accept()[0] as accepted:
        first.sendall(b"here")
        assert accepted.recv(4) == b"here"
        assert ahead.take("127.0.0.1", port) is None  # only once
        with line.connected("127.0.0.1", port, 5), listener.accept()[0]:
            pass  # whoever needs another one dials for itself
    line.close()


def test_one_that_the_store_has_ended_meanwhile_is_not_used(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    line = Line(Ahead(f"http://127.0.0.1:{port}"))
    spare = socket.create_connection(("127.0.0.1", port), 10)
    line.keep_spare("127.0.0.1", port, spare)
    for _ in range(2):
        listener.accept()[0].close()  # as it does with who asks nothing for twenty seconds
    assert select.select([spare], [], [], 10)[0]
    with line.connected("127.0.0.1", port, 5) as fresh, listener.accept()[0] as accepted:
        fresh.sendall(b"here")
        assert accepted.recv(4) == b"here"
    line.close()


def test_it_leads_nowhere_else(listener: socket.socket) -> None:
    ahead = Ahead(f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert ahead.take("127.0.0.1", 1) is None
    ahead.close()


@pytest.mark.parametrize("store", ["http://127.0.0.1:{port}", "https://nobody.invalid"])
def test_where_it_comes_to_nothing_there_is_no_connection_and_no_error(store: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    ahead = Ahead(store.format(port=port))
    assert ahead.take("127.0.0.1", port) is None
    ahead.close()


def test_a_connection_that_nobody_took_is_closed(listener: socket.socket) -> None:
    ahead = Ahead(f"http://127.0.0.1:{listener.getsockname()[1]}")
    with listener.accept()[0] as accepted:
        ahead.close()
        accepted.settimeout(10)
        assert accepted.recv(1) == b""
