"""How often somebody may try to sign in. Pure: moments come from outside, in seconds of any clock that only goes on.

Kept in memory, since a list of addresses is not to lie on a disk; whoever can restart the store need not guess.
"""

import ipaddress
from dataclasses import dataclass

FREE = 5  # attempts without a delay: a person who mistypes
_MOST_KEYS = 10_000
_FORGET_SECONDS = 3600.0  # without an attempt


@dataclass(frozen=True, slots=True)
class Tries:
    """What is known of a name or an address."""

    failed: int
    last: float  # seconds


class Limiter:
    """Delays double with each failure beyond the free ones, up to `longest` seconds."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._tries: dict[str, Tries] = {}

    def wait(self, key: str, now: float) -> float:
        """Seconds until the next attempt is allowed; 0 is now."""
        tries = self._tries.get(key)
        if tries is None or now - tries.last > _FORGET_SECONDS:
            return 0.0
        return max(0.0, tries.last + delay(tries.failed, self._longest) - now)

    def tried(self, key: str, now: float) -> None:
        """Counted as failed until it turns out well: so that a hundred at once are not one."""
        before = self._tries.pop(key, None)
        failed = before.failed if before and now - before.last <= _FORGET_SECONDS else 0
        self._tries[key] = Tries(failed + 1, now)
        if len(self._tries) > _MOST_KEYS:
            del self._tries[next(iter(self._tries))]  # the one that was quiet for longest

    def passed(self, key: str) -> None:
        """It was the right one."""
        self._tries.pop(key, None)


def delay(failed: int, longest: float) -> float:
    """Seconds to wait after so many failures: none, then 1, 2, 4 …"""
    return 0.0 if failed < FREE else min(longest, 2.0 ** min(failed - FREE, 30))


def address_key(address: str) -> str:
    """One for all that one customer has: an IPv4 address, or the first half of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "?"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
