"""What the software must refuse (facts/capture.md, section 6): a test for each, named by its number there.

Here are 1 to 4 and 10 to 12; the others stand with what they are about.
"""

import hashlib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.facts import AGREED, NONE, TWEET, WITHDRAWN, original, rendition, take_id
from support.store import StoreProcess

from fieldkit import erase
from fieldkit.config import Library
from fieldkit.errors import NeedsCrew, NoConsent, Withdrawn
from fieldkit.journal import Journal
from fieldkit.model import Age, Consent, Place, Rendition, Risk, Scope, Sha256, TakeId, Trait
from fieldkit.sync.push import metadata
from fieldkit.sync.steering import Steering
from fieldkit.sync.tus import Tus

STORE = "https://clips.example.org"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEEP = timedelta(hours=72)


@pytest.fixture
def library(tmp_path):
    made = Library(tmp_path / "library")
    made.make()
    return made


@pytest.fixture
def journal(library):
    with Journal(library.journal) as opened:
        yield opened


def made(journal: Journal, library: Library, consent: Consent, content: str = "", **slate) -> TakeId:
    """A take with its original and a rendition, both as files."""
    take = take_id()
    place, operator = slate.get("place"), slate.get("operator")
    journal.begin(take, TWEET, place, operator, consent)
    sealed, light = original(take, content or take), rendition(take, "proxy", content and f"{content}proxy")
    journal.seal(sealed)
    for path in (sealed.path, light.path):
        (library.root / path).write_bytes(b"a face")
    journal.rendered(light)
    return take


def leaves(journal: Journal, take: TakeId) -> bool:
    renders = any(due.take.id == take for due in journal.due_renditions(["tweet"]))
    sends = any(upload.take.id == take for upload in journal.lineup.sendable(STORE))
    assert renders == sends == journal.may_leave(take)
    assert sends == (journal.entry(take).kept is None)
    return sends


@pytest.mark.parametrize(
    ("consent", "may"),
    [
        (AGREED, True),
        (replace(AGREED, scope=frozenset({Scope.REPLY, Scope.PRESS})), True),
        (replace(AGREED, until=datetime(2100, 1, 1, tzinfo=UTC)), True),
        (NONE, False),
        (WITHDRAWN, False),
        (replace(AGREED, scope=frozenset({Scope.PRESS, Scope.ARCHIVE})), False),
        (replace(AGREED, until=datetime(2020, 1, 1, tzinfo=UTC)), False),
    ],
)
def test_1_refuses_what_has_no_consent_that_covers_a_reply_and_lasts(journal, library, consent, may):
    take = take_id()
    journal.begin(take, TWEET, None, None, AGREED)
    journal.seal(original(take))
    journal.rendered(rendition(take, "proxy"))
    journal.consent(take, consent)
    assert leaves(journal, take) is may


def test_1_stops_in_the_middle_of_an_upload_when_the_consent_ends(library):
    now, seconds = [NOON], [0.0]
    with Journal(library.journal, lambda: now[0]) as journal:
        made(journal, library, replace(AGREED, until=NOON + timedelta(seconds=2)))
        gate = Steering(journal, STORE, lambda: None, lambda: seconds[0])
        (upload,) = journal.lineup.sendable(STORE)
        gate(upload)
        now[0], seconds[0] = NOON + timedelta(seconds=2), 2.0
        with pytest.raises(NoConsent):
            gate(upload)


@pytest.mark.parametrize("age", [Age.MINOR, Age.UNKNOWN])
def test_2_refuses_a_minor_without_guardian_assent_and_a_second_approver(journal, library, age):
    whole = replace(AGREED, age=age, guardian=True, assent=True, explained_by="asha", approved_by="juma")
    for lacks in (
        {"guardian": False},
        {"assent": False},
        {"approved_by": None},
        {"approved_by": "asha"},  # who explained it
        {"approved_by": "operator"},  # who recorded it
    ):
        assert not leaves(journal, made(journal, library, replace(whole, **lacks), operator="operator"))
    assert leaves(journal, made(journal, library, whole, operator="operator"))


def test_3_refuses_a_risk_with_too_little_removed(journal, library):
    name, place = frozenset({Trait.NAME}), frozenset({Trait.PLACE})
    for risk, hidden, may in (
        (Risk.VULNERABLE, frozenset(), False),
        (Risk.VULNERABLE, frozenset({Trait.VOICE}), False),  # no pillar
        (Risk.VULNERABLE, name, True),
        (Risk.HIGH, name, False),
        (Risk.HIGH, name | place, True),
    ):
        take = made(journal, library, replace(AGREED, risk=risk, hidden=hidden))
        assert leaves(journal, take) is (may and Trait.VOICE not in hidden)
        assert may or journal.entry(take).kept


