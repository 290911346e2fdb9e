"""What goes side by side, and how many streams a line is worth: planned without a line."""

from hypothesis import given
from hypothesis import strategies as st

from fieldkit.protocol import Part
from fieldkit.sync import parts
from fieldkit.sync.gauge import MOST, Gauge, Look
from fieldkit.sync.tcp import Reading, advice


@st.composite
def holdings(draw):
    """A length, an offset, and parts at the store, some whole, some not, with holes between them."""
    length = draw(st.integers(1, 50_000_000))
    edges = sorted(draw(st.sets(st.integers(0, length), max_size=12)))
    pairs = list(zip(edges[1::2], edges[2::2], strict=False))
    held = [Part(start, end - start, draw(st.integers(0, end - start))) for start, end in pairs]
    return length, edges[0] if edges else 0, held


@given(holdings())
def test_a_plan_covers_exactly_what_the_store_lacks(holding):
    length, offset, held = holding
    plan = parts.plan(length, offset, held)
    assert plan.offset == offset
    spans = [(plan.offset, plan.end), *((part.start, part.end) for part in plan.waiting)]
    spans += [(part.start, part.end) for part in held if part.whole]
    at = offset
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        assert start == at
        at = end
    assert at == length


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.lists(st.integers(1, MOST), min_size=1, max_size=300))
def test_dealing_leaves_no_gap_and_ends(position, left, streams):
    end, dealt = position + left, 0
    for number in streams:
        part = parts.deal(position, end, number, dealt)
        if part is None:
            break
        assert part.end == end
        assert part.length >= parts.SMALLEST
        assert part.start >= position + parts.SMALLEST
        end, dealt = part.start, dealt + 1
    assert dealt <= 64


def test_what_is_left_is_shared_in_ever_smaller_parts():
    end, sizes = 3_000_000, []
    while (part := parts.deal(0, end, 4)) is not None:
        sizes.append(part.length)
        end = part.start
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 360_448
    assert sizes[-1] == parts.SMALLEST


class Line:
    """What the kernel would tell of a line that loses `loss` of what a stream sends, and has `room` for `most`."""

    def __init__(self, rate: float, capacity: float, loss: float, round_trip: float = 0.6) -> None:
        self.rate, self.capacity, self.loss, self.round_trip = rate, capacity, loss, round_trip
        self.now = self.sent = 0.0
        self.again = 0.0

    def look(self, streams: int, seconds: float = 0.2) -> Look:
        carried = min(self.capacity, streams * self.rate) * seconds
        full = streams * self.rate > self.capacity
        self.now += seconds
        self.sent += carried
        self.again += carried / 1448 * self.loss
        reading = Reading(self.round_trip * (2 if full else 1), self.round_trip, int(self.again))
        quiet = Reading(reading.round_trip, self.round_trip, 0)
        return Look(self.now, int(self.sent), [reading, *[quiet] * (streams - 1)])


def after(line: Line, seconds: float, gauge: Gauge | None = None) -> Gauge:
    gauge = gauge or Gauge()
    until = line.now + seconds
    while line.now < until:
        gauge.look(line.look(gauge.streams))
    return gauge


def test_a_line_that_loses_packets_while_nothing_waits_gets_more_streams():
    line = Line(30_000, 125_000, 0.02)
    gauge = after(line, 4)
    assert gauge.streams == 4
    assert after(line, 60, gauge).streams in (4, 6)


def test_a_line_with_room_for_all_gets_no_more_than_the_most():
    assert after(Line(10_000, 10**9, 0.02), 200).streams == MOST


def test_a_full_line_gets_no_more_whatever_it_loses():
    assert after(Line(130_000, 125_000, 0.1), 100).streams == 1


def test_a_clean_line_is_left_alone():
    assert after(Line(30_000, 125_000, 0.0), 100).streams == 1


def test_one_packet_lost_is_bad_luck_after_a_while():
    line = Line(30_000, 125_000, 0.0)
    gauge = after(line, 2)
    line.again = 1
    assert after(line, 2, gauge).streams == 4
    assert after(line, 40, gauge).streams == 1
    assert not gauge.lossy


def test_streams_that_bring_nothing_are_closed_again():
    line = Line(100_000, 10**9, 0.02)
    gauge = after(line, 8)
    assert gauge.streams == 6
    line.rate = 100_000 * 4 / 6  # as if something else in the path shared out a fixed rate
    assert after(line, 10, gauge).streams == 4


def test_a_kernel_that_tells_nothing_gets_one_stream():
    gauge = Gauge()
    for second in range(100):
        gauge.look(Look(float(second), second * 1000, []))
    assert gauge.streams == 1


def test_an_administrator_is_told_how_to_allow_bbr():
    assert advice(["reno", "bbr"], ["reno", "bbr", "cubic"]) == ""
    assert advice(["reno", "cubic"], ["reno", "cubic", "bbr"]) == (
        'sudo sysctl -w net.ipv4.tcp_allowed_congestion_control="reno cubic bbr"'
    )
    assert advice(["reno", "cubic"], ["reno", "cubic"]).startswith("sudo modprobe tcp_bbr && sudo sysctl")
