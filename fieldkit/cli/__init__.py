"""What a person types: one module a command group; decides nothing.

A command imports its parts when it runs, so that `fieldkit --help` stays fast.
"""

import os
import sys
from typing import Any

import click

from fieldkit import __version__
from fieldkit.cli import (
    capture,
    check,
    consent,
    gear,
    library,
    protect,
    queue,
    requests,
    say,
    sealing,
    sync,
    takes,
    transcode,
    upkeep,
)
from fieldkit.cli.accounts import audit, user
from fieldkit.cli.codes import EXIT_CODES
from fieldkit.cli.store import store
from fieldkit.errors import FieldkitError, NeedsCrew, own_mistake

_INTERRUPTED = 130


class _Edge(click.Group):
    """The one place where errors become a sentence and an exit code."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Runs a command and exits with its code; what a command returns is its exit code."""
        try:
            sys.exit(super().main(*args, **{**kwargs, "standalone_mode": False}) or 0)
        except (click.Abort, KeyboardInterrupt):
            click.echo(
                "Stopped. Everything done so far is safe; the same command goes on from here.", err=True
            )
            sys.exit(_INTERRUPTED)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except FieldkitError as error:
            self._end(str(error), error.exit_code)
        except Exception as error:
            if os.environ.get("FIELDKIT_DEBUG"):
                raise
            self._end(own_mistake(error), NeedsCrew.exit_code)

    def _end(self, sentence: str, code: int) -> None:
        """Says what went wrong, to scripts as well, and ends with the exit code."""
        if "--json" in sys.argv:
            say.document({"error": sentence, "exit_code": code})
        say.trouble(sentence)
        sys.exit(code)


@click.group(cls=_Edge, epilog=EXIT_CODES)
@click.version_option(__version__, prog_name="fieldkit")
def main() -> None:
    """From a tweet to the reply: record, render, push, and the store that receives it.

    \b
    Example, a crew's day:
      fieldkit init --store https://clips.example.org --token T --place kakuma
      fieldkit record https://x.com/i/status/826412345678901234 --consent agreed
      fieldkit run
    """


for command in (
    library.init,
    library.doctor,
    requests.requests,
    gear.devices,
    capture.record,
    gear.slate,
    capture.ingest,
    consent.consent,
    consent.withdraw,
    takes.takes,
    takes.circle,
    takes.void,
    protect.protect,
    transcode.render,
    transcode.transcode,
    check.check,
    queue.queue,
    sync.sync,
    sync.run,
    sync.export,
    sealing.seal,
    sealing.unseal,
    sealing.wipe,
    library.status,
    library.demo,
    store,
):
    main.add_command(command)
for command in (user, audit, upkeep.backup, upkeep.restore):
    store.add_command(command)
