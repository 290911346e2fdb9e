"""May this leave the laptop, and what must not be in it: the rule over a consent. Pure.

Sources: CARE's emergency toolkit (face, name and exact place are three pillars of risk: one goes for a vulnerable
person, two where the risk is high), IFRC and WITNESS for minors, UNHCR for withdrawal.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from fieldkit.model.consent import Age, Consent, ConsentState, Risk, Scope, Trait

PILLARS = frozenset({Trait.FACE, Trait.NAME, Trait.PLACE})
LEAST_REMOVED = {Risk.ORDINARY: 0, Risk.VULNERABLE: 1, Risk.HIGH: 2}  # pillars
IN_THE_CLIP = frozenset({Trait.FACE, Trait.VOICE})  # what only another rendition can hide


def why_barred(consent: Consent, operator: str | None = None) -> str | None:
    """What in a consent forbids that the take leaves, in one sentence; None where nothing does.

    `operator` is who recorded it: they can't be their own second approver. A consent that was never given, was
    withdrawn or has expired is not looked at here.
    """
    return next(_bars(consent, operator), None)


def why_kept(
    consent: Consent, now: datetime, exposed: Collection[Trait] = (), bar: str | None = None
) -> str | None:
    """Why nothing of a take leaves the laptop at this moment, in one sentence; None where it may.

    `exposed` is what must be hidden and is not, `bar` what `why_barred` said when the consent was put on record.
    """
    if consent.state is ConsentState.WITHDRAWN:
        return "The speaker withdrew their consent."
    if consent.state is not ConsentState.AGREED:
        return "Nobody has put the speaker's consent on record."
    if consent.until is not None and consent.until <= now:
        return f"The consent ended on {consent.until:%Y-%m-%d}; ask again, or leave it."
    if bar:
        return bar
    if exposed:
        return (
            f"The speaker does not want their {_listed(exposed)} shown, and nothing protects it yet: "
            "make a protected rendition first."
        )
    return None


def removed(consent: Consent) -> frozenset[Trait]:
    """What must not be in anything that leaves."""
    return consent.hidden


def _bars(consent: Consent, operator: str | None) -> Iterator[str]:
    if Scope.REPLY not in consent.scope:
        yield "The consent does not cover a reply on X; ask for that, or keep the clip."
    if not consent.at_home:
        yield "They do not want to be seen in their own country, and X is seen in every one: this can't be a reply."
    if consent.age is not Age.ADULT:
        who = "A minor" if consent.age is Age.MINOR else "Somebody whose age is not known"
        lacks = list(_lacking(consent, operator))
        if lacks:
            yield f"{who} needs {_listed(lacks)} before anything leaves."
    least, gone = LEAST_REMOVED[consent.risk], len(PILLARS & consent.hidden)
    if gone < least:
        yield (
            f"At {consent.risk} risk {'one' if least == 1 else 'two'} of face, name and place must not be shown, "
            f"and {'none is' if gone == 0 else 'only one is'} hidden."
        )


def _lacking(consent: Consent, operator: str | None) -> Iterator[str]:
    if not consent.guardian:
        yield "a guardian's consent"
    if not consent.assent:
        yield "the child's own assent"
    if consent.approved_by is None or consent.approved_by in {consent.explained_by, operator}:
        yield "a second crew member's approval"


def _listed(words: Collection[str]) -> str:
    *most, last = sorted(words) if isinstance(words, frozenset | set) else words
    return f"{', '.join(most)} and {last}" if most else str(last)
