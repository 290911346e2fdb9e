"""A short run of benchmarks/kills.py: each of the store, PostgreSQL and both dies once."""

from pathlib import Path

import kills
import pytest


def test_whatever_is_killed_all_that_was_acknowledged_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")  # the trial sets its own, and it is taken back here
    told = kills.trial(3, 1, tmp_path)
    assert told.kills == {"store": 2, "postgresql": 2}
    assert told.decisions
    assert told.lost == []