def test_4_refuses_to_show_more_than_was_chosen(journal, library):
    for trait in (Trait.FACE, Trait.VOICE):
        assert not leaves(journal, made(journal, library, replace(AGREED, hidden=frozenset({trait}))))
    assert not leaves(journal, made(journal, library, replace(AGREED, at_home=False)))
    here = {"place": Place("kakuma"), "operator": "asha"}
    shown = made(journal, library, AGREED, **here)
    hidden = made(journal, library, replace(AGREED, hidden=frozenset({Trait.PLACE})), **here)
    told = {upload.take.id: metadata(upload) for upload in journal.lineup.sendable(STORE)}
    assert told[shown]["place"] == "kakuma"
    assert "kakuma" not in str(told[hidden])


def test_10_refuses_to_overwrite_a_take_or_to_use_its_id_again(journal, library):
    take = made(journal, library, AGREED)
    with pytest.raises(Exception, match="UNIQUE"):
        journal.begin(take, TWEET, None, None, AGREED)
    journal.seal(original(take, "other bytes"))  # sealing twice is nothing
    assert journal.entry(take).original == original(take)
    journal.consent(take, WITHDRAWN)
    erase.withdrawn(journal, library)
    with pytest.raises(Exception, match="UNIQUE"):
        journal.begin(take, TWEET, None, None, AGREED)


def test_11_refuses_to_go_on_after_withdrawal_also_from_another_laptops_old_copy(journal, library, tmp_path):
    take = made(journal, library, AGREED, "bytes")
    for kept in (library.keys, library.consents):
        kept.mkdir(exist_ok=True)
        (kept / f"{take}.age").write_bytes(b"sealed")
    gone = [*erase.keys(library, take), *erase.traces(journal, library, take)]
    journal.consent(take, WITHDRAWN)
    assert not leaves(journal, take)
    (sentence,) = erase.withdrawn(journal, library)
    assert "deleted" in sentence
    assert not [path for path in gone if path.exists()]
    assert [path for path in library.root.rglob("*") if path.is_file() and take in path.name] == []
    with (
        StoreProcess(tmp_path / "store") as store,
        closing(Tus(store.url)) as tus,
        Journal(tmp_path / "old") as old,
    ):
        (told,) = journal.farewell.untold(store.url)
        assert tus.withdraw(told)
        # a copy of the library from before, and a card that was taken in twice
        for copy in (take, take_id()):
            old.begin(copy, TWEET, None, None, AGREED)
            old.seal(original(copy, "bytes"))
            content = b"made by another encoder" if copy == take else b"bytesproxy"
            sha256 = Sha256(hashlib.sha256(content).hexdigest())
            old.rendered(Rendition(copy, "proxy", f"renditions/{copy}", sha256, len(content), 1.0, 16, 16))
        for upload in old.lineup.sendable(store.url):
            with pytest.raises(Withdrawn):
                tus.create(upload.rendition.bytes, metadata(upload))
        old.farewell.heard([told])
        assert len(old.farewell.unerased()) == 2


def test_12_refuses_to_delete_anything_quietly(journal, library):
    silent, agreed = made(journal, library, NONE), made(journal, library, AGREED)
    files = [library.root / path for path in journal.farewell.files(silent)]
    begun = journal.entry(silent).take.begun_at
    hours = [timedelta(hours=hour) for hour in (0, 47, 49, 71)]
    said = [erase.unagreed(journal, library, KEEP, begun + after) for after in hours]
    assert [len(sentences) for sentences in said] == [0, 0, 1, 0]
    assert "is erased after" in said[2][0]
    assert all(path.exists() for path in files)
    notice = journal.farewell.unagreed()[0].noticed_at
    assert notice is not None
    (sentence,) = erase.unagreed(journal, library, KEEP, max(begun + KEEP, notice + timedelta(hours=12)))
    assert "deleted" in sentence
    assert not any(path.exists() for path in files)
    assert journal.entry(silent).erased
    assert leaves(journal, agreed)


def test_12_a_laptop_that_was_off_for_a_month_gives_notice_first(journal, library):
    silent = made(journal, library, NONE)
    later = journal.entry(silent).take.begun_at + timedelta(days=30)
    assert "is erased after" in erase.unagreed(journal, library, KEEP, later)[0]
    assert not journal.entry(silent).erased


def test_12_withdrawn_is_final(journal, library):
    take = made(journal, library, AGREED)
    journal.consent(take, WITHDRAWN)
    erase.withdrawn(journal, library)
    with pytest.raises(NeedsCrew):
        journal.consent(take, AGREED)
