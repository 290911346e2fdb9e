"""What waits to be sent, as people and scripts are told (blueprint 5.1). Pure."""

from collections.abc import Sequence
from typing import Any

from fieldkit.model import Upload
from fieldkit.sync.link import eta_seconds
from fieldkit.sync.live import Sight


def listing(
    waiting: Sequence[Upload], refused: Sequence[Upload], sight: Sight, *, at_work: bool
) -> dict[str, Any]:
    """`{link, uploads}` in the order of sending; `at_work` says that a worker is sending now."""
    rate = sight.link.bits_per_second if sight.link else None
    uploads, bytes_left = [], 0
    for upload in waiting:
        under_way = upload.rendition.sha256 == sight.sha256
        sent = min(sight.sent, upload.rendition.bytes) if under_way else 0
        bytes_left += upload.rendition.bytes - sent
        state = "sending" if under_way and at_work else "waiting"
        uploads.append(_entry(upload, sent, state, eta_seconds(bytes_left, rate)))
    uploads += [_entry(upload, 0, "refused", None) for upload in refused]
    link = {"bits_per_second": rate, "rtt_ms": sight.link.rtt_ms} if sight.link else None
    return {"link": link, "uploads": uploads}


def _entry(upload: Upload, sent: int, state: str, eta: float | None) -> dict[str, Any]:
    return {
        "take": upload.take.id,
        "tweet_id": upload.take.tweet_id,
        "profile": upload.rendition.profile,
        "bytes": upload.rendition.bytes,
        "sent": sent,
        "state": state,
        "eta_seconds": None if eta is None else round(eta, 1),
    }
