"""A stick carries what the link does not: nothing is lost, nothing wrong is believed, nothing is sent again."""

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.facts import TWEET, WITHDRAWN
from support.footage import fill, small_disk
from support.laptop import Laptop, noise
from support.store import StoreProcess

from fieldkit import stick
from fieldkit.demo.bad_link import BadLink
from fieldkit.errors import NeedsCrew
from fieldkit.model import Receipt, TweetId
from fieldkit.store.house import House


@pytest.fixture
def laptop(tmp_path):
    made = Laptop.at(tmp_path / "library")
    made.knows("https://clips.example.org")
    yield made
    made.close()


def typed(*words):
    return subprocess.run(
        [sys.executable, "-m", "fieldkit", *map(str, words)], capture_output=True, text=True, timeout=60
    )


def exported(laptop, folder):
    said = typed("export", folder, "--library", laptop.library.root, "--json")
    return said.returncode, json.loads(said.stdout)


def imported(folder, root):
    said = typed("store", "import", folder, "--root", root, "--json")
    assert "Traceback" not in said.stderr
    answer = json.loads(said.stdout)
    return said.returncode, [clip["state"] for clip in answer["clips"]] if "clips" in answer else answer[
        "error"
    ]


def held(root):
    """{sha256} of the store's clips, each hashed from its bytes."""
    files = list((root / "media").glob("*/*"))
    with House(root) as house:
        named = {clip.blob.sha256 for clip in house.catalogue.every_clip()}
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == named
    return named


def test_what_a_stick_brought_is_not_sent_again(tmp_path, laptop):
    made = [laptop.make(noise(300_000), "proxy"), laptop.make(noise(2_000_000), "tweet", TweetId("7"))]
    folder = tmp_path / "stick" / "clips"
    with (
        StoreProcess(tmp_path / "store") as store,  # it serves all the while
        BadLink(("127.0.0.1", store.port)) as link,
    ):
        laptop.knows(link.url)
        code, said = exported(laptop, folder)
        assert (code, [clip["state"] for clip in said["clips"]]) == (0, ["copied", "copied"])
        assert {path.name for path in folder.iterdir()} == {
            stick.MANIFEST, f"{TWEET}-{made[0].sha256}.mp4", f"7-{made[1].sha256}.mp4"
        }  # fmt: skip
        assert exported(laptop, folder)[1]["clips"][0]["state"] == "there"
        assert imported(folder, store.root) == (0, ["arrived", "arrived"])
        assert imported(folder, store.root) == (0, ["known", "known"])
        assert typed("sync", "--library", laptop.library.root).returncode == 0
        assert link.up_bytes < 3000
    assert all(entry.receipted for entry in laptop.journal.entries())
    assert held(tmp_path / "store") == {rendition.sha256 for rendition in made}


def test_what_has_its_receipt_or_may_not_leave_is_not_on_the_stick(tmp_path, laptop):
    there, arrived, withdrawn, cancelled = (
        laptop.make(noise(1000), tweet=TweetId(str(n))) for n in range(1, 5)
    )
    laptop.journal.received(
        Receipt(arrived.take, "tweet", arrived.sha256, "https://clips.example.org", datetime.now(UTC))
    )
    assert len(exported(laptop, tmp_path)[1]["clips"]) == 3
    laptop.journal.consent(withdrawn.take, WITHDRAWN)
    assert typed("queue", "cancel", cancelled.take, "--library", laptop.library.root).returncode == 0
    assert len(exported(laptop, tmp_path)[1]["clips"]) == 1
    on_it = {clip.sha256 for clip in stick.read((tmp_path / stick.MANIFEST).read_bytes())}
    assert there.sha256 in on_it
    assert withdrawn.sha256 not in on_it  # consent was taken back: it is taken off again
    assert not (tmp_path / f"3-{withdrawn.sha256}.mp4").exists()


def test_two_laptops_share_a_stick(tmp_path, laptop):
    other = Laptop.at(tmp_path / "other")
    made = [each.make(noise(5000)) for each in (laptop, other)]
    for each in (laptop, other):
        assert exported(each, tmp_path / "stick")[0] == 0
    other.close()
    assert imported(tmp_path / "stick", tmp_path / "store") == (0, ["arrived", "arrived"])
    assert held(tmp_path / "store") == {rendition.sha256 for rendition in made}


def test_a_full_stick_is_said_before_the_first_byte(tmp_path, laptop):
    laptop.make(noise(3_000_000))
    with small_disk(tmp_path / "stick") as folder:
        fill(folder, leave=2_000_000)
        before = {path.name for path in folder.iterdir()}
        code, said = exported(laptop, folder)
        assert (code, "nothing was copied" in said["error"]) == (3, True)
        assert {path.name for path in folder.iterdir()} == before


