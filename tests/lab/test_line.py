"""The link laboratory's arithmetic: rate, delay, queue, loss, outages, and what packets tell."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linklab.line import Line, Terms
from linklab.packets import Segment, body, payload, recoveries, segment
from scenarios import SCENARIOS, Cuts

MEGABIT = Terms(rate=1e6, delay=0.3)


def test_a_packet_takes_its_time_on_the_line_and_then_the_delay():
    passage = Line(MEGABIT).offer(1500, now=5.0)
    assert (passage.begins, passage.ends, passage.arrives) == pytest.approx((5.0, 5.012, 5.312))


def test_packets_wait_for_one_another():
    line = Line(MEGABIT)
    assert [line.offer(1500, now=0.0).ends for _ in range(3)] == pytest.approx([0.012, 0.024, 0.036])


def test_an_idle_line_saves_nothing_up():
    line = Line(MEGABIT)
    line.offer(1500, now=0.0)
    assert line.offer(1500, now=9.0).begins == 9.0


def test_a_full_queue_drops_the_newest_and_drains():
    line = Line(Terms(rate=1e6, delay=0.0, queue=3000))
    fates = [line.offer(1500, now=0.0) is not None for _ in range(3)]
    assert fates == [True, True, False]
    assert line.counts.dropped == 1
    assert line.counts.bytes == 3000
    assert line.offer(1500, now=0.012) is not None


def test_the_queue_holds_a_round_trip_of_bytes_and_64_kilobytes_at_least():
    assert Terms(rate=1e6, delay=0.3).room == 75_000
    assert Terms(rate=64e3, delay=0.3).room == 64_000


def test_loss_is_as_frequent_as_told_and_the_same_each_time():
    def fates(seed):
        line = Line(Terms(rate=1e9, delay=0.0, loss=0.02, queue=10**9, seed=seed))
        return [line.offer(100, now=0.0).lost for _ in range(20_000)]

    assert 0.015 < sum(fates(1)) / 20_000 < 0.025
    assert fates(1) == fates(1)
    assert fates(1) != fates(2)


def test_an_outage_swallows_what_is_sent_in_it_and_not_what_is_past_the_line():
    line = Line(MEGABIT)
    passages = [line.offer(1500, now=0.0) for _ in range(3)]
    line.outage(0.013, 0.020)  # the first is under way to the other side, the second on the line
    assert [line.delivers(passage) for passage in passages] == [True, False, True]
    assert line.counts.swallowed == 1
    assert line.counts.bytes == 4500


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(20, 1500)), max_size=60), st.integers(1500, 20_000))
def test_no_line_carries_more_than_its_rate_or_holds_more_than_its_queue(offers, room):
    line, now, free_at = Line(Terms(rate=1e6, delay=0.1, queue=room)), 0.0, 0.0
    for gap, size in offers:
        now += gap
        passage = line.offer(size, now)
        if passage is not None:
            assert passage.begins >= max(free_at, now)
            assert passage.ends - now <= room * 8 / 1e6 + 1e-6
            free_at = passage.ends
    assert line.counts.packets + line.counts.dropped == len(offers)


def test_a_segment_is_what_tcp_carries_and_nothing_else():
    data = _packet(b"x" * 700, port=50123, sequence=4_000_000_000)
    assert segment(data, at=1.5) == Segment(1.5, 50123, 4_000_000_000, 700)
    assert segment(_packet(b""), at=1.5) is None
    assert segment(_packet(b"x" * 8, protocol=17), at=1.5) is None


def test_only_full_segments_that_come_for_the_first_time_are_an_uploads_body():
    came = [
        Segment(1.0, 1, 0, 300),
        Segment(2.0, 1, 300, 1448),
        Segment(3.0, 1, 300, 1448),
        Segment(4.0, 2, 300, 1448),
    ]
    assert [each.at for each in body(came)] == [2.0, 4.0]
    assert payload(came) == 300 + 3 * 1448


def test_a_recovery_lasts_until_the_next_new_byte():
    came = [Segment(float(at), 1, at * 1448, 1448) for at in (1, 2, 9)]
    assert recoveries(came, [1.5, 8.0, 20.0]) == [0.5, 1.0]


def test_cuts_are_the_same_for_a_seed_and_lie_within_the_upload():
    cuts = Cuts(20, 3.0, 30.0)
    plan = cuts.plan(5_000_000, seed=1)
    assert plan == cuts.plan(5_000_000, seed=1) == sorted(plan)
    assert plan != cuts.plan(5_000_000, seed=2)
    assert len(plan) == 20
    assert all(0 < moment < 5_000_000 and 3 <= seconds <= 30 for moment, seconds in plan)


def test_the_limit_is_the_payload_in_full_packets_and_two_round_trips():
    (scenario,) = (each for each in SCENARIOS if each.name == "256k, 600 ms")
    assert scenario.limit == pytest.approx(2_000_000 * 1500 / 1448 * 8 / 256_000 + 1.2)


def _packet(carried, protocol=6, port=1, sequence=0):
    """An IPv4 packet with a TCP header of 32 bytes, as with time stamps."""
    tcp = struct.pack("!HHIIBBHHH12x", port, 80, sequence, 0, 8 << 4, 16, 0, 0, 0)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 52 + len(carried), 0, 0, 64, protocol, 0, bytes(4), bytes(4))
    return ip + tcp + carried
