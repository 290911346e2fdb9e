"""A recipe for each clip, on real ones: quality, bytes and deadlines as asked, and nothing left lying about."""

import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from support.footage import clip, make

from fieldkit.config import Library, Settings
from fieldkit.errors import NeedsCrew
from fieldkit.kit import Kit
from fieldkit.transcode import lab, naming, trials
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.choose import choose
from fieldkit.transcode.delivery import USUAL_SPEED, speed_of
from fieldkit.transcode.effort import EFFORTS
from fieldkit.transcode.explain import rows, two_lines
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.ground import Conditions, Ground
from fieldkit.transcode.job import Job, do
from fieldkit.transcode.plan import plan, usual
from fieldkit.transcode.probe import probe
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.quality import METRICS, pooled
from fieldkit.transcode.render import Made, render
from fieldkit.transcode.words import Words

TWEET = PROFILES["tweet"]
SLOW_LINE = Conditions(rate=64_000)


def ground(source: Path, brief: Brief, conditions: Conditions | None = None) -> Ground:
    return Ground(probe(source), TWEET, brief, conditions or Conditions())


@pytest.fixture(scope="module")
def bikes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of a street, as they were filmed."""
    short = tmp_path_factory.mktemp("bikes") / "bikes.mp4"
    return make(short, "-i", str(clip("bikes")), "-t", "5", "-c", "copy")


@pytest.fixture(scope="module")
def bunny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with sound, at a quarter of its pixels: a search tries many encodes of all of it."""
    small = tmp_path_factory.mktemp("bunny") / "bunny.mp4"
    scaled = ("-vf", "scale=640:360", "-c:v", "libx264", "-preset", "veryfast", "-qp", "10", "-c:a", "copy")
    return make(small, "-i", str(clip("bigbuckbunny")), *scaled)


def test_a_wide_picture_may_be_as_small_as_a_narrow_one_in_pixels(bikes: Path) -> None:
    wide = ground(bikes, Brief())
    assert wide.full == 272
    assert wide.sizes.sides == (272, 228, 190)  # 446x190 has more pixels than 356x200
    assert (
        min(wide.pixels(side) for side in wide.sizes.sides)
        >= 356 * 200 * float(wide.shape(190).fps) * wide.seconds
    )


def by_recipe(source: Path, made: Path, ffmpeg: Ffmpeg, crf: float, fps: int = 30) -> Path:
    found = probe(source)
    recipe = replace(usual(found, TWEET), crf=crf, effort="quick", fps=fps)
    ffmpeg.run(plan(found, TWEET, recipe).arguments(lab.url(source), lab.url(made)))
    return made


def test_the_quality_that_was_asked_for_is_reached(tmp_path: Path, ffmpeg: Ffmpeg, bunny: Path) -> None:
    made = render(bunny, "tweet", tmp_path, "x.mp4", ffmpeg, brief=Brief(vmaf=80))
    quality = made.passport.quality
    assert quality is not None
    assert quality["metric"] == "vmaf"
    assert quality["score"] == pytest.approx(80, abs=2.0)
    assert [path.name for path in tmp_path.iterdir()] == ["x.mp4"]


@pytest.mark.parametrize("most", [75_000, 200_000])
def test_a_budget_is_used_and_never_exceeded(tmp_path: Path, ffmpeg: Ffmpeg, bikes: Path, most: int) -> None:
    made = render(bikes, "tweet", tmp_path, "x.mp4", ffmpeg, brief=Brief(max_bytes=most))
    assert 0.95 * most <= made.bytes <= most
    assert made.path.stat().st_size == made.bytes
    assert [path.name for path in tmp_path.iterdir()] == ["x.mp4"]


