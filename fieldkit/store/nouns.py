"""What the catalogue speaks of: arrivals, clips, and which of them are wanted."""

from dataclasses import dataclass

from fieldkit.model import Consent, Place, Sha256
from fieldkit.store.label import Label
from fieldkit.store.media import Blob
from fieldkit.store.probe import Looks
from fieldkit.store.review import Decision
from fieldkit.store.uploads import Upload


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified upload on its way into the catalogue."""

    upload: Upload
    label: Label
    blob: Blob
    bytes: int
    looks: Looks


@dataclass(frozen=True, slots=True)
class Arrived:
    """What became of a finished upload."""

    sha256: Sha256
    bytes: int
    place: Place | None
    metadata: str
    concat: str


@dataclass(frozen=True, slots=True)
class Clip:
    """A catalogue entry, with the last decision about it."""

    number: int
    blob: Blob
    bytes: int
    profile: str | None
    take: str | None
    place: str | None
    recorded_at: str | None
    received_at: str
    seconds: float | None
    width: int | None
    height: int | None
    decision: Decision | None
    why: str | None
    consent: Consent | None = None  # in summary; None where none is stated, or it was not asked for


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which clips: None stands for any."""

    place: Place | None = None
    decision: Decision | None = None
    undecided: bool = False  # only those that wait for a decision
    after: int | None = None  # a clip's number: only what arrived before it
