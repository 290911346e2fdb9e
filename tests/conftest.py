"""What the whole suite shares."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_MEMORY, _ROOM = Path("/dev/shm"), 4 << 30

if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
    # No test can tell a disk that obeys fsync from one that does not: SIGKILL leaves the page cache alone, and the
    # order of the calls is pinned in unit/test_disk.py. Thousands of them cost minutes on a disk, nothing here.
    os.environ["TMPDIR"] = str(_MEMORY)
    tempfile.tempdir = None


@pytest.fixture(scope="session", autouse=True)
def no_library_of_anybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A command that is told of no library finds an empty one, never that of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDKIT_LIBRARY", str(tmp_path_factory.mktemp("no-library")))
        yield


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says how many kills the crash tests made, also where they ran in a worker of pytest-xdist."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    kills = [value for report in reports for name, value in report.user_properties if name == "kills"]
    if kills:
        terminalreporter.section("crash tests")
        for line in kills:
            terminalreporter.write_line(line)
