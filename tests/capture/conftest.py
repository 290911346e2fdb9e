from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.facts import AGREED, TWEET

from fieldkit.capture.order import Order
from fieldkit.capture.replay import measured
from fieldkit.capture.salvage import Measure
from fieldkit.config import Library
from fieldkit.journal import Journal
from fieldkit.model import Place
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.probe import opened, probe


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path / "library")
    library.make()
    return library


@pytest.fixture
def journal(library: Library) -> Iterator[Journal]:
    with Journal(library.journal) as journal:
        yield journal


@pytest.fixture
def order() -> Order:
    return Order(TWEET, Place("kakuma"), "crew", AGREED)


@pytest.fixture(scope="session")
def ffmpeg() -> Ffmpeg:
    return Ffmpeg()


@pytest.fixture(scope="session")
def readable() -> Callable[[Path], float | None]:
    """What the kit passes: transcode's probe."""
    return lambda path: probe(path).seconds


@pytest.fixture(scope="session")
def measure() -> Measure:
    """What the kit passes."""
    return lambda path: measured(path, opened)