def test_pictures_are_left_out_where_that_shows_more_of_a_face_and_never_of_what_shakes(
    tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    driving = clip("carphone_pristine")
    slowly = "tblend=all_mode=average,setpts=2*PTS,minterpolate=fps=30:mi_mode=blend"
    calm = make(tmp_path / "calm.mp4", "-i", str(driving), "-vf", slowly, "-t", "4", "-c:v", "libx264", "-qp", "10")  # fmt: skip
    wish = Brief(max_bytes=8_000)
    made, shaky = (
        render(each, "tweet", tmp_path, f"{each.stem}-x.mp4", ffmpeg, brief=wish) for each in (calm, driving)
    )
    assert (made.passport.fps, round(shaky.passport.fps, 2)) == (15, 29.97)
    assert probe(made.path).video.fps == 15
    assert made.choice
    assert made.passport.quality
    fluent = made.choice.options[-1]
    assert (fluent.fps, fluent.chosen) == (30, False)
    assert made.passport.quality["score"] > fluent.score + 2
    assert two_lines(made.choice)[0].startswith("144p15 at VMAF")
    assert two_lines(made.choice)[1] == f"every picture shown would only reach VMAF {fluent.score:.0f}"
    assert [row[0] for row in rows(map(asdict, made.choice.options))] == ["144p15", "144p"]


def test_a_budget_that_would_ruin_the_clip_is_refused(tmp_path: Path, ffmpeg: Ffmpeg, bunny: Path) -> None:
    with pytest.raises(
        NeedsCrew, match=r"in 12 kB would be ruined .* give it about \d+ kB, or cut it shorter"
    ):
        render(bunny, "tweet", tmp_path, "x.mp4", ffmpeg, brief=Brief(max_bytes=12_000))
    assert list(tmp_path.iterdir()) == []


def test_the_same_wish_makes_the_same_bytes(tmp_path: Path, ffmpeg: Ffmpeg, bikes: Path) -> None:
    wish = Brief(vmaf=80)
    made = [render(bikes, "tweet", tmp_path, f"{n}.mp4", ffmpeg, brief=wish) for n in range(2)]
    assert made[0].sha256 == made[1].sha256


def test_where_a_deadline_cannot_be_met_a_watchable_version_comes_first(
    tmp_path: Path, ffmpeg: Ffmpeg, bunny: Path
) -> None:
    order: list[Made] = []
    wish = Brief(rate=64_000, deadline=6)
    source = bunny
    best = render(
        source, "tweet", tmp_path, "x-tweet-0123456789ab.mp4", ffmpeg, brief=wish, early=order.append
    )
    (first,) = order
    assert first.path.name == "x-tweet-0123456789ab-first.mp4"
    assert naming.ours(first.path.name)
    assert first.path.is_file()
    assert first.bytes < best.bytes / 1.5
    assert best.choice is not None
    assert "misses the deadline by" in two_lines(best.choice)[1]


def test_a_deadline_is_met_with_better_pictures_the_later_it_is(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    sizes = []
    for deadline in (15, 40):
        wish = Brief(rate=64_000, deadline=deadline)
        made = render(clip("bikes"), "tweet", tmp_path, f"{deadline}.mp4", ffmpeg, brief=wish)
        assert made.bytes * 8 / 64_000 < deadline
        sizes.append(made.bytes)
    assert sizes[1] > 1.3 * sizes[0]


def test_a_batch_tells_its_reasons(tmp_path: Path, ffmpeg: Ffmpeg, bikes: Path) -> None:
    wish = Brief(rate=64_000, deadline=60)
    result = do(Job(bikes, tmp_path, tmp_path, "tweet", wish), ffmpeg)
    assert len(result.why) == 2
    assert result.why[0].split(":")[0].startswith(f"{result.passport['recipe']['short_side']}p at VMAF")
    table = rows(result.options)
    assert [row[-1] for row in table].count("chosen") == 1
    json.dumps(result.document())
    again = do(Job(bikes, tmp_path, tmp_path, "tweet", wish), ffmpeg)
    assert again.skipped
    assert again.why == result.why


def test_a_fast_line_is_not_kept_waiting_by_a_search(ffmpeg: Ffmpeg) -> None:
    choice = choose(ground(clip("bikes"), Brief(), Conditions(rate=50e6)), pytest.fail)
    assert not choice.searched
    assert choice.recipe.effort != "fine"


def test_pictures_are_paired_by_number_whatever_their_stamps(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    """ab-av1 #311: the stamps of phones and of Matroska pair the wrong pictures, and VMAF falls by tens."""
    shaky = tmp_path / "shaky.mkv"
    make(shaky, "-i", str(clip("bikes")), "-vf", "setpts=PTS+0.012*mod(N\\,3)/TB", "-fps_mode", "vfr", "-t", "3", "-c:v", "libx264", "-qp", "8")  # fmt: skip
    assert probe(shaky).video.vfr
    made = by_recipe(shaky, tmp_path / "x.mp4", ffmpeg, crf=12)
    here = ground(shaky, Brief())
    quality = lab.judged(made, here.shape(here.full).fps, shaky, here, lab.yardstick(here, ffmpeg))
    assert quality.mean > 96


def test_an_end_card_is_not_measured_against_nothing(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = clip("bikes")
    short = tmp_path / "short.mp4"
    make(short, "-i", str(by_recipe(source, tmp_path / "x.mp4", ffmpeg, crf=14)), "-t", "2", "-c", "copy")
    here = ground(source, Brief())
    assert lab.judged(short, here.shape(here.full).fps, source, here, lab.yardstick(here, ffmpeg)).p5 > 85


@pytest.mark.parametrize("name", ["xpsnr", "ssim"])
def test_without_libvmaf_the_quality_is_an_estimate(
    tmp_path: Path, ffmpeg: Ffmpeg, bikes: Path, name: str
) -> None:
    source = bikes
    here = ground(source, Brief())
    made = [by_recipe(source, tmp_path / f"{crf}.mp4", ffmpeg, crf=crf) for crf in (22, 38)]
    real = lab.yardstick(here, ffmpeg)
    other = replace(real, metric=METRICS[name])
    estimates = [lab.judged(path, here.shape(here.full).fps, source, here, other) for path in made]
    assert estimates[0].score > estimates[1].score + 10
    assert all(
        estimate.mean
        == pytest.approx(lab.judged(path, here.shape(here.full).fps, source, here, real).mean, abs=20)
        for estimate, path in zip(estimates, made, strict=True)
    )
    assert {estimate.metric for estimate in estimates} == {name}


def test_a_bad_second_counts() -> None:
    even, uneven = pooled([80.0] * 100, 10), pooled([84.0] * 90 + [44.0] * 10, 10)
    assert even.mean == uneven.mean == 80
    assert even.score == 80
    assert uneven.score < 73


def test_a_sample_is_as_long_as_was_planned(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    here = ground(clip("bikes"), Brief())
    with lab.lab(here, clip("bikes"), tmp_path, "quick", lab.yardstick(here, ffmpeg)) as trying:
        point = trying.trial(here, here.full, 30.0)
        expected = sum(part.length for part in trying.parts) * float(here.shape(here.full).fps)
        assert trying.encoded == [pytest.approx(expected, abs=5)]
    assert 40 < point.score < 99
    assert list(tmp_path.iterdir()) == []
    assert trials.sample("file:/x")


def test_words_on_the_picture_are_compared_with_the_same_words_on_the_source(
    tmp_path: Path, ffmpeg: Ffmpeg, bikes: Path
) -> None:
    wish = Brief(vmaf=80, words=Words((), "Fatima, Kakuma"))
    made = render(bikes, "tweet", tmp_path, "x.mp4", ffmpeg, brief=wish)
    plain = render(bikes, "tweet", tmp_path, "y.mp4", ffmpeg, brief=Brief(vmaf=80))
    assert made.passport.quality
    assert made.passport.quality["score"] == pytest.approx(80, abs=1.5)
    assert made.bytes < 1.3 * plain.bytes


def test_sound_alone_that_is_larger_than_asked_is_refused(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    source = make(tmp_path / "sound.m4a", "-f", "lavfi", "-i", "sine=330:d=2", "-c:a", "aac")
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(NeedsCrew, match=r"holds sound alone and comes out at \d+ kB, more than the 1 kB"):
        render(source, "tweet", out, "x.mp4", ffmpeg, brief=Brief(max_bytes=1_000))
    assert list(out.iterdir()) == []


def test_the_laptops_speed_is_that_of_its_own_last_encodes() -> None:
    fine = {"width": 640, "height": 480, "frames": 300, "took": 4.0, "recipe": {"effort": "fine"}}
    quick = fine | {"took": 4.0 * EFFORTS["quick"].seconds, "recipe": {"effort": "quick"}}
    tiny = fine | {"frames": 3, "took": 1.0}
    assert speed_of([fine, quick, tiny]) == pytest.approx(640 * 480 * 300 / 4)
    assert speed_of([tiny]) == USUAL_SPEED


def test_the_kit_plans_with_the_line_that_sync_measured(tmp_path: Path) -> None:
    kit = Kit(Library(tmp_path), Settings())
    assert kit.conditions == Conditions()
    with kit.journal():
        pass
    link = {"bits_per_second": 64_000, "low": 60_000, "high": 68_000, "rtt_ms": 600}
    sight = {"link": link, "at": time.time(), "sha256": None, "sent": {}, "held": None}
    kit.library.live.write_text(json.dumps(sight))
    assert kit.conditions.rate == 64_000
