"""Who signed in may do what; nobody else may do anything. Real stores on loopback."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import Headers
from starlette.routing import Mount, Route
from store.conftest import CHEAP, served
from support.browser import browser  # noqa: F401
from support.site import site, written
from support.tus import Tus, sha256

from fieldkit.store.app import create_app
from fieldkit.store.guard import session_of
from fieldkit.store.house import House
from fieldkit.store.signin import local
from fieldkit.store.terms import Terms
from fieldkit.store.tokens import Role

BODY = b"a clip" * 500
GOOD = "correct horse battery"
OPEN = {"/healthz", "/readyz", "/signin"}  # and /static, which is files of ours


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Line:
    """A store with people, and a browser's cookie jar."""

    store: Tus
    house: House
    clock: Clock

    def sign_in(self, name: str = "amal", passphrase: str = GOOD, **more: str) -> requests.Response:
        said = {"name": name, "passphrase": passphrase, **more}
        return self.store.ask("POST", "/signin", data=said)

    def csrf(self) -> str:
        page = self.store.ask("GET", "/").text
        return page.partition('<meta name="csrf" content="')[2].partition('"')[0]

    def did(self) -> list[tuple[str, str]]:
        return [(entry.who, entry.did) for entry in self.house.trail.page()][::-1]


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    clock = Clock()
    with House(site(tmp_path), clock=clock, cost=CHEAP) as house:
        house.users.add("amal", Role.COMMAND_CENTRE, GOOD)
        house.users.add("ruth", Role.ADMIN, GOOD)
        with served(tmp_path, clock=clock) as store:
            yield Line(store, house, clock)


def test_no_route_lets_a_stranger_in(tmp_path: Path) -> None:
    app = create_app(site(tmp_path / "other"), cost=CHEAP)
    with House(site(tmp_path / "one"), cost=CHEAP) as house:
        house.users.add("amal", Role.COMMAND_CENTRE, GOOD)
        with served(tmp_path / "one") as store:
            asked = 0
            for route in app.routes:
                if isinstance(route, Mount):
                    assert route.path == "/static"
                    continue
                assert isinstance(route, Route)
                path = route.path.format(tweet_id="826", sha256="0" * 64, upload_id="0" * 32, number="1")
                for method in (route.methods or set()) - ({"OPTIONS"} if "/files" in path else set()):
                    if path in OPEN:
                        continue
                    for cookie in ("", "fieldkit-session=x", "__Host-fieldkit-session=" + "0" * 43):
                        answer = store.ask(method, path, {"Cookie": cookie})
                        assert answer.status_code == 401, (method, path, cookie)
                        asked += 1
            assert asked > 50
    app.state.house.close()


def test_who_signs_in_sees_the_board_and_decides_in_their_own_name_only(line: Line, tweet: str) -> None:
    token, _ = line.house.tokens.add(Role.COMMAND_CENTRE, None)
    script = Tus(line.store.url, token)
    script.upload(BODY, tweet_id=tweet, sha256=sha256(BODY))
    to_sign_in = line.store.ask("GET", "/", {"Accept": "text/html"})
    assert (to_sign_in.status_code, to_sign_in.headers["Location"]) == (303, "/signin?to=/")
    signed_in = line.sign_in()
    assert (signed_in.status_code, signed_in.headers["Location"]) == (303, "/")
    cookie = signed_in.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie
    file, said = f"/clips/{tweet}/{sha256(BODY)}", {"decision": "approved", "by": "somebody else"}
    decided = line.store.ask("POST", f"{file}/decisions", {"X-CSRF-Token": line.csrf()}, json=said)
    assert (decided.status_code, decided.json()["by"]) == (201, "amal")
    for _ in range(3):
        assert line.store.ask("GET", file, {"Range": "bytes=1-2"}).status_code == 206
    assert script.ask("DELETE", file).status_code == 204  # a script goes on with its token
    assert [did for who, did in line.did() if who == "amal"] == ["signed-in", "decided", "downloaded"]
    assert line.did()[-1][1] == "withdrew"


