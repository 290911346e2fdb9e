"""What was chosen and why, in two lines and a table; pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from fieldkit.transcode.choose import Choice, Option
from fieldkit.transcode.delivery import together


def two_lines(choice: Choice) -> tuple[str, str]:
    """What is made, and what speaks against the next best."""
    return _made(choice), _instead(choice)


_ALIKE = 0.02  # of the bytes
COLUMNS = ("size", "effort", "VMAF", "kB", "to make", "to send", "arrives", "")


def rows(options: Iterable[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The alternatives, each an `Option` as a mapping."""
    options = list(options)
    fluent = max((option["fps"] for option in options), default=0.0)
    return [
        (
            size(option["short_side"], option["fps"], fluent),
            str(option["effort"]),
            f"{option['score']:.0f}",
            f"{option['bytes'] / 1000:.0f}",
            _seconds(option["making"]),
            _seconds(option["sending"]),
            _seconds(_arrival(option)),
            _remark(option),
        )
        for option in options
    ]


def size(short_side: int, fps: float, fluent: float) -> str:
    """Such as 540p; with its pictures/s, 540p15, where others have more, which are `fluent`."""
    return f"{short_side}p" if fps == fluent else f"{short_side}p{fps:.3g}"


def _arrival(option: Mapping[str, Any]) -> float | None:
    if not option["sending"]:
        return None
    return together(option["making"], option["sending"], overlapped=option.get("overlapped", False))


def _remark(option: Mapping[str, Any]) -> str:
    if option["chosen"]:
        return "chosen"
    return f"misses by {_seconds(option['misses'])}" if option["misses"] else ""


def _made(choice: Choice) -> str:
    option = choice.expected
    line = f"{_size(option, choice)} at VMAF {option.score:.0f}: {_seconds(option.making)} to make"
    sent = f", {_seconds(option.sending)} to send" if option.sending is not None else ""
    sent += f", side by side in {_seconds(option.arrival)}" if sent and option.overlapped else ""
    return f"{line}{sent}, {option.bytes / 1000:.0f} kB"


def _size(option: Option, choice: Choice) -> str:
    return size(option.short_side, option.fps, max(each.fps for each in choice.options))


def _instead(choice: Choice) -> str:
    chosen = choice.expected
    others = [option for option in choice.options if option is not chosen]
    if chosen.misses:
        return f"misses the deadline by {_seconds(chosen.misses)}: a smaller version goes first"
    if not others:
        return (
            "no smaller size is worth it" if choice.searched else "by what other clips needed; not searched"
        )
    fluent = [option for option in others if option.fps > chosen.fps]
    if fluent:
        return f"every picture shown would only reach VMAF {fluent[0].score:.0f}{_too_late(fluent[0])}"
    late = [option for option in others if option.misses > 0]
    if late:
        largest = max(late, key=lambda option: option.short_side)
        return f"{largest.short_side}p would miss the deadline by {_seconds(largest.misses)}"
    near = min(others, key=lambda option: abs(option.short_side - chosen.short_side))
    if chosen.sending is not None and near.arrival > chosen.arrival:
        later = _seconds(near.arrival - chosen.arrival)
        return f"{near.short_side}p would arrive {later} later at VMAF {near.score:.0f}"
    more = near.bytes / chosen.bytes - 1
    if abs(more) < _ALIKE:
        return f"{near.short_side}p would reach VMAF {near.score:.0f} in as many bytes"
    if more > 0:
        return f"{near.short_side}p would take {more:.0%} more bytes for VMAF {near.score:.0f}"
    return f"{near.short_side}p would only reach VMAF {near.score:.0f}"


def _too_late(option: Option) -> str:
    return f", and miss the deadline by {_seconds(option.misses)}" if option.misses else ""


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f} s" if value < 100 else f"{value / 60:.1f} min"
