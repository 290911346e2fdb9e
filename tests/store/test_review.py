"""What may follow what."""

import pytest

from fieldkit.store.problems import Conflict, Problem
from fieldkit.store.review import MOVES, Decision, move


def test_every_decision_says_what_may_follow() -> None:
    assert set(MOVES) == {None, *Decision}


@pytest.mark.parametrize("before", list(MOVES), ids=str)
@pytest.mark.parametrize("after", list(Decision), ids=str)
def test_only_the_moves_of_the_table_are_made(before: Decision | None, after: Decision) -> None:
    if after in MOVES[before]:
        move(before, after, "because")
    else:
        with pytest.raises(Conflict):
            move(before, after, "because")


def test_only_what_was_approved_is_posted() -> None:
    assert [before for before, moves in MOVES.items() if Decision.POSTED in moves] == [Decision.APPROVED]


def test_everything_can_be_withdrawn_and_nothing_comes_after() -> None:
    assert all(
        Decision.WITHDRAWN in moves for before, moves in MOVES.items() if before is not Decision.WITHDRAWN
    )
    assert MOVES[Decision.WITHDRAWN] == set()


def test_a_retake_without_a_reason_helps_nobody() -> None:
    with pytest.raises(Problem, match="why"):
        move(None, Decision.RETAKE, "  ")
