"""Stock tus clients, unchanged, upload to our store."""

import hashlib
import json
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from support.peers import node_script
from support.store import StoreProcess
from tusclient.client import TusClient

TWEET = "826412345678901234"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StoreProcess]:
    with StoreProcess(tmp_path / "store") as running:
        yield running


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(random.Random(7).randbytes(3_000_000))
    return path


def _held(store: StoreProcess) -> list[str]:
    return [c["sha256"] for c in requests.get(f"{store.url}/clips/{TWEET}", timeout=10).json()["clips"]]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("checked", [False, True], ids=["plain", "checksummed"])
@pytest.mark.parametrize("chunk", [500_000, 10_000_000], ids=["in-chunks", "in-one"])
def test_tuspy_uploads(store: StoreProcess, clip: Path, chunk: int, checked: bool) -> None:
    with clip.open("rb") as file:
        about = {"tweet_id": TWEET}
        client = TusClient(f"{store.url}/files")
        client.uploader(file_stream=file, chunk_size=chunk, metadata=about, upload_checksum=checked).upload()
    assert _held(store) == [_sha256(clip)]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunkSize": 500_000},
        {"uploadDataDuringCreation": True},
        {"uploadLengthDeferred": True, "chunkSize": 500_000},
    ],
    ids=["in-one", "in-chunks", "with-creation", "deferred-length"],
)
def test_tus_js_client_uploads(store: StoreProcess, clip: Path, options: dict[str, object]) -> None:
    assert _tus_js(store, clip, options).startswith(f"{store.url}/files/")
    assert _held(store) == [_sha256(clip)]


def test_tus_js_client_uploads_in_parallel_parts(store: StoreProcess, clip: Path) -> None:
    _tus_js(store, clip, {"parallelUploads": 3})
    assert _held(store) == [_sha256(clip)]


def test_tus_js_client_finds_an_upload_that_names_its_sha256(store: StoreProcess, clip: Path) -> None:
    named = {"sha256": _sha256(clip)}
    assert _tus_js(store, clip, {}, named) == _tus_js(store, clip, {}, named)
    assert _held(store) == [_sha256(clip)]


def _tus_js(
    store: StoreProcess, clip: Path, options: dict[str, object], more: dict[str, str] | None = None
) -> str:
    metadata = json.dumps({"tweet_id": TWEET, "filename": clip.name, **(more or {})})
    with node_script("tus_js_upload.mjs") as command:
        arguments = [f"{store.url}/files", str(clip), metadata, json.dumps(options)]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
