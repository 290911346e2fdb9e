"""What waits to be sent, as people and scripts are told (blueprint 5.1). Pure.

Made for a hundred thousand uploads: plain tuples, whole seconds, and JSON written line by line, which together
take a fifth of the time of the general ways.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from fieldkit.journal import Waiting
from fieldkit.sync.live import Sight


class Line(NamedTuple):
    """One upload as it is shown."""

    take: str
    tweet_id: str
    profile: str
    bytes: int
    sent: int
    state: str  # waiting, paused, sending or refused
    eta_seconds: int | None = None
    eta_low_seconds: int | None = None
    eta_high_seconds: int | None = None
    why: str | None = None  # of one that is refused


def listing(
    waiting: Iterable[Waiting],
    hashes: Mapping[str, Mapping[str, str]],
    why: Mapping[tuple[str, str], str],
    sight: Sight,
    *,
    at_work: bool,
    held: str | None,
) -> list[Line]:
    """The queue in the order of sending, what was refused at its end; each ETA includes what goes before.

    `hashes` has, for takes of which something was sent, {take: {profile: SHA-256}}; `why` the words of refusals.
    `at_work` says that a worker is sending now; while something is `held` back nobody knows when it will arrive.
    """
    rate = None if held else sight.rate
    mean, low, high = (8 / rate.mean, 8 / rate.high, 8 / rate.low) if rate else (0.0, 0.0, 0.0)
    left, lines, refused, make = 0, [], [], Line._make
    for take, tweet_id, profile, size, state in waiting:
        if state in ("refused", "cancelled"):
            said = why.get((take, profile)) or why.get((take, ""))
            said = "Cancelled by the crew." if state == "cancelled" else said
            refused.append(Line(take, tweet_id, profile, size, 0, "refused", why=said))
            continue
        sent, now = 0, state
        if take in hashes:
            sha256 = hashes[take].get(profile, "")
            sent = min(sight.sent.get(sha256, 0), size)
            now = "sending" if at_work and state == "waiting" and sha256 == sight.sha256 else state
        if rate is None or state == "paused":
            lines.append(make((take, tweet_id, profile, size, sent, now, None, None, None, None)))
            continue
        left += size - sent
        etas = (round(left * mean), round(left * low), round(left * high))
        lines.append(make((take, tweet_id, profile, size, sent, now, *etas, None)))
    return lines + refused


def document(lines: Sequence[Line], sight: Sight, held: str | None, more: Mapping[str, Any]) -> Iterator[str]:
    """`{link, held, …, uploads}` as JSON, in pieces."""
    link = (
        {"bits_per_second": sight.link.bits_per_second, "rtt_ms": sight.link.rtt_ms} if sight.link else None
    )
    head = json.dumps({"link": link, "held": held, **more}, indent=2)
    yield head.removesuffix("\n}") + ',\n  "uploads": ['
    yield ",".join(_written(lines))
    yield "\n  ]\n}\n" if lines else "]\n}\n"


def _written(lines: Sequence[Line]) -> Iterator[str]:
    profiles = {line.profile: json.dumps(line.profile) for line in lines}
    for take, tweet_id, profile, size, sent, state, eta, low, high, why in lines:
        etas = (
            '"eta_seconds": null, "eta_low_seconds": null, "eta_high_seconds": null'
            if eta is None
            else f'"eta_seconds": {eta}, "eta_low_seconds": {low}, "eta_high_seconds": {high}'
        )
        yield (
            f'\n    {{"take": "{take}", "tweet_id": "{tweet_id}", "profile": {profiles[profile]}, '
            f'"bytes": {size}, "sent": {sent}, "state": "{state}", {etas}, '
            f'"why": {"null" if why is None else json.dumps(why)}}}'
        )
