"""What ffmpeg's meters and detectors say while the camera rolls, line by line. Pure."""

import re
from dataclasses import dataclass

_METER = re.compile(r"\[Parsed_\w+ @ [^\]]*\] \[info\] (.*)")
_LEVEL = re.compile(r"lavfi\.astats\.Overall\.(RMS|Peak)_level=(\S+)")
_SIZE = re.compile(r"driver changed the video from (\d+x\d+) to (\d+x\d+)")
_RATE = re.compile(r"driver changed the time per frame from (\d+)/(\d+) to (\d+)/(\d+)")

_SEEN = {
    "lavfi.black_start": "The picture is black; is the lens covered?",
    "lavfi.freezedetect.freeze_start": "The picture does not move any more; is the camera still plugged in?",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What one line means. Levels in dBFS over a tenth of a second; `note` is a sentence for the crew."""

    level: float | None = None  # RMS
    peak: float | None = None
    note: str = ""
    kept: bool = False  # whether the line may also tell why a recording failed


def heard(line: str) -> Heard | None:
    """What a line of ffmpeg's log says, None where it is of no meter."""
    if changed := _SIZE.search(line):
        return Heard(note=f"The camera films {changed[2]} instead of {changed[1]}.", kept=True)
    if changed := _RATE.search(line):
        asked, given = int(changed[2]) / int(changed[1] or 1), int(changed[4]) / max(1, int(changed[3]))
        return Heard(note=f"The camera films {given:g} pictures a second instead of {asked:g}.", kept=True)
    if (said := _METER.search(line)) is None:
        return None
    if level := _LEVEL.search(said[1]):
        try:
            value = float(level[2])
        except ValueError:
            return Heard()
        return Heard(level=value) if level[1] == "RMS" else Heard(peak=value)
    return Heard(note=next((note for sign, note in _SEEN.items() if sign in said[1]), ""))
