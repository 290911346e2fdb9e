"""The docs are part of the feature: every command in them parses, every link and every named test is there."""

import re
import shlex
from pathlib import Path

import click
import pytest

from fieldkit.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
SHELL = re.compile(r"^ *```sh\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?://)([^)#]+)")
TEST = re.compile(r"`(tests/\S+?\.py)(?:::(\w+))?`")


def typed():
    """(page, words) of each fieldkit command in a shell block."""
    for page in PAGES:
        for block in SHELL.findall(page.read_text("utf-8")):
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                if words and words[0].rpartition("/")[2] == "fieldkit":
                    yield page.name, words[1:]


def parses(words):
    """click takes the words: every command, option and value is right."""
    group, context = main, click.Context(main)
    while isinstance(group, click.Group):
        if group.invoke_without_command and (not words or words[0].startswith("-")):
            break
        name, *words = words
        group = group.get_command(context, name)
        assert group is not None, f"there is no command {name}"
    group.make_context(group.name, list(words))


@pytest.mark.parametrize(
    ("page", "words"), list(typed()), ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_every_command_shown_can_be_typed(page, words):
    parses(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    broken = [
        target for target in LINK.findall(page.read_text("utf-8")) if not (page.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_proof_named_is_there(page):
    for path, name in TEST.findall(page.read_text("utf-8")):
        assert f"def {name}(" in (ROOT / path).read_text("utf-8") if name else (ROOT / path).exists(), (
            f"{path}::{name}"
        )


def test_every_command_stands_in_the_docs():
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    missing = [name for name in main.commands if f"fieldkit {name}" not in text]
    assert missing == []


def test_the_exit_codes_in_the_docs_are_those_of_the_errors():
    from fieldkit.errors import Damaged, NeedsCrew, WorthRetrying

    assert (NeedsCrew.exit_code, WorthRetrying.exit_code, Damaged.exit_code) == (3, 4, 5)
    assert "3 needs you, 4 worth retrying, 5 damaged" in (ROOT / "docs" / "crew.md").read_text("utf-8")
