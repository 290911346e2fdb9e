"""What a crew is told of its queue."""

import pytest
from support.facts import TWEET, original, rendition, take_id

from fieldkit.journal import Journal
from fieldkit.sync.link import Link
from fieldkit.sync.live import Sight, read
from fieldkit.sync.queue import listing


@pytest.fixture
def uploads(tmp_path):
    """Two uploads of 500 bytes."""
    from support.facts import AGREED

    with Journal(tmp_path / "journal.sqlite") as journal:
        take = journal.begin(take_id(), TWEET, None, None, AGREED)
        journal.seal(original(take.id))
        for profile in ("proxy", "tweet"):
            journal.rendered(rendition(take.id, profile))
        return journal.due_uploads("https://x.example", ("proxy", "tweet"))


def test_what_is_sent_counts_and_each_eta_includes_what_goes_before(uploads):
    sight = Sight(Link(800.0, 600.0), uploads[0].rendition.sha256, 300)
    told = listing(uploads, [], sight, at_work=True)
    assert told["link"] == {"bits_per_second": 800.0, "rtt_ms": 600.0}
    assert [(u["profile"], u["sent"], u["state"], u["eta_seconds"]) for u in told["uploads"]] == [
        ("proxy", 300, "sending", 2.0),
        ("tweet", 0, "waiting", 7.0),
    ]


def test_nobody_at_work_means_nothing_is_sending(uploads):
    told = listing(uploads[1:], uploads[:1], Sight(None, uploads[1].rendition.sha256, 10), at_work=False)
    assert [(u["state"], u["eta_seconds"]) for u in told["uploads"]] == [("waiting", None), ("refused", None)]
    assert told["link"] is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"link": 5, "sha256": "a", "sent": 1}', b"\xff"])
def test_a_sight_that_can_t_be_read_is_none(tmp_path, content):
    (tmp_path / "live.json").write_bytes(content)
    assert read(tmp_path / "live.json") == Sight(None, None, 0)
    assert read(tmp_path / "nothing") == Sight(None, None, 0)
