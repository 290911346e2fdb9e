"""What a crew is told of its queue."""

import json

import pytest

from fieldkit.sync.forecast import Rate
from fieldkit.sync.link import Link
from fieldkit.sync.live import Sight, read
from fieldkit.sync.queue import document, listing

RATE = Rate(800.0, 640.0, 1000.0)


def waiting(profile="proxy", state="waiting"):
    return "take-" + profile.replace('"', ""), "1", profile, 500, state


def told(uploads, sight, why=None, *, at_work=True, held=None):
    hashes = {"take-proxy": {"proxy": "hash-proxy"}, "take-tweet": {"tweet": "hash-tweet"}}
    return listing(uploads, hashes, why or {}, sight, at_work=at_work, held=held)


def test_what_is_sent_counts_and_each_eta_includes_what_goes_before():
    sight = Sight(Link(800.0, 600.0), RATE, "hash-proxy", {"hash-proxy": 300, "hash-tweet": 100})
    lines = told([waiting(), waiting("tweet")], sight)
    assert [(u.profile, u.sent, u.state, u.eta_seconds) for u in lines] == [
        ("proxy", 300, "sending", 2),
        ("tweet", 100, "waiting", 6),  # its part at the store counts, though it made way
    ]
    assert (lines[1].eta_low_seconds, lines[1].eta_high_seconds) == (5, 8)


def test_what_is_paused_or_refused_delays_nobody_and_has_no_eta():
    uploads = [waiting("a", "paused"), waiting("b", "refused"), waiting("c", "cancelled"), waiting("d")]
    lines = told(uploads, Sight(None, RATE), {("take-b", ""): "too long"})
    assert [(u.profile, u.state, u.eta_seconds, u.why) for u in lines] == [
        ("a", "paused", None, None),
        ("d", "waiting", 5, None),
        ("b", "refused", None, "too long"),
        ("c", "refused", None, "Cancelled by the crew."),
    ]


def test_nobody_at_work_means_nothing_is_sending():
    (line,) = told([waiting()], Sight(None, None, "hash-proxy", {"hash-proxy": 10}), at_work=False)
    assert (line.state, line.sent, line.eta_seconds) == ("waiting", 10, None)


def test_while_the_queue_is_held_back_nobody_promises_an_arrival():
    assert told([waiting()], Sight(None, RATE), held="Sending waits for 22:00.")[0].eta_seconds is None


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_document_is_json_whatever_stands_in_it(count):
    sight = Sight(Link(800.0, 600.0), RATE)
    lines = told([waiting('a"b', "refused")] * count + [waiting()], sight, {("take-ab", ""): 'said "no"\n'})
    lines = lines if count else []
    said = json.loads("".join(document(lines, sight, "Sending waits.", {"today": {"sent": 5}})))
    assert said == {
        "link": {"bits_per_second": 800.0, "rtt_ms": 600.0},
        "held": "Sending waits.",
        "today": {"sent": 5},
        "uploads": [line._asdict() for line in lines],
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b'{"link": 5, "sha256": "a", "sent": 1}',
        b'{"sent": [], "link": 0}',
        b"\xff",
        b"[" * 99999,
    ],
)
def test_a_sight_that_can_t_be_read_is_none(tmp_path, content):
    (tmp_path / "live.json").write_bytes(content)
    assert read(tmp_path / "live.json") == Sight()
    assert read(tmp_path / "nothing") == Sight()
