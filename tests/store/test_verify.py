"""A verification that is interrupted, and the next one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store.conftest import served
from support.site import site

from fieldkit import disk
from fieldkit.store import audit
from fieldkit.store.house import House

CLIPS = 2 * audit._NOTED_EVERY + 5


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[House]:
    """A store of many small clips, the first of which is damaged."""
    with served(tmp_path) as store:
        for number in range(1, CLIPS + 1):
            store.upload(f"clip {number}".encode(), tweet_id=str(number))
    next((tmp_path / "media" / "1").iterdir()).write_bytes(b"rot")
    with House(site(tmp_path)) as house:
        yield house


def test_what_was_interrupted_goes_on_where_it_was(filled: House, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    hashed = disk.hashed

    def dying(path: Any) -> Any:
        if len(read) == 30:
            raise KeyboardInterrupt
        read.append(path)
        return hashed(path)

    monkeypatch.setattr(disk, "hashed", dying)
    with pytest.raises(KeyboardInterrupt):
        audit.verify(filled)
    monkeypatch.setattr(disk, "hashed", lambda path: (read.append(path), hashed(path))[1])
    told: list[str] = []
    findings = audit.verify(filled, tell=told.append)
    assert len(read) == 30 + CLIPS - audit._NOTED_EVERY
    assert (findings.clips, len(findings.differences)) == (CLIPS, 1)
    assert told == findings.differences  # also what the interrupted one had found
    assert audit.verify(filled).clips == CLIPS  # and then from the start again


def test_a_note_that_is_none_begins_anew(filled: House) -> None:
    for text in ("", "{}", "[1]", '{"after": "x"}'):
        (filled.root / "verify.json").write_text(text)
        assert audit.verify(filled).clips == CLIPS
    (filled.root / "verify.json").write_text('{"after": 999999, "clips": 3, "differences": []}')
    assert audit.verify(filled, anew=True).clips == CLIPS