def test_a_change_needs_the_proof_of_this_very_session(line: Line, tweet: str) -> None:
    line.sign_in("ruth")
    others = line.csrf()
    line.store.session.cookies.clear()
    line.sign_in()
    for method, path in (("POST", "/requests"), ("DELETE", f"/requests/{tweet}"), ("POST", "/files")):
        for shown in ({}, {"X-CSRF-Token": others}, {"X-CSRF-Token": "é"}, {"X-CSRF-Token": ""}):
            refused = line.store.ask(method, path, shown, json={"tweet": tweet})
            assert refused.status_code == 403, (method, path, shown)
    own = {"X-CSRF-Token": line.csrf()}
    foreign = own | {"Origin": "https://evil.example"}
    assert line.store.ask("POST", "/requests", foreign, json={"tweet": tweet}).status_code == 403
    assert line.store.ask("POST", "/requests", own, json={"tweet": tweet}).status_code == 201
    for shown in (others, ""):
        assert line.store.ask("POST", "/signout", data={"csrf": shown}).status_code == 403
    assert line.store.ask("GET", "/clips").status_code == 200  # still signed in


def test_a_page_elsewhere_signs_nobody_in(line: Line) -> None:
    said = {"name": "amal", "passphrase": GOOD}
    for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        assert line.store.ask("POST", "/signin", foreign, data=said).status_code == 403
    assert line.store.session.cookies.get_dict() == {}


def test_a_session_that_was_there_before_is_never_adopted(line: Line) -> None:
    planted = "a" * 43
    said = {"name": "amal", "passphrase": GOOD}
    signed_in = line.store.ask("POST", "/signin", {"Cookie": f"fieldkit-session={planted}"}, data=said)
    first = signed_in.cookies["fieldkit-session"]
    assert first != planted
    fresh = requests.Session()
    again = fresh.post(
        f"{line.store.url}/signin",
        data=said,
        headers={"Cookie": f"fieldkit-session={first}"},
        allow_redirects=False,
        timeout=10,
    )
    assert again.cookies["fieldkit-session"] != first
    for dead in (planted, first):
        asked = requests.get(
            f"{line.store.url}/clips", headers={"Cookie": f"fieldkit-session={dead}"}, timeout=10
        )
        assert asked.status_code == 401


def test_a_session_ends_by_signing_out_by_idling_with_the_shift_and_by_revocation(line: Line) -> None:
    def inside() -> bool:
        return line.store.ask("GET", "/clips").status_code == 200

    line.sign_in()
    secret = line.store.session.cookies["fieldkit-session"]
    assert line.store.ask("POST", "/signout", data={"csrf": line.csrf()}).status_code == 303
    assert line.store.session.cookies.get_dict() == {}
    line.store.session.cookies.set("fieldkit-session", secret)
    assert not inside()  # the cookie is no good any more, whoever kept it
    line.store.session.cookies.clear()

    line.sign_in()
    line.clock.now += 2 * 3600 + 1
    assert not inside()

    line.sign_in()
    for _ in range(12):
        assert inside()
        line.clock.now += 3600
    line.clock.now += 1
    assert not inside()

    line.sign_in()
    assert inside()
    line.house.users.revoke("amal")
    assert not inside()
    assert line.sign_in().status_code == 403


def test_guesses_are_slowed_down_whoever_they_are_for(line: Line) -> None:
    answers = [line.sign_in(name, "wrong") for name in ("amal", "nobody", "Amal'--", "\0", "ü")]
    assert {answer.status_code for answer in answers} == {403}
    pages = {answer.text.partition('role="alert"')[2].partition("</p>")[0] for answer in answers}
    assert len(pages) == 1  # nobody learns who there is
    late = line.sign_in()  # right, but too early
    assert late.status_code == 429
    assert 1 <= int(late.headers["Retry-After"]) <= 900
    failed = [who for who, did in line.did() if did == "sign-in-failed"]
    assert failed == ["amal", "unknown", "unknown", "unknown", "unknown"]


def test_a_right_passphrase_is_noted_without_an_address_unless_it_is_wanted(
    line: Line, tmp_path: Path
) -> None:
    line.sign_in()
    assert {entry.address for entry in line.house.trail.page()} == {None}
    with House(site(tmp_path / "noting"), cost=CHEAP) as house:
        house.users.add("amal", Role.COMMAND_CENTRE, GOOD)
        with served(tmp_path / "noting", Terms(note_addresses=True)) as store:
            store.ask("POST", "/signin", data={"name": "amal", "passphrase": GOOD})
        assert house.trail.page()[0].address == "127.0.0.1"


