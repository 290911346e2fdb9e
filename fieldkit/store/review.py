"""What may be decided about a clip, and after what. Pure."""

from enum import StrEnum

from fieldkit.store.problems import Conflict, Problem


class Decision(StrEnum):
    APPROVED = "approved"  # may be posted as the reply
    RETAKE = "retake"  # the crew is asked to record it again; `why` tells them what to change
    REJECTED = "rejected"  # will not be used
    POSTED = "posted"  # is public, as a reply to its tweet
    WITHDRAWN = "withdrawn"  # consent was taken back: the bytes are gone; given by DELETE only


_OPEN = {Decision.APPROVED, Decision.RETAKE, Decision.REJECTED, Decision.WITHDRAWN}

MOVES: dict[Decision | None, set[Decision]] = {
    None: _OPEN,
    Decision.APPROVED: _OPEN - {Decision.APPROVED} | {Decision.POSTED},
    Decision.RETAKE: _OPEN - {Decision.RETAKE},
    Decision.REJECTED: _OPEN - {Decision.REJECTED},
    Decision.POSTED: {Decision.WITHDRAWN},  # what is public can only be taken back
    Decision.WITHDRAWN: set(),
}


def move(before: Decision | None, after: Decision, why: str) -> None:
    """Returns if the decision may be taken. Raises Conflict (409) or Problem (400)."""
    if after not in MOVES[before]:
        raise Conflict(f"A clip that is {before or 'undecided'} can’t become {after}.")
    if after is Decision.RETAKE and not why.strip():
        raise Problem("Say why, so that the crew knows what to do differently.")
