"""Parts that know their place, and blocks that are kept when others changed on the way."""

import os
import random
import socket
import threading
import urllib.request
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store.conftest import served
from support.store import StoreProcess
from support.tus import Tus, sha256

from fieldkit import protocol
from fieldkit.protocol import Part, decode_parts, part_id, upload_id

SIZE = 300_000
BLOCK = 64 * 1024


def begun(store: Tus, tweet: str, content: bytes, **headers: str) -> str:
    """An upload of which nothing was sent; its path."""
    answer = store.create(len(content), headers, tweet_id=tweet, sha256=sha256(content))
    assert answer.status_code == 201
    return answer.headers["Location"]


def send_part(store: Tus, path: str, content: bytes, start: int, end: int, sent: int | None = None):
    """Creates the part with its content, or only the first `sent` bytes of it."""
    said = {"Upload-Concat": "partial", "Fieldkit-Part": f"{path.rpartition('/')[2]} {start}"}
    body = content[start:end][:sent]
    said |= {"Upload-Length": str(end - start), "Content-Type": protocol.OFFSET_TYPE}
    return store.ask("POST", "/files", said, data=body)


def send_one(store: Tus, path: str, content: bytes, start: int, end: int):
    """The beginning goes to the upload itself, everything else into parts."""
    return send_part(store, path, content, start, end) if start else store.patch(path, 0, content[:end])


def held(store: Tus, path: str) -> tuple[int, tuple[Part, ...]]:
    answer = store.head(path)
    return int(answer.headers["Upload-Offset"]), decode_parts(answer.headers.get("Fieldkit-Parts", ""))


def arrived(store: Tus, tweet: str, content: bytes) -> bool:
    with urllib.request.urlopen(f"{store.url}/clips/{tweet}/{sha256(content)}", timeout=10) as answer:
        return answer.read() == content


@pytest.mark.parametrize("seed", range(4))
def test_parts_in_any_order_become_the_clip_and_the_last_byte_brings_the_receipt(store, tweet, seed):
    content = os.urandom(SIZE)
    path = begun(store, tweet, content)
    cuts = [0, 70_000, 140_000, 220_000, SIZE]
    pieces = list(pairwise(cuts))
    random.Random(seed).shuffle(pieces)
    for number, (start, end) in enumerate(pieces):
        answer = send_one(store, path, content, start, end)
        last = number == len(pieces) - 1
        assert answer.headers.get("Fieldkit-Receipt") == (sha256(content) if last else None)
    assert arrived(store, tweet, content)


def test_a_part_is_found_again_where_it_stands(store, tweet):
    content = os.urandom(SIZE)
    path = begun(store, tweet, content)
    first = send_part(store, path, content, 200_000, SIZE, 30_000)
    again = send_part(store, path, content, 200_000, SIZE)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Upload-Offset"] == "30000"
    assert held(store, path) == (0, (Part(200_000, 100_000, 30_000),))
    store.patch(path, 0, content[:200_000])
    assert held(store, path) == (230_000, ())  # what there was of the part is in


def test_the_body_of_an_upload_ends_where_a_part_begins(store, tweet):
    content = os.urandom(SIZE)
    path = begun(store, tweet, content)
    line = store.half_open(path, 0, content[:100_000], SIZE)
    try:
        answer = send_part(store, path, content, 100_000, SIZE)
        head = line.recv(4096).lower()
    finally:
        line.close()
    assert head.startswith(b"http/1.1 204")
    assert b"connection: close" in head
    # whichever of the two ends last has the word
    assert b"fieldkit-receipt" in head or "Fieldkit-Receipt" in answer.headers


def test_asking_where_an_upload_stands_ends_the_dead_writers_of_its_parts(tmp_path: Path, tweet):
    content = os.urandom(SIZE)
    with served(tmp_path) as store:
        path = begun(store, tweet, content)
        name = path.rpartition("/")[2]
        host, port = store.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as dead:
            dead.sendall(
                f"POST /files HTTP/1.1\r\nHost: {host}\r\nTus-Resumable: 1.0.0\r\nUpload-Concat: partial\r\n"
                f"Fieldkit-Part: {name} 0\r\nUpload-Length: {SIZE}\r\nContent-Length: {SIZE}\r\n"
                f"Content-Type: {protocol.OFFSET_TYPE}\r\n\r\n".encode()
                + content[:50_000]
            )
            part = tmp_path / "uploads" / f"{name}-0-{SIZE}.bin"
            while not part.exists() or part.stat().st_size < 50_000:
                threading.Event().wait(0.005)
            assert held(store, path) == (50_000, ())
        assert store.patch(path, 50_000, content[50_000:]).headers["Fieldkit-Receipt"] == sha256(content)


@pytest.mark.parametrize(
    ("place", "length", "status"),
    [
        ("{name} 299999", 2, 400),
        ("{name} 0", 0, 400),
        ("{name} -1", 10, 400),
        ("{name}", 10, 400),
        ("../../etc 0", 10, 400),
        ("{name} 99999999999999999999", 10, 400),
        ("ffffffffffffffffffffffffffffffff 0", 10, 404),
    ],
)
def test_a_part_must_fit_an_upload_that_is_there(store, tweet, place, length, status):
    name = begun(store, tweet, os.urandom(SIZE)).rpartition("/")[2]
    said = {"Upload-Concat": "partial", "Fieldkit-Part": place.format(name=name)}
    assert store.create(length, said).status_code == status


