"""What sync and store say to each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit import protocol
from fieldkit.model import Sha256, TweetId

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=", "), min_size=1)


@given(st.dictionaries(KEYS, st.text()))
def test_metadata_survives_the_header(metadata):
    assert protocol.decode_metadata(protocol.encode_metadata(metadata)) == metadata


@given(st.text())
def test_no_header_breaks_the_decoder(header):
    try:
        protocol.decode_metadata(header)
    except ValueError:
        pass


@pytest.mark.parametrize("header", ["a YQ==,a YQ==", "é YQ==", "a %%%", "a /w=="])
def test_what_tus_does_not_allow_is_refused(header):
    with pytest.raises(ValueError, match="metadata"):
        protocol.decode_metadata(header)


def test_an_upload_is_named_after_its_tweet_and_bytes_alone():
    one = protocol.upload_id(TweetId("1"), Sha256("a" * 64))
    assert one == protocol.upload_id(TweetId("1"), Sha256("a" * 64))
    assert one != protocol.upload_id(TweetId("2"), Sha256("a" * 64))
    assert one != protocol.upload_id(TweetId("1"), Sha256("b" * 64))
    assert len(one) == 32
