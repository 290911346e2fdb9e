"""Whether this laptop's clock can be right, as far as it can tell without a line. Pure.

Consent runs out by it, and takes are erased by it; a laptop whose small battery is dead wakes up in 1970 or 2016.
"""

from datetime import UTC, datetime, timedelta

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)  # nothing was recorded with fieldkit before
_BACK = timedelta(hours=24)  # time zones set wrongly stay within that
_SAFE = "Recording goes on; set the clock, so that consent runs out and takes are kept by the right date."


def doubt(now: datetime, newest: datetime | None) -> str | None:
    """The sentence for a clock that can't be right; `newest` is the latest date on record here."""
    if now < RELEASED:
        return f"This laptop's clock says {now:%Y-%m-%d}, which can't be. {_SAFE}"
    if newest is not None and now < newest - _BACK:
        return f"This laptop's clock says {now:%Y-%m-%d}, but {newest:%Y-%m-%d} is on record already. {_SAFE}"
    return None
