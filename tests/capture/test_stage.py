"""What the window draws: everything that it may have to say finds room, and no state breaks it."""

import json

import cv2
import numpy as np
import pytest

from fieldkit import screen
from fieldkit.capture.hints import SAYS, Hint
from fieldkit.capture.stage import BAR, HEIGHT, TEXT, WIDTH, Stage
from fieldkit.screen import Prompting
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.signs import Sign, signs

PHASES = ("rehearsing", "counting", "waiting", "rolling", "sealing")
GREEN = np.full((180, 320, 3), (0, 255, 0), np.uint8)


@pytest.fixture(scope="module")
def wall() -> dict[str, Sign]:
    return signs(screen.texts(Prompting("ሰላም 😀", "السلام عليكم\n" * 20)), Ffmpeg())


def stage(signs: dict[str, Sign], **state: object) -> Stage:
    made = Stage(cv2, np)
    for name, sign in signs.items():
        head = json.dumps({"name": name, "width": sign.width, "height": sign.height}).encode()
        made.hang(len(head).to_bytes(2, "big") + head + sign.ink)
    made.stand(
        json.dumps({"phase": "rolling", "seconds": 1.0, "left": 139.0, "free": 10**9} | state).encode()
    )
    return made


def test_all_that_the_crew_may_read_finds_room(wall: dict[str, Sign]) -> None:
    assert {hint.value for hint in SAYS} | set(PHASES) | {
        "tweet",
        "prompt",
        "big3",
        "digit0",
        "small.",
    } <= set(wall)
    assert max(wall[hint.value].width for hint in SAYS) <= 430


@pytest.mark.parametrize("phase", PHASES)
def test_every_phase_is_drawn_with_words_and_while_they_are_still_missing(
    phase: str, wall: dict[str, Sign]
) -> None:
    for words in ({}, wall):
        drawn = stage(words, phase=phase, seconds=2.4).draw(GREEN, list(Hint)[:2], -20, -1, 1.0)
        assert drawn.shape == (HEIGHT, WIDTH, 3)
        assert (drawn == (0, 255, 0)).all(axis=2).mean() > 0.1


@pytest.mark.parametrize(("level", "peak"), [(-120, -120), (0, 0), (3, 3), (-54, -3)])
def test_any_level_has_its_place_on_the_meter(level: float, peak: float) -> None:
    stage({}).draw(GREEN, (), level, peak, 1.0)


def test_the_text_runs_while_the_camera_rolls_and_begins_anew_with_the_next_take(
    wall: dict[str, Sign],
) -> None:
    rolling = stage(wall)
    first = rolling.draw(GREEN, (), -20, -10, 10.0)[:TEXT]
    rolling.faster(5)
    later = rolling.draw(GREEN, (), -20, -10, 10.4)[:TEXT]
    assert (first != later).any()
    rolling.faster(-50)
    assert (rolling.draw(GREEN, (), -20, -10, 10.8)[:TEXT] == later).all()
    for phase in ("waiting", "rolling"):
        rolling.stand(json.dumps({"phase": phase, "seconds": 0, "left": 1, "free": 1}).encode())
    assert (rolling.draw(GREEN, (), -20, -10, 11.0)[: TEXT - BAR] != later[: TEXT - BAR]).any()


def test_a_short_tweet_leaves_the_picture_its_room(wall: dict[str, Sign]) -> None:
    words = {name: sign for name, sign in wall.items() if name != "prompt"}
    shown = stage(words, phase="rehearsing").draw(GREEN, (), -20, -10, 1.0)
    assert (shown == (0, 255, 0)).all(axis=2).mean() > 0.5
