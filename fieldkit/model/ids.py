"""Identities. Each is text that was checked once, when it was made."""

import re
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlsplit

from fieldkit.errors import NeedsCrew, NotATweet

_LARGEST_TWEET = 2**63 - 1  # the store and every database column hold it as a signed 64-bit number
# ms after 1970 from which the upper bits of an ID count (Twitter's Snowflake), and the first ID that was made so
_SNOWFLAKE_EPOCH, _FIRST_SNOWFLAKE = 1_288_834_974_657, 29_700_859_247
_TWEET = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_HOSTS = {prefix + host for host in ("twitter.com", "x.com") for prefix in ("", "www.", "mobile.", "m.")}
_STATUS_PATH = re.compile(
    r"/(?:([A-Za-z0-9_]{1,20})|i/web)/status(?:es)?/([0-9]{1,25})(?:/(?:photo|video)/[0-9]+)?/?", re.ASCII
)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TAKE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,8}", re.ASCII)
_HOURS = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:[01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_PLACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)


class TweetId(str):
    """The tweet being answered: decimal text, 1 to 19 digits, at most 2^63-1. Raises NotATweet."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not _TWEET.fullmatch(text) or int(text) > _LARGEST_TWEET:
            raise NotATweet(
                f"“{text[:80]}” is not a tweet ID (1 to 19 digits) or a twitter.com or x.com status link; "
                "copy the tweet's link and paste it whole."
            )
        return super().__new__(cls, text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The ID in a bare number or in a status URL of twitter.com or x.com. Raises NotATweet."""
        text = text.strip()
        if "/" not in text:
            return cls(text)
        status = _status(text)
        return cls(status.group(2) if status else text)

    @property
    def born_at(self) -> datetime | None:
        """When the tweet was written, in UTC; None for one from before November 2010, whose ID does not tell."""
        number = int(self)
        if number < _FIRST_SNOWFLAKE:
            return None
        return datetime.fromtimestamp(((number >> 22) + _SNOWFLAKE_EPOCH) / 1000, UTC)


def author_in(link: str) -> str | None:
    """The handle in a status URL of twitter.com or x.com; None where it names nobody."""
    status = _status(link.strip()) if "/" in link else None
    return status.group(1) if status and status.group(1) not in (None, "i") else None


def _status(link: str) -> re.Match[str] | None:
    try:
        url = urlsplit(link if "://" in link else f"https://{link}")
        ours = url.scheme.lower() in ("http", "https") and url.netloc.lower() in _HOSTS
    except ValueError:  # urlsplit refuses some malformed hosts
        return None
    return _STATUS_PATH.fullmatch(url.path) if ours else None


class TakeId(str):
    """One attempt at answering one tweet: a UUIDv7 (RFC 9562, 5.7) in canonical text, made before rolling."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not _TAKE.fullmatch(text):
            raise NeedsCrew(f"“{text[:80]}” is not a take ID; `fieldkit takes` lists them.")
        return super().__new__(cls, text)

    @classmethod
    def make(cls, milliseconds: int, entropy: bytes) -> Self:
        """A take ID from Unix time in milliseconds and ten random bytes."""
        if len(entropy) != 10:
            raise ValueError("a UUIDv7 takes ten random bytes")
        number = (milliseconds % 2**48) << 80 | int.from_bytes(entropy)
        number = number & ~(0xF << 76) | 0x7 << 76
        number = number & ~(0x3 << 62) | 0x2 << 62
        digits = f"{number:032x}"
        return cls("-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])))


class Sha256(str):
    """The SHA-256 of some bytes, as 64 lower-case hexadecimal digits."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not _SHA256.fullmatch(text):
            raise NeedsCrew(f"“{text[:80]}” is not a SHA-256 in 64 lower-case hexadecimal digits.")
        return super().__new__(cls, text)


class Language(str):
    """A well-formed BCP 47 tag such as `ar` or `sw-KE`."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not _LANGUAGE.fullmatch(text):
            raise NeedsCrew(f"“{text[:80]}” is not a language tag (BCP 47) such as `ar`, `sw` or `sw-KE`.")
        return super().__new__(cls, text)


class Place(str):
    """A camp's code such as `kakuma`; never a coordinate, so digits alone, dots and commas are refused."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not _PLACE.fullmatch(text) or not any(c.isalpha() for c in text):
            raise NeedsCrew(
                f"“{text[:80]}” is not a place code: use 1 to 40 letters, digits and dashes, as in `kakuma`, "
                "never a coordinate."
            )
        return super().__new__(cls, text)


class Hours(str):
    """A span of local time that comes back every day, such as `22:00-06:00`; it may reach over midnight."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not _HOURS.fullmatch(text) or text[:5] == text[6:]:
            raise NeedsCrew(f"“{text[:40]}” is not a span of hours such as 22:00-06:00.")
        return super().__new__(cls, text)

    @property
    def minutes(self) -> tuple[int, int]:
        """When it begins and ends, in minutes after midnight."""
        begins, ends = (int(time[:2]) * 60 + int(time[3:]) for time in self.split("-"))
        return begins, ends
