"""Asking for the command centre's list: when, at what price, and what comes of answers that are none."""

import gzip
import threading
import time
from datetime import UTC, datetime

import pytest
from support.facts import TWEET
from support.laptop import noise
from support.talker import Talker
from support.tus import Tus as Client
from support.tus import sha256

from fieldkit.config import Settings
from fieldkit.demo.bad_link import BadLink
from fieldkit.dispatch import Dispatch
from fieldkit.errors import LinkDown, NeedsCrew, NotAuthorised, SetAside, WorthRetrying
from fieldkit.model import Place, Request, TweetId
from fieldkit.pipeline import Audience
from fieldkit.sync.enquiry import Enquiry
from fieldkit.sync.steering import Steering
from fieldkit.sync.tus import Tus


def quiet() -> Audience:
    return Audience(
        lambda _: lambda _done, _of: None, lambda _progress, _rate: None, lambda _: None, lambda _: None
    )


def synced(laptop, url: str, **settings: object) -> Dispatch:
    dispatch = Dispatch(laptop.library, Settings(store=url).changed(**settings))
    dispatch.sync(threading.Event(), quiet())
    return dispatch


def asked(laptop) -> list[str]:
    return [each.request.tweet_id for each in laptop.journal.centre.requests()]


def test_the_list_comes_with_what_is_sent_and_decisions_at_the_next_contact(laptop, store):
    centre = Client(store.url)
    centre.ask("POST", "/requests", json={"tweet": TWEET, "due": "2026-11-23T10:00:00Z"})
    content = noise(2000)
    made = laptop.make(content)
    synced(laptop, store.url)
    assert asked(laptop) == [TWEET]
    path = f"/clips/{TWEET}/{sha256(content)}/decisions"
    answer = centre.ask("POST", path, json={"decision": "retake", "why": "too dark"})
    assert answer.status_code == 201
    assert laptop.journal.centre.retakes() == []
    synced(laptop, store.url)
    (retake,) = laptop.journal.centre.retakes()
    assert (retake.tweet_id, retake.decided.take, retake.decided.why) == (TWEET, made.take, "too dark")


def test_a_worker_that_stays_hears_of_what_is_wanted_and_of_what_was_decided(laptop, store):
    centre = Client(store.url)
    centre.ask("POST", "/requests", json={"tweet": TWEET})
    stop = threading.Event()
    dispatch = Dispatch(laptop.library, Settings(store=store.url))
    worker = threading.Thread(target=lambda: dispatch.sync(stop, quiet(), watch=True))
    worker.start()
    try:
        deadline = time.monotonic() + 20
        while asked(laptop) != [TWEET]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        stop.set()
        worker.join()


def test_what_becomes_due_while_something_else_is_sent_goes_first(laptop, store):
    bulk, urgent = laptop.make(noise(2_000_000)), laptop.make(noise(3000), tweet=TweetId("7"))
    due = Request(TweetId("7"), due=datetime(2026, 11, 23, tzinfo=UTC))

    def hear(progress):
        if progress.acknowledged:
            laptop.journal.centre.heard(store.url, "one", [due], [])

    with BadLink(("127.0.0.1", store.port), rate=8_000_000) as link:
        push = laptop.push(link.url, tell=hear, steer=Steering(laptop.journal, link.url, lambda: None))
        first, second = laptop.due(link.url)
        assert (first.rendition, second.rendition) == (bulk, urgent)
        with pytest.raises(SetAside):
            push(first)
        order = [push(laptop.journal.lineup.next(link.url)).take for _ in range(2)]
        assert order == [urgent.take, bulk.take]
        assert link.up_bytes < 2_003_000 + 20_000


def test_a_place_sees_its_own_requests_also_at_a_store_without_tokens(laptop, store):
    for tweet, place in (("1", "kakuma"), ("2", "zaatari")):
        Client(store.url).ask("POST", "/requests", json={"tweet": tweet, "place": place})
    synced(laptop, store.url, place="zaatari")
    assert asked(laptop) == ["2"]


def test_asking_again_costs_a_few_hundred_bytes(laptop, store, bad_link):
    for number in range(1, 40):
        Client(store.url).ask("POST", "/requests", json={"tweet": str(number), "text": "Let them in! " * 20})
    enquiry = Enquiry(laptop.library, lambda: Tus(bad_link.url, "t" * 43), bad_link.url, Place("kakuma"))
    enquiry.ask(5)
    first, at = bad_link.up_bytes, laptop.journal.centre.contact().at
    enquiry.ask(5)
    assert bad_link.up_bytes - first < 350
    assert laptop.journal.centre.contact().at >= at
    assert len(asked(laptop)) == 39


