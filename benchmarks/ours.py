"""fieldkit's own `render`, with a clock on every ffmpeg that it starts."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from clips import EVERY, Clip, all_clips
from measure import CACHE, Spent, Stopwatch, cached, packets

import fieldkit.transcode
from fieldkit.errors import NeedsCrew
from fieldkit.growing import payload_start
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.delivery import speed_of
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.ground import Conditions
from fieldkit.transcode.render import render

_FOLDER = Path(fieldkit.transcode.__file__).parent
UNKNOWN = Conditions()
# An encode by two threads keeps so many processors busy. Seconds are told from processor seconds, fieldkit's and its
# peers' alike: the wall clock of a machine that others use tells mostly of them.
AT_ONCE = 1.8
_LOOK = 0.02  # seconds
STATE = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(_FOLDER.glob("*.py")))).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Step:
    """One ffmpeg: what for, its seconds, and the pictures that it encoded in a trial.

    `grown` is how many bytes of the file were there after so many seconds.
    """

    what: str
    cpu: float
    wall: float
    frames: int = 0
    grown: tuple[tuple[float, int], ...] = ()


class Clocked(Ffmpeg):
    """Remembers what each run was for and what it took."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []

    def run(self, arguments: Sequence[str], **options: Any) -> None:
        """As it is, and remembered."""
        what = _kind(arguments)
        made = next((word for word in arguments if word.startswith("file:") and word.endswith(".mp4")), "")
        path = Path(made.removeprefix("file:"))
        watch, grown = Stopwatch(), Grown(path)
        with grown.watched() if what == "encode" else nullcontext():
            super().run(arguments, **options)
        frames = packets(path)[0] if what == "trial" else 0
        self._noted(what, watch.read(), frames, tuple(grown.seen))

    def told(self, arguments: Sequence[str], *, tick: Callable[[], None] = lambda: None) -> list[str]:
        """As it is, and remembered."""
        watch = Stopwatch()
        lines = super().told(arguments, tick=tick)
        self._noted("listening", watch.read(), 0)
        return lines

    def _noted(self, what: str, spent: Spent, frames: int, grown: tuple[tuple[float, int], ...] = ()) -> None:
        self.steps.append(Step(what, spent.cpu, spent.wall, frames, grown))


class Grown:
    """Looks at a file while it is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: list[tuple[float, int]] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        """For as long as it is written."""
        began, over = time.monotonic(), threading.Event()

        def look() -> None:
            while not over.wait(_LOOK):
                with suppress(FileNotFoundError):
                    self.seen.append((time.monotonic() - began, self.path.stat().st_size))

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@dataclass(frozen=True, slots=True)
class Ours:
    """What fieldkit made. `refused` is its sentence where it made nothing."""

    steps: tuple[Step, ...]
    wall: float  # of the whole call
    picture: int = 0
    bytes: int = 0
    head: int = 0  # bytes before the payload, which the encoder tells last
    mean: float = 0.0
    p5: float = 0.0
    score: float = 0.0  # the number that is aimed at
    told: float | None = None  # the score that fieldkit itself measured
    recipe: dict[str, Any] | None = None
    frames: int = 0
    refused: str | None = None
    speed: float = 0.0  # pixels/s of the finest effort, by its passport

    def spent(self, *kinds: str, clock: str = "cpu") -> float:
        """Seconds in steps of those kinds."""
        return float(sum(getattr(step, clock) for step in self.steps if step.what in kinds))

    @property
    def encodes(self) -> int:
        """Whole ones."""
        return sum(step.what == "encode" for step in self.steps)

    @property
    def search(self) -> float:
        """Processor seconds before the encode, listening apart."""
        return self.spent("cut", "trial", "trial judged")

    @property
    def one_encode(self) -> float:
        """Processor seconds of the last one."""
        return [step.cpu for step in self.steps if step.what == "encode"][-1]


def ours(clip: Clip, brief: Brief, conditions: Conditions = UNKNOWN, *, judge: bool = True) -> Ours:
    """One rendition under the profile `tweet`; kept for as long as fieldkit.transcode is what it was."""
    found = cached(
        (STATE, clip.name, asdict(brief), asdict(conditions), judge and EVERY),
        lambda: _made(clip, brief, conditions, judge),
    )
    steps = tuple(
        Step(**{**step, "grown": tuple((at, size) for at, size in step["grown"])})
        for step in found.pop("steps")
    )
    return Ours(steps=steps, **found)


def speed() -> float:
    """This machine's, in pixels/s of the finest effort, told by the processor seconds of one encode."""
    told = ours(all_clips()["bunny"], Brief(vmaf=88.0), judge=False)
    last = [step for step in told.steps if step.what == "encode"][-1]
    return round(told.speed * last.wall * AT_ONCE / last.cpu, -6)


def _made(clip: Clip, brief: Brief, conditions: Conditions, judge: bool) -> dict[str, Any]:  # noqa: FBT001
    CACHE.mkdir(parents=True, exist_ok=True)
    clock, watch = Clocked(), Stopwatch()
    with TemporaryDirectory(dir=CACHE) as folder:
        try:
            made = render(
                clip.path, "tweet", Path(folder), "made.mp4", clock, brief=brief, conditions=conditions
            )
        except NeedsCrew as error:
            return asdict(Ours(tuple(clock.steps), watch.read().wall, refused=str(error)))
        wall = watch.read().wall
        document = made.passport.document()
        frames, size = packets(made.path)
        with made.path.open("rb") as file:
            head = payload_start(file) or 0
        told = (document["quality"] or {}).get("score")
        quality = clip.quality(made.path) if judge else None
        return asdict(
            Ours(
                tuple(clock.steps),
                wall,
                size,
                made.bytes,
                head,
                mean=quality.mean if quality else 0.0,
                p5=quality.p5 if quality else 0.0,
                score=quality.score if quality else 0.0,
                told=told,
                recipe=document["recipe"],
                frames=frames,
                speed=speed_of([document]),
            )
        )


def _kind(arguments: Sequence[str]) -> str:
    words = " ".join(arguments)
    sampled = ".nut" in words
    if "libvmaf" in words:
        return "trial judged" if sampled else "verification"
    if "utvideo" in words:
        return "cut"
    return "trial" if sampled else "encode"
