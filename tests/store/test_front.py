"""Over TLS, behind a proxy, and what is typed on the store's machine. The command itself, and the real client."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from support.laptop import Laptop
from support.site import at
from support.store import StoreProcess

from fieldkit.model import Place

GOOD = "correct horse battery"
FORM = {"name": "amal", "passphrase": GOOD}


def _typed(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fieldkit", "store", *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run(["openssl", "req", *made, *names, *files], check=True, capture_output=True)
    return cert, key


def test_its_own_certificate_makes_the_cookie_one_for_tls_only(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    root, (cert, key) = tmp_path / "root", map(str, certificate)
    assert _typed("user", "add", "amal", *at(root), stdin=GOOD + "\n").returncode == 0
    with StoreProcess(root, 0, "--tls-cert", cert, "--tls-key", key) as process:
        session, url = requests.Session(), f"https://127.0.0.1:{process.port}"
        signed_in = session.post(f"{url}/signin", data=FORM, allow_redirects=False, timeout=10, verify=cert)
        assert signed_in.headers["Set-Cookie"].startswith("__Host-fieldkit-session=")
        assert "Secure" in signed_in.headers["Set-Cookie"]
        assert session.get(f"{url}/clips", timeout=10, verify=cert).status_code == 200


def test_half_a_certificate_or_a_wrong_one_is_said_in_one_sentence(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    cert, key = map(str, certificate)
    for words in (
        ("--tls-cert", cert),
        ("--tls-cert", key, "--tls-key", cert),
        ("--tls-cert", cert, "--tls-key", "no"),
    ):
        refused = _typed("serve", *at(tmp_path / "root"), "--port", "0", *words)
        assert (refused.returncode, len(refused.stderr.strip().splitlines())) == (3, 1)


@pytest.mark.parametrize(("words", "believed"), [((), False), (("--behind-proxy",), True)])
def test_what_a_proxy_says_is_believed_only_where_there_is_one(
    tmp_path: Path, words: tuple[str, ...], believed: bool
) -> None:
    root = at(tmp_path)
    assert _typed("user", "add", "amal", *root, stdin=GOOD + "\n").returncode == 0
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    with StoreProcess(tmp_path, 0, "--note-addresses", *words) as process:
        asked = requests.post(
            f"{process.url}/signin", data=FORM, headers=forwarded, allow_redirects=False, timeout=10
        )
    assert ("Secure" in asked.headers["Set-Cookie"]) == believed
    trail = json.loads(_typed("audit", *root, "--json").stdout)["entries"]
    assert trail[0]["address"] == ("192.0.2.7" if believed else "127.0.0.1")


def test_users_are_added_listed_and_revoked_and_all_of_it_is_on_record(tmp_path: Path) -> None:
    root = at(tmp_path)
    for name, passphrase in (("amal", "short"), ("Amal", GOOD), ("console", GOOD)):
        refused = _typed("user", "add", name, *root, stdin=passphrase + "\n")
        assert (refused.returncode, len(refused.stderr.strip().splitlines())) == (3, 1)
    assert _typed("user", "add", "amal", "--role", "admin", *root, stdin=GOOD + "\n").returncode == 0
    assert _typed("user", "add", "amal", *root, stdin=GOOD + "\n").returncode == 3  # one name, one person
    assert _typed("user", "revoke", "amal", *root).returncode == 0
    assert _typed("user", "revoke", "amal", *root).returncode == 3
    (user,) = json.loads(_typed("user", "list", *root, "--json").stdout)
    assert (user["name"], user["role"], user["revoked_at"] is None) == ("amal", "admin", False)
    entries = json.loads(_typed("audit", *root, "--json").stdout)["entries"]
    assert [(e["who"], e["did"], e["about"]) for e in entries] == [
        ("console", "user-revoked", "amal"),
        ("console", "user-added", "amal"),
    ]
    assert json.loads(_typed("audit", *root, "--json", "--since", "2999-01-01").stdout)["entries"] == []
    assert _typed("audit", *root, "--since", "yesterday").returncode == 2


def test_a_clip_beyond_the_tokens_limit_is_refused_with_a_sentence_and_the_others_go_on(
    tmp_path: Path,
) -> None:
    root = tmp_path / "root"
    said = _typed("token", "add", *at(root), "--place", "kakuma", "--max-bytes", "1k", "--json")
    token = json.loads(said.stdout)["token"]
    laptop = Laptop.at(tmp_path / "library")
    laptop.make(b"x" * 2000, "proxy", place=Place("kakuma"))
    small = laptop.make(b"y" * 900, "tweet", place=Place("kakuma"))
    laptop.close()
    with StoreProcess(root) as process:
        laptop.knows(process.url, token=token, place=Place("kakuma"))
        command = [sys.executable, "-m", "fieldkit", "sync", "--library", str(laptop.library.root)]
        synced = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (synced.returncode, "this laptop may send 1000 at most" in synced.stderr) == (1, True)
        clips = requests.get(f"{process.url}/clips", headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert [clip["sha256"] for clip in clips.json()["clips"]] == [small.sha256]
