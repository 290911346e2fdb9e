"""The search: curves, sizes, aims and budgets, on clips that are only numbers."""

from itertools import pairwise
from math import exp, inf, log

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fieldkit.transcode.aims import ForBytes, ForDeadline, ForScore
from fieldkit.transcode.budget import USED, fit
from fieldkit.transcode.curve import COARSEST, FINEST, Curve, Point
from fieldkit.transcode.delivery import Delivery
from fieldkit.transcode.search import Aim, Found, Sizes, glance, search, steps
from fieldkit.transcode.windows import windows

PIXELS = 640 * 480 * 500.0
FULL = 480
better, heavier = st.floats(-1.5, 1.5), st.floats(-2, 2)
crfs = st.floats(FINEST, COARSEST)


def pixels(side: int) -> float:
    return PIXELS * (side / FULL) ** 2


SIZES = Sizes(steps(FULL, 240), pixels)


def searched(aim: Aim, clip: "Clip") -> Found:
    return search(aim, glance(aim, Curve(1.0, PIXELS), SIZES, clip.trial, further=True), SIZES, clip.trial)


class Clip:
    """A clip as the laws say, with a fineness of its own: how much a smaller size costs it."""

    def __init__(self, better: float, heavier: float, detail: float = 1.85) -> None:
        self.better, self.heavier, self.detail = better, heavier, detail
        self.tried: list[tuple[int, float]] = []

    def point(self, side: int, crf: float) -> Point:
        factor = side / FULL
        logit = 2.0 + self.detail * log(factor) + self.better - 0.15 * (crf - 30)
        weight = log(pixels(side) / 8) - 3.43 - 0.44 * log(factor) + self.heavier - 0.13 * (crf - 30)
        return Point(crf, 100 / (1 + exp(-logit)), exp(weight))

    def trial(self, side: int, crf: float) -> Point:
        self.tried.append((side, crf))
        return self.point(side, crf)


@given(better, heavier, st.lists(crfs, unique=True, max_size=4), st.floats(20, 97))
def test_quality_and_bytes_fall_along_the_rate_factor(
    b: float, h: float, measured: list[float], score: float
) -> None:
    curve, clip = Curve(1.0, PIXELS), Clip(b, h)
    for crf in measured:
        curve = curve.plus(clip.point(FULL, crf))
    steps = [FINEST + (COARSEST - FINEST) * step / 40 for step in range(41)]
    assert all(curve.score(a) >= curve.score(z) - 1e-9 for a, z in pairwise(steps))
    assert all(curve.bytes(a) >= curve.bytes(z) - 1e-9 for a, z in pairwise(steps))
    found = curve.crf_for_score(score)
    if FINEST + 0.1 < found < COARSEST - 0.1:
        assert curve.score(found) == pytest.approx(score, abs=0.01)


def test_a_curve_goes_through_its_trials_and_never_extends_their_slope() -> None:
    curve = Curve(1.0, PIXELS).plus(Point(24, 95.0, 2e6)).plus(Point(25, 70.0, 1e6))
    assert (curve.score(24), curve.bytes(25)) == (pytest.approx(95.0), pytest.approx(1e6))
    assert curve.score(30) > 45, "two trials a step apart would say nearly 0"


@given(better, heavier, st.floats(0.8, 3.5), st.floats(70, 93))
def test_the_search_hits_the_quality_in_few_trials(b: float, h: float, detail: float, score: float) -> None:
    clip = Clip(b, h, detail)
    found = searched(ForScore(score), clip)
    assume(FINEST < found.crf < COARSEST)
    assert clip.point(found.short_side, found.crf).score == pytest.approx(score, abs=1.2)
    assert len(clip.tried) <= 9


@given(better, heavier, st.floats(0.8, 3.5), st.floats(70, 93))
def test_the_size_taken_costs_little_more_than_the_best(
    b: float, h: float, detail: float, score: float
) -> None:
    clip = Clip(b, h, detail)
    found = searched(ForScore(score), clip)

    def cost(side: int) -> float:
        crf = 30 - (log(score / (100 - score)) - 2.0 - detail * log(side / FULL) - b) / 0.15
        return clip.point(side, crf).bytes if FINEST <= crf <= COARSEST else inf

    best = min(map(cost, SIZES.sides))
    assume(best < inf and FINEST < found.crf < COARSEST)
    assert clip.point(found.short_side, found.crf).bytes <= 1.25 * best


def test_soft_clips_shrink_and_detailed_ones_keep_their_size() -> None:
    soft = searched(ForScore(80), Clip(0, 0, 0.8))
    fine = searched(ForScore(90), Clip(0, 0, 3.0))
    assert soft.short_side < 300
    assert fine.short_side == FULL


def test_small_sources_are_not_made_smaller() -> None:
    assert steps(180, 180) == (180,)
    assert steps(480, 240) == (480, 404, 336, 278)


@given(st.floats(1e4, 1e7), better, heavier)
def test_a_search_for_bytes_stays_within_them(most: float, b: float, h: float) -> None:
    clip = Clip(b, h)
    found = searched(ForBytes(most), clip)
    assume(found.crf < COARSEST)
    assert clip.point(found.short_side, found.crf).bytes <= most * 1.08


@given(st.floats(2e4, 2e6), st.floats(10, 600), better)
def test_what_meets_a_deadline_arrives_by_it(rate: float, seconds: float, b: float) -> None:
    delivery = Delivery(rate, speed=25e6, effort="fine", beside=60_000)
    aim, clip = ForDeadline(seconds, delivery), Clip(b, 0)
    found = searched(aim, clip)
    assume(aim.cost(found.curve) < inf)
    made = clip.point(found.short_side, found.crf)
    assert delivery.arrival(pixels(found.short_side), made.bytes) <= seconds * 1.1


@given(st.integers(20_000, 5_000_000), st.floats(0.08, 0.2), heavier, st.floats(0, 0.03), crfs)
def test_a_budget_is_met_and_used(most: int, slope: float, h: float, rough: float, first: float) -> None:
    def encode(crf: float) -> int:
        wave = 1 + rough * ((crf * 7919) % 1 - 0.5) / 4  # x264 is smooth, but not to the last byte
        return round(10_000 + 600_000 * exp(h - slope * (crf - 28)) * wave)

    crf = fit(most, first, encode)
    if crf is None:
        assert encode(COARSEST) >= 0.97 * most - 1  # whole bytes
    elif crf != 1:
        assert USED * 0.97 * most <= encode(crf) <= most


@given(st.floats(0.5, 140))
def test_windows_lie_within_the_clip_and_apart(seconds: float) -> None:
    parts = windows(seconds)
    ends = [part.start + part.length for part in parts]
    assert parts[0].start >= 0
    assert ends[-1] <= seconds + 1e-6
    assert all(end <= part.start for end, part in zip(ends, parts[1:], strict=False))
    assert sum(part.length for part in parts) <= max(6.0, 1.2 * 1.5) + 1e-6
