"""Bytes that were sent before their file had a name become its part; nothing of them is a clip before that."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.store import StoreProcess
from support.tus import Tus, sha256

from fieldkit.protocol import decode_parts, upload_id

BODY = random.Random(8).randbytes(200_000)
HEAD = 20_000


def grown(store: Tus, content: bytes) -> str:
    """A partial upload of unknown length with this content; its path."""
    path = store.create(None, {"Upload-Concat": "partial"}).headers["Location"]
    if content:
        assert store.patch(path, 0, content).status_code == 204
    return path


def named(store: Tus, tweet: str, path: str, start: int, content: bytes = BODY):
    """The whole file's upload, made of what the other one holds from `start` on."""
    said = {"Fieldkit-From": f"{path.rpartition('/')[2]} {start}"}
    return store.create(len(content), said, tweet_id=tweet, sha256=sha256(content))


def test_what_was_sent_before_is_not_sent_again(store: Tus, tweet: str) -> None:
    assert "fieldkit-from" in store.create(None, {"Upload-Concat": "partial"}).headers["Tus-Extension"].split(
        ","
    )
    path = grown(store, BODY[HEAD:150_000])
    answer = named(store, tweet, path, HEAD)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "0")
    assert [(p.start, p.length) for p in decode_parts(answer.headers["Fieldkit-Parts"])] == [(HEAD, 130_000)]
    upload = answer.headers["Location"]
    assert store.patch(upload, 0, BODY[:HEAD]).headers["Upload-Offset"] == "150000"
    assert store.patch(upload, 150_000, BODY[150_000:]).headers["Fieldkit-Receipt"] == sha256(BODY)
    assert store.head(path).status_code == 404
    assert store.ask("GET", f"/clips/{tweet}/{sha256(BODY)}").content == BODY


def test_asked_again_it_is_where_it_stood(store: Tus, tweet: str) -> None:
    path = grown(store, BODY[HEAD:])
    first, second = (named(store, tweet, path, HEAD) for _ in range(2))
    assert first.headers["Fieldkit-Parts"] == second.headers["Fieldkit-Parts"]
    assert store.patch(first.headers["Location"], 0, BODY[:HEAD]).headers["Fieldkit-Receipt"] == sha256(BODY)


@given(start=st.integers(0, len(BODY) + 10), size=st.integers(0, len(BODY)))
@settings(max_examples=25, deadline=None)
def test_whatever_was_sent_and_wherever_it_is_said_to_belong_the_file_comes_out_right(
    process: StoreProcess, start: int, size: int
) -> None:
    store, tweet = Tus(process.url), str(random.randrange(10**18))
    content = BODY[start : start + size] + b"the index that stood behind" * (size % 2)
    answer = named(store, tweet, grown(store, content), start)
    upload, parts = answer.headers["Location"], decode_parts(answer.headers.get("Fieldkit-Parts", ""))
    offset = int(answer.headers["Upload-Offset"])
    for end in (*(part.start for part in parts), len(BODY)):
        if offset < end:
            answer = store.patch(upload, offset, BODY[offset:end])
            offset = int(answer.headers["Upload-Offset"])
    assert answer.headers["Fieldkit-Receipt"] == sha256(BODY)


@pytest.mark.parametrize("said", ["", "x 1", "0" * 32, f"{'0' * 32} -1", f"{'0' * 32} {'9' * 30}"])
def test_nonsense_is_refused(store: Tus, tweet: str, said: str) -> None:
    answer = store.create(len(BODY), {"Fieldkit-From": said}, tweet_id=tweet, sha256=sha256(BODY))
    assert answer.status_code == 400


def test_only_a_partial_upload_can_become_a_part_and_never_of_itself(store: Tus, tweet: str) -> None:
    upload = store.create(len(BODY), tweet_id=tweet, sha256=sha256(BODY)).headers["Location"]
    assert named(store, tweet, upload, 5).status_code == 400
    assert upload_id(tweet, sha256(BODY)) in upload