def test_an_upload_waits_for_no_answer(laptop, store, monkeypatch):
    laptop.make(noise(50_000))
    arrived = threading.Event()
    waited = []
    monkeypatch.setattr(Tus, "get", lambda *_: waited.append(arrived.wait(20)))
    said = Audience(
        lambda _: lambda _done, _of: None,
        lambda _progress, _rate: None,
        lambda _: arrived.set(),
        lambda _: None,
    )
    Dispatch(laptop.library, Settings(store=store.url)).sync(threading.Event(), said)
    assert waited == [True]


class Answers:
    """A store's side of `Tus.get`, and a clock."""

    def __init__(self) -> None:
        self.now, self.asked, self.gone, self.held = 0.0, 0, False, None

    def get(self, path, etag, patience, most):
        self.asked += 1
        if self.gone:
            raise LinkDown("gone")
        return "one", b'{"requests": [], "decisions": []}'

    def close(self) -> None:
        pass


@pytest.fixture
def policy(laptop):
    """An enquiry, and the answers to it."""
    answers = Answers()
    enquiry = Enquiry(
        laptop.library,
        lambda: answers,  # type: ignore[arg-type, return-value]
        "https://x",
        None,
        held=lambda: answers.held,
        clock=lambda: answers.now,
    )
    return enquiry, answers


def test_a_laptop_asks_every_five_minutes_and_sooner_where_no_answer_came(policy):
    enquiry, answers = policy
    for now, gone, times in (
        (0, False, 1),
        (1, False, 1),
        (299, False, 1),
        (300, True, 2),
        (359, True, 2),
        (360, False, 3),
        (659, False, 3),
        (660, False, 4),
    ):
        answers.now, answers.gone = now, gone
        enquiry.begin()
        enquiry.end()
        assert answers.asked == times, now


def test_nothing_is_asked_while_the_crew_wants_nothing_sent(policy):
    enquiry, answers = policy
    answers.held = "Sending waits for 22:00."
    for ask in (enquiry.begin, enquiry.while_sending):
        ask()
        enquiry.end()
    assert answers.asked == 0
    answers.held = None
    enquiry.begin()
    enquiry.end()
    assert answers.asked == 1


def test_beside_a_long_upload_a_laptop_asks_now_and_then(policy):
    enquiry, answers = policy
    enquiry.begin()
    for now, times in ((1, 1), (899, 1), (900, 2), (1799, 2), (1800, 3)):
        answers.now = now
        enquiry.while_sending()
        enquiry.end()
        assert answers.asked == times, now


NONE = {"Tus-Resumable": "1.0.0"}


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([None], LinkDown),
        ([(200, {"Content-Type": "text/html"})], LinkDown),  # a captive portal
        ([(200, {**NONE, "ETag": "x"})], LinkDown),  # no list
        ([(302, {"Location": "http://portal.example/"})], LinkDown),
        ([(404, {})], LinkDown),  # a tus server that is no fieldkit store
        ([(404, NONE)], NeedsCrew),  # a store of an older fieldkit
        ([(403, NONE)], NeedsCrew),  # another place
        ([(401, NONE)], NotAuthorised),
        ([(503, NONE)], WorthRetrying),
    ],
)
def test_an_answer_that_is_none_leaves_the_list_as_it_is(laptop, answers, error):
    with Talker(answers) as talker:
        laptop.journal.centre.heard(talker.url, "old", [], [])
        with pytest.raises(error):
            Enquiry(laptop.library, lambda: Tus(talker.url), talker.url, None).ask(2)
        assert laptop.journal.centre.contact().etag == "old"
        assert talker.requests[0].headers["If-None-Match"] == "old"
        synced(laptop, talker.url)  # and nobody hears of it who only wanted to send


def test_another_store_is_asked_for_all_it_has(laptop, store):
    laptop.journal.centre.heard("https://other.example", "etag of theirs", [], [])
    Client(store.url).ask("POST", "/requests", json={"tweet": "9"})
    synced(laptop, store.url)
    assert asked(laptop) == ["9"]


def test_a_list_that_never_ends_is_cut_off(laptop, tmp_path):
    packed = gzip.compress(bytes(5_000_000))
    assert len(packed) < 10_000

    class Bomb(Talker):
        def _bytes(self, method, status, headers):
            head = f"HTTP/1.1 200 so\r\nTus-Resumable: 1.0.0\r\nETag: x\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
            return head.encode() + packed

    with Bomb([(200, {})]) as talker, pytest.raises(LinkDown, match="far too long"):
        Enquiry(laptop.library, lambda: Tus(talker.url), talker.url, None).ask(5)
