"""What a file's name tells. Judged sparingly: an alarm at every name is an alarm at none. Pure."""

import re
from collections.abc import Iterator

from fieldkit.transcode.privacy.nouns import Rule, Telling, telling

_DATE = re.compile(r"(?<!\d)20[0-4]\d[-_. ]?(?:0[1-9]|1[0-2])[-_. ]?(?:0[1-9]|[12]\d|3[01])(?!\d)", re.ASCII)
_PHONE = re.compile(
    r"(?<!\d)(?:\+|00)[1-9]\d{1,2}[ -]?\d(?:[ -]?\d){6,10}(?!\d)|(?<!\d)0[1-9]\d{2}[ -]?\d{3}[ -]?\d{3}(?!\d)"
)
_PERSON = re.compile(r"(?<![^\W\d_])[^\W\d_a-z][^\W\d_A-Z]{2,}[ _-][^\W\d_a-z][^\W\d_A-Z]{2,}(?![^\W\d_])")


def tellings(stem: str) -> Iterator[Telling]:
    """What the name says, without its suffix."""
    for what, pattern in (
        ("a date", _DATE),
        ("a telephone number", _PHONE),
        ("perhaps a person's name", _PERSON),
    ):
        if pattern.search(stem):
            yield telling(Rule.NAME, what)
