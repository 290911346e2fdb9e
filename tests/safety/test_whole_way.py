"""The whole way, planted: into the library, to the store, sealed, opened; no mark on the way, none in anything that leaves."""

import json
import urllib.request
from pathlib import Path

from support.crew import AGREED, TWEET, Crew
from support.footage import make
from support.planted import MARK, MARKS, PLANTS, plain
from support.store import StoreProcess

OPERATOR = "Plantedname Yusuf"


def test_6_no_name_number_or_position_reaches_the_store_or_what_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "card"
    folder.mkdir()
    source = next(plant for plant in PLANTS if plant.name == "camera").make(tmp_path, plain(tmp_path))
    named = source.rename(folder / f"{MARK} +254700123456.mp4")
    ready = make(folder / "other.mp4", "-i", str(named), "-map_metadata", "-1", "-c", "copy")
    with StoreProcess(tmp_path / "store") as store:
        crew = Crew(tmp_path / "laptop", store)
        crew.done(
            "init",
            "--operator",
            OPERATOR,
            "--seal",
            crew.done("unseal", "--new-key", str(tmp_path / "k")).strip(),
        )
        crew.done("ingest", str(named), "--tweet", TWEET, *AGREED)
        said = [crew.types(*words) for words in (("render",), ("sync",), ("seal",), ("status",), ("queue",))]
        added = crew.types("queue", "add", str(named), "--tweet", "12", *AGREED)
        assert added.returncode == 3
        crew.done("queue", "add", str(ready), "--tweet", "34", *AGREED)
        crew.done("sync")
        with urllib.request.urlopen(f"{store.url}/clips/{TWEET}", timeout=10) as answer:
            clips = json.load(answer)["clips"]
        with urllib.request.urlopen(f"{store.url}/metrics", timeout=10) as answer:
            metrics = answer.read()
    assert {clip["profile"] for clip in clips} == {"proxy", "tweet"}
    assert all(clip["url"].endswith(f"/clips/{TWEET}/{clip['sha256']}") for clip in clips)
    held = {path: path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file()}
    out = [metrics, *(each.stdout.encode() + each.stderr.encode() for each in said)]
    for mark in (*MARKS, b"254700123456", b"Lavf", b"x264 - core"):
        assert [path.name for path, content in held.items() if mark in content] == [], mark
        assert not any(mark in text for text in out), mark
    (take,) = [each for each in crew.takes() if each["tweet_id"] == TWEET]
    assert take["original"]["sealed"]
    originals = [path.name for path in (tmp_path / "laptop" / "originals").iterdir()]
    assert all(name.startswith("34-") for name in originals)


def test_6_a_file_that_only_says_how_it_was_made_is_queued_without_that(tmp_path: Path) -> None:
    ready = plain(tmp_path)
    assert b"x264 - core" in ready.read_bytes()
    crew = Crew(tmp_path / "laptop", "http://127.0.0.1:1")
    crew.done("queue", "add", str(ready), "--tweet", TWEET, *AGREED)
    ((made,),) = [take["renditions"] for take in crew.takes()]
    content = Path(made["path"]).read_bytes()
    assert b"Lavf" not in content
    assert b"x264 - core" not in content
    assert crew.types("check", "--privacy", made["path"]).returncode == 0
