import pytest

from fieldkit.capture.checks import Measured, verdict

GOOD = {"picture": 30.0, "sound": 30.02, "interval": 1 / 30, "longest_gap": 0.034}


def test_a_good_take_needs_no_word() -> None:
    assert verdict(Measured(**GOOD), sound_wanted=True) is None


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"picture": 21.0}, "The picture stops 9.0 s before the end"),
        ({"sound": 12.0}, "The sound stops 18.0 s before the end"),
        ({"sound": None}, "no sound at all"),
        ({"longest_gap": 0.4}, "stands still for 0.40 s"),
    ],
)
def test_a_fault_is_said_in_one_sentence(changed: dict, says: str) -> None:
    said = verdict(Measured(**GOOD | changed), sound_wanted=True)
    assert said is not None
    assert says in said
    assert "\n" not in said


def test_silence_that_was_wanted_is_no_fault() -> None:
    assert verdict(Measured(**GOOD | {"sound": None}), sound_wanted=False) is None
