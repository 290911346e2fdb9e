"""Clips as the people of a shift see them: takes, each with its renditions and one word on all of it. Pure."""

from dataclasses import dataclass

from fieldkit.store.nouns import Clip
from fieldkit.store.review import MOVES, Decision

_FIRST_LOOK = ("proxy", "tweet")  # the lightest rendition first
_TO_POST = "tweet"  # the profile that X takes


@dataclass(frozen=True, slots=True)
class Attempt:
    """One take of one tweet, or a clip that names none: its renditions, the lightest first."""

    clips: list[Clip]

    @property
    def key(self) -> str:
        """Fit for an element's id."""
        return self.shown.take or self.shown.blob.sha256[:16]

    @property
    def shown(self) -> Clip:
        """The one to watch first."""
        return self.clips[0]

    @property
    def ready(self) -> Clip | None:
        """The one to post, once it is here."""
        fit = [clip for clip in self.clips if clip.profile == _TO_POST]
        return fit[0] if fit else None

    @property
    def decision(self) -> Decision | None:
        """What was decided, also for a rendition that came later; None where nobody did, or not of one mind."""
        decisions = {clip.decision for clip in self.clips if clip.decision}
        return decisions.pop() if len(decisions) == 1 else None

    @property
    def why(self) -> str:
        """The words that came with the decision."""
        return next((clip.why for clip in self.clips if clip.decision and clip.why), "")

    @property
    def moves(self) -> set[Decision]:
        """What may be decided next."""
        open_moves = [MOVES[self.decision]] if self.decision else [MOVES[c.decision] for c in self.clips]
        return set().union(*open_moves) - {Decision.WITHDRAWN}


def attempts(clips: list[Clip]) -> list[Attempt]:
    """The clips of one tweet by take, the newest take first."""
    takes: dict[str, list[Clip]] = {}
    for clip in clips:
        takes.setdefault(clip.take or clip.blob.sha256, []).append(clip)
    return [Attempt(sorted(take, key=_weight)) for take in takes.values()]


def _weight(clip: Clip) -> tuple[int, int]:
    """What was made anew, with captions say, comes before what it stands for."""
    known = clip.profile in _FIRST_LOOK
    return (_FIRST_LOOK.index(clip.profile or "") if known else len(_FIRST_LOOK), -clip.number)
