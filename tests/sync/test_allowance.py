"""When anything may be sent at all: hours, a day's budget, the battery; and that no byte is lost by it."""

import json
import subprocess
import sys
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.facts import TWEET
from support.laptop import noise

from fieldkit.config import Settings
from fieldkit.errors import Held, NeedsCrew
from fieldkit.model import Hours
from fieldkit.sync.allowance import Charge, Limits, Moment, held, is_open
from fieldkit.sync.link import Pace
from fieldkit.sync.purse import Purse, spent_today
from fieldkit.sync.steering import Outlay, Steering

NOON = datetime(2026, 11, 22, 12, 0)
minutes = st.integers(0, 24 * 60 - 1)


def clock(minute):
    return f"{minute // 60:02d}:{minute % 60:02d}"


@settings(deadline=None)
@given(minutes, minutes)
def test_a_window_and_its_opposite_share_the_day_between_them(begins, ends):
    if begins == ends:
        with pytest.raises(NeedsCrew):
            Hours(f"{clock(begins)}-{clock(ends)}")
        return
    window, opposite = Hours(f"{clock(begins)}-{clock(ends)}"), Hours(f"{clock(ends)}-{clock(begins)}")
    day = [datetime(2026, 3, 29) + timedelta(minutes=minute) for minute in range(24 * 60)]
    assert all(is_open(window, now) != is_open(opposite, now) for now in day)
    assert sum(is_open(window, now) for now in day) == (ends - begins) % (24 * 60)


@pytest.mark.parametrize(
    "text", ["", "22-6", "24:00-06:00", "22:60-06:00", "22:00–06:00", "22:00-06:00 ", "٢٢:00-06:00"]
)
def test_hours_that_are_none_are_refused(text):
    with pytest.raises(NeedsCrew):
        Hours(text)


@pytest.mark.parametrize(
    ("limits", "moment", "says"),
    [
        (Limits(), Moment(NOON, 10**12, Charge(1, plugged=False)), None),
        (Limits(window=Hours("22:00-06:00")), Moment(NOON), "waits for 22:00"),
        (Limits(window=Hours("11:00-13:00")), Moment(NOON), None),
        (Limits(budget=50_000_000), Moment(NOON, 49_999_999), None),
        (Limits(budget=50_000_000), Moment(NOON, 50_000_000), "Today's 50 MB are used up"),
        (Limits(battery=20), Moment(NOON, 0, Charge(12.4, plugged=False)), "battery is at 12 %"),
        (Limits(battery=20), Moment(NOON, 0, Charge(12.4, plugged=True)), None),
        (Limits(battery=20), Moment(NOON, 0, Charge(20, plugged=False)), None),
        (Limits(battery=20), Moment(NOON), None),  # a laptop without a battery, or one that does not tell
    ],
)
def test_each_limit_says_what_it_waits_for(limits, moment, says):
    said = held(limits, moment)
    assert said is None if says is None else says in said


class Days:
    def __init__(self):
        self.today = date(2026, 11, 22)

    def __call__(self):
        return self.today


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.integers(1, 400_000), st.sampled_from(["close", "die", "+1", "-1"])), max_size=40)
)
def test_the_budget_of_a_day_is_never_exceeded_whatever_dies_and_whatever_the_clock_says(
    tmp_path_factory, steps
):
    path, days, budget = tmp_path_factory.mktemp("purse") / "spent.json", Days(), 1_000_000
    really, over = {}, []
    purse = Purse(path, budget, days)
    for step in steps:
        if step in ("+1", "-1"):
            days.today += timedelta(days=int(step))
        elif step == "die":
            purse = Purse(path, budget, days)
        elif step == "close":
            purse.close()
            assert Purse(path, budget, days).spent == purse.spent
        else:
            try:
                purse.spend(step)
                really[days.today] = really.get(days.today, 0) + step
            except Held:
                over.append(purse.spent)
    assert set(over) <= {budget}
    assert all(spent <= budget for spent in really.values())


