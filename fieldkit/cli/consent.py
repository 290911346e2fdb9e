"""consent, withdraw: what the speaker agreed to, and that they take it back."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from fieldkit.cli import options, say
from fieldkit.errors import NeedsCrew
from fieldkit.model import (
    Age,
    Consent,
    ConsentState,
    Language,
    Manner,
    Risk,
    Scope,
    Told,
    Trait,
)

_EVERYTHING = "all"


def _words(name: str, kind: Any, said: str, **more: Any) -> Any:
    """An option that may be given several times, each with one of the words of `kind`."""
    choice = click.Choice([*(word.value for word in kind), *more.pop("also", ())])
    return click.option(name, type=choice, multiple=True, help=said, **more)


def _terms(function: Any) -> Any:
    """What the speaker agreed to, beyond yes: all of it has a sensible default."""
    for option in reversed(
        (
            click.option("--language", metavar="TAG", help="The language it was explained in (BCP 47)."),
            click.option("--spoken/--written", "spoken", default=None, help="How it was given."),
            click.option(
                "--manner",
                type=click.Choice([each.value for each in Manner]),
                help="The same, in more words.",
            ),
            click.option(
                "--heard-at", type=options.TimeParam(), help="Seconds into the take at which they say it."
            ),
            click.option(
                "--explained-by", metavar="CODE", help="Which crew member explained it: a code, no name."
            ),
            click.option("--interpreter", metavar="TAG", help="The interpreter's other language."),
            _words("--told", Told, "What was said to them; several times, or all.", also=[_EVERYTHING]),
            _words("--scope", Scope, "Where it may appear; several times. [default: reply]"),
            click.option(
                "--age", type=click.Choice([each.value for each in Age]), default="adult", show_default=True
            ),
            click.option("--guardian", is_flag=True, help="The guardian of a minor agreed."),
            click.option("--assent", is_flag=True, help="The child agreed, too."),
            click.option(
                "--approved-by", metavar="CODE", help="A second crew member approved: a code, no name."
            ),
            _words("--hide", Trait, "What must not be shown; several times."),
            click.option(
                "--risk",
                type=click.Choice([each.value for each in Risk]),
                default="ordinary",
                show_default=True,
                help="What you think this person risks, whatever they say.",
            ),
            click.option(
                "--not-at-home", is_flag=True, help="They do not want to be seen in their own country."
            ),
            click.option(
                "--until",
                metavar="DATE",
                type=click.DateTime(["%Y-%m-%d"]),
                help="The last day it may be shown.",
            ),
        )
    ):
        function = option(function)
    return function


@click.command(
    epilog=options.epilog(
        "fieldkit consent --script sw",
        "fieldkit consent 1f0c22 --agree --language sw --spoken",
        "fieldkit consent 1f0c22 --agree --hide face --hide name --risk high --until 2027-06-30",
        "fieldkit consent 1f0c22 --withdraw",
    )
)
@click.argument("take", required=False)
@click.option("--agree", is_flag=True, help="The speaker agrees to this reply being published.")
@click.option("--withdraw", is_flag=True, help="The speaker takes it back, for good.")
@click.option(
    "--script", "script_in", metavar="TAG", help="Print what to say before you ask, in this language."
)
@click.option(
    "--new-card", is_flag=True, help="Print another code for their card, where it was lost; each one counts."
)
@click.option(
    "--person",
    is_flag=True,
    help="Also ask who they are, for the protection officer's eyes alone (`init --officer`).",
)
@_terms
@options.library
def consent(
    take: str | None,
    agree: bool,
    withdraw: bool,
    script_in: str | None,
    new_card: bool,
    person: bool,
    folder: str | None,
    **terms: Any,
) -> None:
    """Put consent for TAKE on record, or withdraw it.

    A code is printed once, for the card that the speaker keeps: with it they can take consent back anywhere.
    """
    if script_in is not None:
        from fieldkit.prompts import script

        click.echo(script(Language(script_in), options.kit(folder).library))
        return
    if take is None:
        raise click.UsageError("say which TAKE is meant; `fieldkit takes` lists them")
    if agree == withdraw:
        raise click.UsageError("say --agree or --withdraw, and not both")
    if withdraw:
        _withdraw(take, folder)
    else:
        _agree(take, folder, terms, new_card=new_card, person=person)


@click.command(epilog=options.epilog("fieldkit withdraw 7K2M-9QRT-4XVA"))
@click.argument("code")
@options.library
def withdraw(code: str, folder: str | None) -> None:
    """Take consent back with the CODE on the speaker's card; no name is needed.

    What is on this laptop is deleted now, and the store is told at the next contact, also of a code that this
    laptop does not know.
    """
    from fieldkit.model.card import card_of

    kit = options.kit(folder)
    card = card_of(code)
    with kit.journal() as journal:
        held = journal.farewell.withdraw_card(card)
    for sentence in kit.erase():
        say.note(sentence)
    if held:
        say.note(
            "Withdrawn for good. The store and the other laptops are told at the next `fieldkit sync` or `run`."
        )
    else:
        say.note(
            "No take here has this code on its card. The store is told at the next `fieldkit sync` or `run`, and takes "
            "nothing that comes with it; if the code should be known here, look at the card once more."
        )


def _agree(take: str, folder: str | None, terms: dict[str, Any], *, new_card: bool, person: bool) -> None:
    from fieldkit.model.card import ENTROPY, card_of, new_code

    kit, code = options.dated(options.kit(folder)), None
    answers = _asked(kit.settings.officer) if person else None
    with kit.journal() as journal:
        chosen = journal.take(take)
        if new_card or journal.entry(chosen.id).consent.card is None:
            code = new_code(secrets.token_bytes(ENTROPY))
        journal.consent(chosen.id, _given(terms, code and card_of(code)))
        entry = journal.entry(chosen.id)
    if answers is not None:
        from fieldkit.person import keep

        keep(answers, chosen, kit.library, kit.settings.officer)
        say.note("What was said about the person is sealed; only the protection officer can read it.")
    after = "it is discarded, so it stays here" if entry.voided else "it may now be sent"
    say.note(
        f"Consent is on record for take {chosen.number} of tweet {chosen.tweet_id}; {entry.kept or after}.".replace(
            "..", "."
        )
    )
    if code:
        say.note(
            f"Their card: {code}. Write it down for them now; it is not kept here and not shown again. Whoever has it "
            f"can take the consent back."
        )


def _withdraw(take: str, folder: str | None) -> None:
    kit = options.kit(folder)
    with kit.journal() as journal:
        chosen = journal.take(take)
        held = bool(journal.entry(chosen.id).receipted)
        journal.consent(chosen.id, Consent(ConsentState.WITHDRAWN))
    for sentence in kit.erase():
        say.note(sentence)
    name = f"take {chosen.number} of tweet {chosen.tweet_id}"
    there = "has it, and deletes it" if held else "deletes what it has of it"
    say.note(
        f"Withdrawn for good: nothing more of {name} leaves this laptop. The store {there} at the next `fieldkit sync` "
        "or `run`; do that as soon as there is a line."
    )


def _given(terms: dict[str, Any], card: Any) -> Consent:
    given = options.consent_of("agreed", terms["language"], terms["spoken"])
    told = set(Told) if _EVERYTHING in terms["told"] else map(Told, terms["told"])
    day: datetime | None = terms["until"]
    return Consent(
        ConsentState.AGREED,
        given.language,
        Manner(terms["manner"]) if terms["manner"] else given.manner,
        heard_at=terms["heard_at"],
        explained_by=terms["explained_by"],
        interpreter=Language(terms["interpreter"]) if terms["interpreter"] else None,
        told=frozenset(told),
        scope=frozenset(map(Scope, terms["scope"])) or frozenset({Scope.REPLY}),
        age=Age(terms["age"]),
        guardian=terms["guardian"],
        assent=terms["assent"],
        approved_by=terms["approved_by"],
        hidden=frozenset(map(Trait, terms["hide"])),
        risk=Risk(terms["risk"]),
        at_home=not terms["not_at_home"],
        until=(day + timedelta(days=1)).replace(tzinfo=UTC) if day else None,  # the whole day
        card=card,
    )


def _asked(officer: str | None) -> Any:
    """What is known of the person: asked for, not typed as an option, which a shell would remember."""
    from fieldkit.person import Person, officer_of

    officer_of(officer)
    said = {
        name: click.prompt(question, default="", show_default=False, err=True).strip()
        for name, question in (
            ("name", "Name (empty for none)"),
            ("contact", "How to reach them"),
            ("guardian", "A minor's guardian"),
            ("notes", "Anything else the officer should know"),
        )
    }
    try:
        return Person(**said)
    except NeedsCrew as error:
        raise NeedsCrew(f"{error} Consent was not put on record either; run the command again.") from error
