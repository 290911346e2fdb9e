"""Slates filmed badly: 20 clips made from the shared footage with a code in each; how many are found?

    python benchmarks/slates.py [--height 360] [--share 6]

Each code is a sixth of the picture's height, tilted by 20°, blurred, at half light, with a camera's noise, and moves.
"""

import argparse
import math
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from support.footage import bundled, footage  # noqa: E402

from fieldkit.capture.lookout import tweet_in  # noqa: E402
from fieldkit.capture.slate import picture  # noqa: E402
from fieldkit.model import TweetId  # noqa: E402
from fieldkit.transcode.probe import opened  # noqa: E402

CLIPS, SECONDS, RATE = 20, 3.0, 25
_TILT, _LIGHT = 20.0, 0.5  # degrees, share

Pictures = list[Any]  # bgr24, all of one size


def backgrounds(height: int) -> Iterator[tuple[Path, Pictures]]:
    """Pictures of each clip that can be seen, scaled to that height at least 640 wide."""
    for path in footage() or bundled():
        try:
            with opened(path) as container:
                stream = container.streams.video[0]
                pictures = []
                for frame in container.decode(stream):
                    scale = max(height / frame.height, height * 16 / 9 / frame.width)
                    size = (math.ceil(frame.width * scale / 2) * 2, math.ceil(frame.height * scale / 2) * 2)
                    seen = cv2.resize(frame.to_ndarray(format="bgr24"), size)
                    pictures.append(seen[:height, : height * 16 // 9 // 2 * 2])
                    if len(pictures) == int(SECONDS * RATE):
                        break
        except Exception as error:  # what can't be seen is no background
            print(f"  {path.name} left out: {type(error).__name__}")
            continue
        if pictures:
            yield path, pictures


def filmed(
    pictures: Pictures, code: Any, dice: random.Random, *, share: float, blur: float = 1.0
) -> Pictures:
    """The pictures with the code held into them."""
    height, width = pictures[0].shape[:2]
    side = height / share  # of the code itself, without its white
    modules = code.shape[0]  # with four of white on each side
    paper = side * modules / (modules - 8)
    x, y = dice.uniform(paper, width - paper), dice.uniform(paper, height - paper)
    angle = dice.choice([-_TILT, _TILT])
    lean = dice.uniform(0.9, 1.0)  # the sheet leans back a little
    seen = []
    for at, back in enumerate(pictures):
        cx, cy = x + 1.5 * math.sin(at / 7), y + 1.5 * math.cos(at / 9)
        turn = math.radians(angle + math.sin(at / 11))
        corners = []
        for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            px, py = u * paper / 2 * (lean if v < 0 else 1.0), v * paper / 2
            corners.append(
                (
                    cx + px * math.cos(turn) - py * math.sin(turn),
                    cy + px * math.sin(turn) + py * math.cos(turn),
                )
            )
        big = cv2.resize(code, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
        edge = big.shape[0]
        turned = cv2.getPerspectiveTransform(
            np.float32([(0, 0), (edge, 0), (edge, edge), (0, edge)]), np.float32(corners)
        )
        # drawn four times as large, then made small: as a lens averages
        grow = np.diag([4.0, 4.0, 1.0])
        sheet = cv2.warpPerspective(big, grow @ turned, (width * 4, height * 4), flags=cv2.INTER_AREA)
        mask = cv2.warpPerspective(np.full_like(big, 255), grow @ turned, (width * 4, height * 4))
        sheet, mask = (
            cv2.resize(each, (width, height), interpolation=cv2.INTER_AREA) for each in (sheet, mask)
        )
        part = (mask / 255.0)[..., None]
        whole = back * (1 - part) + sheet[..., None] * part
        whole = cv2.GaussianBlur(whole, (0, 0), blur * height / 360) * _LIGHT
        whole += np.random.default_rng(at).normal(0, 3, whole.shape)
        seen.append(np.clip(whole, 0, 255).astype(np.uint8))
    return seen


def write(path: Path, pictures: Pictures) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(RATE))
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "23", "preset": "veryfast"}
        for seen in pictures:
            for packet in stream.encode(av.VideoFrame.from_ndarray(seen, format="bgr24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def code_of(tweet: TweetId) -> Any:
    """The code, one pixel for each module, white around."""
    png = cv2.imdecode(np.frombuffer(picture(tweet), np.uint8), cv2.IMREAD_GRAYSCALE)
    modules = next(n for n in (29, 33, 37, 41) if png.shape[0] % n == 0)
    step = png.shape[0] // modules
    return png[step // 2 :: step, step // 2 :: step]


def main() -> bool:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--height", type=int, default=360, help="of the picture")
    asked.add_argument("--share", type=float, default=6, help="the picture's height over the code's")
    asked.add_argument("--blur", type=float, default=1.0, help="sigma in pixels at 360 lines")
    asked.add_argument("--keep", type=Path, help="keep the clips in this folder")
    given = asked.parse_args()
    dice = random.Random(5)
    found, spent, empty, wrong = 0, [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        there = list(backgrounds(given.height))
        for number in range(CLIPS):
            source, pictures = there[number % len(there)]
            tweet = TweetId(str(dice.randrange(10**18, 2**63)))
            path = (given.keep or Path(folder)) / f"{number:02}.mp4"
            write(path, filmed(pictures, code_of(tweet), dice, share=given.share, blur=given.blur))
            begun = time.perf_counter()
            seen = tweet_in(path, opened)
            spent.append(time.perf_counter() - begun)
            found += seen == tweet
            wrong += seen not in (None, tweet)
            if seen != tweet:
                print(f"  missed: {path.name} on {source.name}")
        for source, _ in there[:CLIPS]:  # what looking costs where there is nothing to see
            begun = time.perf_counter()
            wrong += tweet_in(source, opened) is not None
            empty.append(time.perf_counter() - begun)
    print(
        f"{found} of {CLIPS} found, {wrong} wrong; {sum(spent) / len(spent):.2f} s each, longest {max(spent):.2f} s"
    )
    print(f"without a slate: {sum(empty) / len(empty):.2f} s each, longest {max(empty):.2f} s")
    return found != CLIPS or wrong > 0


if __name__ == "__main__":
    sys.exit(main())
