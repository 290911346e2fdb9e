"""Who may do what; strangers change nothing."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from support.site import at, written
from support.store import StoreProcess
from support.tus import VERSION, Tus, sha256

BODY = b"a clip" * 500


@dataclass
class Guarded:
    """A store with a token for each role."""

    process: StoreProcess
    kakuma: Tus
    zaatari: Tus
    centre: Tus
    stranger: Tus


def _token(root: Path, *arguments: str) -> str:
    command = [
        sys.executable,
        "-m",
        "fieldkit",
        "store",
        "token",
        "add",
        *at(root),
        "--json",
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout)["token"])


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    root = tmp_path_factory.mktemp("guarded") / "root"
    kakuma, zaatari = (_token(root, "--place", place) for place in ("kakuma", "zaatari"))
    centre = _token(root, "--role", "command-centre")
    with StoreProcess(root) as process:
        stores = [Tus(process.url, token) for token in (kakuma, zaatari, centre, "wrong")]
        yield Guarded(process, *stores)


def test_a_patch_without_a_valid_token_writes_no_byte(guarded: Guarded, tweet: str) -> None:
    path = guarded.kakuma.create(len(BODY), tweet_id=tweet).headers["Location"]
    bytes_of = guarded.process.root / "uploads" / f"{path[-32:]}.bin"
    nobody = Tus(guarded.process.url)
    for stranger in (nobody, guarded.stranger):
        answer = stranger.patch(path, 0, BODY)
        assert answer.status_code == 401
        assert "WWW-Authenticate" in answer.headers
        assert bytes_of.stat().st_size == 0
    assert guarded.zaatari.patch(path, 0, BODY).status_code == 403
    assert bytes_of.stat().st_size == 0


def test_a_stranger_is_refused_before_the_body_is_asked_for(guarded: Guarded, tweet: str) -> None:
    path = guarded.kakuma.create(len(BODY), tweet_id=tweet).headers["Location"]
    with guarded.stranger.half_open(path, 0, b"", 10**9) as line:  # not a byte of the body is sent
        assert line.recv(1000).startswith(b"HTTP/1.1 401")


def test_a_stranger_sees_nothing(guarded: Guarded) -> None:
    for path in ("/", "/clips", "/clips/12", "/metrics", "/files/" + "0" * 32):
        assert guarded.stranger.ask("GET", path).status_code == 401
    for path in ("/healthz", "/readyz", "/static/board.css"):
        assert guarded.stranger.ask("GET", path).status_code == 200


def test_a_laptop_uploads_for_its_own_place_only(guarded: Guarded, tweet: str) -> None:
    assert guarded.kakuma.create(5, tweet_id=tweet, place="zaatari").status_code == 403
    assert guarded.kakuma.upload(BODY, tweet_id=tweet).status_code == 204
    clip = guarded.centre.ask("GET", f"/clips/{tweet}").json()["clips"][0]
    assert clip["place"] == "kakuma"  # it need not say so


def test_a_refusal_says_whether_the_token_is_bad_or_the_upload_anothers(guarded: Guarded, tweet: str) -> None:
    made = guarded.kakuma.create(len(BODY), tweet_id=tweet, sha256=sha256(BODY))
    path = made.headers["Location"]
    asked = {
        "POST": lambda store: store.create(len(BODY), tweet_id=tweet, sha256=sha256(BODY)),
        "PATCH": lambda store: store.patch(path, 0, BODY),
        "DELETE": lambda store: store.ask("DELETE", path),
    }
    for ask in asked.values():
        unknown, anothers = ask(guarded.stranger), ask(guarded.zaatari)
        assert (unknown.status_code, unknown.json()["error"]) == (401, "not-authorised")
        assert (anothers.status_code, anothers.json()["error"]) == (403, "not-allowed")
        assert anothers.json()["detail"].startswith("The token is good, but for zaatari only")
    assert guarded.kakuma.offset(path) == 0


def test_bytes_that_another_place_delivered_are_known_and_no_more_is_told(
    guarded: Guarded, tweet: str
) -> None:
    guarded.kakuma.upload(BODY, tweet_id=tweet, sha256=sha256(BODY), operator="Amal")
    again = guarded.zaatari.create(len(BODY), tweet_id=tweet, sha256=sha256(BODY))
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, str(len(BODY)))
    assert again.headers["Fieldkit-Receipt"] == sha256(BODY)
    assert guarded.zaatari.head(again.headers["Location"]).status_code == 403
    for path in (f"/clips/{tweet}", f"/clips/{tweet}/{sha256(BODY)}"):
        assert guarded.zaatari.ask("GET", path).status_code == 404
    (clip,) = guarded.centre.ask("GET", f"/clips/{tweet}").json()["clips"]
    assert clip["place"] == "kakuma"


def test_a_laptop_reads_its_own_place_only(guarded: Guarded, tweet: str) -> None:
    guarded.kakuma.upload(BODY, tweet_id=tweet, sha256=sha256(BODY))
    file = f"/clips/{tweet}/{sha256(BODY)}"
    for path in (f"/clips/{tweet}", file, f"{file}/decisions"):
        assert guarded.kakuma.ask("GET", path).status_code == 200
        assert guarded.zaatari.ask("GET", path).status_code == 404
    assert tweet in guarded.kakuma.ask("GET", "/clips").text
    assert tweet not in guarded.zaatari.ask("GET", "/clips").text
    assert tweet not in guarded.zaatari.ask("GET", "/").text
    assert guarded.zaatari.ask("GET", "/clips?place=kakuma").status_code == 403


def test_only_the_command_centre_decides_and_withdraws(guarded: Guarded, tweet: str) -> None:
    guarded.kakuma.upload(BODY, tweet_id=tweet)
    file = f"/clips/{tweet}/{sha256(BODY)}"
    decision = {"decision": "approved", "by": "Amal"}
    assert guarded.kakuma.ask("POST", f"{file}/decisions", json=decision).status_code == 403
    assert guarded.kakuma.ask("DELETE", file).status_code == 403
    assert "Withdraw…" in guarded.centre.ask("GET", "/").text
    assert "Withdraw…" not in guarded.kakuma.ask("GET", "/").text  # nor any other button
    assert guarded.centre.ask("POST", f"{file}/decisions", json=decision).status_code == 201
    assert guarded.centre.ask("DELETE", file).status_code == 204


def test_a_browser_may_give_the_token_as_a_password(guarded: Guarded) -> None:
    asked = requests.get(guarded.process.url, timeout=10)
    assert asked.headers["WWW-Authenticate"] == 'Basic realm="fieldkit"'
    token = guarded.centre.token or ""
    assert requests.get(guarded.process.url, auth=("anybody", token), timeout=10).status_code == 200
    assert requests.get(guarded.process.url, auth=(token, ""), timeout=10).status_code == 401


def test_a_revoked_token_opens_nothing_at_once(guarded: Guarded) -> None:
    command = [sys.executable, "-m", "fieldkit", "store", "token"]
    root = [*at(guarded.process.root)]
    token = _token(guarded.process.root, "--place", "dadaab")
    store = Tus(guarded.process.url, token)
    assert store.ask("GET", "/clips").status_code == 200
    listed = json.loads(
        subprocess.run([*command, "list", *root, "--json"], capture_output=True, check=True).stdout
    )
    name = next(entry["id"] for entry in listed if entry["place"] == "dadaab")
    subprocess.run([*command, "revoke", *root, name], check=True, capture_output=True)
    assert store.ask("GET", "/clips").status_code == 401


def test_only_a_hash_of_a_token_is_stored(guarded: Guarded) -> None:
    token = guarded.centre.token or ""
    kept = written(guarded.process.root)
    assert hashlib.sha256(token.encode()).hexdigest().encode() in kept
    assert token.encode() not in kept


def test_without_a_token_nothing_but_loopback_is_served(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "fieldkit",
        "store",
        "serve",
        "--root",
        str(tmp_path),
        "--host",
        "0.0.0.0",
    ]
    done = subprocess.run([*command, "--port", "0"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 3
    assert "token" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_without_a_token_only_loopback_names_are_answered(store: Tus) -> None:
    rebound = requests.get(f"{store.url}/clips", headers={"Host": "evil.example"}, timeout=10)
    assert rebound.status_code == 403
    assert requests.get(f"{store.url}/clips", headers={"Host": "localhost:1"}, timeout=10).status_code == 200


def test_a_page_of_another_site_changes_nothing(store: Tus, tweet: str) -> None:
    store.upload(BODY, tweet_id=tweet)
    file = f"/clips/{tweet}/{sha256(BODY)}"
    decision = {"decision": "approved"}
    origins = ("https://evil.example", "null", "http://[bad")
    for foreign in ({"Sec-Fetch-Site": "cross-site"}, *({"Origin": origin} for origin in origins)):
        assert store.ask("POST", f"{file}/decisions", foreign, json=decision).status_code == 403
        refused = store.ask("DELETE", file, foreign)
        assert (refused.status_code, set(refused.json())) == (403, {"error", "detail"})
    form = {"Content-Type": "text/plain"}
    assert store.ask("POST", f"{file}/decisions", form, data=json.dumps(decision)).status_code == 415
    own = {"Origin": store.url, "Sec-Fetch-Site": "same-origin"}
    assert store.ask("POST", f"{file}/decisions", own, json=decision).status_code == 201
    assert VERSION  # the helper's header is no proof of anything: the guard never looks at it