def test_only_an_administrator_reads_the_trail_page_by_page(line: Line) -> None:
    line.sign_in()
    assert line.store.ask("GET", "/audit").status_code == 403
    line.sign_in("ruth")
    for number in range(150):
        line.house.tokens.add(Role.ADMIN, None, max_bytes=number)
    first = line.store.ask("GET", "/audit").json()
    second = line.store.ask("GET", f"/audit?after={first['next']}").json()
    assert (len(first["entries"]), second["next"]) == (100, None)
    numbers = [entry["number"] for page in (first, second) for entry in page["entries"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == len(line.house.trail.page(limit=1000))
    assert line.store.ask("GET", "/audit?after=x").status_code == 400


def test_nothing_rewrites_the_trail(line: Line) -> None:
    for query in ("UPDATE trail SET who = 'x'", "DELETE FROM trail"):
        with (
            pytest.raises(DBAPIError, match="only ever appended"),
            line.house.catalogue.writing() as connection,
        ):
            connection.execute(text(query))


def test_neither_passphrase_nor_cookie_is_stored(line: Line, tmp_path: Path) -> None:
    line.sign_in()
    secrets = (GOOD.encode(), line.store.session.cookies["fieldkit-session"].encode())
    kept = written(tmp_path)
    assert b"scrypt$" in kept
    assert not any(secret in kept for secret in secrets)


def test_a_token_keeps_to_its_limits_and_says_so(line: Line, tweet: str) -> None:
    from fieldkit.model import Place

    token, _ = line.house.tokens.add(Role.LAPTOP, Place("kakuma"), max_bytes=5000, quota=7000)
    laptop = Tus(line.store.url, token)
    assert laptop.create(5001, tweet_id=tweet).status_code == 413
    assert laptop.create(None, tweet_id=tweet).status_code == 413
    made = laptop.create(5000, tweet_id=tweet, sha256="1" * 64)
    again = laptop.create(5000, tweet_id=tweet, sha256="1" * 64)  # the same one, which costs nothing more
    assert (made.status_code, again.status_code) == (201, 201)
    spent = laptop.create(2001, tweet_id=tweet, sha256="2" * 64)
    assert (spent.status_code, spent.json()["error"]) == (507, "quota")
    assert "5000 of today" in spent.json()["detail"]
    line.clock.now += 86_400
    assert laptop.create(2001, tweet_id=tweet, sha256="2" * 64).status_code == 201


@given(st.text() | st.from_regex(r"[/\\.:a-z@]{0,12}", fullmatch=True))
def test_a_sign_in_never_leads_to_another_site(to: str) -> None:
    path = local(to)
    assert path.startswith("/")
    assert path[1:2] not in {"/", "\\"}
    assert path.isascii()
    assert path.isprintable()


@given(st.text(st.characters(max_codepoint=255)))
def test_any_cookie_is_read_without_a_fault(cookie: str) -> None:
    found = session_of(Headers({"cookie": cookie}))
    assert found is None or 0 < len(found) <= 100


def test_hostile_cookies_open_nothing(line: Line) -> None:
    for value in (
        "=",
        ";" * 1000,
        "fieldkit-session=" + "x" * 5000,
        'fieldkit-session="\\377"',
        "a=b; fieldkit-session",
    ):
        assert line.store.ask("GET", "/clips", {"Cookie": value}).status_code == 401


def test_a_person_signs_in_sees_the_board_and_signs_out(line: Line, browser: webdriver.Chrome) -> None:  # noqa: F811
    browser.get(line.store.url)
    browser.find_element(By.NAME, "name").send_keys("amal")
    browser.find_element(By.NAME, "passphrase").send_keys("wrong\n")
    wait = WebDriverWait(
        browser, 10, ignored_exceptions=(NoSuchElementException, StaleElementReferenceException)
    )
    wait.until(
        lambda _: "don’t belong together" in browser.find_element(By.CSS_SELECTOR, "[role=alert]").text
    )
    browser.find_element(By.NAME, "passphrase").send_keys(GOOD + "\n")
    wait.until(lambda _: "No request waits" in browser.find_element(By.TAG_NAME, "main").text)
    browser.find_element(By.XPATH, "//button[text()='Sign out']").click()
    wait.until(lambda _: browser.find_element(By.NAME, "passphrase").is_displayed())
    browser.get(line.store.url)
    assert browser.current_url.startswith(f"{line.store.url}/signin")