def test_an_upload_has_no_more_parts_than_a_header_can_list(store, tweet):
    name = begun(store, tweet, os.urandom(SIZE)).rpartition("/")[2]

    def part(start: int) -> int:
        return store.create(10, {"Upload-Concat": "partial", "Fieldkit-Part": f"{name} {start}"}).status_code

    assert {part(1000 + 10 * number) for number in range(protocol.MOST_PARTS)} == {201}
    assert part(1000) == 201  # it is there
    assert part(100_000) == 400
    assert len(store.head(f"/files/{name}").headers["Fieldkit-Parts"]) < 8_000


@pytest.mark.parametrize("ended", ["terminated", "finished"])
def test_parts_go_with_their_upload(tmp_path: Path, tweet, ended):
    content = os.urandom(SIZE)
    with served(tmp_path) as store:
        path = begun(store, tweet, content)
        send_part(store, path, content, 200_000, SIZE, 30_000)
        if ended == "terminated":
            assert store.ask("DELETE", path).status_code == 204
        else:
            send_part(store, path, content, 0, SIZE)
        assert list((tmp_path / "uploads").iterdir()) == []


def test_a_crash_leaves_no_part_without_its_upload(tmp_path: Path, tweet):
    content = os.urandom(SIZE)
    with StoreProcess(tmp_path) as process:
        store = Tus(process.url)
        path = begun(store, tweet, content)
        send_part(store, path, content, 200_000, SIZE)
        process.kill()
        (tmp_path / "uploads" / f"{path.rpartition('/')[2]}.json").unlink()
        process.start()
        assert list((tmp_path / "uploads").iterdir()) == []


def manifest(content: bytes) -> str:
    size = protocol.block_size(len(content))
    blocks = [content[at : at + size] for at in range(0, len(content), size)]
    return protocol.encode_blocks(size, [protocol.block_hash(block) for block in blocks])


def flipped(content: bytes, *places: int) -> bytes:
    changed = bytearray(content)
    for place in places:
        changed[place] ^= 1
    return bytes(changed)


@pytest.mark.parametrize(
    ("places", "offset", "parts"),
    [
        ((0,), 0, ((BLOCK, SIZE - BLOCK),)),
        ((BLOCK + 5, 3 * BLOCK + 7), BLOCK, ((2 * BLOCK, BLOCK), (4 * BLOCK, SIZE - 4 * BLOCK))),
        ((SIZE - 1,), 4 * BLOCK, ()),
    ],
)
def test_only_blocks_that_changed_on_the_way_are_sent_again(store, tweet, places, offset, parts):
    content = os.urandom(SIZE)
    path = begun(store, tweet, content, **{"Fieldkit-Blocks": manifest(content)})
    assert store.patch(path, 0, flipped(content, *places)).status_code == 460
    assert held(store, path) == (offset, tuple(Part(start, length, length) for start, length in parts))
    sent = 0
    while True:
        at, kept = held(store, path)
        end = kept[0].start if kept else SIZE
        sent += end - at
        answer = store.patch(path, at, content[at:end])
        if "Fieldkit-Receipt" in answer.headers:
            break
    assert sent == sum(min(BLOCK, SIZE - place // BLOCK * BLOCK) for place in places)
    assert arrived(store, tweet, content)


@pytest.mark.parametrize("said", ["", "65536 AAAA", "1 AAAA", "65536 !!!!", "x"])
def test_without_a_manifest_that_fits_the_whole_upload_is_thrown_away(store, tweet, said):
    content = os.urandom(SIZE)
    path = begun(store, tweet, content, **({"Fieldkit-Blocks": said} if said else {}))
    assert store.patch(path, 0, flipped(content, 5)).status_code == 460
    assert store.head(path).status_code == 404


def test_a_manifest_of_other_bytes_does_not_keep_an_upload_for_ever(store, tweet):
    content, wrong = os.urandom(SIZE), os.urandom(SIZE)
    path = begun(store, tweet, content, **{"Fieldkit-Blocks": manifest(wrong)})
    assert store.patch(path, 0, wrong).status_code == 460
    assert store.head(path).status_code == 404


def test_side_by_side_as_a_laptop_does(store, tweet):
    content = os.urandom(2_000_000)
    path = begun(store, tweet, content)
    edges = [0, *sorted(random.Random(1).sample(range(1, len(content)), 7)), len(content)]
    answers = []

    def send(start: int, end: int) -> None:
        answers.append(send_one(Tus(store.url), path, content, start, end))

    threads = [threading.Thread(target=send, args=pair) for pair in pairwise(edges)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {201, 204}
    assert "Fieldkit-Receipt" in store.head(path).headers
    assert arrived(store, tweet, content)


@given(st.lists(st.tuples(st.integers(0, 10**17), st.integers(0, 10**17), st.integers(0, 10**17))))
@settings(max_examples=50)
def test_a_list_of_parts_survives_its_header(numbers):
    parts = sorted(Part(start, length, min(length, held)) for start, length, held in numbers)
    assert list(decode_parts(protocol.encode_parts(parts))) == parts
    name = upload_id("1", sha256(b""))
    for part in parts:
        assert protocol.read_part_id(part_id(name, part)) == (name, Part(part.start, part.length))


@given(st.integers(1, 2**36))
def test_a_manifest_is_a_small_header(length):
    size = protocol.block_size(length)
    assert size >= BLOCK
    assert -(-length // size) <= 256
