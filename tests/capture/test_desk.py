"""Space begins and ends, R once more, Q leaves; nothing else does anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.capture import session as story
from fieldkit.capture.desk import Desk, Wish, meaning
from fieldkit.capture.rig import Shot
from fieldkit.capture.session import rehearsal, session
from fieldkit.errors import NoDevice
from fieldkit.transcode.ffmpeg import Ffmpeg

PHASES = ("rehearsing", "counting", "waiting", "rolling", "sealing")
KEYS = ("space", "enter", "q", "r", "up", "x")


@pytest.mark.parametrize(
    ("phase", "key", "wish"),
    [
        ("rehearsing", "space", Wish.BEGIN),
        ("rehearsing", "enter", Wish.BEGIN),
        ("rehearsing", "r", None),
        ("rehearsing", "q", Wish.LEAVE),
        ("counting", "space", None),
        ("counting", "q", Wish.LEAVE),
        ("waiting", "q", Wish.STOP),
        ("waiting", "r", None),
        ("rolling", "space", Wish.STOP),
        ("rolling", "q", Wish.STOP),
        ("rolling", "r", Wish.AGAIN),
        ("sealing", "space", None),
    ],
)
def test_a_key_means_what_its_phase_says(phase: str, key: str, wish: Wish | None) -> None:
    assert meaning(phase, key) is wish


@given(st.lists(st.sampled_from([*PHASES, *KEYS])))
def test_after_ctrl_c_no_key_brings_the_camera_back(story: list[str]) -> None:
    desk = Desk()
    desk.leave()
    for word in story:
        desk.enter(word) if word in PHASES else desk.press(word)
        assert desk.taken() is Wish.LEAVE
        assert desk.asked.is_set()


def test_a_wish_is_met_once_and_the_first_of_a_phase_counts() -> None:
    desk = Desk()
    desk.enter("rolling")
    desk.press("r")
    desk.press("space")
    assert desk.asked.is_set()
    assert desk.taken() is Wish.AGAIN
    assert not desk.asked.is_set()
    assert desk.taken() is None


class Story:
    """A session whose takes and rehearsals are told by a list of keys."""

    def __init__(self, *keys: str, begins: bool = True) -> None:
        self.desk, self.keys, self.begins = Desk(), list(keys), begins
        self.rehearsed: list[bool] = []
        self.takes = 0

    def roll(self) -> int:
        self.takes += 1
        self.desk.enter("rolling")
        if self.keys:
            self.desk.press(self.keys.pop(0))
        return self.takes

    def rehearse(self, counting: bool) -> bool:
        self.rehearsed.append(counting)
        return self.begins


def test_a_take_that_runs_out_is_the_last() -> None:
    story = Story()
    assert session(story.desk, story.roll, story.rehearse) == 1
    assert story.rehearsed == [False]


def test_once_more_counts_down_at_once_and_the_last_take_is_given_back() -> None:
    story = Story("r", "r", "space")
    assert session(story.desk, story.roll, story.rehearse) == 3
    assert story.rehearsed == [False, True, True]


def test_who_leaves_the_rehearsal_records_nothing() -> None:
    story = Story(begins=False)
    assert session(story.desk, story.roll, story.rehearse) is None
    assert story.takes == 0


def test_without_a_rehearsal_the_camera_rolls_at_once() -> None:
    story = Story("r", "q")
    assert session(story.desk, story.roll, None) == 2


class Nothing:
    """A window that shows nothing."""

    def show(self, piece: bytes) -> bool:
        """Takes it."""
        return True


def rehearsed(shot: Shot, desk: Desk, counting: bool = False) -> tuple[bool, list[str]]:
    """What came of it, and the phases on the way; Space is pressed as soon as the camera is seen."""
    phases: list[str] = []

    def tell(phase: str, seconds: float) -> None:
        if phases[-1:] != [phase]:
            phases.append(phase)
            desk.press("space")

    return rehearsal(shot, "linux", Ffmpeg().start, Nothing(), desk, tell, counting), phases


def test_a_rehearsal_waits_for_the_camera_and_counts_to_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "COUNT", 0.3)
    began, phases = rehearsed(Shot("test:", size=(160, 120)), Desk())
    assert began
    assert phases[-1] == "counting"


def test_a_retake_counts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "COUNT", 0.3)
    began, phases = rehearsed(Shot("test:", size=(160, 120)), Desk(), counting=True)
    assert began
    assert "rehearsing" not in phases


def test_ctrl_c_leaves_the_rehearsal() -> None:
    desk = Desk()
    desk.leave()
    assert rehearsed(Shot("test:", size=(160, 120)), desk)[0] is False


def test_a_camera_that_is_not_there_is_said_at_the_rehearsal() -> None:
    with pytest.raises(NoDevice, match="is not there"):
        rehearsed(Shot("/dev/video99"), Desk())