def test_a_rendition_that_rotted_is_said_and_the_others_go(tmp_path, laptop):
    made = [laptop.make(noise(1000), tweet=TweetId(str(n))) for n in (1, 2)]
    (laptop.library.root / made[0].path).write_bytes(noise(1000))
    code, said = exported(laptop, tmp_path / "stick")
    assert (code, [clip["state"] for clip in said["clips"]]) == (1, ["refused", "copied"])


def test_a_clip_that_was_withdrawn_at_the_store_is_refused_for_ever(tmp_path, laptop):
    made = laptop.make(noise(1000))
    exported(laptop, tmp_path / "stick")
    imported(tmp_path / "stick", tmp_path / "store")
    with House(tmp_path / "store") as house:
        house.catalogue.withdraw(TWEET, made.sha256)
        house.media.delete(TWEET, made.sha256)
    assert imported(tmp_path / "stick", tmp_path / "store") == (3, ["refused"])
    assert held(tmp_path / "store") == set()


def test_a_folder_without_a_manifest_is_one_sentence(tmp_path):
    for folder in (tmp_path / "nothing", tmp_path):
        code, said = imported(folder, tmp_path / "store")
        assert (code, stick.MANIFEST in said) == (3, True)


def altered(**changes):
    return lambda clip: {**clip, **changes}


@pytest.mark.parametrize(
    ("change", "code", "fate"),
    [
        (altered(consent="none"), 3, ["refused"]),
        (altered(consent="withdrawn"), 3, ["refused"]),
        (altered(metadata={}), 3, ["refused"]),
        (altered(metadata={"tweet_id": "1"}), 3, ["refused"]),
        (lambda clip: altered(metadata={**clip["metadata"], "sha256": "0" * 64})(clip), 3, ["refused"]),
        (lambda clip: altered(metadata={**clip["metadata"], "place": "-1.28, 36.8"})(clip), 3, ["refused"]),
        (lambda clip: altered(metadata={**clip["metadata"], "operator": "x" * 201})(clip), 3, ["refused"]),
        (altered(bytes=5), 5, ["damaged"]),
        (altered(file="../../etc/passwd"), 3, None),
        (altered(file="/etc/passwd"), 3, None),
        (altered(bytes="1000"), 3, None),
        (altered(bytes=-1), 3, None),
        (altered(metadata=[]), 3, None),
        (altered(metadata={"tweet_id": 5}), 3, None),
        (altered(tweet_id="0"), 3, None),
        (altered(consent=None), 3, None),
        (lambda _: 5, 3, None),
    ],
)
def test_a_manifest_is_not_believed(tmp_path, laptop, change, code, fate):
    laptop.make(noise(1000))
    exported(laptop, tmp_path / "stick")
    manifest = tmp_path / "stick" / stick.MANIFEST
    said = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**said, "clips": [change(clip) for clip in said["clips"]]}))
    found = imported(tmp_path / "stick", tmp_path / "store")
    assert found[0] == code
    assert found[1] == fate if fate else "fieldkit-manifest.json" in found[1]
    assert held(tmp_path / "store") == set()


def test_bytes_that_are_not_those_of_the_manifest_or_lie_elsewhere_are_refused(tmp_path, laptop):
    made = laptop.make(noise(1000))
    exported(laptop, tmp_path / "stick")
    file = tmp_path / "stick" / f"{TWEET}-{made.sha256}.mp4"
    file.rename(tmp_path / "elsewhere.mp4")
    assert imported(tmp_path / "stick", tmp_path / "store") == (3, ["refused"])
    file.symlink_to(tmp_path / "elsewhere.mp4")
    assert imported(tmp_path / "stick", tmp_path / "store") == (3, ["refused"])
    file.unlink()
    file.write_bytes(noise(1000))
    assert imported(tmp_path / "stick", tmp_path / "store") == (5, ["damaged"])
    assert held(tmp_path / "store") == set()
    assert not list((tmp_path / "store" / "incoming").glob("*.mp4"))


@settings(deadline=None)
@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)).map(lambda x: json.dumps(x).encode()))  # fmt: skip
def test_whatever_a_manifest_holds_is_read_or_refused(content):
    with pytest.raises(NeedsCrew):
        stick.read(content)


def test_a_manifest_nested_without_end_is_refused():
    with pytest.raises(NeedsCrew):
        stick.read(b"[" * 200_000)
