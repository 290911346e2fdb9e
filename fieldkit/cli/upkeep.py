"""fieldkit store backup, restore: a second copy of all that the store holds."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fieldkit.cli import say
from fieldkit.cli.options import as_json, epilog
from fieldkit.cli.store import in_root
from fieldkit.store.site import Site

if TYPE_CHECKING:
    from fieldkit.store.backup import Copied


@click.command(
    epilog=epilog("fieldkit store backup /backup/fieldkit", "fieldkit store backup /backup/fieldkit --json")
)
@click.argument("copy", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@in_root
@as_json
def backup(copy: Path, root: Site, as_json: bool) -> int:
    """Copies the store to DIR, also while it serves; the next time, only what is new.

    DIR is then a store's folder, which `fieldkit store verify --root DIR` reads. It holds every clip: guard it.
    """
    from fieldkit.store.backup import back_up

    bars = say.Bars()
    with bars.shown():
        copied = back_up(root, copy, lambda done, of: bars.update("backup", of, done))
    return _told(copied, copy, as_json=as_json)


@click.command(epilog=epilog("fieldkit store restore /backup/fieldkit --root /srv/fieldkit"))
@click.argument("copy", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@in_root
@as_json
def restore(copy: Path, root: Site, as_json: bool) -> int:
    """Makes a store of the backup in DIR, in an empty --root; every clip is compared with its hash on the way."""
    from fieldkit.store.backup import restore as restored

    bars = say.Bars()
    with bars.shown():
        copied = restored(copy, root, lambda done, of: bars.update("restore", of, done))
    return _told(copied, root.root, as_json=as_json)


def _told(copied: "Copied", where: Path, *, as_json: bool) -> int:
    from fieldkit.errors import Damaged

    if as_json:
        say.document(
            {
                "clips": copied.clips,
                "bytes": copied.bytes,
                "copied": copied.fresh,
                "damaged": list(copied.damaged),
            }
        )
    for name in copied.damaged:
        say.trouble(f"{name} is missing or damaged in the store; `fieldkit store verify` says more.")
    whole = copied.clips - len(copied.damaged)
    say.note(f"{where} holds {whole} clips, {say.size(copied.bytes)}; {copied.fresh} were copied.")
    return Damaged.exit_code if copied.damaged else 0
