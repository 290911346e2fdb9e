"""seal, unseal, wipe: what a seized laptop gives up nothing of."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from fieldkit.cli import options, say
from fieldkit.config import library_at
from fieldkit.errors import Damaged, NeedsCrew


@click.command(epilog=options.epilog("fieldkit seal", "fieldkit seal --json"))
@options.as_json
@options.library
def seal(as_json: bool, folder: str | None) -> int:
    """Seal the originals that nothing needs any more, so that a seized laptop gives up nothing; `run` does it too.

    With the campaign's key (`init --seal`) an original is sealed once the store has its renditions, which go from
    here as well. With a passphrase (`init --passphrase`) it is sealed as soon as its renditions are made.
    """
    stop = options.interruptible()
    outcome = options.kit(folder).seal(
        stop, lambda original: say.note(f"Sealing {original.take[-6:]}, {say.size(original.bytes)} …")
    )
    if as_json:
        say.document({"sealed": outcome.sealed, "plain": outcome.unsealed})
    for sentence in outcome.unsealed:
        say.trouble(sentence)
    say.note(f"Sealed {len(outcome.sealed)} originals." if outcome.sealed else "Nothing is to be sealed.")
    return options.exit_code(len(outcome.sealed), len(outcome.unsealed), damaged=outcome.damaged)


@click.command(
    epilog=options.epilog(
        "fieldkit unseal --new-key campaign.key",
        "fieldkit unseal /media/laptop/fieldkit --key campaign.key -o originals",
        "fieldkit unseal library --passphrase -o originals",
        "fieldkit unseal 0199c5d2-….mp4.age --key campaign.key --json",
    )
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH…")
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The campaign's secret key, as --new-key or age-keygen wrote it.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where the originals go (default: here).",
)
@click.option(
    "--new-key",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Make the campaign's key: the secret half into FILE, the public one is printed, for `init --seal`.",
)
@click.option(
    "--passphrase",
    "unlocks",
    is_flag=True,
    help="On the laptop itself, PATH its library: what it can still open, with its passphrase.",
)
@options.as_json
def unseal(
    paths: tuple[Path, ...],
    key: Path | None,
    output: Path,
    new_key: Path | None,
    unlocks: bool,
    as_json: bool,
) -> int:
    """Open sealed originals at headquarters. PATH is a library's folder, or sealed files with their envelopes."""
    from fieldkit.vault import unseal as opening

    if new_key is not None:
        if paths or key is not None or unlocks:
            raise click.UsageError("--new-key makes a key and opens nothing; give it alone.")
        recipient = opening.new_key(new_key)
        if as_json:
            say.document({"public": recipient})
        else:
            click.echo(recipient)
        say.note(
            f"The secret half is in {new_key}: keep it off the laptops, and a copy of it in a second place."
        )
        return 0
    if not paths or (key is None) != unlocks:
        raise click.UsageError("say which PATH to open, and with which --key FILE or the --passphrase.")
    whose, identity = ("laptop", _unlocked(paths[0])) if key is None else ("", _identity(key))
    reports: list[dict[str, Any]] = []
    damaged = False
    for done in opening.open_each(opening.find(paths), identity, output, whose):
        state = "refused" if done.error else "opened" if done.fresh else "there"
        why = str(done.error) if done.error else None
        reports.append({"file": str(done.sealed), "output": str(done.output), "state": state, "error": why})
        damaged |= isinstance(done.error, Damaged)
        if why:
            say.trouble(f"{done.sealed.name}: {why}")
    if as_json:
        say.document(reports)
    refused = sum(report["state"] == "refused" for report in reports)
    say.note(
        f"{len(reports) - refused} originals are in {output}."
        if refused < len(reports)
        else "Nothing was opened."
    )
    return options.exit_code(len(reports) - refused, refused, damaged=damaged)


@click.command(epilog=options.epilog("fieldkit wipe", "fieldkit wipe --yes"))
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.library
def wipe(yes: bool, folder: str | None) -> None:
    """Destroy the keys, then the whole library: for when the laptop is about to be taken. There is no way back.

    Keys go first, within a blink: from then on nobody opens what was sealed. What still lay plain may be found again
    on the disk by those who look hard; only encryption of the whole disk prevents that.
    """
    from fieldkit.vault.wipe import wipe as wipe_all

    library = library_at(folder)
    if not library.root.exists():
        say.note(f"There is nothing at {library.root}.")
        return
    say.trouble(f"{_lacking(library.journal)} of this laptop's takes are not at the store and go for good.")
    if not yes:
        if not sys.stdin.isatty():
            raise NeedsCrew("Nothing was wiped: add --yes, or type the command at a prompt.")
        click.confirm(f"Destroy the keys and all that is in {library.root}?", abort=True, err=True)
    wipe_all(library)
    say.note(f"Wiped: {library.root} is gone.")


def passphrase(*, twice: bool = False) -> str:
    """FIELDKIT_PASSPHRASE, or what is typed at the prompt. Raises NeedsCrew where nobody can type."""
    if words := os.environ.get("FIELDKIT_PASSPHRASE"):
        return words
    if not sys.stdin.isatty():
        raise NeedsCrew("The passphrase is needed: set FIELDKIT_PASSPHRASE, or type the command at a prompt.")
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True))


def _identity(path: Path) -> str:
    from fieldkit import age, disk

    with disk.translated(path), path.open("rb") as file:
        return age.known_identity(file.read(65536).decode("utf-8", "replace"))


def _unlocked(root: Path) -> str:
    from fieldkit.vault.keys import Keys

    keys = Keys(library_at(str(root)).keys, None)
    if keys.laptop is None:
        raise NeedsCrew(f"{root} has no key behind a passphrase; name the library's folder.")
    return keys.unlock_laptop(passphrase())


def _lacking(journal: Path) -> str:
    """How many takes lack a receipt, in words: a journal that can't be read is no reason not to wipe."""
    from fieldkit.errors import FieldkitError
    from fieldkit.journal import Journal
    from fieldkit.transcode.profiles import DUE

    if not journal.exists():
        return "Some"
    try:
        with Journal(journal) as opened:
            return str(opened.sealing.without_receipts(DUE))
    except FieldkitError:
        return "An unknown number"
