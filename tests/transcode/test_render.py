"""A rendition is whole, clean and on record, or it is nowhere."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from support.facts import AGREED, TWEET, take_id
from support.footage import card, clip, fill, make, small_disk

from fieldkit import disk
from fieldkit.config import Library
from fieldkit.errors import Damaged, DiskFull, NeedsCrew, NotAVideo, Refused, TooLong, WorthRetrying
from fieldkit.journal import Due, Journal
from fieldkit.model import Original, Rendition
from fieldkit.transcode import render as station
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.check import check, rejections
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.probe import probe
from fieldkit.transcode.render import render, render_due

PLANTED = (
    *(
        "-metadata",
        "location=+40.6892-074.0445/",
        "-metadata",
        "title=Planted Title",
        "-metadata",
        "artist=Planted Name",
    ),
    *(
        "-metadata",
        "comment=planted comment",
        "-metadata",
        "make=PlantedMake",
        "-metadata",
        "model=PlantedModel",
    ),
    *("-metadata", "creation_time=2024-02-12T19:16:55Z", "-metadata:s:v", "handler_name=Planted Handler"),
    *("-metadata:s:a", "language=som"),
)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path / "library")
    library.make()
    return library


def sealed(library: Library, journal: Journal, source: Path, suffix: str = ".mp4") -> Due:
    """The due tweet rendition of a take whose original is `source`."""
    take = journal.begin(take_id(), TWEET, None, "crew", AGREED)
    kept = library.originals / f"{take.id}{suffix}"
    kept.write_bytes(source.read_bytes())
    sha256, size = disk.hashed(kept)
    journal.seal(Original(take.id, kept.relative_to(library.root).as_posix(), sha256, size, None))
    return next(due for due in journal.due_renditions(("tweet",)) if due.take.id == take.id)


def test_a_due_rendition_is_made_and_put_on_record(library: Library, ffmpeg: Ffmpeg) -> None:
    with Journal(library.journal) as journal:
        due = sealed(library, journal, clip("carphone_pristine"))
        made = render_due(due, library, journal, ffmpeg)
        path = library.root / made.path
        assert path.name == f"{TWEET}-tweet-{made.sha256[:12]}.mp4"
        assert disk.hashed(path) == (made.sha256, made.bytes)
        assert journal.entries()[0].renditions == [made]
        assert journal.due_renditions(("tweet",)) == []
        assert [p.name for p in library.renditions.iterdir()] == [path.name]


def test_making_it_again_after_a_death_before_the_row_changes_nothing(
    library: Library, ffmpeg: Ffmpeg
) -> None:
    with Journal(library.journal) as journal:
        due = sealed(library, journal, clip("carphone_pristine"))
        first = render_due(due, library, journal, ffmpeg)
        journal.drop_rendition(due.take.id, "tweet")
        assert render_due(due, library, journal, ffmpeg) == first
        assert len(list(library.renditions.iterdir())) == 1


def test_two_takes_that_encode_alike_have_a_file_each(
    library: Library, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    copies = [card(tmp_path / f"{name}.mp4", more=("-metadata", f"title={name}")) for name in ("one", "two")]
    with Journal(library.journal) as journal:
        made = [render_due(sealed(library, journal, copy), library, journal, ffmpeg) for copy in copies]
    assert made[0].sha256 == made[1].sha256
    assert made[0].path != made[1].path
    assert all((library.root / each.path).is_file() for each in made)


def test_an_original_that_changed_on_disk_is_not_rendered(library: Library, ffmpeg: Ffmpeg) -> None:
    with Journal(library.journal) as journal:
        due = sealed(library, journal, clip("carphone_pristine"))
        with (library.root / due.original.path).open("r+b") as file:
            file.seek(5000)
            file.write(b"rot")
        with pytest.raises(Damaged, match="is not what was written"):
            render_due(due, library, journal, ffmpeg)
        assert journal.entries()[0].renditions == []


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_nothing_that_tells_who_or_where_survives(suffix: str, tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    chapters = tmp_path / "chapters.txt"
    chapters.write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=Planted Chapter\n")
    plain = card(tmp_path / "plain.mp4")
    planted = make(
        tmp_path / f"planted{suffix}",
        *("-i", str(plain), "-i", str(chapters), "-map_metadata", "1", *PLANTED, "-c", "copy"),
        *("-movflags", "use_metadata_tags" if suffix == ".mov" else "faststart"),
    )
    assert b"lanted" in planted.read_bytes()
    broken = {problem.rule for problem in rejections(check(planted))}
    assert broken >= {"location", "date"}
    made = render(planted, "tweet", tmp_path, "clean.mp4", ffmpeg).path
    content = made.read_bytes()
    assert rejections(check(made)) == []
    for word in (
        b"lanted",
        b"40.6892",
        b"loci",
        b"\xa9xyz",
        b"x264 - core",
        b"Lavc",
        b"Lavf",
        b"libx264",
        b"Handler",
    ):
        assert word not in content[:4096], word
    assert b"lanted" not in content
    assert b"x264 - core" not in content


def test_the_same_clip_gives_the_same_bytes_each_time(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    for profile, source in (("proxy", "bikes"), ("tweet", "carphone_pristine")):
        made = {render(clip(source), profile, tmp_path, f"{n}.mp4", ffmpeg).sha256 for n in range(3)}
        assert len(made) == 1, profile


def test_an_overlong_clip_is_refused_and_trimmed_on_demand(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    long = card(tmp_path / "long.mkv", seconds=145, size="64x64", rate="10")
    with pytest.raises(TooLong, match=r"5\.0 s more than the 140 s.*--trim"):
        render(long, "proxy", tmp_path, "refused.mp4", ffmpeg)
    made = render(long, "proxy", tmp_path, "trimmed.mp4", ffmpeg, brief=Brief(trim=True))
    assert 139.5 < made.seconds <= 140
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.mkv", "trimmed.mp4"]


def test_progress_runs_to_the_end(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    heard: list[tuple[float, float]] = []
    render(
        clip("bikes"), "proxy", tmp_path, "p.mp4", ffmpeg, progress=lambda done, of: heard.append((done, of))
    )
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert heard[-1] == (10.0, 10.0)


def test_an_interruption_leaves_no_ffmpeg_and_no_part(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    def interrupt(_done: float, _of: float) -> None:
        raise KeyboardInterrupt

    before = children()
    with pytest.raises(KeyboardInterrupt):
        render(clip("bigbuckbunny"), "tweet", tmp_path, "x.mp4", ffmpeg, progress=interrupt)
    assert list(tmp_path.iterdir()) == []
    assert set(children()) <= set(before)


def test_an_ffmpeg_that_is_killed_is_worth_retrying(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    def murder(_done: float, _of: float) -> None:
        for child in children():
            os.kill(child, signal.SIGKILL)

    with pytest.raises(WorthRetrying, match="signal 9"):
        render(clip("bigbuckbunny"), "tweet", tmp_path, "x.mp4", ffmpeg, progress=murder)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("quickly")
def test_a_result_that_x_would_refuse_is_not_published(
    tmp_path: Path, ffmpeg: Ffmpeg, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = station.plan

    def stretched(*arguments: object, **options: object) -> object:
        planned = plan(*arguments, **options)
        return replace(planned, shape=replace(planned.shape, picture=(320, 96), frame=(320, 96)))

    monkeypatch.setattr(station, "plan", stretched)
    with pytest.raises(Refused, match=r"aspect 3.33 to 1, limit 1:3 to 3:1"):
        render(clip("carphone_pristine"), "tweet", tmp_path, "x.mp4", ffmpeg)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_looks_like_an_option_or_a_protocol_is_a_file(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    odd = tmp_path / "-i http:evil|'x.mp4"
    odd.write_bytes(clip("carphone_pristine").read_bytes())
    assert render(odd, "proxy", tmp_path, "-y.mp4", ffmpeg).path.is_file()


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9])
def test_a_damaged_clip_is_rendered_or_refused_but_never_a_riddle(
    keep: float, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    whole = clip("bikes").read_bytes()
    for name, content in (
        ("cut.mp4", whole[: int(len(whole) * keep)]),
        ("holed.mp4", whole[: len(whole) // 3] + bytes(40_000) + whole[len(whole) // 3 + 40_000 :]),
    ):
        (tmp_path / name).write_bytes(content)
        try:
            made = render(tmp_path / name, "proxy", tmp_path, "out.mp4", ffmpeg)
        except NeedsCrew as refusal:
            assert "\n" not in str(refusal)  # noqa: PT017 - both ends are good
        else:
            assert rejections(check(made.path)) == []


def test_what_is_not_a_video_is_refused(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    (tmp_path / "poem.mp4").write_text("Shall I compare thee\n" * 100)
    with pytest.raises(NotAVideo, match=r"poem\.mp4 is not a video"):
        render(tmp_path / "poem.mp4", "tweet", tmp_path, "x.mp4", ffmpeg)


@pytest.mark.usefixtures("quickly")
def test_a_full_disk_loses_nothing_and_the_next_run_works(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    with small_disk(tmp_path / "small", "8m") as small:
        library = Library(small / "library")
        library.make()
        with Journal(library.journal) as journal:
            due = sealed(library, journal, clip("bikes"))
            ballast = fill(small, leave=200_000)
            with pytest.raises(DiskFull, match="The disk is full") as refusal:
                render_due(due, library, journal, ffmpeg)
            assert "\n" not in str(refusal.value)
            assert list(library.renditions.iterdir()) == []
            ballast.unlink()
            made: Rendition = render_due(due, library, journal, ffmpeg)
            disk.verify(library.root / made.path, made.sha256)
            disk.verify(library.root / due.original.path, due.original.sha256)


def test_full_range_becomes_limited_range(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    white = make(
        tmp_path / "white.mp4",
        *(
            "-f",
            "lavfi",
            "-i",
            "color=white:size=320x180:rate=30:duration=1,scale=out_range=full,format=yuvj420p",
        ),
        *("-c:v", "libx264", "-color_range", "pc"),
    )
    assert probe(white).video.full_range
    made = render(white, "tweet", tmp_path, "made.mp4", ffmpeg)
    assert not probe(made.path).video.full_range
    assert brightness(made.path, ffmpeg, tmp_path) == pytest.approx(235, abs=2)


def brightness(path: Path, ffmpeg: Ffmpeg, folder: Path) -> float:
    """The mean luma of the first picture."""
    raw = folder / "raw.gray"
    ffmpeg.run(
        ["-y", "-i", str(path), "-frames:v", "1", "-vf", "extractplanes=y", "-f", "rawvideo", str(raw)]
    )
    return sum(raw.read_bytes()) / raw.stat().st_size


def children() -> list[int]:
    """This process's living children."""
    here = Path(f"/proc/{os.getpid()}/task")
    found = [int(pid) for task in here.iterdir() for pid in (task / "children").read_text().split()]
    return [pid for pid in found if "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0]]


@pytest.mark.parametrize("transfer", ["arib-std-b67", "smpte2084"])
def test_hdr_is_not_shown_washed_out(transfer: str, tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    colours = (
        "-color_trc",
        transfer,
        "-color_primaries",
        "bt2020",
        "-colorspace",
        "bt2020nc",
        "-color_range",
        "tv",
    )
    params = f"setparams=color_trc={transfer}:color_primaries=bt2020:colorspace=bt2020nc:range=tv"
    # the light of white paper: 75 % of the signal in HLG, 58 % in PQ (ITU-R BT.2408)
    signal = 64 + round(876 * (0.75 if transfer == "arib-std-b67" else 0.58))
    paper = make(
        tmp_path / "paper.mkv",
        *("-f", "lavfi", "-i", "color=gray:size=320x180:rate=30:duration=1,format=yuv420p10le"),
        *("-vf", f"geq=lum={signal}:cb=512:cr=512,{params}", "-c:v", "ffv1", *colours),
    )
    assert probe(paper).video.hdr
    made = render(paper, "tweet", tmp_path, "made.mp4", ffmpeg)
    assert probe(made.path).video.transfer == "bt709"
    assert 170 < brightness(made.path, ffmpeg, tmp_path) <= 236
