"""When the queue will be empty: within 15 % of reality after 20 s, on lines of every kind."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.sync.forecast import Goodput, Rate

TICK = 0.2  # seconds between two readings


def told(line, size, until):
    """The seconds told at `until`, with their bounds, of an upload over `line`, a function from seconds to bits/s, and the truth."""
    goodput, sent, at, said = Goodput(), 0.0, 0.0, None
    while sent < size:
        if said is None and at >= until:
            rate, left = goodput.rate(), (size - int(sent)) * 8
            said = Rate(left / rate.mean, left / rate.high, left / rate.low), at
        goodput.add(at, "a", int(sent))
        sent += line(at) * TICK / 8
        at += TICK
    assert said is not None
    return said[0], at - said[1]


@settings(deadline=None)
@given(st.floats(16e3, 20e6), st.floats(0, 0.4), st.integers(0, 99), st.floats(20, 60))
def test_a_line_that_flutters_is_told_within_15_per_cent_after_20_seconds(rate, flutter, seed, until):
    luck = random.Random(seed)
    said, truth = told(
        lambda at: rate * min(1, at / 2) * luck.uniform(1 - flutter, 1 + flutter), rate * 120 / 8, until
    )
    assert abs(said.mean - truth) <= 0.15 * truth
    assert said.low <= said.mean <= said.high


@settings(deadline=None)
@given(st.floats(32e3, 5e6), st.floats(0.3, 1.5), st.integers(0, 99))
def test_short_outages_are_counted_on(rate, length, seed):
    """A second's silence in every five: the forecast knows that more will come."""
    begin = random.Random(seed).uniform(0, 5)
    said, truth = told(lambda at: 0 if (at + begin) % 5 < length else rate, rate * 150 / 8, 20)
    assert abs(said.mean - truth) <= 0.15 * truth


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 9), st.integers(0, 10**7)), max_size=30))
def test_whatever_is_confirmed_the_bounds_hold_the_mean(readings):
    goodput, at = Goodput(), 0.0
    for pause, confirmed in readings:
        at += pause
        goodput.add(at, "a", confirmed)
        if rate := goodput.rate():
            assert 0 < rate.low <= rate.mean <= rate.high


def test_what_goes_between_two_uploads_counts_as_well():
    """Small files on a long line: half of the time is round trips."""
    goodput = Goodput()
    for number in range(30):
        for step in range(6):
            goodput.add(number * 2 + step * 0.2, str(number), step * 5000)
    assert goodput.rate().mean == pytest.approx(25_000 * 8 / 2, rel=0.1)


def test_an_hour_in_which_nothing_was_to_be_sent_says_nothing_of_the_line():
    goodput = Goodput()
    for start, name in ((0.0, "a"), (3600.0, "b")):
        for step in range(100):
            goodput.add(start + step * TICK, name, step * 2000)
    assert goodput.rate().mean == pytest.approx(80_000, rel=0.01)


def test_a_line_that_got_better_is_believed_within_a_minute():
    goodput, sent = Goodput(), 0
    for step in range(600):
        sent += 1000 if step < 300 else 10_000
        goodput.add(step * TICK, "a", sent)
    assert goodput.rate().mean == pytest.approx(400_000, rel=0.01)
