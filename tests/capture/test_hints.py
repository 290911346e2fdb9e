"""The right hint for each fault, none for a good clip, and none that flickers."""

import hashlib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import hints as bench
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.footage import clip, footage

from fieldkit.capture.camera import Watcher
from fieldkit.capture.hints import SAYS, SHOWN, Face, Heard, Hint, Look, Steady, hints

GOOD = Look(
    lightest=200, middle=120, around=140, crisp=1.2, shaken=0, face=Face(0.4, 0.2, 0.2, 0.4, 110), sought=True
)
CLEAR = Heard(level=-20, loudest=-15, clipped=0, low=-60, low_share=0.05, hum=4, hum_level=-80)
# people who speak to a camera that stands still, in fair light
PEOPLE = ("grid-bbaf2n.mpg", "grid-brbk7n.mpg", "grid-lwbsza.mpg", "grid-swiz3n.mpg")
SPEAKING = ("interviews-35s.mp4", "walkers-handheld.mp4", "nasa-multistream-8khz.mp4")
SOFT_SPOKEN = {Hint.QUIET}  # these clips are shorter than a pause for thought


def test_a_good_take_gets_no_hint() -> None:
    assert hints(GOOD, CLEAR) == frozenset()


def test_what_was_not_measured_is_not_judged() -> None:
    assert hints(None, None) == frozenset()
    assert hints(replace(GOOD, face=None, sought=False), None) == frozenset()


@pytest.mark.parametrize(
    ("look", "hint"),
    [
        (replace(GOOD, lightest=50), Hint.DARK),
        (replace(GOOD, around=240, face=replace(GOOD.face, light=60)), Hint.AGAINST_LIGHT),
        (replace(GOOD, around=240, middle=60, face=None, sought=False), Hint.AGAINST_LIGHT),
        (replace(GOOD, crisp=0.3), Hint.BLURRED),
        (replace(GOOD, shaken=6), Hint.SHAKY),
        (replace(GOOD, face=None), Hint.NO_FACE),
        (replace(GOOD, face=replace(GOOD.face, top=-0.01)), Hint.CUT_OFF),
        (replace(GOOD, face=replace(GOOD.face, height=0.1)), Hint.SMALL),
    ],
)
def test_each_fault_of_the_picture_has_its_hint(look: Look, hint: Hint) -> None:
    assert hints(look, CLEAR) == {hint}


@pytest.mark.parametrize(
    ("heard", "hint"),
    [
        (replace(CLEAR, loudest=-55), Hint.QUIET),
        (replace(CLEAR, clipped=0.02), Hint.CLIPPING),
        (replace(CLEAR, low=-20, low_share=0.8), Hint.WIND),
        (replace(CLEAR, hum=30, hum_level=-40), Hint.HUM),
    ],
)
def test_each_fault_of_the_sound_has_its_hint(heard: Heard, hint: Hint) -> None:
    assert hints(GOOD, heard) == {hint}


def test_every_hint_says_what_to_do_and_never_that_nobody_is_there() -> None:
    assert set(SAYS) == set(Hint)
    assert not any("person" in says.lower() for says in SAYS.values())


def test_the_most_important_come_first() -> None:
    steady = Steady().after(2, {Hint.SMALL, Hint.HUM, Hint.DARK})
    assert steady.shown == (Hint.DARK, Hint.HUM)


@given(st.lists(st.sets(st.sampled_from(Hint)), max_size=60))
def test_no_hint_comes_or_goes_within_a_second(moments: list[set[Hint]]) -> None:
    steady, changed = Steady(), dict.fromkeys(Hint, -10.0)
    for number, present in enumerate(moments):
        before, steady = steady, steady.after(0.1, present)
        assert len(steady.shown) <= SHOWN
        for hint in set(before._all) ^ set(steady._all):
            assert number * 0.1 - changed[hint] >= 0.9
            changed[hint] = number * 0.1


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_a_hint_that_flickers_is_not_shown(flickers: list[bool]) -> None:
    steady = Steady()
    for on in flickers:
        steady = steady.after(0.4, {Hint.SHAKY} if on else set()).after(0.4, set())
        assert steady.shown == ()


def shared(name: str) -> Path:
    found = [path for path in footage() if path.name == name]
    if not found:
        pytest.skip("the shared footage is not at hand")
    return found[0]


def test_a_bundled_clip_of_a_face_gets_no_hint_and_each_fault_made_in_it_does() -> None:
    face = clip("carphone_pristine")
    assert bench.seen(face) == set()
    for hint, fault in bench.PICTURE_FAULTS.items():
        assert hint in bench.seen(face, fault), hint


@pytest.mark.parametrize("name", PEOPLE)
def test_people_before_a_camera_get_no_hint_and_each_fault_made_does(name: str) -> None:
    path = shared(name)
    assert bench.seen(path) | bench.heard(path) <= SOFT_SPOKEN
    for hint, fault in bench.PICTURE_FAULTS.items():
        assert hint in bench.seen(path, fault), hint


@pytest.mark.parametrize("name", SPEAKING)
def test_clear_speech_gets_no_hint_and_each_fault_made_does(name: str) -> None:
    path = shared(name)
    assert bench.heard(path) == set()
    missed = {hint for hint, fault in bench.SOUND_FAULTS.items() if hint not in bench.heard(path, fault)}
    assert missed <= ({Hint.WIND} if name == "interviews-35s.mp4" else set())  # louder than the wind made


def test_faults_are_heard_in_the_bundled_clip_with_sound() -> None:
    sound = clip("bigbuckbunny")
    assert bench.heard(sound) == set()
    for hint in (Hint.QUIET, Hint.HUM, Hint.WIND):
        assert hint in bench.heard(sound, bench.SOUND_FAULTS[hint]), hint


def test_the_detector_is_the_one_whose_licence_lies_beside_it() -> None:
    model = files("fieldkit.yunet").joinpath("face_detection_yunet_2023mar.onnx").read_bytes()
    told = files("fieldkit.yunet").joinpath("LICENSE").read_text("utf-8")
    assert hashlib.sha256(model).hexdigest() in told
    assert "MIT" in told


def test_without_a_detector_the_other_hints_stand() -> None:
    watcher = Watcher(None)
    black = np.full((180, 320), 16, np.uint8)
    for tenth in range(20):
        watcher.see(black, None, 5 + tenth / 10)
    assert watcher.shown == (Hint.DARK,)


def test_a_covered_lens_is_dark_and_nothing_else() -> None:
    assert hints(Look(2, 1, 2, 0.0, 0, None, sought=True), None) == {Hint.DARK}
