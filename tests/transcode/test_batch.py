"""Any number of files, in any state, as often as it takes."""

from pathlib import Path

import pytest
from support.footage import card, clip

from fieldkit import disk
from fieldkit.errors import WorthRetrying
from fieldkit.transcode.batch import batch
from fieldkit.transcode.ffmpeg import Ffmpeg


def test_each_source_has_its_result_and_one_bad_file_stops_nothing(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    poem = tmp_path / "poem.mp4"
    poem.write_text("no video")
    results = batch(
        [clip("carphone_pristine"), poem, clip("bikes")], tmp_path / "out", ffmpeg, profile="proxy", jobs=2
    )
    assert [result.ok for result in results] == [True, False, True]
    assert results[1].error is not None
    assert "poem.mp4" in results[1].error
    assert results[1].output is None
    assert all(Path(result.output).stat().st_size == result.bytes for result in results if result.output)


def test_a_second_run_makes_nothing_again(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = card(tmp_path / "a.mp4")
    (first,) = batch([source], tmp_path / "out", ffmpeg)
    (second,) = batch([source], tmp_path / "out", Ffmpeg("/nowhere/ffmpeg"))
    assert second.skipped
    assert second.ok
    assert (second.output, second.bytes) == (first.output, first.bytes)


def test_other_bytes_under_the_same_name_are_another_clip(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    (tmp_path / "card").mkdir()
    sources = [card(tmp_path / "0001.mp4"), card(tmp_path / "card" / "0001.mp4", rate="25")]
    results = batch(sources, tmp_path / "out", ffmpeg, profile="proxy")
    assert len({result.output for result in results}) == 2


def test_parts_of_a_batch_that_died_are_cleared_away_and_nothing_else(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / ".tweet.0badcafe.part.mp4").write_bytes(b"half")
    (out / ".somebody-elses.part").write_bytes(b"theirs")
    batch([], out, ffmpeg)
    assert sorted(path.name for path in out.iterdir()) == [".fieldkit.lock", ".somebody-elses.part"]


def test_two_batches_do_not_share_a_folder(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    with disk.Lock(tmp_path / ".fieldkit.lock") as other:
        other.take()
        with pytest.raises(WorthRetrying, match="Another fieldkit is writing"):
            batch([clip("bikes")], tmp_path, ffmpeg)


def test_an_interruption_ends_all_jobs(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    def interrupt(_source: Path, _done: float, _of: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch([clip("bigbuckbunny"), clip("bikes")], tmp_path, ffmpeg, jobs=2, progress=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == [".fieldkit.lock"]