def test_what_a_crash_counts_too_much_is_a_helping_at_most(tmp_path):
    purse = Purse(tmp_path / "spent.json")
    for _ in range(100):
        purse.spend(16_384)
    assert 0 <= spent_today(tmp_path / "spent.json") - 1_638_400 <= 512 * 1024
    purse.close()
    assert spent_today(tmp_path / "spent.json") == 1_638_400


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"today": 5}', b'{"2026-11-22": "x"}', b"\xff", b"[" * 99999]
)
def test_a_count_that_can_t_be_read_begins_anew(tmp_path, content):
    (tmp_path / "spent.json").write_bytes(content)
    assert spent_today(tmp_path / "spent.json") == 0


def test_an_upload_stops_when_the_hours_end_and_goes_on_where_it_stood(laptop, bad_link, clips):
    made, why = laptop.make(noise(3_000_000)), []

    def end_of_hours(progress):
        if progress.acknowledged > 1_000_000:
            why[:] = ["Sending waits for 22:00."]

    ticks = iter(range(10**9))
    steer = Steering(laptop.journal, bad_link.url, lambda: why[0] if why else None, lambda: next(ticks))
    upload = laptop.due(bad_link.url)[0]
    with pytest.raises(Held, match="22:00"):
        laptop.push(bad_link.url, steer=steer, tell=end_of_hours)(upload)
    assert bad_link.up_bytes < 2_500_000
    laptop.push(bad_link.url)(upload)
    assert clips(TWEET)[0]["sha256"] == made.sha256
    assert bad_link.up_bytes < 3_060_000


def test_the_days_bytes_run_out_in_the_middle_and_tomorrow_goes_on_there(laptop, bad_link, clips, tmp_path):
    made, days = laptop.make(noise(2_000_000)), Days()
    upload = laptop.due(bad_link.url)[0]
    purse = Purse(tmp_path / "spent.json", 1_200_000, days)
    with pytest.raises(Held, match=r"1\.2 MB are used up"):
        laptop.push(bad_link.url, pace=Outlay(purse, Pace(None)))(upload)
    assert bad_link.up_bytes < 1_230_000
    days.today += timedelta(days=1)
    laptop.push(bad_link.url, pace=Outlay(purse, Pace(None)))(upload)
    assert clips(TWEET)[0]["sha256"] == made.sha256
    assert bad_link.up_bytes < 2_030_000


def typed(laptop, *words):
    command = [sys.executable, "-m", "fieldkit", *words, "--library", str(laptop.library.root)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def shut():
    """Hours that begin in five hours and last one."""
    now = datetime.now()
    return f"{(now + timedelta(hours=5)):%H:%M}-{(now + timedelta(hours=6)):%H:%M}"


def test_a_crew_is_told_why_nothing_is_sent_and_when_it_goes_on(laptop, bad_link):
    laptop.make(noise(300_000))
    laptop.knows(bad_link.url)
    window = shut()
    said = typed(laptop, "sync", "--window", window, "--json")
    assert said.returncode == 4
    assert f"waits for {window[:5]}" in said.stderr
    assert window[:5] in json.loads(said.stdout)["held"]
    Settings(store=bad_link.url, window=Hours(window)).write(laptop.library)
    assert window[:5] in json.loads(typed(laptop, "queue", "--json").stdout)["held"]
    assert window[:5] in typed(laptop, "status").stdout
    spent = typed(laptop, "sync", "--window", "00:00-23:59", "--budget", "100k")
    assert (spent.returncode, "0.1 MB are used up" in spent.stderr) == (4, True)
    assert bad_link.up_bytes < 110_000
    assert typed(laptop, "sync", "--window", "00:00-23:59").returncode == 0
    assert bad_link.up_bytes < 310_000
    idle = typed(laptop, "sync")
    assert (idle.returncode, "Nothing" in idle.stderr) == (0, True)


@pytest.mark.parametrize(
    "words",
    [("--window", "noon"), ("--budget", "5"), ("--budget", "-1M"), ("--battery", "0"), ("--battery", "full")],
)
def test_a_limit_that_is_none_is_one_sentence(laptop, words):
    laptop.knows("https://x.example")
    said = typed(laptop, "sync", *words)
    assert (said.returncode, len(said.stderr.splitlines())) == (3, 1), said
