"""What the whole suite shares."""

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says how many kills the crash tests made, also where they ran in a worker of pytest-xdist."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    kills = [value for report in reports for name, value in report.user_properties if name == "kills"]
    if kills:
        terminalreporter.section("crash tests")
        for line in kills:
            terminalreporter.write_line(line)
