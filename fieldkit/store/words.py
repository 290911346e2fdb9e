"""Figures in the board's words: sizes, times, ages. Pure."""

from fieldkit.model import Age, Consent, in_order
from fieldkit.store.arriving import Arriving

_UNITS = (("d", 86_400), ("h", 3600), ("min", 60))


def size(count: int) -> str:
    """Bytes."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"


def minute(text: str) -> str:
    """A time of ISO 8601 as far as its minute."""
    return text[:16].replace("T", " ")


def agreed(consent: Consent | None) -> str:
    """What a clip's speaker agreed to."""
    if consent is None:
        return "No consent stated: ask before it is posted."
    said = [f"Agreed to: {', '.join(in_order(consent.scope).split())}"]
    if consent.hidden:
        said.append(f"not to be shown: {', '.join(in_order(consent.hidden).split())}")
    if consent.until:
        said.append(f"until {consent.until:%Y-%m-%d}")
    if consent.age is not Age.ADULT:
        said.append("a minor" if consent.age is Age.MINOR else "age unknown")
    return " · ".join(said)


def length_of(seconds: float) -> str:
    """A clip's length."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


_WHAT = {"proxy": "the first look", "tweet": "the MP4 for X", "original": "the original"}
_SILENT = 30.0  # seconds that a slow line may well be silent


def arriving(each: Arriving) -> str:
    """How far an upload is."""
    what = _WHAT.get(each.profile, each.profile or "a clip")
    of = f" of {'about ' if each.about else ''}{size(each.whole)}" if each.whole else ""
    if each.silent > _SILENT:
        when = f", silent for {span(each.silent)}"
    elif each.left is None:
        when = ""
    else:
        when = f", {f'about {max(1, round(each.left))} s' if each.left < 90 else span(each.left)} to go"
    return f"{what}, {size(each.held)}{of} here{when}"


def span(seconds: float) -> str:
    """How long something takes or is ago, as roughly as people say it; board.js says it in the same way."""
    for number, (unit, factor) in enumerate(_UNITS):
        if seconds >= factor:
            whole, rest = divmod(int(seconds), factor)
            smaller = _UNITS[number + 1] if number + 1 < len(_UNITS) and whole < 10 else None
            tail = rest // smaller[1] if smaller else 0
            return f"{whole} {unit}" + (f" {tail} {smaller[0]}" if smaller and tail else "")
    return "under a minute"
