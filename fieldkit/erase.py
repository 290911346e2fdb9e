"""Takes leave this laptop for good: those that were withdrawn, and those that nobody ever agreed to.

Keys and the personal record go first: what is left after a death half-way is then already unreadable where it was
sealed. The row that says so comes last, so whatever was interrupted is simply done again.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fieldkit import disk
from fieldkit.config import Library, Settings
from fieldkit.errors import FieldkitError
from fieldkit.journal import Journal, Unagreed, Why
from fieldkit.model import Take, TakeId

_AHEAD = timedelta(hours=24)  # how long before its time an erasure is announced, where a command runs by then
_NOTICE = timedelta(hours=12)  # and at least before it is done


def tidied(journal: Journal, library: Library, settings: Settings) -> Callable[[], list[str]]:
    """What every worker does at each of its runs: all that is due of the two below."""
    keep = timedelta(seconds=settings.without_consent)
    return lambda: withdrawn(journal, library) + unagreed(journal, library, keep, datetime.now(UTC))


def withdrawn(journal: Journal, library: Library) -> list[str]:
    """Erases what was withdrawn; a sentence for each. What can't be deleted now is tried again by the next call."""
    return [
        sentence
        for take in journal.farewell.unerased()
        for sentence in _tried(journal, library, take, Why.WITHDRAWN)
    ]


def unagreed(journal: Journal, library: Library, keep: timedelta, now: datetime) -> list[str]:
    """Announces and erases takes that nobody agreed to within `keep`; a sentence for each thing done."""
    said, due = [], []
    for each in journal.farewell.unagreed():
        if each.noticed_at is None and each.take.begun_at + keep - _AHEAD <= now:
            due.append(each.take.id)
            said.append(announced(each, keep, now))
        elif erased_at(each, keep, now) <= now:
            said += _tried(journal, library, each.take, Why.NO_CONSENT)
    if due:
        journal.farewell.notice(due)
    return said


def erased_at(each: Unagreed, keep: timedelta, now: datetime) -> datetime:
    """When a take that nobody agrees to is erased: never without notice, whatever the clock says."""
    return max(each.take.begun_at + keep, (each.noticed_at or now) + _NOTICE)


def announced(each: Unagreed, keep: timedelta, now: datetime) -> str:
    """The notice, one sentence."""
    name, at = each.take.id[-6:], erased_at(each, keep, now)
    return (
        f"Take {name} of tweet {each.take.tweet_id} has no consent and is erased after {at:%Y-%m-%d %H:%M} UTC; "
        f"`fieldkit consent {name} --agree` keeps it."
    )


def orphans(journal: Journal, library: Library) -> int:
    """Removes renditions of withdrawn tweets that died before their row; returns how many.

    The caller holds the lock on rendering.
    """
    names = [path.name for path in library.renditions.iterdir()] if library.renditions.is_dir() else []
    left = journal.farewell.orphans(names)
    for name in left:
        disk.remove(library.renditions / name)
    return len(left)


def _tried(journal: Journal, library: Library, take: Take, why: Why) -> list[str]:
    try:
        return _erased(journal, library, take, why)
    except FieldkitError as error:  # the next run tries again; the line must not wait for it
        return [f"Take {take.id[-6:]} is to be deleted ({why}) and is not yet: {error}"]


def _erased(journal: Journal, library: Library, take: Take, why: Why) -> list[str]:
    for key in keys(library, take.id):
        disk.destroy(key)
    for path in traces(journal, library, take.id):
        disk.remove(path)
    journal.farewell.erased(take.id, why)
    was = "was withdrawn" if why is Why.WITHDRAWN else "had no consent"
    return [
        f"Take {take.id[-6:]} of tweet {take.tweet_id} {was}: everything of it on this laptop is deleted."
    ]


def keys(library: Library, take: TakeId) -> tuple[Path, ...]:
    """What goes before everything else: without it nobody can open what is sealed (`vault/keys.py`)."""
    return tuple(library.keys / f"{take}{whose}.age" for whose in (".laptop", ""))


def traces(journal: Journal, library: Library, take: TakeId) -> Iterator[Path]:
    """Every other file of a take, in the order in which they are to go."""
    yield library.consents / f"{take}.age"
    for path in journal.farewell.files(take):
        yield library.root / path
    yield from sorted(library.sealed.glob(f"{take}*"))
    yield from sorted(
        library.rolling.glob(f"*{take}*")
    )  # what is made of it while it rolls has it in its name
