"""The laptop's battery; the only import of psutil."""

from fieldkit.sync.allowance import Charge


def charge() -> Charge | None:
    """How full it is; None where there is none or the system does not tell."""
    import psutil  # noqa: PLC0415 - only who set a limit needs it

    try:
        found = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError, ValueError):  # no such sensor here, or one that lies
        return None
    # psutil gives None for `plugged` where it can't tell: better to send than to wait for ever
    return Charge(found.percent, found.power_plugged is not False) if found else None
