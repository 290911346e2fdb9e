"""fieldkit store: serve it, hand out its tokens, check what it holds."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import click

from fieldkit.cli import say
from fieldkit.cli.codes import EXIT_CODES
from fieldkit.cli.options import SizeParam, as_json, epilog
from fieldkit.store.site import Site

_FILE = click.Path(dir_okay=False, path_type=Path)


def in_root(command: Callable[..., Any]) -> Callable[..., Any]:
    """--root, --database and --media, given to the command as one `root`: the Site."""

    @click.option(
        "--root",
        envvar="FIELDKIT_STORE_ROOT",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help="The store's folder (also FIELDKIT_STORE_ROOT; default: the platform's data folder).",
    )
    @click.option(
        "--database",
        envvar="FIELDKIT_DATABASE",
        metavar="URL",
        help="Its catalogue in PostgreSQL, `postgresql://…` (also FIELDKIT_DATABASE; default: SQLite in the folder).",
    )
    @click.option(
        "--media",
        envvar="FIELDKIT_MEDIA",
        metavar="URL",
        help="A bucket that gets every clip, `s3://bucket/prefix` (also FIELDKIT_MEDIA; default: the folder only).",
    )
    @functools.wraps(command)
    def sited(*args: Any, root: Path | None, database: str | None, media: str | None, **more: Any) -> Any:
        return command(*args, root=Site(_folder(root), database or None, media or None), **more)

    return sited


@click.group(epilog=EXIT_CODES)
def store() -> None:
    """The central store: takes uploads in, verifies them, and shows them on its board.

    \b
    Example:
      fieldkit store serve --root /srv/fieldkit
    """


@store.command(
    epilog=epilog(
        "fieldkit store serve", "fieldkit store serve --root /srv/fieldkit --host 0.0.0.0 --port 8080"
    )
)
@in_root
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Anything but loopback needs a token first."
)
@click.option(
    "--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one."
)
@click.option(
    "--tls-cert", metavar="FILE", type=_FILE, help="The store's own certificate and its chain, PEM."
)
@click.option("--tls-key", metavar="FILE", type=_FILE, help="The certificate's key, PEM.")
@click.option("--behind-proxy", is_flag=True, help="Believes X-Forwarded-Proto and -For, from loopback only.")
@click.option(
    "--proxy", "proxies", multiple=True, metavar="IP", help="Behind a proxy: another whom it believes."
)
@click.option(
    "--cache",
    type=SizeParam(),
    help="Of the clips that are in the bucket this much stays here, too; default: all.",
)
@click.option("--note-addresses", is_flag=True, help="Notes the address of each sign-in in the audit trail.")
@click.option(
    "--log",
    type=click.Choice(["error", "warning", "info"]),
    default="warning",
    show_default=True,
    help="What is told on stderr, a JSON object a line; `info` has each request, without names, tweets or addresses.",
)
def serve(
    root: Site,
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    behind_proxy: bool,
    proxies: tuple[str, ...],
    cache: int | None,
    note_addresses: bool,
    log: Literal["error", "warning", "info"],
) -> None:
    """Serves the store until it is told to stop (Ctrl-C, SIGTERM)."""
    from fieldkit.store.serve import Front
    from fieldkit.store.serve import serve as serve_store
    from fieldkit.store.terms import Terms

    front, terms = (
        Front(tls_cert, tls_key, behind_proxy, proxies),
        Terms(cache=cache, note_addresses=note_addresses),
    )
    serve_store(root, host, port, terms=terms, front=front, log=log)


@store.group(epilog=EXIT_CODES)
def token() -> None:
    """Who may use the store: one token for each laptop and for the command centre.

    \b
    Example:
      fieldkit store token add --place kakuma
    """


@token.command(
    epilog=epilog("fieldkit store token add --place kakuma", "fieldkit store token add --role command-centre")
)
@in_root
@click.option("--place", metavar="P", help="The camp the laptop is in, such as `kakuma`.")
@click.option(
    "--role",
    type=click.Choice(["laptop", "command-centre", "admin"]),
    default="laptop",
    show_default=True,
    help="A laptop uploads and reads its own place; the command centre does the rest; an admin audits, too.",
)
@click.option("--max-bytes", type=SizeParam(), help="Of one upload, such as `200M`.")
@click.option("--quota", type=SizeParam(), help="Of a day's new uploads (UTC), such as `5000M`.")
@as_json
def add(
    root: Site,
    place: str | None,
    role: str,
    max_bytes: int | None,
    quota: int | None,
    as_json: bool,
) -> None:
    """Makes a token and shows it this once; from then on nobody comes in without one."""
    from fieldkit.model import Place
    from fieldkit.store.house import House
    from fieldkit.store.tokens import Role

    at = Place(place) if place else None
    with House(root) as house:
        secret, name = house.tokens.add(Role(role), at, max_bytes, quota)
    if as_json:
        say.document({"token": secret, "id": name, "role": role, "place": at})
        return
    say.note("Write it down now, it is not shown again. On the laptop: fieldkit init --store URL --token …")
    click.echo(secret)


@token.command(name="list", epilog=epilog("fieldkit store token list --json"))
@in_root
@as_json
def list_(root: Site, as_json: bool) -> None:
    """Every token there ever was; never the token itself."""
    from dataclasses import asdict

    from fieldkit.store.house import House

    with House(root) as house:
        tokens = house.tokens.list()
    if as_json:
        say.document([asdict(token) for token in tokens])
        return
    rows = [
        (
            t.id,
            t.role,
            t.place or "every place",
            _limit(t.max_bytes),
            _limit(t.quota),
            t.made_at,
            t.revoked_at or "",
        )
        for t in tokens
    ]
    say.table("id", "role", "place", "largest", "a day", "made", "revoked", rows=rows)


@token.command(epilog=epilog("fieldkit store token revoke 3f9a01bc"))
@in_root
@click.argument("token_id", metavar="ID")
def revoke(root: Site, token_id: str) -> None:
    """A token opens nothing any more, at once."""
    from fieldkit.store.house import House

    with House(root) as house:
        house.tokens.revoke(token_id)
    say.note(f"{token_id} is revoked.")


@store.command(epilog=epilog("fieldkit store verify", "fieldkit store verify --root /srv/fieldkit --json"))
@in_root
@click.option("--anew", is_flag=True, help="From the first clip on, although the last time was interrupted.")
@as_json
def verify(root: Site, anew: bool, as_json: bool) -> int:
    """Reads every clip again, in the bucket too, and compares it with the catalogue; changes nothing.

    Interrupted, it goes on where it was.
    """
    from fieldkit.errors import Damaged
    from fieldkit.store.audit import verify as verified
    from fieldkit.store.house import House

    with House(root) as house:
        findings = verified(house, anew=anew, tell=say.trouble)
    clips, found = findings.clips, findings.differences
    if as_json:
        say.document({"ok": not found, "clips": clips, "differences": found})
    else:
        say.note(
            f"{clips} clips read; " + (f"{len(found)} differences." if found else "all as they should be.")
        )
    return Damaged.exit_code if found else 0


@store.command(name="import", epilog=epilog("fieldkit store import /media/stick/clips --root /srv/fieldkit"))
@click.argument("stick", metavar="DIR", type=click.Path(path_type=Path))
@in_root
@as_json
def import_(stick: Path, root: Site, as_json: bool) -> int:
    """Takes in what `fieldkit export` put onto a stick, verified as uploads are; also while the store is serving."""
    from fieldkit.cli.options import exit_code
    from fieldkit.store.house import House
    from fieldkit.store.intake import Fate, take_in

    taken = []
    with House(root) as house:
        for each in take_in(house, root.root, stick):
            taken.append(each)
            if each.why:
                say.trouble(f"{each.clip.file}: {each.why}")
    if as_json:
        clips = [
            {
                "file": t.clip.file,
                "tweet_id": t.clip.tweet_id,
                "sha256": t.clip.sha256,
                "state": t.fate,
                "why": t.why,
            }
            for t in taken
        ]
        say.document({"clips": clips})
    count = {fate: sum(each.fate is fate for each in taken) for fate in Fate}
    say.note(
        f"{len(taken)} clips on the stick: "
        + ", ".join(f"{n} {fate}" for fate, n in count.items() if n)
        + "."
    )
    done = count[Fate.ARRIVED] + count[Fate.KNOWN]
    return exit_code(done, count[Fate.REFUSED], damaged=count[Fate.DAMAGED] > 0)


def _folder(root: Path | None) -> Path:
    """The store's folder that was named, or the platform's."""
    from platformdirs import user_data_dir

    return (root or Path(user_data_dir("fieldkit")) / "store").absolute()


def _limit(count: int | None) -> str:
    return "" if count is None else say.size(count)
