"""Large files pass through a small store."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.store import StoreProcess
from support.tus import Tus

SIZE = 300 * 1024 * 1024
BLOCK = bytes(range(256)) * 4096  # 1 MiB


def _blocks() -> Iterator[bytes]:
    for _ in range(SIZE // len(BLOCK)):
        yield BLOCK


@pytest.mark.timeout(180)
def test_300_mb_need_less_than_150_mb_of_memory(tmp_path: Path, tweet: str) -> None:
    digest = hashlib.sha256()
    for block in _blocks():
        digest.update(block)
    with StoreProcess(tmp_path / "root", cold=True) as process:
        store = Tus(process.url)
        path = store.create(SIZE, tweet_id=tweet, sha256=digest.hexdigest()).headers["Location"]
        assert store.patch(path, 0, _blocks()).headers["Fieldkit-Receipt"] == digest.hexdigest()
        file = store.ask("GET", f"/clips/{tweet}/{digest.hexdigest()}", stream=True)
        assert sum(len(block) for block in file.iter_content(1 << 20)) == SIZE
        peak = process.memory()
    print(f"the store needed {peak / 1e6:.0f} MB at most")
    assert peak < 150e6
