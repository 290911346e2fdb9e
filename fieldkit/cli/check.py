"""check: would X take this file?"""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fieldkit.cli import options, say
from fieldkit.errors import FieldkitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldkit.transcode.privacy import Telling
    from fieldkit.transcode.rules import Problem


@click.command(
    epilog=options.epilog(
        "fieldkit check reply.mp4",
        "fieldkit check *.mp4 --json",
        "fieldkit check film.mp4 --tier premium",
        "fieldkit check --privacy card/*.MP4",
    )
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option(
    "--tier",
    metavar="free|premium|ads|api-v2",
    help="The account that posts, or a tier of your own rule file (default: free).",
)
@click.option(
    "--rules",
    "rule_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A rule file of your own (TOML), laid over the packaged rule book.",
)
@click.option(
    "--privacy",
    is_flag=True,
    help="Instead: what would the file give away of people, places, devices and times? Also pictures (JPEG, PNG).",
)
@options.as_json
def check(
    files: tuple[Path, ...], tier: str | None, rule_file: Path | None, privacy: bool, as_json: bool
) -> int:
    """Would X take this file? Rule by rule: what was found, the limit, and what to do."""
    if privacy:
        if tier or rule_file:
            raise click.UsageError("--privacy looks at what a file tells, whatever X takes; give it alone.")
        return _privacy(files, as_json=as_json)
    from fieldkit.transcode import bookfile
    from fieldkit.transcode.check import check as problems_of
    from fieldkit.transcode.check import rejections

    book = bookfile.read(rule_file) if rule_file else bookfile.packaged()
    if tier is not None and tier not in book.tiers:
        raise click.BadParameter(f"choose one of {', '.join(book.tiers)}.", param_hint="'--tier'")
    rules = book.tier(tier)
    reports = []
    for file in files:
        report: dict[str, Any] = {"file": str(file), "ok": False, "tier": rules.name, "as_of": rules.as_of}
        reports.append(report)
        try:
            problems = problems_of(file, rules)
        except FieldkitError as error:
            report |= {"problems": [], "error": str(error)}
            say.trouble(f"{file}: {error}")
            continue
        report |= {"ok": not rejections(problems), "problems": [asdict(problem) for problem in problems]}
        if not as_json:
            _show(file, problems)
    if as_json:
        say.document(reports)
    else:
        say.note(f"Rule book of {rules.as_of}, for {rules.title} ({rules.name}).")
    fine = sum(1 for report in reports if report["ok"])
    return options.exit_code(fine, len(reports) - fine)


def _privacy(files: tuple[Path, ...], *, as_json: bool) -> int:
    """1 where any file tells something; one that can't be read is an error, never clean."""
    from fieldkit.transcode.privacy import tellings

    reports: list[dict[str, Any]] = []
    unread: FieldkitError | None = None
    for file in files:
        report: dict[str, Any] = {"file": str(file), "ok": False, "problems": []}
        reports.append(report)
        try:
            told = tellings(file)
        except FieldkitError as error:
            report["error"], unread = str(error), error
            say.trouble(f"{file}: {error}")
            continue
        report |= {"ok": not told, "problems": [each.document() for each in told]}
        if not as_json:
            _show(file, told, ("tells something", "tells nothing"))
    if as_json:
        say.document(reports)
    if unread is not None and not any("error" not in report for report in reports):
        return unread.exit_code
    return 0 if all(report["ok"] for report in reports) else 1


def _show(
    file: Path, problems: "Sequence[Problem | Telling]", words: tuple[str, str] = ("refused", "ok")
) -> None:
    """One file's verdict: a line, and a table of the rules that it breaks."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    styles = {"reject": "bold red", "advice": "yellow"}
    bad, good = words
    refused = any(problem.severity == "reject" for problem in problems) or (good != "ok" and bool(problems))
    on_terminal = sys.stdout.isatty()
    console = Console(
        width=None if on_terminal else 180, color_system="auto" if on_terminal else None, highlight=False
    )
    verdict = Text(bad, "bold red") if refused else Text(good, "green")
    console.print(Text(f"{file}: ").append_text(verdict), soft_wrap=True)
    if not problems:
        return
    table = Table(
        "", "rule", "found", "limit", "what to do", box=None, header_style="bold", padding=(0, 2, 0, 0)
    )
    for problem in problems:
        severity = Text(problem.severity, styles[problem.severity])
        cells = (problem.rule, problem.found, problem.limit, problem.advice)
        table.add_row(severity, *(Text(cell) for cell in cells))
    console.print(table)
