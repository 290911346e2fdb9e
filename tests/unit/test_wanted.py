"""Requests and decisions: what a text may hold, what is said both ways, how old a tweet is, how long a reply took."""

import json
import statistics
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.facts import sha256, take_id

from fieldkit.errors import FieldkitError
from fieldkit.model import Decided, Language, Place, Priority, Request, TweetId, Withdrawal, author_in, tidy
from fieldkit.store.timing import Answered, medians, middle
from fieldkit.wanted import read_request, read_wanted, request_as_json, timestamp, wanted_as_json

TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
TWEETS = st.integers(1, 2**63 - 1).map(lambda number: TweetId(str(number)))


def readable(text: str) -> bool:
    try:
        tidy(text)
    except ValueError:
        return False
    return True


TEXTS = st.text(max_size=300).filter(readable).map(tidy)
REQUESTS = st.builds(
    Request,
    TWEETS,
    st.none() | st.from_regex(r"[A-Za-z0-9_]{1,20}", fullmatch=True).filter(str.isascii),
    st.none() | TEXTS.filter(bool),
    st.none() | st.sampled_from([Language("sw-KE"), Language("ar")]),
    st.none() | st.sampled_from([Place("kakuma"), Place("zaatari")]),
    st.sampled_from(Priority),
    st.none() | TIMES,
    st.none() | TIMES,
)
DECISIONS = st.builds(
    Decided, st.builds(take_id), st.sampled_from(["retake", "approved", "posted"]), TEXTS, TIMES
)
GONE = [
    Withdrawal(TweetId("1"), take_id(), (sha256("a"),)),
    Withdrawal(TweetId("1"), hashes=tuple(sorted([sha256("a"), sha256("b")]))),
    Withdrawal(card=sha256("code")),
]


@given(st.lists(REQUESTS, max_size=5), st.lists(DECISIONS, max_size=5))
def test_what_is_told_is_understood(requests, decisions):
    assert read_wanted(wanted_as_json(requests, decisions, GONE)) == (requests, decisions, GONE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["tweet_id", "author", "text", "language", "place", "priority", "due", "added_at", "take", "why", "at"]
)


@given(st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_do_worse_than_be_refused(content):
    try:
        read_wanted(content)
    except ValueError:
        pass


@given(st.lists(JSON | st.dictionaries(FIELDS, JSON, max_size=8), max_size=4), REQUESTS)
def test_what_is_not_understood_is_left_out_and_the_rest_counts(strange, request):
    entries = [*strange, request_as_json(request)]
    requests, _, _ = read_wanted(json.dumps({"requests": entries, "decisions": strange}).encode())
    assert requests[-1] == request


@given(st.dictionaries(FIELDS, JSON, max_size=8))
def test_a_request_is_read_or_refused(said):
    try:
        made = read_request({**said, "tweet_id": "12"})
    except (ValueError, FieldkitError):
        return
    assert read_request(request_as_json(made)) == made


@given(st.text())
def test_a_tidied_text_is_tidy_and_steers_nobodys_eye(text):
    try:
        done = tidy(text)
    except ValueError:
        assert any(unicodedata.category(c) in ("Cc", "Cs") for c in text)
        return
    assert tidy(done) == done
    assert not set(done) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert all(c == "\n" or unicodedata.category(c) not in ("Cc", "Cs") for c in done)
    done.encode()


def test_marks_that_arabic_and_emoji_need_stay():
    assert tidy("\u200fسلام\u200c! 👨\u200d👩") == "\u200fسلام\u200c! 👨\u200d👩"


def test_a_tweet_s_id_tells_when_it_was_written():
    # the first tweet with a Snowflake ID, and the one in X's own documentation of `created_at`
    assert TweetId("29700859247").born_at == datetime(2010, 11, 4, 1, 43, 1, 738000, UTC)
    assert timestamp(TweetId("1212092628029698048").born_at) == "2019-12-31T19:26:16Z"
    assert TweetId("29700859246").born_at is None
    assert TweetId(str(2**63 - 1)).born_at.year == 2080


@pytest.mark.parametrize(
    ("link", "author"),
    [
        ("https://x.com/amnesty/status/12", "amnesty"),
        ("twitter.com/UN_Refugees/status/12?s=20", "UN_Refugees"),
        ("https://x.com/i/status/12", None),
        ("https://x.com/i/web/status/12", None),
        ("https://evil.example/amnesty/status/12", None),
        ("12", None),
    ],
)
def test_a_link_tells_who_wrote_the_tweet(link, author):
    assert author_in(link) == author


@given(st.lists(st.none() | st.floats(0, 1e9)))
def test_the_middle_is_the_median_of_what_is_known(values):
    known = [value for value in values if value is not None]
    assert middle(values) == (statistics.median(known) if known else None)


@given(
    st.lists(st.tuples(TWEETS, st.sampled_from([None, Place("kakuma"), Place("zaatari")]), st.integers(0, 10**6)))
)  # fmt: skip
def test_each_place_has_the_median_of_its_own_replies(drawn):
    answered, seconds = [], {}
    for tweet, place, later in drawn:
        born = tweet.born_at
        posted = (born or datetime(2010, 1, 1, tzinfo=UTC)) + timedelta(seconds=later)
        answered.append(Answered(tweet, place, timestamp(posted)))
        seconds.setdefault(place, []).append(later if born else None)
    told = medians(answered)
    assert {place: count for place, (count, _) in told.items()} == {p: len(s) for p, s in seconds.items()}
    for place, (_, found) in told.items():
        known = [value for value in seconds[place] if value is not None]
        # whole seconds are written
        assert abs(found - statistics.median(known)) <= 1 if known else found is None
