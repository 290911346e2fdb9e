"""A real store on loopback, for every test in this folder."""

import itertools
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import imageio_ffmpeg
import pytest
import uvicorn
from support.site import site
from support.store import StoreProcess
from support.tus import Tus

from fieldkit.store.app import create_app
from fieldkit.store.lines import lines
from fieldkit.store.passphrases import Cost
from fieldkit.store.site import Site
from fieldkit.store.terms import Terms

CHEAP = Cost(n=2, r=1, p=1)  # a passphrase's hash that costs a test nothing
_tweets = itertools.count(826412345678901234)


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    """One store for all tests that don't hurt it."""
    with StoreProcess(tmp_path_factory.mktemp("store") / "root") as running:
        yield running


@pytest.fixture
def store(process: StoreProcess) -> Tus:
    """A laptop's view of the store."""
    return Tus(process.url)


@pytest.fixture
def tweet() -> str:
    """A tweet that no other test answers."""
    return str(next(_tweets))


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds of a test card."""
    path = tmp_path_factory.mktemp("video") / "card.mp4"
    card = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=2"]
    subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), *card, "-pix_fmt", "yuv420p", str(path)],
        check=True,
        capture_output=True,
    )
    return path.read_bytes()


@contextmanager
def served(
    root: Path | Site, terms: Terms | None = None, clock: Callable[[], float] = time.time, most: int = 1000
) -> Iterator[Tus]:
    """A store in this process, with its own terms and clock, for at most so many connections."""
    app = create_app(root if isinstance(root, Site) else site(root), terms, clock, CHEAP)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            port=0,
            http=cast("Any", lines((terms or Terms()).head_seconds, most)),
            log_config=None,
            lifespan="on",
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the store did not start"
            time.sleep(0.005)
        yield Tus(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    finally:
        app.state.events.stop()
        server.should_exit = True
        thread.join()
