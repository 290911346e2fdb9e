"""Identities are checked once, at birth."""

import os
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.errors import NeedsCrew, NotATweet
from fieldkit.model import Place, Sha256, TakeId, TweetId

ID = "826412345678901234"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"  {ID}\n",
        f"https://twitter.com/amnesty/status/{ID}",
        f"https://x.com/amnesty/status/{ID}",
        f"https://x.com/i/status/{ID}",
        f"https://x.com/i/web/status/{ID}",
        f"https://www.twitter.com/amnesty/status/{ID}/",
        f"http://mobile.twitter.com/amnesty/status/{ID}?s=20",
        f"https://mobile.x.com/amnesty/status/{ID}?s=20&t=abc",
        f"https://twitter.com/amnesty/statuses/{ID}",
        f"https://x.com/amnesty/status/{ID}/photo/1",
        f"https://x.com/amnesty/status/{ID}/video/1?s=46#top",
        f"HTTPS://X.com/amnesty/status/{ID}",
        f"x.com/amnesty/status/{ID}",
        f"twitter.com/amnesty/status/{ID}?s=20",
    ],
)
def test_a_tweet_is_known_by_its_number_or_its_link(text):
    assert TweetId.parse(text) == ID


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0",
        "007",
        "-5",
        "1.0",
        "1e9",
        "abc",
        "9223372036854775808",
        "12345678901234567890",
        "٨٢٦٤١٢٣٤٥",
        "\uff18\uff12\uff16",
        f"{ID}\x00",
        f"{ID};rm",
        f"../{ID}",
        f"https://x.com/amnesty/status/{ID}abc",
        f"https://x.com/amnesty/status/{ID}/../../etc",
        f"https://x.com/amnesty/{ID}",
        f"https://evilx.com/a/status/{ID}",
        f"https://x.com.evil.org/a/status/{ID}",
        f"https://x.com@evil.org/a/status/{ID}",
        f"https://evil.org/https://x.com/a/status/{ID}",
        f"ftp://x.com/a/status/{ID}",
        f"https://x.com:99/a/status/{ID}",
        "https://x.com/amnesty/status/",
        "https://x.com/a/status/99999999999999999999",
        "https://[x.com/a/status/1",
    ],
)
def test_everything_else_is_refused_with_a_sentence(text):
    with pytest.raises(NotATweet) as refusal:
        TweetId.parse(text)
    assert "not a tweet ID" in str(refusal.value)
    assert refusal.value.exit_code == 3


def test_the_largest_tweet_id_is_a_signed_64_bit_number():
    assert TweetId("9223372036854775807")


@given(st.text())
def test_no_text_at_all_breaks_the_parser(text):
    try:
        assert 1 <= int(TweetId.parse(text)) < 2**63
    except NotATweet:
        pass


@given(st.integers(min_value=1, max_value=2**63 - 1))
def test_every_possible_tweet_id_is_taken(number):
    assert TweetId.parse(f"https://x.com/i/status/{number}?s=20") == str(number)


@given(st.integers(min_value=0, max_value=2**48 - 1), st.binary(min_size=10, max_size=10))
def test_take_ids_are_uuids_of_version_7_in_order_of_time(milliseconds, entropy):
    made = uuid.UUID(TakeId.make(milliseconds, entropy))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == milliseconds


def test_a_take_id_needs_its_ten_random_bytes():
    with pytest.raises(ValueError, match="ten random bytes"):
        TakeId.make(0, os.urandom(9))


@pytest.mark.parametrize("text", ["x" * 64, "A" * 64, "a" * 63, "a" * 65, ""])
def test_a_sha256_is_64_lower_case_digits(text):
    with pytest.raises(NeedsCrew):
        Sha256(text)


@pytest.mark.parametrize(
    "text", ["3.7163,34.8663", "Kakuma", "kakuma camp", "-kakuma", "123", "", "a" * 41, "../x"]
)
def test_a_place_is_a_code_and_never_a_coordinate(text):
    with pytest.raises(NeedsCrew, match="never a coordinate"):
        Place(text)


@pytest.mark.parametrize("text", ["kakuma", "kakuma-3", "zaatari", "k"])
def test_codes_of_camps_are_places(text):
    assert Place(text) == text
