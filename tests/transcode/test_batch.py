"""Any number of files, in any state, as often as it takes."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.footage import card, clip, fill, small_disk

from fieldkit import disk
from fieldkit.capture.ingest import find
from fieldkit.errors import DiskFull, Unready, WorthRetrying
from fieldkit.transcode import batch as station
from fieldkit.transcode import ledger
from fieldkit.transcode.batch import Result, Source, Threads, batch, forecast, mirrored
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.reckoning import Reckoning

NOWHERE = Ffmpeg("/nowhere/ffmpeg")  # whoever starts it fails


def made(sources: Sequence[Path], out: Path, ffmpeg: Ffmpeg, jobs: int = 1, **more: Any) -> list[Result]:
    """The results of proxies, in the order of the sources."""
    results = list(
        batch([Source(s) for s in sources], out, Threads(ffmpeg, jobs), **{"profile": "proxy", **more})
    )
    return sorted(results, key=lambda result: [str(source) for source in sources].index(result.source))


def files(folder: Path) -> list[str]:
    """What a person sees there."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def aged(path: Path) -> Path:
    """A file that was there long before the batch began."""
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def test_each_source_has_its_result_and_one_bad_file_stops_nothing(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    poem = tmp_path / "poem.mp4"
    poem.write_text("no video")
    gone = tmp_path / "gone.mp4"
    sources = [clip("carphone_pristine"), poem, gone, clip("bikes")]
    results = made(sources, tmp_path / "out", ffmpeg, jobs=2)
    assert [result.ok for result in results] == [True, False, False, True]
    assert "poem.mp4" in (results[1].error or "")
    assert "gone.mp4" in (results[2].error or "")
    assert results[1].output is None
    assert all(Path(result.output).stat().st_size == result.bytes for result in results if result.output)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a link that leads nowhere but to itself")
def test_a_source_that_can_not_be_read_is_that_files_trouble(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    closed = tmp_path / "a.mp4"
    closed.symlink_to(closed)  # root, as which CI runs, reads all that is merely forbidden
    results = made([closed, card(tmp_path / "b.mp4")], tmp_path / "out", ffmpeg)
    assert [result.ok for result in results] == [False, True]


def test_a_second_run_makes_nothing_again_and_still_shows_the_passport(
    tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    source = card(tmp_path / "a.mp4")
    (first,) = made([source], tmp_path / "out", ffmpeg)
    (second,) = made([source], tmp_path / "out", NOWHERE)
    assert (second.ok, second.skipped) == (True, True)
    assert (second.output, second.bytes) == (first.output, first.bytes)
    assert second.passport == first.passport
    assert second.passport is not None
    assert second.passport["source"] == disk.hashed(source)[0]


def test_another_brief_makes_another_file(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = card(tmp_path / "a.mp4")
    asked = [{}, {"brief": Brief(trim=True)}, {"profile": "tweet"}]
    outputs = {made([source], tmp_path / "out", ffmpeg, **more)[0].output for more in asked}
    assert len(outputs) == 3
    assert all(made([source], tmp_path / "out", NOWHERE, **more)[0].skipped for more in asked)


def test_other_bytes_under_the_same_name_are_another_clip(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    (tmp_path / "card").mkdir()
    sources = [card(tmp_path / "0001.mp4"), card(tmp_path / "card" / "0001.mp4", rate="25")]
    assert len({result.output for result in made(sources, tmp_path / "out", ffmpeg)}) == 2


def test_hashes_are_remembered_and_a_source_that_changed_is_read_anew(
    tmp_path: Path, ffmpeg: Ffmpeg, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = aged(card(tmp_path / "a.mp4"))
    made([source], tmp_path / "out", ffmpeg)
    read: list[Path] = []
    hashed = disk.hashed
    monkeypatch.setattr(disk, "hashed", lambda path, *more: read.append(path) or hashed(path, *more))
    assert made([source], tmp_path / "out", NOWHERE)[0].skipped
    assert read == []
    aged(card(source, rate="25"))
    (result,) = made([source], tmp_path / "out", ffmpeg)
    assert not result.skipped
    assert len(files(tmp_path / "out")) == 2


def test_a_wrong_or_broken_memory_does_no_harm(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source, out = aged(card(tmp_path / "a.mp4")), tmp_path / "out"
    home = out / ledger.FOLDER
    home.mkdir(parents=True)
    with ledger.Hashes(home / "hashes.sqlite") as hashes:
        hashes.note(source, ledger.stamp(source), disk.hashed(clip("bikes"))[0])
    (first,) = made([source], out, ffmpeg)
    assert first.passport is not None
    assert first.passport["source"] == disk.hashed(source)[0]
    (home / "hashes.sqlite").write_bytes(b"no database" * 999)
    for path in home.glob("*.json"):
        path.write_text("no JSON")
    (second,) = made([source], out, NOWHERE)
    assert (second.skipped, second.output, second.bytes) == (True, first.output, first.bytes)
    assert second.passport is None


def test_an_output_that_was_damaged_is_made_anew(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = card(tmp_path / "a.mp4")
    (first,) = made([source], tmp_path / "out", ffmpeg)
    whole = disk.hashed(Path(first.output or ""))
    Path(first.output or "").write_bytes(b"half")
    (second,) = made([source], tmp_path / "out", ffmpeg)
    assert not second.skipped
    assert disk.hashed(Path(second.output or "")) == whole


def test_a_source_that_grows_while_it_is_read_is_refused_for_now(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = card(tmp_path / "a.mp4")

    def grow(path: Path, done: float, of: float) -> None:
        if 0 < done == of:
            with path.open("ab") as file:
                file.write(b"more")

    (result,) = batch([Source(source)], tmp_path / "out", Threads(ffmpeg, 1, grow), profile="proxy")
    assert not result.ok
    assert "changed while it was read" in (result.error or "")
    assert files(tmp_path / "out") == []


def test_a_folders_tree_is_mirrored_and_what_was_made_is_no_source(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    (tmp_path / "DCIM" / "100CANON").mkdir(parents=True)
    tree, single = card(tmp_path / "DCIM" / "100CANON" / "MVI_1.mp4"), card(tmp_path / "one.mp4", rate="25")
    for out in (tmp_path / "out", tmp_path / "DCIM"):
        paths = [tmp_path / "DCIM", single, tmp_path / "DCIM" / "100CANON", single]
        sources, left_out = mirrored(paths, out, find)
        assert sources == [Source(tree, Path("100CANON")), Source(single)]
        assert left_out == 0
        results = list(batch(sources, out, Threads(ffmpeg), profile="proxy"))
        assert [Path(r.output or "").parent for r in results] == [out / "100CANON", out]
        again, left_out = mirrored(paths, out, find)
        assert again == sources
        assert left_out == (2 if out.name == "DCIM" else 0)


def test_a_loop_of_links_and_a_link_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "DCIM").mkdir()
    card(tmp_path / "secret.mp4")
    kept = card(tmp_path / "DCIM" / "a.mp4")
    (tmp_path / "DCIM" / "loop").symlink_to(tmp_path / "DCIM")
    (tmp_path / "DCIM" / "out.mp4").symlink_to(tmp_path / "secret.mp4")
    assert mirrored([tmp_path / "DCIM"], tmp_path / "out", find)[0] == [Source(kept)]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text there")
def test_a_name_that_no_disk_likes_is_made_plain(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    folder = tmp_path / os.fsdecode(b"-caf\xe9\n")
    folder.mkdir()
    for name in (os.fsdecode(b"-\xff:?\n.mp4"), "x" * 250 + ".mp4", "ዜና" * 40 + ".mp4"):
        card(folder / "a.mp4", seconds=0.6).rename(folder / name)
    sources, _ = mirrored([tmp_path], tmp_path / "out", find)
    results = list(batch(sources, tmp_path / "out", Threads(ffmpeg), profile="proxy"))
    assert [result.error for result in results] == [None] * 3
    for name in files(tmp_path / "out"):
        name.encode()
        assert name.startswith("_caf__/")
        assert len(Path(name).name.encode()) <= 200


def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    poem = tmp_path / "poem.mp4"
    poem.write_text("no video")
    sources = [Source(card(tmp_path / "a.mp4")), Source(poem), Source(card(tmp_path / "b.mp4", rate="25"))]
    foreseen = list(forecast(sources, tmp_path / "out", profile="proxy"))
    assert not (tmp_path / "out").exists()
    results = list(batch(sources[:2], tmp_path / "out", Threads(ffmpeg), profile="proxy"))
    assert [(r.ok, r.output, r.error) for r in foreseen[:2]] == [(r.ok, r.output, r.error) for r in results]
    before = sorted((tmp_path / "out").rglob("*"))
    assert [r.skipped for r in forecast(sources, tmp_path / "out", profile="proxy")] == [True, False, False]
    assert sorted((tmp_path / "out").rglob("*")) == before


def test_parts_of_a_batch_that_died_are_cleared_away_and_nothing_else(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    out, source = tmp_path / "out", card(tmp_path / "a.mp4")
    (out / "sub").mkdir(parents=True)
    dead = [out / ".tweet.0badcafe.part.mp4", out / "sub" / ".proxy.0badcafe.part.mp4"]
    theirs = [out / ".somebody-elses.part", out / "sub" / "x.part"]
    for path in (*dead, *theirs):
        path.write_bytes(b"half")
    list(batch([Source(source, Path("sub"))], out, Threads(ffmpeg), profile="proxy"))
    assert not any(path.exists() for path in dead)
    assert all(path.exists() for path in theirs)


def test_two_batches_do_not_share_a_folder(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    (tmp_path / ledger.FOLDER).mkdir()
    with disk.Lock(tmp_path / ledger.FOLDER / "lock") as other:
        other.take()
        with pytest.raises(WorthRetrying, match="Another fieldkit is writing"):
            made([clip("bikes")], tmp_path, ffmpeg)


def test_an_interruption_ends_all_jobs_and_leaves_nothing_half_made(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    def interrupt(_source: Path, done: float, _of: float) -> None:
        if done:
            raise KeyboardInterrupt

    hands = Threads(ffmpeg, 2, interrupt)
    with pytest.raises(KeyboardInterrupt):
        list(batch([Source(clip("bigbuckbunny")), Source(clip("bikes"))], tmp_path, hands))
    assert [path.name for path in tmp_path.iterdir()] == [ledger.FOLDER]


def test_whoever_looks_away_stops_what_runs(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    short = card(tmp_path / "a.mp4", seconds=0.6)
    results = batch([Source(short), Source(clip("bigbuckbunny"))], tmp_path / "out", Threads(ffmpeg, 2))
    assert next(results).source == str(short)
    results.close()
    assert len(files(tmp_path / "out")) == 1
    assert list((tmp_path / "out").glob(".*.part*")) == []


def test_without_ffmpeg_the_batch_ends_at_the_first_file(tmp_path: Path) -> None:
    results = batch(
        [Source(card(tmp_path / "a.mp4")), Source(clip("bikes"))], tmp_path / "out", Threads(NOWHERE)
    )
    with pytest.raises(Unready, match="ffmpeg can't be started"):
        next(results)


def test_a_full_disk_stops_the_batch_at_once_and_keeps_what_is_done(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    sources = [Source(card(tmp_path / f"{rate}.mp4", rate=rate)) for rate in ("30", "25", "24")]
    with small_disk(tmp_path / "out") as out:
        results = batch(sources, out, Threads(ffmpeg), profile="proxy")
        assert next(results).ok
        ballast = fill(out, 8_192)
        with pytest.raises(DiskFull, match="The disk is full"):
            list(results)
        assert len(files(out)) == 2  # the ballast and what was done
        ballast.unlink()
        again = list(batch(sources, out, Threads(ffmpeg), profile="proxy"))
        assert [result.skipped for result in again] == [True, False, False]


@pytest.mark.skipif(sys.platform == "win32", reason="niceness is POSIX's")
@pytest.mark.parametrize(("gentle", "least"), [(True, 10), (False, 0)])
def test_a_gentle_ffmpeg_lets_others_go_first(gentle: bool, least: int) -> None:
    endless = ["-re", "-f", "lavfi", "-i", "testsrc2", "-f", "null", "-"]
    with Ffmpeg(gentle=gentle).start(endless) as running:
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, running.pid) == max(least, own)
        running.kill()


def test_the_reckoning_follows_the_batch(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    sources = [card(tmp_path / f"{n}.mp4", seconds=n) for n in (1, 2)]
    made(sources[:1], tmp_path / "out", ffmpeg)
    reckoning = Reckoning({source: source.stat().st_size for source in sources})
    results = batch(
        [Source(s) for s in sources], tmp_path / "out", Threads(ffmpeg), profile="proxy", reckoning=reckoning
    )
    assert next(results).skipped
    assert reckoning.left(1.0) is None
    list(results)
    assert reckoning.done == reckoning.total
    assert reckoning.worked == pytest.approx(2.0, abs=0.1)
    assert reckoning.left(9.0) == 0
    assert station.told(tmp_path / "gone.mp4") is None
