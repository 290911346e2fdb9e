"""The words that one take's reply shows: kept in the journal as they were given, checked whenever they are drawn."""

from dataclasses import replace
from pathlib import Path

from fieldkit.errors import NeedsCrew
from fieldkit.journal import Journal
from fieldkit.model import Consent, Take, TakeId, TakeWords, Trait
from fieldkit.transcode import captions, fonts
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.wording import content_of
from fieldkit.transcode.words import Words

_TELLING = {Trait.NAME: "name", Trait.PLACE: "place"}


def give(journal: Journal, take: Take, srt: Path | None, lower_third: str | None) -> None:
    """Puts them on record, beside what was given before; the take's `tweet` is due again where they are new.

    Raises NeedsCrew for what can't be read or drawn, for a protected take, and for what its speaker wants hidden.
    """
    if journal.protection.of(take.id) is not None:
        raise NeedsCrew(
            f"Take {take.id[-6:]} is protected: `fieldkit protect {take.id[-6:]} --captions FILE` gives it its words."
        )
    before = journal.words.of(take.id) or TakeWords()
    said = TakeWords(
        content_of(srt) if srt else before.srt, before.lower_third if lower_third is None else lower_third
    )
    drawn = _drawn(said, journal.entry(take.id).consent)
    fonts.faces(drawn.texts())
    if said != before:
        journal.words.put(take.id, said)


def brief_for(journal: Journal, take: TakeId, said: TakeWords | None, brief: Brief) -> Brief:
    """What is asked of that take's rendition, with the words `said` of it. Raises NeedsCrew."""
    if said is None:
        return brief
    own = _drawn(said, journal.entry(take).consent)
    card = brief.words.card if brief.words else None
    return replace(brief, words=replace(own, card=card))


def _drawn(said: TakeWords, consent: Consent) -> Words:
    hidden = [word for trait, word in _TELLING.items() if trait in consent.hidden]
    if said.lower_third and hidden:
        raise NeedsCrew(
            f"The speaker's {hidden[0]} is not to be shown, and a lower third tells who speaks or from where: "
            "give none (`--lower-third ''`)."
        )
    cues = captions.parse(said.srt, "the captions") if said.srt else ()
    return Words(cues, said.lower_third or None)
