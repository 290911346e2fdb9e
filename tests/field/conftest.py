import hashlib
import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from support.crew import Crew
from support.footage import clip, make
from support.store import StoreProcess


@pytest.fixture
def store(tmp_path):
    with StoreProcess(tmp_path / "store") as running:
        yield running


@pytest.fixture
def crew(tmp_path, store):
    return Crew(tmp_path / "laptop", store)


@pytest.fixture(scope="session")
def clips(tmp_path_factory) -> list[Path]:
    """Three short pieces of a real recording."""
    folder = tmp_path_factory.mktemp("card")
    source = str(clip("carphone_pristine"))
    return [
        make(
            folder / f"DSC{n}.mp4",
            "-ss",
            str(n * 0.8),
            "-i",
            source,
            "-t",
            "0.8",
            "-c:v",
            "libx264",
            "-crf",
            "18",
        )
        for n in range(3)
    ]


@pytest.fixture
def arrived(store):
    """{profile: sha256} of what the store has under a tweet, each downloaded and hashed."""

    def ask(tweet, url=None):
        try:
            with urllib.request.urlopen(f"{url or store.url}/clips/{tweet}", timeout=10) as answer:
                listed = json.load(answer)["clips"]
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return []
            raise
        for held in listed:
            with urllib.request.urlopen(held["url"], timeout=10) as answer:
                assert hashlib.sha256(answer.read()).hexdigest() == held["sha256"]
        return sorted((held["profile"], held["sha256"]) for held in listed)

    return ask


@pytest.fixture
def renditions():
    """[(profile, sha256)] of what a laptop has made, all of it received."""

    def ask(crew):
        made = [rendition for take in crew.takes() for rendition in take["renditions"]]
        assert all(rendition["receipt"] for rendition in made)
        return sorted((rendition["profile"], rendition["sha256"]) for rendition in made)

    return ask
