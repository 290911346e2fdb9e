"""A finished file is queued as it is, byte for byte; one that tells too much is not."""

import hashlib
import json
import struct

import pytest
from support.crew import AGREED, TWEET
from support.footage import clip, make


@pytest.fixture
def ready(tmp_path, crew):
    """A clip that X takes and that tells nothing."""
    source = make(tmp_path / "source.mp4", "-i", str(clip("carphone_pristine")), "-t", "1")
    crew.done("transcode", str(source), "-o", str(tmp_path / "ready"))
    (made,) = (tmp_path / "ready").glob("*.mp4")
    return made


def test_a_finished_file_arrives_byte_for_byte(crew, ready, arrived):
    sha256 = hashlib.sha256(ready.read_bytes()).hexdigest()
    said = json.loads(crew.done("queue", "add", str(ready), "--tweet", TWEET, *AGREED, "--json"))
    assert (said["profile"], said["sha256"]) == ("tweet", sha256)
    crew.done("queue", "add", str(ready), "--tweet", TWEET, *AGREED)  # once more is nothing
    assert [line["profile"] for line in crew.queue()] == ["tweet"]
    (take,) = crew.takes()
    assert take["original"]["sha256"] == sha256
    crew.done("sync")
    assert arrived(TWEET) == [("tweet", sha256)]


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        (("-metadata", "location=+01.2921+036.8219/"), "location"),
        (("-metadata", "title=Fatima, tent 12"), "©nam"),
        (("-metadata", "creation_time=2026-11-22T10:00:00Z"), "date"),
        (("-c:v", "mpeg4"), "video codec"),
        (("-f", "matroska"), "container"),
    ],
)
def test_a_file_that_check_refuses_is_not_queued_and_what_to_do_is_said(crew, ready, tmp_path, extra, told):
    refuses(crew, make(tmp_path / "talking.mp4", "-i", str(ready), "-c", "copy", *extra), told)


def test_what_stands_beside_the_picture_where_no_player_looks_is_not_sent(crew, ready):
    with ready.open("ab") as file:
        file.write(struct.pack(">I4s", 40, b"uuid") + b"<x:xmpmeta>Fatima</x>".ljust(32))
    refuses(crew, ready, "data that no player needs")


def refuses(crew, file, told):
    refused = crew.types("queue", "add", str(file), "--tweet", TWEET, *AGREED)
    assert refused.returncode == 3
    assert told in refused.stderr
    assert "`fieldkit ingest`" in refused.stderr
    assert "Fatima" not in refused.stderr
    assert (crew.takes(), crew.queue()) == ([], [])


def test_without_consent_nothing_is_queued(crew, ready):
    refused = crew.types("queue", "add", str(ready), "--tweet", TWEET)
    assert (refused.returncode, "--consent agreed" in refused.stderr) == (3, True)
    assert crew.takes() == []
