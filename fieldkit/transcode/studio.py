"""Makes the one file that answers a brief: choose a recipe, encode, judge, and try again where it missed."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fieldkit import disk
from fieldkit.errors import DiskFull, NeedsCrew
from fieldkit.transcode import lab
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.budget import fit
from fieldkit.transcode.choose import Choice, Trials, choose
from fieldkit.transcode.curve import COARSEST, FINEST, Point
from fieldkit.transcode.ffmpeg import Ffmpeg, FfmpegFailed
from fieldkit.transcode.ground import Ground
from fieldkit.transcode.plan import Plan
from fieldkit.transcode.profiles import Profile
from fieldkit.transcode.quality import Quality
from fieldkit.transcode.recipe import Recipe

FLOOR = 35.0  # VMAF: poor is 40, bad 20; below this a face is no face any more, so a budget is refused
# VMAF from the target beyond which a second encode is worth its time: 1.5 is promised, and the measure itself, which
# looks at one picture of seven, errs by 0.3
_MISSED = 1.2
# The same where the first encode has travelled meanwhile, in vain then; too good is no reason to send it all again
_MISSED_ALOFT = 3.0

Encode = Callable[[Recipe, Path], Plan]  # writes the file, and tells by which plan


@dataclass(frozen=True, slots=True)
class Cut:
    """A file that is made but not published."""

    part: Path
    plan: Plan
    choice: Choice | None = None
    quality: Quality | None = None
    took: float = 0.0  # seconds of the encode


@dataclass(frozen=True, slots=True)
class Studio:
    """Where one clip is made. `part` gives a fresh path for each attempt."""

    source: Path
    ground: Ground
    ffmpeg: Ffmpeg
    encode: Encode
    part: Callable[[], Path]
    tick: Callable[[], None]
    worded: Callable[
        [Plan], AbstractContextManager[str | None]
    ]  # the path of the words that a file by that plan shows

    def first(self, choice: Choice) -> Cut | None:
        """A watchable version to send at once, where what was asked for will be late."""
        return self._cut(choice.first) if choice.first else None

    def plain(self, recipe: Recipe) -> Cut:
        """The file by a recipe that is given."""
        return self._cut(recipe)

    def choice(self) -> Choice:
        """The recipe and its reasons. A clip that can't be sampled, or has no room for a sample, is not searched."""
        try:
            return choose(self.ground, self._sampling)
        except (FfmpegFailed, DiskFull):
            return choose(self.ground, None)

    def make(self, choice: Choice) -> Cut:
        """The file. Raises NeedsCrew for a budget that would ruin it, and what `encode` raises."""
        most = self.ground.brief.max_bytes
        cut = self._cut(choice.recipe) if most is None else self._fitted(choice, most)
        with disk.discarded_on_error(cut.part):
            cut = replace(cut, choice=choice)
            if choice.judged:
                cut = replace(cut, quality=self._judged(cut))
            if most is not None:
                self._refuse_ruin(cut, choice, most)
                return cut
            return self._nearer(cut, choice)

    @contextmanager
    def _sampling(self, effort: str) -> Iterator[Trials]:
        folder = self.part().parent
        with lab.lab(self.ground, self.source, folder, effort, self._yardstick) as trials:
            yield trials

    @property
    def _yardstick(self) -> lab.Yardstick:
        return lab.yardstick(self.ground, self.ffmpeg, self.tick)

    def _judged(self, cut: Cut) -> Quality:
        with self.worded(cut.plan) as script:
            return lab.judged(cut.part, cut.plan.shape.fps, self.source, self.ground, self._yardstick, script)

    def _cut(self, recipe: Recipe) -> Cut:
        part = self.part()
        begun = time.monotonic()
        with disk.discarded_on_error(part):
            plan = self.encode(recipe, part)
        return Cut(part, plan, took=time.monotonic() - begun)

    def _nearer(self, cut: Cut, choice: Choice) -> Cut:
        """The better of two where the first one missed the quality that was aimed at."""
        target = choice.expected.score
        if cut.quality is None or self.ground.brief.deadline is not None:
            return cut
        better = cut.quality.score - target
        if better >= -_MISSED_ALOFT if self.ground.conditions.overlapped else abs(better) <= _MISSED:
            return cut
        crf = choice.recipe.crf
        seen = replace(choice.found.curve, points=(Point(crf, cut.quality.score, cut.part.stat().st_size),))
        again = round(seen.crf_for_score(target), 2)
        if not FINEST < again < COARSEST:
            return cut
        other = self._cut(replace(choice.recipe, crf=again))
        with disk.discarded_on_error(other.part):
            other = replace(other, choice=choice, quality=self._judged(other))
        best, worse = sorted((cut, other), key=lambda each: abs(_score(each) - target))
        worse.part.unlink()
        return best

    def _fitted(self, choice: Choice, most: int) -> Cut:
        if choice.expected.score < FLOOR - 10:
            raise self._ruin(choice, most, choice.expected.score)
        cuts: dict[float, Cut] = {}

        def encode(crf: float) -> int:
            for other in [tried for tried, cut in cuts.items() if cut.part.stat().st_size > most]:
                cuts.pop(other).part.unlink()
            cuts[crf] = self._cut(replace(choice.recipe, crf=crf))
            return cuts[crf].part.stat().st_size

        try:
            best = fit(most, choice.recipe.crf, encode)
            if best is None:
                raise self._ruin(choice, most, choice.expected.score)
            return cuts.pop(best)
        finally:
            for cut in cuts.values():
                cut.part.unlink(missing_ok=True)

    def _refuse_ruin(self, cut: Cut, choice: Choice, most: int) -> None:
        if cut.quality is not None and cut.quality.score < FLOOR:
            raise self._ruin(choice, most, cut.quality.score)

    def _ruin(self, choice: Choice, most: int, score: float) -> NeedsCrew:
        curve = choice.found.curve
        enough = 1.1 * curve.bytes(curve.crf_for_score(FLOOR)) + self.ground.beside(choice.recipe.audio_rate)
        return NeedsCrew(
            f"{self.source.name} in {most / 1000:.0f} kB would be ruined (VMAF {score:.0f}; {FLOOR:.0f} is the least); "
            f"give it about {max(enough, 1.1 * most) / 1000:.0f} kB, or cut it shorter."
        )


def searched(profile: Profile, brief: Brief) -> bool:
    """Whether there is anything to choose."""
    asked = (brief.vmaf, brief.max_bytes, brief.deadline)
    return profile.video_cap is None and (profile.vmaf is not None or any(one is not None for one in asked))


def _score(cut: Cut) -> float:
    assert cut.quality is not None
    return cut.quality.score
