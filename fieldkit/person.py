"""Who a speaker is: a record that only the protection officer can read, and that never leaves the laptop by itself."""

import io
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from fieldkit import age, disk
from fieldkit.config import Library
from fieldkit.errors import NeedsCrew
from fieldkit.model import Take

_LONGEST = 2000  # characters of each answer


@dataclass(frozen=True, slots=True)
class Person:
    """What the crew was told about a speaker. `repr` must never show it."""

    name: str = ""
    contact: str = ""
    guardian: str = ""
    notes: str = ""

    def __post_init__(self) -> None:
        if any(len(text) > _LONGEST for text in asdict(self).values()):
            raise NeedsCrew(
                f"Each answer about a person has {_LONGEST} characters at most; nothing was kept."
            )
        if not any(asdict(self).values()):
            raise NeedsCrew("Nothing was said about the person, so nothing was kept.")

    def __repr__(self) -> str:
        return "Person(…)"


def officer_of(officer: str | None) -> str:
    """The protection officer's public key. Raises NeedsCrew: without one nothing about a person is written down."""
    if officer is None:
        raise NeedsCrew(
            "Nothing about a person is written down here without the protection officer's key: "
            "`fieldkit init --officer age1…`. The take and its consent are safe."
        )
    return age.known_recipient(officer)


def keep(person: Person, take: Take, library: Library, officer: str | None) -> Path:
    """Seals what is known of a take's speaker, in the place of an earlier record; returns where it is.

    Raises NeedsCrew without the officer's key, DiskFull.
    """
    recipient = officer_of(officer)
    told = {
        "take": take.id,
        "tweet_id": take.tweet_id,
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **asdict(person),
    }
    sealed = io.BytesIO()
    age.seal(io.BytesIO(json.dumps(told, ensure_ascii=False, indent=1).encode()), sealed, [recipient])
    path = library.consents / f"{take.id}.age"
    disk.make_folder(path.parent)
    disk.write(path, sealed.getvalue())
    return path
