"""fieldkit store user, fieldkit store audit: the people of the command centre, and who did what."""

import sys
from dataclasses import asdict

import click

from fieldkit.cli import say
from fieldkit.cli.codes import EXIT_CODES
from fieldkit.cli.options import as_json, epilog
from fieldkit.cli.store import in_root
from fieldkit.store.site import Site

_LONGEST_LINE = 4096  # characters


@click.group(epilog=EXIT_CODES)
def user() -> None:
    """Who signs in at the board, with a name and a passphrase.

    \b
    Example:
      fieldkit store user add amal
    """


@user.command(epilog=epilog("fieldkit store user add amal", "fieldkit store user add ruth --role admin"))
@in_root
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["command-centre", "admin"]),
    default="command-centre",
    show_default=True,
    help="An admin reads the audit trail, too.",
)
def add(root: Site, name: str, role: str) -> None:
    """Asks for a passphrase, twice; or reads one line from stdin, where that is no terminal."""
    from fieldkit.store.house import House
    from fieldkit.store.tokens import Role

    passphrase = _passphrase()
    with House(root) as house:
        house.users.add(name, Role(role), passphrase)
    say.note(f"{name} can sign in at the board now.")


@user.command(name="list", epilog=epilog("fieldkit store user list --json"))
@in_root
@as_json
def list_(root: Site, as_json: bool) -> None:
    """Every user there ever was."""
    from fieldkit.store.house import House

    with House(root) as house:
        users = house.users.list()
    if as_json:
        say.document([asdict(each) for each in users])
        return
    rows = [(u.name, u.role, u.made_at, u.revoked_at or "") for u in users]
    say.table("name", "role", "made", "revoked", rows=rows)


@user.command(epilog=epilog("fieldkit store user revoke amal"))
@in_root
@click.argument("name")
def revoke(root: Site, name: str) -> None:
    """Signed out everywhere, at once and for good."""
    from fieldkit.store.house import House

    with House(root) as house:
        house.users.revoke(name)
    say.note(f"{name} is revoked.")


@click.command(epilog=epilog("fieldkit store audit", "fieldkit store audit --since 2026-11-23 --json"))
@in_root
@click.option("--since", default="", metavar="TIME", help="UTC: `2026-11-23` or `2026-11-23T08:00`.")
@as_json
def audit(root: Site, since: str, as_json: bool) -> None:
    """Who decided, withdrew, downloaded, signed in or failed to, made or revoked what: newest first."""
    from fieldkit.store.house import House
    from fieldkit.store.trail import every_entry

    with House(root) as house:
        entries = list(every_entry(house.trail, _moment(since)))
    if as_json:
        say.document({"entries": [asdict(entry) for entry in entries]})
        return
    rows = [(e.at, e.who, e.did, e.about, e.address or "") for e in entries]
    say.table("at", "who", "did", "about", "address", rows=rows)


def _passphrase() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline(_LONGEST_LINE).rstrip("\r\n")


def _moment(text: str) -> str:
    from datetime import UTC, datetime

    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter("a date or a time such as 2026-11-23T08:00", param_hint="--since") from error
    # the trail's times are UTC text, which sorts as the times do
    return (moment.astimezone(UTC) if moment.tzinfo else moment).strftime("%Y-%m-%dT%H:%M:%S")
