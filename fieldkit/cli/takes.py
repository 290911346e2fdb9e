"""takes, circle, void: what the crew decides about its takes."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from fieldkit.cli import options, say
from fieldkit.journal import Entry
from fieldkit.model import Consent, ConsentState, TakeId, TweetId, in_order
from fieldkit.wanted import timestamp


@click.command(epilog=options.epilog("fieldkit takes", "fieldkit takes 826412345678901234 --json"))
@click.argument("tweet", type=options.TWEET, required=False)
@options.as_json
@options.library
def takes(tweet: TweetId | None, as_json: bool, folder: str | None) -> None:
    """List the takes of a tweet, or all of them."""
    kit = options.kit(folder)
    with kit.journal() as journal:
        entries, going = journal.entries(tweet), kit.going(journal)
    if as_json:
        root = str(kit.library.root)
        say.document(
            [
                as_document(entry, root)
                | {"erased_after": timestamp(going[entry.take.id]) if entry.take.id in going else None}
                for entry in entries
            ]
        )
        return
    if not entries:
        say.note("No takes yet: `fieldkit record TWEET` or `fieldkit ingest FILE --tweet TWEET` makes one.")
        return
    say.table(
        "take", "tweet", "no.", "length", "good", "consent", "state", rows=[_row(entry) for entry in entries]
    )
    for entry in entries:
        if entry.verdict and not entry.verdict.good and not entry.voided:
            say.note(f"Take {entry.take.id[-6:]}: {entry.verdict.sentence}")
    for line in leaving(going):
        say.note(line)


@click.command(epilog=options.epilog("fieldkit circle 1f0c22"))
@click.argument("take")
@options.library
def circle(take: str, folder: str | None) -> None:
    """Choose TAKE as its tweet's answer (its ID, or six or more characters of its beginning or end)."""
    with options.kit(folder).journal() as journal:
        chosen = journal.take(take)
        journal.circle(chosen.id)
    say.note(f"Take {chosen.number} now answers tweet {chosen.tweet_id}.")


@click.command(epilog=options.epilog("fieldkit void 1f0c22"))
@click.argument("take")
@options.library
def void(take: str, folder: str | None) -> None:
    """Discard TAKE: its files stay here, nothing more is made of it or sent; `circle` takes it back."""
    with options.kit(folder).journal() as journal:
        chosen = journal.take(take)
        journal.void(chosen.id)
        held = journal.entry(chosen.id).receipted
    say.note(
        f"Take {chosen.number} of tweet {chosen.tweet_id} is discarded; its original stays on this laptop."
        + (" The store has it already: tell the command centre." if held else "")
    )


def as_document(entry: Entry, root: str) -> dict[str, Any]:
    """One take as `fieldkit takes --json` prints it (blueprint 5.1); paths are absolute."""
    take, original = entry.take, entry.original
    return {
        "take": take.id,
        "tweet_id": take.tweet_id,
        "number": take.number,
        "place": take.place,
        "operator": take.operator,
        "recorded_at": take.begun_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "seconds": original.seconds if original else None,
        "original": {
            "path": f"{root}/{entry.sealed or original.path}",
            "sha256": original.sha256,
            "bytes": original.bytes,
            "sealed": entry.sealed is not None,
        }
        if original
        else None,
        "verdict": asdict(entry.verdict) if entry.verdict else None,
        "recovered": bool(original and original.recovered),
        "consent": str(entry.consent.state),
        "language": entry.consent.language,
        "terms": _terms(entry.consent) if entry.consent.state is ConsentState.AGREED else None,
        "kept": entry.kept,
        "erased": entry.erased,
        "circled": entry.circled,
        "voided": entry.voided,
        "renditions": [
            {
                "profile": r.profile,
                "path": None if entry.handed_over else f"{root}/{r.path}",
                "sha256": r.sha256,
                "bytes": r.bytes,
                "width": r.width,
                "height": r.height,
                "receipt": r.profile in entry.receipted,
                "passport": entry.passports.get(r.profile),
            }
            for r in entry.renditions
        ],
        "protection": _protection(entry),
        "decision": entry.decided.decision if entry.decided else None,
        "why": entry.decided.why if entry.decided else None,
        "refusal": " ".join(dict.fromkeys(refusal.why for refusal in entry.refusals)) or None,
    }


def _protection(entry: Entry) -> dict[str, Any] | None:
    protection = entry.protection
    if protection is None:
        return None
    return {
        "method": protection.method,
        "region": str(protection.region) if protection.region else None,
        "voice": protection.voice,
        "unsigned": [
            {"profile": draft.rendition.profile, "sha256": draft.rendition.sha256, "shown": draft.shown}
            for draft in entry.drafts
        ],
        "in_the_open": sorted({slip.store for slip in entry.slips}),
    }


def leaving(going: Mapping[TakeId, datetime]) -> Iterator[str]:
    """When takes without consent are erased, the first three; for people."""
    for take, at in sorted(going.items(), key=lambda each: each[1])[:3]:
        yield f"Take {take[-6:]} has no consent and is erased after {at:%Y-%m-%d %H:%M} UTC."
    if len(going) > 3:
        yield f"So are {len(going) - 3} more, later."


def _terms(consent: Consent) -> dict[str, Any]:
    """What was agreed to, in the words of the command."""
    return {
        "manner": consent.manner,
        "heard_at": consent.heard_at,
        "told": in_order(consent.told).split(),
        "scope": in_order(consent.scope).split(),
        "hidden": in_order(consent.hidden).split(),
        "age": consent.age,
        "risk": consent.risk,
        "until": timestamp(consent.until) if consent.until else None,
        "card": consent.card is not None,
    }


def _row(entry: Entry) -> tuple[Any, ...]:
    take = entry.take
    name = take.id[-6:] + (" ◉" if entry.circled else "")
    return (
        name,
        take.tweet_id,
        take.number,
        _length(entry),
        _good(entry),
        entry.consent.state,
        state_of(entry),
    )


def _good(entry: Entry) -> str:
    return "–" if entry.verdict is None else "yes" if entry.verdict.good else "no"


def _length(entry: Entry) -> str:
    return say.span(entry.original.seconds) if entry.original else "–"


def state_of(entry: Entry) -> str:
    """Where a take stands on the line, in a few words."""
    if entry.erased:
        return (
            "deleted: withdrawn" if entry.consent.state is ConsentState.WITHDRAWN else "deleted: no consent"
        )
    if entry.voided:
        return "discarded"
    if entry.refusals:
        return f"refused: {entry.refusals[0].why}"
    if entry.original is None:
        return "rolling, or to be salvaged by `fieldkit render`"
    if entry.consent.state is ConsentState.WITHDRAWN:
        return "stays here: consent withdrawn, deleted by the next command that works"
    if entry.consent.state is ConsentState.NONE:
        return "stays here: no consent"
    if entry.kept:
        return f"stays here: {entry.kept}"
    sealed = ["sealed"] if entry.sealed else []
    made = [f"{r.profile} {'arrived' if r.profile in entry.receipted else 'waits'}" for r in entry.renditions]
    made += [f"{draft.rendition.profile} waits for sign-off" for draft in entry.drafts]
    if entry.slips:
        made.insert(0, "the store has it unprotected: tell the command centre")
    decided = [entry.decided.decision] if entry.decided else []
    return ", ".join([*made, *sealed, *decided]) or "to be rendered"
