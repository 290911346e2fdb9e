"""What can be given away, in words; and which word of a container's tags means which. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from fieldkit.transcode.rulebook import Severity

_LONGEST = 80  # characters of what was found that are shown


class Rule(StrEnum):
    """What a file tells."""

    LOCATION = "location"
    DEVICE = "device"  # maker, model, serial number, the phone's software
    TIME = "time"
    WORDS = "words"  # titles, names, comments
    TELEMETRY = "telemetry"  # a track of the camera's own measurements
    TIMECODE = "timecode"
    TRACK = "track"  # one more than a reply needs
    CHAPTERS = "chapters"
    ATTACHMENT = "attachment"  # cover art, thumbnails, files
    USER_DATA = "user data"  # what an encoder wrote between the pictures
    HIDDEN = "hidden"  # bytes that no player needs
    NAME = "file name"
    HANDLER = "handler"
    ENCODER = "encoder"


_ADVICE = {
    Rule.LOCATION: "it says where it was filmed",
    Rule.DEVICE: "it says with what, which can lead to who",
    Rule.TIME: "it says when it was filmed",
    Rule.WORDS: "whoever gets the file can read this",
    Rule.TELEMETRY: "cameras write position and movement there",
    Rule.TIMECODE: "it says at what time of day it was filmed",
    Rule.TRACK: "a reply has one picture and one sound",
    Rule.CHAPTERS: "their titles travel along",
    Rule.ATTACHMENT: "it travels along, with its own metadata",
    Rule.USER_DATA: "cameras write time, position and model there",
    Rule.HIDDEN: "nobody can say what is in there",
    Rule.NAME: "names travel with files: rename it",
    Rule.HANDLER: "it says which program or camera wrote the track",
    Rule.ENCODER: "it says with which program and settings it was made",
}
_SAYS_LITTLE = {Rule.HANDLER, Rule.ENCODER}

_KEYS = (  # the first that fits, of a tag's name in small letters
    (
        Rule.LOCATION,
        ("loci", "xyz", "location", "gps", "iso6709", "latitude", "longitude", "place", "city", "country"),
    ),
    (
        Rule.ENCODER,
        (
            "encoder",
            "©too",
            "encoded_by",
            "writing",
            "muxing",
            "isft",
            "vendor_id",
            "_brand",
            "minor_version",
        ),
    ),
    (
        Rule.DEVICE,
        (
            *(
                "©mak",
                "©mod",
                "©swr",
                "make",
                "model",
                "software",
                "version",
                "manufacturer",
                "smta",
                "smrd",
                "sdln",
            ),
            *(
                "came",
                "firm",
                "lens",
                "gumi",
                "muid",
                "hmmt",
                "bcid",
                "gpmf",
                "sett",
                "serial",
                "device",
                "android",
            ),
            *("camera", "©fmt", "©inf"),
        ),
    ),
    (Rule.TIMECODE, ("timecode",)),
    (Rule.TIME, ("date", "time", "©day", "year", "idit", "icrd")),
    (Rule.HANDLER, ("handler",)),
    (Rule.ATTACHMENT, ("covr", "thmb", "thumb", "©pic", "snal", "tnal", "pnot")),
    (Rule.CHAPTERS, ("chpl", "chap")),
)


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing that a file gives away; `found` may hold it, so it goes to whoever asked and nowhere else."""

    rule: Rule
    found: str
    limit: str = "none"
    source: str = "docs/safety.md"

    @property
    def severity(self) -> Severity:
        return Severity.ADVICE if self.rule in _SAYS_LITTLE else Severity.REJECT

    @property
    def advice(self) -> str:
        return _ADVICE[self.rule]

    def document(self) -> dict[str, str]:
        """As `check --privacy --json` prints it."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "found": self.found,
            "limit": self.limit,
            "source": self.source,
            "advice": self.advice,
        }


def telling(rule: Rule, *words: object) -> Telling:
    """With what was found, short and printable."""
    text = " ".join(str(word) for word in words if word not in ("", None))
    shown = "".join(c for c in text if c.isprintable())
    return Telling(rule, shown[:_LONGEST] + ("…" if len(shown) > _LONGEST else ""))


def of_key(key: str) -> Rule:
    """What a tag of that name tells: what nobody has heard of may be anybody's words."""
    small = key.lower()
    return next((rule for rule, words in _KEYS if any(word in small for word in words)), Rule.WORDS)


def text_of(data: bytes) -> str:
    """The readable part of a tag's bytes."""
    return data.decode("utf-8", "replace").replace("�", "").strip("\0 ")
