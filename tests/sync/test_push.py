"""What the store says, and what a crew is told."""

import threading
from dataclasses import replace

import pytest
from support.facts import TWEET, WITHDRAWN
from support.laptop import noise
from support.talker import Talker

from fieldkit.errors import Damaged, LinkDown, NeedsCrew, NoConsent, NotAuthorised, Refused, StoreBusy
from fieldkit.sync.push import Spoiled, metadata
from fieldkit.sync.tus import Tus

TUS = {"Tus-Resumable": "1.0.0"}


def pushed(laptop, talker, patience=1e-9):
    return laptop.push(talker.url, patience=patience)(laptop.due(talker.url)[0])


@pytest.fixture
def due(laptop):
    return laptop.make(noise(1000))


def created(location="/files/ab", **more):
    return (201, {**TUS, "Location": location, **more})


@pytest.mark.usefixtures("due")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((200, {}), LinkDown),  # a captive portal's page
        ((302, {"Location": "http://login.example/"}), LinkDown),
        ((511, {}), StoreBusy),
        ((404, {}), LinkDown),
        ((401, TUS), NotAuthorised),
        ((403, {}), NotAuthorised),
        ((403, TUS), Refused),
        ((410, TUS), Refused),
        ((413, TUS), Refused),
        ((415, TUS), Refused),
        ((412, TUS), Refused),
        ((423, TUS), StoreBusy),
        ((503, {}), StoreBusy),
        ((507, TUS), StoreBusy),
        ((201, {**TUS, "Upload-Offset": "-1", "Location": "/files/ab"}), LinkDown),
        ((201, {**TUS, "Upload-Offset": "٣", "Location": "/files/ab"}), LinkDown),
        ((201, {**TUS, "Upload-Offset": "9" * 5000, "Location": "/files/ab"}), LinkDown),
        ((201, {**TUS, "Fieldkit-Receipt": "none", "Location": "/files/ab"}), LinkDown),
        ((201, TUS), LinkDown),
    ],
)
def test_each_answer_to_the_first_request_has_one_meaning(laptop, answer, error):
    with Talker([answer] * 50) as talker, pytest.raises(error) as said:
        pushed(laptop, talker)
    assert len(str(said.value)) < 300
    assert laptop.due(talker.url)


@pytest.mark.usefixtures("due")
def test_a_store_that_moved_to_https_is_named(laptop):
    with Talker([(301, {"Location": "https://127.0.0.1/files"})]) as talker, pytest.raises(NeedsCrew) as said:
        pushed(laptop, talker)
    assert "fieldkit init --store" in str(said.value)


@pytest.mark.usefixtures("due")
def test_a_redirect_never_gets_the_bytes_or_the_token(laptop):
    with Talker([]) as thief, Talker([(307, {"Location": thief.url})] * 50) as talker:
        with pytest.raises(LinkDown):
            laptop.push(talker.url, tus=Tus(talker.url, "secret"), patience=1e-9)(laptop.due(talker.url)[0])
        assert thief.requests == []


@pytest.mark.usefixtures("due")
def test_a_location_elsewhere_never_gets_the_bytes_or_the_token(laptop):
    with (
        Talker([]) as thief,
        Talker([created(f"{thief.url}/files/ab"), (204, {**TUS, "Upload-Offset": "1000"})]) as store,
    ):
        laptop.push(store.url, tus=Tus(store.url, "secret"))(laptop.due(store.url)[0])
        assert thief.requests == []
        assert [r.path for r in store.requests] == ["/files", "/files/ab"]


@pytest.mark.usefixtures("due")
def test_a_2xx_without_an_offset_is_not_success(laptop):
    with Talker([created(), *[(204, {}), (200, TUS)] * 50]) as talker, pytest.raises(LinkDown):
        pushed(laptop, talker)


@pytest.mark.usefixtures("due")
def test_asks_where_it_stands_before_it_sends_again(laptop):
    answers = [
        created(),
        None,  # the connection is cut
        (200, {**TUS, "Upload-Offset": "400", "Upload-Length": "1000"}),
        (409, TUS),
        (200, {**TUS, "Upload-Offset": "700", "Upload-Length": "1000"}),
        (204, {**TUS, "Upload-Offset": "1000"}),
    ]
    with Talker(answers) as talker:
        pushed(laptop, talker, patience=30)
    assert [(r.method, r.headers.get("Upload-Offset")) for r in talker.requests] == [
        ("POST", None),
        ("PATCH", "0"),
        ("HEAD", None),
        ("PATCH", "400"),
        ("HEAD", None),
        ("PATCH", "700"),
    ]
    assert [len(r.body) for r in talker.requests if r.method == "PATCH"][1:] == [600, 300]


@pytest.mark.usefixtures("due")
def test_a_store_that_forgot_the_upload_is_asked_to_make_it_anew(laptop):
    answers = [created(), None, (404, TUS), created("/files/cd"), (204, {**TUS, "Upload-Offset": "1000"})]
    with Talker(answers) as talker:
        pushed(laptop, talker, patience=30)
    assert [r.path for r in talker.requests] == ["/files", "/files/ab", "/files/ab", "/files", "/files/cd"]


