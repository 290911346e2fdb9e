"""The plan, tried with clips of every shape."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.footage import make
from support.probes import SOUND, a_probe

from fieldkit.errors import NeedsCrew, TooLong
from fieldkit.transcode.boxes import boxes
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.material import Probe
from fieldkit.transcode.plan import plan
from fieldkit.transcode.probe import probe
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.rules import judge, rejections

TWEET = PROFILES["tweet"]


def graph(source: Probe) -> str:
    arguments = plan(source, TWEET).arguments("file:/in", "file:/out")
    return arguments[arguments.index("-filter_complex") + 1]


videos = st.fixed_dictionaries(
    {
        "coded": st.tuples(st.integers(2, 8192), st.integers(2, 8192)),
        "rotation": st.sampled_from([0, 90, 180, 270]),
        "sar": st.fractions(Fraction(1, 4), 4, max_denominator=200),
        "fps": st.fractions(Fraction(1, 10), 1000, max_denominator=1001),
        "full_range": st.booleans(),
        "interlaced": st.booleans(),
        "transfer": st.sampled_from([None, "bt709", "smpte170m", "smpte2084", "arib-std-b67", "bt2020-10"]),
        "primaries": st.sampled_from(
            [None, "bt709", "bt470bg", "smpte170m", "bt2020", "smpte431", "smpte432"]
        ),
        "matrix": st.sampled_from([None, "bt709", "bt470bg", "smpte170m", "bt2020nc"]),
    }
)


@given(
    video=videos, seconds=st.floats(0.5, 3600), profile=st.sampled_from(sorted(PROFILES)), heard=st.booleans()
)
def test_whatever_comes_in_fits_what_x_takes(video: dict, seconds: float, profile: str, heard: bool) -> None:
    source = a_probe(seconds, SOUND if heard else None, **video)
    assume(source.width >= 1 and source.height >= 1)
    limits = PROFILES[profile]
    made = plan(source, limits, trim=True)
    assert all(side % 2 == 0 for side in (*made.shape.frame, *made.shape.picture))
    assert all(
        inside <= outside for inside, outside in zip(made.shape.picture, made.shape.frame, strict=True)
    )
    assert min(made.shape.frame) >= 32
    assert max(made.shape.frame) <= limits.long_side
    assert max(made.shape.frame) <= 2.4 * min(made.shape.frame)
    assert 10 <= made.shape.fps <= limits.fps
    assert 1 <= made.shape.gop <= min(512, round(10 * made.shape.fps))
    assert 0.5 <= made.seconds <= 140
    assert made.shape.picture[0] <= max(2, source.width)
    assert made.shape.picture[1] <= max(2, source.height)


@given(video=videos)
def test_the_shape_of_the_picture_is_kept(video: dict) -> None:
    source = a_probe(**video)
    assume(min(source.width, source.height) >= 32)
    width, height = plan(source, TWEET).shape.picture
    factor = min(1.0, 720 / min(source.width, source.height), 1280 / max(source.width, source.height))
    assert abs(width - source.width * factor) <= 2
    assert abs(height - source.height * factor) <= 2


@given(video=videos, seconds=st.floats(0.5, 3600), heard=st.booleans())
def test_the_arguments_are_plain_words_for_one_picture_and_at_most_one_sound(
    video: dict, seconds: float, heard: bool
) -> None:
    source = a_probe(seconds, SOUND if heard else None, **video)
    assume(source.width >= 1 and source.height >= 1)
    words = plan(source, TWEET, trim=True).arguments("file:/a b;c.mp4", "file:/-out.mp4")
    assert all(isinstance(word, str) and word for word in words)
    clip = words[: words.index("file:/-out.mp4")]
    assert clip.count("-map") == (2 if heard else 1)
    assert ("-t" in clip) == (seconds > 139.95)
    assert "sync-lookahead=0" in words[words.index("-x264-params") + 1]


def test_a_clip_that_is_too_long_is_refused_and_told_by_how_much() -> None:
    with pytest.raises(TooLong, match=r"3 min 23 s.*1 min 3 s more.*--trim"):
        plan(a_probe(202.8), TWEET)


def test_trimming_keeps_the_beginning() -> None:
    made = plan(a_probe(202.8), TWEET, trim=True)
    assert made.cut
    assert 139.9 <= made.seconds < 140


def test_a_take_of_140_seconds_whose_sound_ends_a_moment_later_is_not_refused() -> None:
    made = plan(a_probe(140.05), TWEET)
    assert made.cut
    assert made.seconds < 140


def test_a_clip_that_is_too_short_is_refused() -> None:
    with pytest.raises(NeedsCrew, match=r"0\.30 s and X takes none under 0\.5 s"):
        plan(a_probe(0.3), TWEET)


def test_the_end_card_counts_towards_the_longest_that_x_takes() -> None:
    assert plan(a_probe(136.9), TWEET, tail=3.0).total == pytest.approx(139.9)
    with pytest.raises(
        TooLong, match=r"lasts 2 min 18 s, which with 3 s of end card is more than the 140 s.*--trim"
    ):
        plan(a_probe(138.0), TWEET, tail=3.0)
    cut = plan(a_probe(300.0), TWEET, tail=3.0, trim=True)
    assert cut.cut
    assert 139.9 <= cut.total < 140
    words = cut.arguments("file:/in", "file:/out", "/a's:[b].ass")
    assert [words[at + 1] for at, word in enumerate(words) if word == "-t"] == ["139.950", "136.950"]


def test_all_of_it_is_one_graph_and_one_encode() -> None:
    words = plan(a_probe(10.0, SOUND), TWEET, tail=3.0).arguments("file:/in", "file:/out", "/w.ass")
    assert words.count("-i") == words.count("-filter_complex") == words.count("libx264") == 1
    graph = words[words.index("-filter_complex") + 1]
    assert graph.index("setparams") < graph.index("tpad") < graph.index("ass=filename=/w.ass")


@pytest.mark.parametrize(
    ("fps", "made"),
    [
        (Fraction(25), Fraction(25)),
        (Fraction(30000, 1001), Fraction(30000, 1001)),
        (Fraction(50), Fraction(25)),
        (Fraction(60000, 1001), Fraction(30000, 1001)),
        (Fraction(1000, 33), Fraction(30)),
        (Fraction(240), Fraction(30)),
        (Fraction(5), Fraction(10)),
    ],
)
def test_fast_pictures_are_divided_evenly(fps: Fraction, made: Fraction) -> None:
    assert plan(a_probe(fps=fps), TWEET).shape.fps == made


def test_interlaced_pictures_are_made_whole_before_anything_else() -> None:
    assert graph(a_probe(interlaced=True)).startswith("[0:0]bwdif=")
    assert "bwdif" not in graph(a_probe())


def test_hdr_is_scaled_first_and_toned_down_then() -> None:
    steps = graph(a_probe(transfer="arib-std-b67", primaries="bt2020", matrix="bt2020nc"))
    assert steps.index("scale=") < steps.index("npl=203") < steps.index("tonemap=mobius")
    assert "tonemap" not in graph(a_probe())


def test_dolby_vision_is_refused_where_its_base_layer_stands_for_nothing() -> None:
    with pytest.raises(NeedsCrew, match=r"Dolby Vision 5\.0.*HDR off"):
        plan(a_probe(dolby="5.0"), TWEET)
    assert "tonemap" in graph(a_probe(dolby="8.4", transfer="arib-std-b67"))


def test_small_pictures_without_a_colour_tag_count_as_bt601_and_large_ones_as_bt709() -> None:
    assert "in_color_matrix=smpte170m" in graph(a_probe(coded=(640, 480)))
    assert "in_color_matrix=bt709" in graph(a_probe())


@pytest.mark.parametrize(
    ("size", "rate", "extra"),
    [
        ("34x400", "30", ()),
        ("33x47", "7", ()),
        ("18x16", "30", ()),
        ("1918x202", "60", ("-vf", "setsar=4/3")),
        ("640x480", "25", ("-vf", "interlace,setfield=tff", "-flags", "+ildct+ilme")),
    ],
)
def test_odd_shapes_really_encode(
    size: str, rate: str, extra: tuple[str, ...], tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    source = make(
        tmp_path / "odd.mkv",
        *("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration=1", *extra),
        *("-c:v", "mpeg2video" if extra and "ildct" in extra[-1] else "ffv1"),
    )
    made = plan(probe(source), TWEET)
    result = tmp_path / "made.mp4"
    ffmpeg.run(made.arguments(f"file:{source}", f"file:{result}"), seconds=made.seconds)
    found = probe(result)
    assert (found.width, found.height) == made.shape.frame
    assert rejections(judge(found, boxes(result))) == []
    assert not found.video.interlaced
