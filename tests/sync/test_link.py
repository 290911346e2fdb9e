"""What the line can carry, and how long to be patient with it."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.errors import LinkDown, NeedsCrew
from fieldkit.sync.link import Pace, eta_seconds
from fieldkit.sync.patience import Patience


def test_what_is_left_takes_as_long_as_the_line_says_and_an_unmeasured_line_says_nothing():
    assert eta_seconds(320_000, 256_000) == 10
    assert eta_seconds(1000, None) is None


@given(st.integers(1_000, 10_000_000), st.lists(st.integers(1, 16384), min_size=1, max_size=50))
def test_a_rate_is_never_exceeded(rate, sizes):
    pace, now, sent = Pace(rate), 0.0, 0
    for size in sizes:
        now += pace.delay(now, size)
        assert sent * 8 / rate <= now + 1e-6
        sent += size


def test_without_a_rate_nothing_waits():
    assert Pace(None).delay(5.0, 10**9) == 0


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 1.0
        return self.now


def patience(limit, stop=None, **more):
    """A patience whose waits end at once."""
    made = Patience(limit, stop or threading.Event(), clock=Clock(), **more)
    made._rest = lambda _: None
    return made


def failing(times, error=LinkDown, also=lambda: None):
    left = iter(range(times))

    def attempt():
        also()
        if next(left, None) is not None:
            raise error("no answer")
        return "done"

    return attempt


def test_what_time_cures_is_tried_again_until_it_works():
    said = []
    assert patience(100, tell=said.append)(failing(5)) == "done"
    assert said == ["no answer"] * 5


def test_what_time_does_not_cure_is_not_tried_again():
    with pytest.raises(NeedsCrew):
        patience(100)(failing(1, NeedsCrew))


def test_patience_ends_when_nothing_moves():
    with pytest.raises(LinkDown):
        patience(10)(failing(50))


def test_progress_renews_the_patience():
    patient = patience(10)
    assert patient(failing(50, also=patient.moved)) == "done"


def test_stopping_ends_it_at_once():
    stop = threading.Event()
    with pytest.raises(LinkDown):
        patience(float("inf"), stop)(failing(50, also=stop.set))
