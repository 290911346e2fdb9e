import json
import urllib.request

import pytest
from support.laptop import Laptop
from support.store import StoreProcess

from fieldkit.demo.bad_link import BadLink


@pytest.fixture
def laptop(tmp_path):
    made = Laptop.at(tmp_path / "library")
    yield made
    made.close()


@pytest.fixture
def store(tmp_path):
    with StoreProcess(tmp_path / "store") as running:
        yield running


@pytest.fixture
def bad_link(store):
    """A link to the store that can be cut, silenced and forgotten."""
    with BadLink(("127.0.0.1", store.port), rate=40_000_000) as link:
        yield link


@pytest.fixture
def clips(store):
    """What the store has under a tweet."""

    def ask(tweet):
        with urllib.request.urlopen(f"{store.url}/clips/{tweet}", timeout=10) as answer:
            return json.load(answer)["clips"]

    return ask
