"""tus 1.0.0, rule by rule, against the real store."""

import random
import re

import pytest
import requests
from support.store import StoreProcess
from support.tus import Tus, checksum, sha256

from fieldkit.protocol import encode_metadata

BODY = random.Random(1).randbytes(10_000)


def test_options_tells_what_the_store_can_do(store: Tus) -> None:
    told = requests.options(f"{store.url}/files", timeout=10)
    assert told.status_code == 204
    assert told.headers["Tus-Version"] == "1.0.0"
    assert set(told.headers["Tus-Extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "creation-defer-length",
        "checksum",
        "expiration",
        "termination",
        "concatenation",
        "fieldkit-parts",
        "fieldkit-blocks",
        "fieldkit-from",
    }
    assert int(told.headers["Tus-Max-Size"]) > 10**9
    assert told.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"


@pytest.mark.parametrize("version", [None, "0.2.2", "2.0.0"])
def test_another_version_is_answered_412_and_nothing_is_processed(
    store: Tus, tweet: str, version: str | None
) -> None:
    path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
    for method in ("HEAD", "PATCH", "DELETE"):
        headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        if version:
            headers["Tus-Resumable"] = version
        answer = requests.request(method, store.url + path, headers=headers, data=b"x", timeout=10)
        assert answer.status_code == 412
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert store.offset(path) == 0


def test_every_answer_carries_the_version(store: Tus, tweet: str) -> None:
    answers = [
        store.create(5, tweet_id=tweet),
        store.create(5),
        store.head("/files/" + "0" * 32),
        store.ask("GET", "/files/" + "0" * 32),
        store.ask("PUT", "/files"),
    ]
    assert [answer.status_code for answer in answers] == [201, 400, 404, 405, 405]
    assert {answer.headers.get("Tus-Resumable") for answer in answers} == {"1.0.0"}


def test_head_tells_where_the_upload_stands_and_is_not_cached(store: Tus, tweet: str) -> None:
    said = encode_metadata({"tweet_id": tweet, "filename": "a, b.mp4", "colour": "grün"}) + ",flag"
    path = store.create(len(BODY), {"Upload-Metadata": said}).headers["Location"]
    store.patch(path, 0, BODY[:4000])
    told = store.head(path)
    assert told.status_code == 200
    assert told.headers["Upload-Offset"] == "4000"
    assert told.headers["Upload-Length"] == str(len(BODY))
    assert told.headers["Upload-Metadata"] == said
    assert told.headers["Cache-Control"] == "no-store"
    assert "GMT" in told.headers["Upload-Expires"]


def test_a_patch_at_another_offset_changes_nothing(store: Tus, tweet: str) -> None:
    path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
    store.patch(path, 0, BODY[:100])
    for offset in (0, 99, 101):
        assert store.patch(path, offset, BODY[:50]).status_code == 409
    assert store.offset(path) == 100


def test_a_patch_of_another_type_changes_nothing(store: Tus, tweet: str) -> None:
    path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
    assert store.patch(path, 0, BODY, {"Content-Type": "video/mp4"}).status_code == 415
    assert store.offset(path) == 0


@pytest.mark.parametrize("offset", ["", "-1", "1.0", "0x1", "٣"])
def test_an_offset_that_is_no_number_is_refused(store: Tus, tweet: str, offset: str) -> None:
    path = store.create(5, tweet_id=tweet).headers["Location"]
    headers = {"Upload-Offset": offset.encode()}  # type: ignore[dict-item]
    assert store.patch(path, 0, b"x", headers).status_code == 400  # type: ignore[arg-type]


def test_more_than_the_length_is_never_stored(store: Tus, tweet: str, process: StoreProcess) -> None:
    path = store.create(10, tweet_id=tweet).headers["Location"]
    assert store.patch(path, 0, b"x" * 11).status_code == 413
    assert store.patch(path, 0, iter([b"x" * 6, b"x" * 6])).status_code == 413  # length not announced
    assert store.offset(path) <= 10
    assert (process.root / "uploads" / f"{path[-32:]}.bin").stat().st_size <= 10


def test_a_length_told_later_counts_from_then_on(store: Tus, tweet: str) -> None:
    path = store.create(None, tweet_id=tweet).headers["Location"]
    assert store.head(path).headers["Upload-Defer-Length"] == "1"
    assert store.patch(path, 0, BODY[:4000]).status_code == 204
    assert store.patch(path, 4000, b"", {"Upload-Length": "3999"}).status_code == 409
    assert store.patch(path, 4000, BODY[4000:5000], {"Upload-Length": str(len(BODY))}).status_code == 204
    assert "Upload-Defer-Length" not in store.head(path).headers
    assert store.patch(path, 5000, b"", {"Upload-Length": "6000"}).status_code == 409
    done = store.patch(path, 5000, BODY[5000:])
    assert done.headers["Fieldkit-Receipt"] == sha256(BODY)


def test_bytes_can_come_with_the_creation(store: Tus, tweet: str) -> None:
    said = {"Content-Type": "application/offset+octet-stream", "Upload-Length": str(len(BODY))}
    said["Upload-Metadata"] = encode_metadata({"tweet_id": tweet})
    part = store.ask("POST", "/files", said, data=BODY[:3000])
    assert (part.status_code, part.headers["Upload-Offset"]) == (201, "3000")
    whole = store.ask("POST", "/files", said, data=BODY)
    assert (whole.status_code, whole.headers["Fieldkit-Receipt"]) == (201, sha256(BODY))
    over = store.ask("POST", "/files", said, data=BODY + b"x")
    assert over.status_code == 413


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_a_checksum_that_fits_is_kept(store: Tus, tweet: str, algorithm: str) -> None:
    path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
    assert store.patch(path, 0, BODY[:5000], checksum(BODY[:5000], algorithm)).status_code == 204
    assert store.offset(path) == 5000


def test_a_checksum_that_does_not_fit_discards_the_body(store: Tus, tweet: str) -> None:
    path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
    store.patch(path, 0, BODY[:1000])
    assert store.patch(path, 1000, BODY[1000:2000], checksum(b"something else")).status_code == 460
    assert store.offset(path) == 1000
    assert store.patch(path, 1000, BODY[1000:]).headers["Fieldkit-Receipt"] == sha256(BODY)


@pytest.mark.parametrize("said", ["md5 AAAA", "sha256 %%%", "sha256", ""])
def test_a_checksum_that_nobody_can_check_is_refused(store: Tus, tweet: str, said: str) -> None:
    path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
    answer = store.patch(path, 0, BODY, {"Upload-Checksum": said})
    assert answer.status_code in (400, 460)
    assert store.offset(path) == 0


def test_a_terminated_upload_is_gone(store: Tus, tweet: str, process: StoreProcess) -> None:
    path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
    store.patch(path, 0, BODY[:1000])
    assert store.ask("DELETE", path).status_code == 204
    assert store.head(path).status_code in (404, 410)
    assert store.patch(path, 1000, BODY[1000:]).status_code in (404, 410)
    assert not list((process.root / "uploads").glob(f"{path[-32:]}*"))


def test_a_clip_is_not_terminated(store: Tus, tweet: str) -> None:
    path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
    store.patch(path, 0, BODY)
    assert store.ask("DELETE", path).status_code == 403
    assert store.head(path).headers["Fieldkit-Receipt"] == sha256(BODY)


def test_parts_become_one_clip(store: Tus, tweet: str) -> None:
    parts = []
    for block in (BODY[:4000], BODY[4000:]):
        path = store.create(len(block), {"Upload-Concat": "partial"}).headers["Location"]
        store.patch(path, 0, block)
        assert store.head(path).headers["Upload-Concat"] == "partial"
        parts.append(path)
    said = {"Upload-Concat": f"final;{parts[0]} {store.url}{parts[1]}"}
    said["Upload-Metadata"] = encode_metadata({"tweet_id": tweet})
    whole = store.ask("POST", "/files", said)
    assert (whole.status_code, whole.headers["Fieldkit-Receipt"]) == (201, sha256(BODY))
    final = whole.headers["Location"]
    assert store.head(final).headers["Upload-Concat"] == said["Upload-Concat"]
    assert store.patch(final, len(BODY), b"x").status_code == 403
    assert store.ask("GET", f"/clips/{tweet}").json()["clips"][0]["sha256"] == sha256(BODY)


def test_unfinished_or_unknown_parts_make_nothing(store: Tus, tweet: str) -> None:
    part = store.create(10, {"Upload-Concat": "partial"}).headers["Location"]
    whole = store.create(10, tweet_id=tweet).headers["Location"]
    for urls in (
        part,
        whole,
        "/files/" + "0" * 32,
        "",
        "https://elsewhere.example/x",
        "/files/../../etc/passwd",
    ):
        said = {"Upload-Concat": f"final;{urls}", "Upload-Metadata": encode_metadata({"tweet_id": tweet})}
        assert store.ask("POST", "/files", said).status_code == 400
    assert store.ask("GET", f"/clips/{tweet}").status_code == 404


def test_the_method_may_stand_in_a_header(store: Tus, tweet: str) -> None:
    path = store.create(len(BODY), tweet_id=tweet).headers["Location"]
    headers = {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}
    headers["Content-Type"] = "application/offset+octet-stream"
    assert store.ask("POST", path, headers, data=BODY[:10]).status_code == 204
    assert store.offset(path) == 10
    assert store.ask("POST", path, {"X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert store.head(path).status_code == 404


def test_a_location_is_a_path_with_32_hexadecimal_digits(store: Tus, tweet: str) -> None:
    assert re.fullmatch(r"/files/[0-9a-f]{32}", store.create(1, tweet_id=tweet).headers["Location"])


def test_a_clip_of_no_bytes_is_refused(store: Tus, tweet: str) -> None:
    refused = store.create(0, tweet_id=tweet)
    assert (refused.status_code, refused.json()["error"]) == (400, "bad-request")
    assert "no bytes" in refused.json()["detail"]
    deferred = store.create(None, tweet_id=tweet).headers["Location"]
    assert store.patch(deferred, 0, b"", {"Upload-Length": "0"}).status_code == 400
    parts = [store.create(0, {"Upload-Concat": "partial"}, **about) for about in ({}, {"tweet_id": tweet})]
    assert [part.status_code for part in parts] == [201, 201]  # beside others it may be empty
    said = {"Upload-Concat": f"final;{parts[0].headers['Location']}"}
    said["Upload-Metadata"] = encode_metadata({"tweet_id": tweet})
    assert store.ask("POST", "/files", said).status_code == 400
    assert store.ask("GET", f"/clips/{tweet}").status_code == 404
