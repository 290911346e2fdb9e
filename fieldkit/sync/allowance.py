"""When anything may be sent at all: hours, a day's budget, the battery. Pure."""

from dataclasses import dataclass
from datetime import datetime

from fieldkit.model import Hours

_DAY = 24 * 60  # minutes


@dataclass(frozen=True, slots=True)
class Limits:
    """What the crew set; None is no limit."""

    window: Hours | None = None
    budget: int | None = None  # bytes a day
    battery: int | None = None  # per cent


@dataclass(frozen=True, slots=True)
class Charge:
    """The laptop's battery."""

    percent: float
    plugged: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """What the limits are held against: local time, bytes sent today, the battery where there is one."""

    now: datetime
    spent: int = 0
    charge: Charge | None = None


def held(limits: Limits, moment: Moment) -> str | None:
    """Why nothing may be sent now, as a sentence; None where all may."""
    if limits.window is not None and not is_open(limits.window, moment.now):
        return (
            f"Sending waits for {limits.window[:5]} (the hours set are {limits.window}); everything is kept."
        )
    if limits.budget is not None and moment.spent >= limits.budget:
        return spent_up(limits.budget)
    charge = moment.charge
    if limits.battery is not None and charge and not charge.plugged and charge.percent < limits.battery:
        return (
            f"The battery is at {charge.percent:.0f} %, and below {limits.battery} % nothing is sent; "
            "sending goes on once it is charged or plugged in. Everything is kept."
        )
    return None


def spent_up(budget: int) -> str:
    """The sentence for a day whose bytes are gone."""
    return f"Today's {budget / 1e6:g} MB are used up; sending goes on at midnight. Everything is kept."


def is_open(window: Hours, now: datetime) -> bool:
    """Whether local time `now` lies in the window; its last minute is the one before its end."""
    begins, ends = window.minutes
    return (now.hour * 60 + now.minute - begins) % _DAY < (ends - begins) % _DAY
