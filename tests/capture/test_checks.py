"""What is said of a recording, from figures alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.capture.checks import Holes, Measured, Picture, Sound, holes, verdict

PICTURE = Picture(0.0, 30.0, (1280, 720), 30.0)
SOUND = Sound(0.0, 30.02, level=-22.0)

FAULTS = {
    "the picture stops 9.0 s before the end": ({"end": 21.02}, {}),
    "the sound stops 18.0 s before the end": ({}, {"end": 12.0}),
    "the sound begins 1.5 s late": ({}, {"begin": 1.5}),
    "the picture begins 1.5 s late": ({"begin": 1.5}, {}),
    "the picture is black for 12 s": ({"black": 12.0}, {}),
    "the picture is frozen for 4 s": ({"frozen": 4.0}, {}),
    "the picture stands still for 0.6 s": ({"holes": Holes(1, 0.57, 0.6)}, {}),
    "20% of the pictures are missing": ({"holes": Holes(180, 6.0, 0.1)}, {}),
    "3 pictures are damaged": ({"damaged": 3}, {}),
    "there is nothing to be heard": ({}, {"level": -61.0}),
    "the sound falls silent for 11 s": ({}, {"silent": 11.0}),
    "the sound falls silent for 2 s": ({}, {"dead": 2.0}),
    "the sound breaks off for 0.8 s": ({}, {"holes": Holes(1, 0.8, 0.8)}),
    "the sound is too loud and distorted": ({}, {"clipped": 2.0}),
    "picture and sound drift apart by 0.2 s": ({}, {"drift": -0.2}),
}


def test_a_good_take_is_called_good() -> None:
    judged = verdict(Measured(PICTURE, SOUND), sound_wanted=True)
    assert (judged.good, judged.again) == (True, False)


def test_a_good_take_tells_of_the_few_pictures_that_it_lacks() -> None:
    picture = replace(PICTURE, holes=Holes(30, 1.2, 0.07))
    judged = verdict(Measured(picture, SOUND), sound_wanted=True)
    assert judged.good
    assert judged.sentence.endswith("from beginning to end, though 4% of the pictures are missing.")


@pytest.mark.parametrize(("says", "changed"), FAULTS.items())
def test_a_fault_is_said_in_one_sentence(says: str, changed: tuple[dict, dict]) -> None:
    picture, sound = changed
    judged = verdict(Measured(replace(PICTURE, **picture), replace(SOUND, **sound)), sound_wanted=True)
    assert (judged.good, judged.again) == (False, True)
    assert says in judged.sentence[0].lower() + judged.sentence[1:]
    assert "\n" not in judged.sentence
    assert judged.sentence.count(". ") == 0


@pytest.mark.parametrize("sound", [None, Sound()])
def test_sound_that_is_missing_is_a_fault_where_it_was_wanted(sound: Sound | None) -> None:
    assert "no sound at all" in verdict(Measured(PICTURE, sound), sound_wanted=True).sentence


def test_a_film_without_a_track_of_sound_was_meant_so() -> None:
    assert verdict(Measured(PICTURE, None), sound_wanted=False).good


def test_a_microphone_that_never_spoke_is_a_fault_whoever_asks() -> None:
    assert not verdict(Measured(PICTURE, Sound()), sound_wanted=False).good


def test_a_take_that_was_cut_off_is_never_good() -> None:
    judged = verdict(Measured(PICTURE, SOUND), sound_wanted=True, cut="the disk filled up")
    assert judged.sentence == (
        "The disk filled up, after 30.0 s: watch how it ends, and record again if words are missing."
    )


@given(
    picture=st.builds(
        Picture,
        st.just(0.0),
        st.floats(0.1, 140),
        st.just((1280, 720)),
        st.just(30.0),
        st.builds(Holes, st.integers(0, 500), st.floats(0, 20), st.floats(0, 20)),
        *(st.floats(0, 140), st.floats(0, 140), st.integers(0, 9)),
    ),
    sound=st.none()
    | st.builds(
        Sound,
        st.floats(0, 3),
        st.floats(0, 140),
        st.builds(Holes, st.integers(0, 500), st.floats(0, 20), st.floats(0, 20)),
        *(st.floats(-1, 1), st.floats(-120, 0), st.floats(0, 140), st.floats(0, 140), st.floats(0, 140)),
    ),
    wanted=st.booleans(),
)
def test_whatever_was_measured_is_one_sentence_and_good_only_without_a_fault(
    picture: Picture, sound: Sound | None, wanted: bool
) -> None:
    judged = verdict(Measured(picture, sound), sound_wanted=wanted)
    assert judged.good is judged.sentence.startswith("Good")
    assert judged.good is not judged.again
    assert judged.sentence.endswith(".")


# ── holes ───────────────────────────────────────────────────────────────────────────────────────────


def times(*intervals: float) -> list[float]:
    now, found = 0.0, [0.0]
    for interval in intervals:
        now += interval
        found.append(now)
    return found


def test_a_rate_that_halves_in_low_light_is_no_hole() -> None:
    assert holes(times(*[1 / 30] * 90, *[1 / 15] * 90, *[1 / 30] * 90)).count <= 2


def test_dropped_pictures_are_counted() -> None:
    found = holes(times(*([1 / 30] * 8 + [2 / 30]) * 20))
    assert found.count == 20
    assert found.lost == pytest.approx(20 / 30)
    assert found.longest == pytest.approx(2 / 30)


def test_a_stream_of_one_picture_or_none_has_no_hole() -> None:
    assert holes([]) == holes([3.0]) == Holes()
