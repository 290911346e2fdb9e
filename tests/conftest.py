"""What the whole suite shares."""

from collections.abc import Iterator
from typing import Any

import pytest


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
