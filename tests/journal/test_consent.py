"""What a consent lets leave, and what stays here: the journal's side of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.facts import AGREED, NONE, TWEET, WITHDRAWN, original, rendition, sha256, take_id

from fieldkit.errors import NeedsCrew, NoConsent
from fieldkit.journal import Journal, Why
from fieldkit.model import Age, ConsentState, Manner, Risk, Scope, Told, Trait, Withdrawal

STORE = "https://clips.example.org"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Clock:
    now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def journal(tmp_path, clock):
    with Journal(tmp_path / "journal.sqlite", clock) as opened:
        yield opened


def rendered(journal, consent, operator=None):
    take = journal.begin(take_id(), TWEET, None, operator, consent).id
    journal.seal(original(take))
    journal.rendered(rendition(take, "proxy"))
    return take


def leaves(journal, take):
    assert journal.may_leave(take) == (not journal.forbids(take))
    sent = [upload.take.id for upload in journal.lineup.sendable(STORE)]
    assert (take in sent) == journal.may_leave(take)
    assert (journal.entry(take).kept is None) == journal.may_leave(take)
    return journal.may_leave(take)


def test_all_that_was_said_comes_back(journal):
    said = replace(
        AGREED,
        manner=Manner.WITNESSED,
        heard_at=12.5,
        explained_by="asha",
        told=frozenset({Told.ASYLUM, Told.PUBLIC}),
        scope=frozenset({Scope.REPLY, Scope.PRESS}),
        age=Age.MINOR,
        guardian=True,
        assent=True,
        approved_by="juma",
        hidden=frozenset({Trait.NAME}),
        risk=Risk.VULNERABLE,
        until=NOON + timedelta(days=30),
        card=sha256("a code"),
    )
    take = rendered(journal, said)
    assert journal.entry(take).consent == said
    (upload,) = journal.lineup.sendable(STORE)
    assert upload.consent == said


@pytest.mark.parametrize("trait", [Trait.FACE, Trait.VOICE])
def test_a_take_whose_face_or_voice_is_not_to_be_shown_stays_until_something_protects_it(journal, trait):
    take = journal.begin(take_id(), TWEET, None, None, replace(AGREED, hidden=frozenset({trait}))).id
    journal.seal(original(take))
    assert journal.due_renditions(["proxy"]) == []
    assert str(trait) in journal.entry(take).kept


def test_an_expired_consent_stops_the_line_by_itself(journal, clock):
    take = rendered(journal, replace(AGREED, until=NOON + timedelta(hours=1)))
    journal.located(sha256(f"{take}proxy"), TWEET, STORE, f"{STORE}/files/1")
    assert leaves(journal, take)
    assert journal.abandoned(STORE) == []
    clock.now = NOON + timedelta(hours=1)
    assert not leaves(journal, take)
    assert journal.lineup.waiting(STORE) == []
    assert journal.due_renditions(["tweet"]) == []
    assert [left.url for left in journal.abandoned(STORE)] == [f"{STORE}/files/1"]


def test_nobody_approves_their_own_recording_of_a_minor(journal):
    minor = replace(AGREED, age=Age.MINOR, guardian=True, assent=True, approved_by="asha")
    assert not leaves(journal, rendered(journal, minor, "asha"))
    assert leaves(journal, rendered(journal, minor, "juma"))


def test_a_card_stays_theirs_when_consent_is_put_on_record_anew(journal):
    take = rendered(journal, replace(AGREED, card=sha256("a code")))
    journal.consent(take, AGREED)
    assert [held.id for held in journal.farewell.holders_of(sha256("a code"))] == [take]
    assert journal.entry(take).consent.card == sha256("a code")


def test_a_withdrawal_bans_every_hash_of_the_take_and_is_told_once(journal):
    take = rendered(journal, AGREED)
    journal.consent(take, WITHDRAWN)
    (told,) = journal.farewell.untold(STORE)
    assert (told.take, told.tweet_id) == (take, TWEET)
    assert set(told.hashes) == {sha256(take), sha256(f"{take}proxy")}
    journal.farewell.told(told, STORE)
    assert journal.farewell.untold(STORE) == []
    assert len(journal.farewell.untold("https://another.example")) == 1


def test_a_take_that_is_withdrawn_while_it_rolls_is_erased_once_it_is_sealed(journal):
    take = journal.begin(take_id(), TWEET, None, None, AGREED).id
    journal.consent(take, WITHDRAWN)
    assert journal.farewell.unerased() == []
    journal.farewell.told(journal.farewell.untold(STORE)[0], STORE)
    journal.seal(original(take))
    assert [left.id for left in journal.farewell.unerased()] == [take]
    assert journal.farewell.untold(STORE)[0].hashes == (sha256(take),)


def test_what_is_erased_leaves_its_id_its_tweet_and_its_time(journal, tmp_path):
    take = rendered(journal, replace(AGREED, card=sha256("a code"), explained_by="asha"), "asha")
    journal.consent(take, WITHDRAWN)
    journal.farewell.erased(take, Why.WITHDRAWN)
    entry = journal.entry(take)
    assert (entry.erased, entry.original, entry.renditions) == (True, None, [])
    assert (entry.take.operator, entry.take.place, entry.consent) == (None, None, WITHDRAWN)
    assert journal.unsealed() == journal.farewell.unerased() == []
    assert len(journal.farewell.untold(STORE)[0].hashes) == 2
    with pytest.raises(NeedsCrew):
        journal.consent(take, AGREED)


def test_withdrawn_bytes_are_not_taken_in_again(journal):
    take = journal.begin(take_id(), TWEET, None, None, AGREED).id
    journal.seal(original(take, "card"))
    journal.consent(take, WITHDRAWN)
    journal.farewell.erased(take, Why.WITHDRAWN)
    with pytest.raises(NeedsCrew, match="withdrew"):
        journal.ingest(original(take_id(), "card"), TWEET, None, None, AGREED)


def test_a_rendition_that_comes_after_the_withdrawal_gets_no_row(journal):
    take = rendered(journal, AGREED)
    journal.consent(take, WITHDRAWN)
    with pytest.raises(NoConsent):
        journal.rendered(rendition(take, "tweet"))


def test_what_the_store_heard_elsewhere_is_withdrawn_here_too(journal):
    by_take, by_bytes, by_card, other = (
        rendered(journal, replace(AGREED, card=sha256("code") if n == 2 else None)) for n in range(4)
    )
    journal.farewell.heard(
        [
            Withdrawal(TWEET, by_take),
            Withdrawal(TWEET, take_id(), (sha256(by_bytes),)),
            Withdrawal(card=sha256("code")),
        ]
    )
    assert [left.id for left in journal.farewell.unerased()] == [by_take, by_bytes, by_card]
    assert leaves(journal, other)


def test_a_code_that_nobody_here_has_is_told_to_the_store(journal):
    assert journal.farewell.withdraw_card(sha256("code")) == []
    (told,) = journal.farewell.untold(STORE)
    assert told == Withdrawal(card=sha256("code"))
    journal.farewell.told(told, STORE)
    assert journal.farewell.untold(STORE) == []


def test_a_take_without_consent_is_noticed_and_none_that_was_agreed_to(journal, clock):
    take = rendered(journal, AGREED)
    silent = journal.begin(take_id(), TWEET, None, None, NONE).id
    assert journal.farewell.unagreed() == []  # it rolls
    journal.seal(original(silent))
    assert [each.take.id for each in journal.farewell.unagreed()] == [silent]
    journal.farewell.notice([silent])
    assert journal.farewell.unagreed()[0].noticed_at == NOON
    journal.farewell.erased(silent, Why.NO_CONSENT)
    assert journal.entry(silent).consent.state is ConsentState.NONE
    assert journal.farewell.unagreed() == journal.farewell.untold(STORE) == []
    assert leaves(journal, take)