def test_a_finished_upload_whose_answer_was_lost_is_found_finished(laptop, due):
    answers = [
        created(),
        None,
        (404, TUS),
        created("/files/ab", **{"Upload-Offset": "1000", "Fieldkit-Receipt": due.sha256}),
    ]
    with Talker(answers) as talker:
        receipt = pushed(laptop, talker, patience=30)
    assert receipt.sha256 == due.sha256
    assert sum(r.method == "PATCH" for r in talker.requests) == 1


@pytest.mark.usefixtures("due")
def test_a_receipt_for_other_bytes_is_no_receipt(laptop):
    with Talker([created(**{"Fieldkit-Receipt": "b" * 64})]) as talker, pytest.raises(Damaged):
        pushed(laptop, talker)
    assert laptop.due(talker.url)


@pytest.mark.usefixtures("due")
def test_a_path_that_keeps_changing_bytes_is_told_apart_from_bad_luck(laptop):
    with Talker([created(), (460, TUS), (404, TUS)] * 9) as talker, pytest.raises(Damaged, match="https://"):
        pushed(laptop, talker, patience=30)


def test_a_rendition_damaged_on_the_disk_is_not_sent(laptop, due):
    (laptop.library.root / due.path).write_bytes(noise(1000))
    with Talker([]) as talker, pytest.raises(Spoiled, match="not what was written"):
        pushed(laptop, talker)
    assert talker.requests == []


def test_withdrawn_while_waiting_sends_not_one_byte_more(laptop, due):
    def withdraw(_):
        laptop.journal.consent(due.take, WITHDRAWN)

    with (
        Talker([created(), None, *[(200, {**TUS, "Upload-Offset": "0"})] * 9]) as talker,
        pytest.raises(NoConsent),
    ):
        laptop.push(talker.url, trouble=withdraw)(laptop.due(talker.url)[0])
    assert sum(r.method == "PATCH" for r in talker.requests) == 1


@pytest.mark.usefixtures("store")
def test_withdrawn_while_travelling_stops_within_a_block_and_is_thrown_away(laptop, bad_link, store):
    made = laptop.make(noise(3_000_000))
    withdrawn_at = []

    def withdraw(progress):
        if not withdrawn_at and progress.acknowledged > 1_000_000:
            withdrawn_at.append(progress.acknowledged)
            laptop.journal.consent(made.take, WITHDRAWN)

    push = laptop.push(bad_link.url, tell=withdraw)
    with pytest.raises(NoConsent):
        push(laptop.due(bad_link.url)[0])
    assert bad_link.up_bytes < withdrawn_at[0] + 1_000_000
    assert laptop.journal.abandoned(bad_link.url)
    push.clear_away()
    assert laptop.journal.abandoned(bad_link.url) == []
    assert not [path for path in (store.root / "uploads").rglob("*") if path.is_file()]


def test_withdrawn_after_the_last_byte_the_crew_sees_that_the_store_has_it(laptop, bad_link):
    made = laptop.make(noise(1000))
    push = laptop.push(bad_link.url)
    upload = laptop.due(bad_link.url)[0]
    push(upload)
    laptop.journal.drop_rendition(made.take, made.profile)  # as if the receipt had been lost on the way
    laptop.journal.rendered(made)
    laptop.journal.consent(made.take, WITHDRAWN)
    push.clear_away()
    assert laptop.journal.abandoned(bad_link.url) == []
    assert laptop.journal.entry(made.take).receipted == {"tweet"}


def test_what_may_still_leave_is_not_thrown_away(laptop, due):
    laptop.journal.located(due.sha256, TWEET, "https://x.example", "https://x.example/files/ab")
    assert laptop.journal.abandoned("https://x.example") == []
    laptop.journal.drop_rendition(due.take, due.profile)
    assert laptop.journal.abandoned("https://x.example") == []


@pytest.mark.usefixtures("due")
def test_stopping_leaves_the_upload_resumable(laptop):
    stop = threading.Event()
    with Talker([created()]) as talker:
        push = laptop.push(talker.url, stop=stop, tell=lambda _: stop.set())
        with pytest.raises(LinkDown):
            push(laptop.due(talker.url)[0])
        assert laptop.due(talker.url)


@pytest.mark.parametrize(
    ("operator", "leaves"),
    [
        ("kc-07", True),
        ("AM", True),
        ("asha3", True),
        ("asha", False),
        ("Amina Yusuf", False),
        ("+254700123456", False),
    ],
)
def test_the_crew_leaves_as_a_code_and_never_by_name(laptop, due, operator, leaves):
    (upload,) = laptop.due("https://x.example")
    told = metadata(replace(upload, take=replace(upload.take, operator=operator)))
    assert ("operator" in told) == leaves


def test_the_store_is_told_nothing_that_names_a_person_on_camera(laptop, due):
    told = metadata(laptop.due("https://x.example")[0])
    assert told["tweet_id"] == TWEET
    assert told["filename"] == f"{TWEET}-tweet-{due.sha256[:12]}.mp4"
    assert set(told) <= {
        "tweet_id", "sha256", "profile", "take", "filename", "filetype", "place", "operator", "recorded_at", "language",
        "consent_scope", "consent_hidden", "consent_age", "consent_until", "card",
    }  # fmt: skip
