"""`fieldkit store` as a person types it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from support.site import at, folder_only, site
from support.store import StoreProcess
from support.tus import Tus, sha256

from fieldkit.store.house import House

BODY = b"a clip" * 300


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fieldkit", "store", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "command",
    [[], ["serve"], ["verify"], ["token"], ["token", "add"], ["token", "list"], ["token", "revoke"]],
)
def test_every_command_has_an_example_and_its_exit_codes(command: list[str]) -> None:
    said = _run(*command, "--help").stdout
    assert "Example" in said
    assert "Exit codes" in said


def test_two_stores_never_serve_one_folder(tmp_path: Path) -> None:
    with StoreProcess(tmp_path):
        second = _run("serve", *at(tmp_path), "--port", "0")
    assert second.returncode == 3
    assert "already" in second.stderr


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with StoreProcess(tmp_path / "one") as first:
        second = _run("serve", *at(tmp_path / "two"), "--port", str(first.port))
    assert second.returncode == 3
    assert len(second.stderr.strip().splitlines()) == 1


def test_a_laptops_token_needs_a_place(tmp_path: Path) -> None:
    assert _run("token", "add", *at(tmp_path)).returncode == 3
    assert _run("token", "add", *at(tmp_path), "--place", "36.2,37.1").returncode == 3
    assert set(json.loads(_run("token", "add", *at(tmp_path), "--place", "kakuma", "--json").stdout)) >= {
        "token"
    }


def test_an_unknown_token_is_not_revoked(tmp_path: Path) -> None:
    assert _run("token", "revoke", *at(tmp_path), "nobody").returncode == 3


@folder_only
def test_verify_names_what_differs(tmp_path: Path) -> None:
    with StoreProcess(tmp_path) as process:
        for tweet in ("11", "12", "13"):
            Tus(process.url).upload(BODY + tweet.encode(), tweet_id=tweet)
        assert _run("verify", *at(tmp_path)).returncode == 0
    media = tmp_path / "media"
    next((media / "11").iterdir()).write_bytes(b"rot")
    next((media / "12").iterdir()).unlink()
    (media / "13" / "stray.mp4").write_bytes(b"?")
    done = _run("verify", *at(tmp_path), "--json")
    assert done.returncode == 5
    told = json.loads(done.stdout)
    assert (told["ok"], told["clips"], len(told["differences"])) == (False, 3, 3)
    assert sha256(BODY + b"11") in done.stdout


def test_a_store_of_a_newer_fieldkit_is_left_alone(tmp_path: Path) -> None:
    with House(site(tmp_path)) as house, house.catalogue.writing() as connection:
        connection.execute(text("UPDATE schema SET version = 99"))
    done = _run("serve", *at(tmp_path), "--port", "0")
    assert done.returncode == 3
    assert "newer" in done.stderr
