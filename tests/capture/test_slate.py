"""A slate that a crew shows is read from what they filmed, however badly."""

import random
from itertools import islice

import av
import cv2
import numpy as np
import pytest
from slates import code_of, filmed, write
from support.footage import bundled, clip, make

from fieldkit.capture.lookout import tweet_in
from fieldkit.capture.slate import picture, said, text
from fieldkit.errors import NotAVideo
from fieldkit.model import TweetId
from fieldkit.transcode.probe import opened

TWEET = TweetId("1826412345678901234")


def read(pixels):
    return cv2.QRCodeDetector().detectAndDecode(pixels)[0]


@pytest.mark.parametrize("tweet", ["7", TWEET, str(2**63 - 1)])
def test_the_picture_says_the_tweet(tweet):
    pixels = cv2.imdecode(np.frombuffer(picture(TweetId(tweet)), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert read(cv2.resize(pixels, (330, 330), interpolation=cv2.INTER_AREA)) == f"fieldkit:{tweet}"
    assert pixels[0].min() == 255  # white around it


def test_the_terminal_shows_the_same_code():
    *lines, words = text(TWEET, coloured=False).splitlines()
    assert words == f"fieldkit:{TWEET}"
    halves = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    rows = [[halves[letter][half] for letter in line] for line in lines for half in (0, 1)]
    pixels = 255 - 255 * np.array(rows, np.uint8)
    assert read(np.kron(pixels, np.ones((10, 10), np.uint8))) == f"fieldkit:{TWEET}"


def test_a_terminal_with_colours_shows_dark_on_white_whatever_its_own_are():
    first = text(TWEET, coloured=True).splitlines()[0]
    assert first.startswith("\x1b[38;5;16;48;5;231m")
    assert first.endswith("\x1b[0m")


@pytest.mark.parametrize(
    ("code", "tweet"),
    [
        (f"fieldkit:{TWEET}", TWEET),
        (f"FIELDKIT:{TWEET}", TWEET),
        (str(TWEET), None),
        ("fieldkit:", None),
        ("fieldkit:0", None),
        ("fieldkit:../../etc", None),
        (f"https://x.com/i/status/{TWEET}", None),
    ],
)
def test_only_our_codes_are_slates(code, tweet):
    assert said(code) == tweet


@pytest.mark.parametrize("source", bundled(), ids=lambda path: path.stem)
def test_a_slate_filmed_small_blurred_tilted_and_dark_is_found(source, tmp_path):
    with av.open(str(source)) as container:
        back = [frame.to_ndarray(format="bgr24") for frame in islice(container.decode(video=0), 10)]
    back = [cv2.resize(each, (640, 360)) for each in back]
    write(tmp_path / "slate.mp4", filmed(back, code_of(TWEET), random.Random(3), share=6))
    assert tweet_in(tmp_path / "slate.mp4", opened) == TWEET
    assert tweet_in(source, opened) is None


def test_a_code_that_says_something_else_is_no_slate(tmp_path):
    import segno

    segno.make("https://example.org/menu").save(tmp_path / "menu.png", scale=8, border=4)
    filmed_ = make(
        tmp_path / "menu.mp4",
        "-loop",
        "1",
        "-i",
        str(tmp_path / "menu.png"),
        "-t",
        "1",
        "-vf",
        "scale=360:360",
    )
    assert tweet_in(filmed_, opened) is None


def test_sound_alone_shows_no_slate(tmp_path):
    sound = make(tmp_path / "voice.mp4", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac")
    assert tweet_in(sound, opened) is None


def test_what_can_t_be_seen_is_not_taken_for_a_clip_without_a_slate(tmp_path):
    (tmp_path / "cut.mp4").write_bytes(clip("bikes").read_bytes()[:9000])
    with pytest.raises(NotAVideo):
        tweet_in(tmp_path / "cut.mp4", opened)
