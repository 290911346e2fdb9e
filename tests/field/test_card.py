"""A card from a camera comes in whole: in order, joined, once, by its slates, and after it was pulled."""

import hashlib
import json
from itertools import islice
from pathlib import Path

import pytest
from support.crew import AGREED, TWEET, Crew
from support.footage import make

from fieldkit.capture.slate import picture
from fieldkit.model import TweetId

OTHER = "1700000000000000001"


def film(path: Path, seed: int, *more: str, seconds: float = 1.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return make(
        path,
        *("-f", "lavfi", "-i", f"testsrc2=size=160x120:rate=25:duration={seconds}"),
        *("-f", "lavfi", "-i", f"sine=frequency={300 + 50 * seed}:duration={seconds}"),
        *("-vf", f"hue=h={seed * 20}", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", *more),
    )


def slate(path: Path, tweet: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    png = path.with_suffix(".png")
    png.write_bytes(picture(TweetId(tweet)))
    make(
        path,
        *("-loop", "1", "-i", str(png), "-t", "1", "-vf", "scale=360:360,pad=640:360:140:0:gray", "-r", "25"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
    )
    png.unlink()
    return path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def laptop(tmp_path) -> Crew:
    return Crew(tmp_path / "laptop", "http://127.0.0.1:9")


@pytest.fixture
def card(tmp_path) -> Path:
    """Chapters with one missing, a recording in two parts, one that stands for itself, a copy, and a damaged file."""
    card = tmp_path / "card"
    gopro, stream = card / "DCIM" / "100GOPRO", card / "PRIVATE" / "AVCHD" / "BDMV" / "STREAM"
    film(gopro / "GX010002.MP4", 2)
    film(gopro / "GX030002.MP4", 3)
    film(gopro / "GX010001.MP4", 1)
    (gopro / "COPY.MP4").write_bytes((gopro / "GX010001.MP4").read_bytes())
    (gopro / "GL010001.LRV").write_bytes(b"small")
    (gopro / "GX010001.THM").write_bytes(b"smaller")
    (gopro / "GX010009.MP4").write_bytes((gopro / "GX010002.MP4").read_bytes()[:2000][::-1])
    whole = film(tmp_path / "whole.mts", 4, "-f", "mpegts", "-mpegts_m2ts_mode", "1", seconds=4)
    film(stream / "00002.MTS", 5, "-f", "mpegts", "-mpegts_m2ts_mode", "1")
    content = whole.read_bytes()
    cut = len(content) // 2 // 192 * 192
    (stream / "00000.MTS").write_bytes(content[:cut])
    (stream / "00001.MTS").write_bytes(content[cut:])
    return card


def test_a_card_is_understood_taken_in_once_and_left_as_it_is(laptop, card, tmp_path):
    before = tree(card)
    ended = laptop.types("ingest", str(card), "--tweet", TWEET, *AGREED, "--json")
    told = {Path(row["source"]).name: row for row in json.loads(ended.stdout)}
    assert ended.returncode == 1
    assert [name for name, row in told.items() if row["error"]] == ["GX010009.MP4"]
    assert "GX010009.MP4" in ended.stderr
    assert told["GX030002.MP4"]["notes"][0].startswith("2 of 3 parts found")
    assert [Path(part).name for part in told["00000.MTS"]["parts"]] == ["00000.MTS", "00001.MTS"]
    assert sum(row["fresh"] for row in told.values()) == 5
    originals = {take["take"]: take["original"] for take in laptop.takes()}
    joined = originals[told["00000.MTS"]["take"]]
    assert joined["sha256"] == sha256((tmp_path / "whole.mts").read_bytes())
    for name in ("GX010001.MP4", "GX010002.MP4", "GX030002.MP4"):
        kept = originals[told[name]["take"]]
        assert Path(kept["path"]).read_bytes() == (card / "DCIM" / "100GOPRO" / name).read_bytes()
    assert {told["COPY.MP4"]["take"], told["GX010001.MP4"]["take"]} <= set(originals)
    assert told["COPY.MP4"]["take"] == told["GX010001.MP4"]["take"]
    assert tree(card) == before
    again = json.loads(laptop.types("ingest", str(card), "--tweet", TWEET, *AGREED, "--json").stdout)
    assert not any(row["fresh"] for row in again)
    assert len(laptop.takes()) == len(list((laptop.folder / "originals").iterdir())) == 5


def test_a_card_that_was_pulled_goes_on_where_it_stood(laptop, tmp_path):
    card, away = tmp_path / "card", tmp_path / "away"
    for number in range(6):
        film(card / "DCIM" / "100X" / f"C{number:04}.MP4", number)
    for count in (1, 3):
        running = laptop.begins("ingest", str(card), "--tweet", TWEET, *AGREED)
        whole = (line for line in running.stderr if b"C000" in line and b"take" in line)
        for _ in islice(whole, count):
            pass
        card.rename(away)
        said = running.stderr.read().decode()
        running.wait(60)
        running.stderr.close()
        away.rename(card)
        if running.returncode != 0:  # it may have been quicker than we were
            assert running.returncode == 3
            assert "The card has gone" in said
    assert laptop.types("ingest", str(card), "--tweet", TWEET, *AGREED).returncode == 0
    takes = laptop.takes()
    assert sorted(take["original"]["sha256"] for take in takes) == sorted(
        sha256(path.read_bytes()) for path in card.rglob("*.MP4")
    )
    assert len(list((laptop.folder / "originals").iterdir())) == 6


def test_clips_are_filed_by_the_slate_filmed_before_them(laptop, tmp_path):
    folder = tmp_path / "card" / "DCIM" / "100CANON"
    film(folder / "MVI_0001.MP4", 1)
    slate(folder / "MVI_0002.MP4", TWEET)
    film(folder / "MVI_0003.MP4", 3)
    slate(folder / "MVI_0004.MP4", OTHER)
    film(folder / "MVI_0005.MP4", 5)
    (folder / "MVI_0006.MP4").write_bytes(b"nothing that can be seen" * 50)  # a slate, for all we know
    film(folder / "MVI_0007.MP4", 7)
    film(tmp_path / "second" / "MVI_0001.MP4", 8)  # another card, with no slate of its own
    ended = laptop.types("ingest", str(tmp_path / "card"), str(tmp_path / "second"), *AGREED, "--json")
    assert ended.returncode == 1
    told = [(Path(row["source"]).name, row.get("tweet_id")) for row in json.loads(ended.stdout)]
    assert told == [
        ("MVI_0001.MP4", None),
        ("MVI_0002.MP4", TWEET),
        ("MVI_0003.MP4", TWEET),
        ("MVI_0004.MP4", OTHER),
        ("MVI_0005.MP4", OTHER),
        ("MVI_0006.MP4", None),
        ("MVI_0007.MP4", None),
        ("MVI_0001.MP4", None),
    ]
    assert "take it in with --tweet" in ended.stderr


def test_a_slate_is_shown_and_made(laptop, tmp_path):
    assert f"fieldkit:{TWEET}" in laptop.done("slate", TWEET)
    laptop.done("slate", f"https://x.com/i/status/{TWEET}", "-o", str(tmp_path / "slate.png"))
    assert (tmp_path / "slate.png").read_bytes() == picture(TweetId(TWEET))
