"""What is known of a rendition stays beside it; the MP4 tells nothing."""

import json
from pathlib import Path

from support.facts import AGREED, TWEET, take_id
from support.footage import card

from fieldkit import __version__, disk
from fieldkit.config import Library
from fieldkit.journal import Journal
from fieldkit.model import Original
from fieldkit.transcode import bookfile
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.passport import Passport
from fieldkit.transcode.render import render, render_due


def test_a_passport_tells_source_settings_tools_and_rules(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = card(tmp_path / "a.mp4")
    made = render(source, "proxy", tmp_path, "b.mp4", ffmpeg, brief=Brief(trim=True))
    told = made.passport.document()
    assert told["source"] == disk.hashed(source)[0]
    assert told["profile"] == "proxy"
    assert told["brief"]["trim"] is True
    assert told["recipe"]["effort"] == "fine"
    assert (told["width"], told["height"]) == (made.width, made.height)
    assert told["frames"] == 15
    assert told["took"] > 0
    assert told["tools"].keys() == {"fieldkit", "ffmpeg", "x264", "av"}
    assert told["tools"]["fieldkit"] == __version__
    assert told["tools"]["x264"].startswith("core 1")
    assert told["rules"] == bookfile.packaged().as_of
    assert made.passport.speed > 0
    assert json.loads(json.dumps(told)) == told


def test_nothing_of_the_passport_is_in_the_file(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = card(tmp_path / "a.mp4")
    made = render(source, "tweet", tmp_path, "b.mp4", ffmpeg)
    content = made.path.read_bytes().lower()
    told = made.passport
    words = [told.source, told.source[:12], told.rules, "fieldkit", "passport", "slow", "tweet"]
    words += [version for version in told.tools.values() if version != __version__]
    words += ["x264", "lavc", "lavf", "aq-mode", "core 16", "vmaf", "lufs"]
    for word in words:
        assert word.lower().encode() not in content, word
    assert bytes.fromhex(told.source) not in made.path.read_bytes()


def test_the_passport_of_a_due_rendition_is_in_the_journal(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    library = Library(tmp_path / "library")
    library.make()
    source = card(library.originals / "a.mp4")
    sha256, size = disk.hashed(source)
    with Journal(library.journal) as journal:
        take = journal.begin(take_id(), TWEET, None, None, AGREED)
        journal.seal(Original(take.id, "originals/a.mp4", sha256, size, None))
        render_due(journal.due_renditions(("tweet",))[0], library, journal, ffmpeg)
        told = journal.entry(take.id).passports["tweet"]
        assert told["source"] == sha256
        assert journal.passports(5) == [told]


def test_whatever_a_passport_holds_becomes_plain_json() -> None:
    odd = {"path": Path("a"), "many": (1, 2.00000001), "deep": {"x": None, "yes": True}}
    passport = Passport("s", "tweet", odd, {}, 2, 2, 30.0, 3, 0.0, {}, "2026-08-22", {"mean": 91.25})
    told = passport.document()
    assert told["brief"] == {"path": "a", "many": [1, 2.0], "deep": {"x": None, "yes": True}}
    assert told["quality"] == {"mean": 91.25}
    assert passport.speed > 0
