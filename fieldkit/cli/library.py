"""init, doctor, status, demo: the library as a whole."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from fieldkit import disk
from fieldkit.cli import options, say
from fieldkit.cli.sync import limits
from fieldkit.config import Settings, library_at
from fieldkit.errors import NeedsCrew
from fieldkit.wanted import timestamp


@click.command(
    epilog=options.epilog(
        "fieldkit init --store https://clips.example.org --token T --place kakuma --operator kc-07",
        "fieldkit init",
    )
)
@click.option("--store", metavar="URL", help="The central store.")
@click.option("--token", metavar="T", help="This laptop's token, from `fieldkit store token add`.")
@click.option("--place", metavar="P", help="The camp's code, such as kakuma.")
@click.option("--operator", metavar="NAME", help="Who works with this laptop: initials or a code.")
@click.option("--language", metavar="TAG", help="The language in which consent is explained here.")
@click.option("--camera", metavar="C", help="The camera to record from.")
@click.option("--mic", "microphone", metavar="M", help="The microphone to record from.")
@limits
@click.option(
    "--deadline",
    type=options.TimeParam(),
    metavar="TIME",
    help="Seconds (or 5m) in which a reply is to be made and sent, once `sync` has measured the line.",
)
@click.option(
    "--rolling-proxy",
    type=click.Choice(("auto", "on", "off")),
    help="Encode the first look while the camera rolls: where the laptop has the processors (auto), always, never.",
)
@click.option(
    "--end-card",
    metavar="TOML",
    type=click.Path(resolve_path=True),
    help="A template with headline and address that each reply ends with.",
)
@click.option(
    "--officer",
    metavar="AGE1…",
    help="The protection officer's public key: who may read who the speakers are.",
)
@click.option(
    "--without-consent",
    type=options.TimeParam(),
    metavar="TIME",
    help="How long a take without consent is kept before it is erased (72h).",
)
@click.option(
    "--seal",
    metavar="KEY",
    help="The campaign's public key (age1…): originals are sealed for it once the store has their renditions.",
)
@click.option(
    "--passphrase",
    "locks",
    is_flag=True,
    help="Seal originals as soon as they are rendered, behind a passphrase (FIELDKIT_PASSPHRASE, or asked).",
)
@options.library
def init(folder: str | None, locks: bool, **settings: Any) -> None:
    """Make the library, or change its settings; what is not given stays."""
    from fieldkit.age import known_recipient
    from fieldkit.cli.sealing import passphrase
    from fieldkit.kit import Kit
    from fieldkit.person import officer_of

    if settings["seal"] is not None:
        settings["seal"] = known_recipient(settings["seal"])

    library, stored, broken = library_at(folder), Settings(), None
    try:
        stored = Settings.read(library, {}, {})  # the file alone: the environment is for one command
    except NeedsCrew as error:
        broken = error
    if settings["officer"] is not None:
        settings["officer"] = officer_of(settings["officer"])
    kit = Kit(library, stored.changed(**settings))
    if settings["end_card"] is not None:
        _ = kit.words  # said now, not by the first reply
    with kit.journal():
        if broken is not None:
            kept = library.settings.with_name("fieldkit.toml.broken")
            disk.write(kept, library.settings.read_bytes())
            say.trouble(f"{broken} The old file is kept as {kept.name}.")
        kit.settings.write(library)
    if locks:
        kit.keys.make_laptop(passphrase(twice=True))
        say.note("Originals are sealed behind the passphrase from now on; without it nobody here opens them.")
    say.note(f"The library is at {kit.library.root}. `fieldkit doctor` says what is missing.")


@click.command(epilog=options.epilog("fieldkit doctor", "fieldkit doctor --camera test: --json"))
@click.option("--camera", metavar="C", help="Try this camera instead of the one that is remembered.")
@click.option("--mic", "microphone", metavar="M", help="Try this microphone.")
@options.as_json
@options.library
def doctor(camera: str | None, microphone: str | None, as_json: bool, folder: str | None) -> int:
    """Check ffmpeg, cameras, microphones, disk, clock, store and token, and say what to do.

    Two seconds are recorded with the chosen camera and microphone, told of, and thrown away.
    """
    findings = options.kit(folder, camera=camera, microphone=microphone).doctor()
    if as_json:
        say.document([{"check": f.check, "ok": f.ok, "found": f.found, "advice": f.advice} for f in findings])
    else:
        for finding in findings:
            mark = click.style("ok  ", fg="green") if finding.ok else click.style("look", fg="yellow")
            click.echo(
                f"{mark}  {finding.check}: {finding.found}"
                + (f" – {finding.advice}" if finding.advice else "")
            )
    return options.exit_code(0, sum(not f.ok and f.needed for f in findings))


@click.command(epilog=options.epilog("fieldkit status", "fieldkit status --json"))
@options.as_json
@options.library
def status(as_json: bool, folder: str | None) -> None:
    """One screen: the link, the queue, the takes, what the command centre wants and decided."""
    from fieldkit.cli.queue import aloft
    from fieldkit.cli.requests import as_document as request_as_document
    from fieldkit.cli.requests import retake_as_document, summary
    from fieldkit.cli.takes import as_document, leaving, state_of

    kit = options.kit(folder)
    waiting = kit.outbox.show()
    with kit.journal() as journal:
        entries, centre = journal.entries(), journal.centre
        asked, contact, retakes = centre.requests(), centre.contact(), centre.retakes()
        going = kit.going(journal)
    now = datetime.now(UTC)
    if as_json:
        root = str(kit.library.root)
        queue = json.loads("".join(waiting.as_json))
        wanted = {
            "requests": [request_as_document(each, now) for each in asked],
            "requests_as_of": timestamp(contact.at) if contact else None,
            "retakes": [retake_as_document(each) for each in retakes],
        }
        say.document({**queue, **wanted, "takes": [as_document(entry, root) for entry in entries]})
        return
    link = waiting.sight.link
    to_send = [line for line in waiting.lines if line.state != "refused"]
    left = sum(line.bytes - line.sent for line in to_send)
    click.echo(f"Library  {kit.library.root}")
    click.echo(f"Store    {kit.settings.store or 'none set: fieldkit init --store URL'}")
    click.echo(f"Link     {say.rate(link.bits_per_second) if link else 'not measured yet'}")
    click.echo(f"Queue    {len(to_send)} to send, {say.size(left)}")
    if waiting.aloft:
        click.echo(f"         {aloft(waiting.aloft)}")
    if waiting.unsigned:
        click.echo(f"         {waiting.unsigned} wait for sign-off")
    if waiting.held:
        click.echo(f"         {waiting.held}")
    if waiting.budget:
        click.echo(f"Today    {say.size(waiting.spent)} of {say.size(waiting.budget)} sent")
    for line in summary(asked, contact, retakes, now):
        click.echo(say.plain(line))
    click.echo(f"Takes    {len(entries)}, {sum(entry.sealed is not None for entry in entries)} sealed")
    for entry in entries[-10:]:
        click.echo(
            f"  {entry.take.id[-6:]}  {entry.take.tweet_id}  take {entry.take.number}  {state_of(entry)}"
        )
    for line in leaving(going):
        click.echo(f"         {line}")


@click.command(epilog=options.epilog("fieldkit demo", "fieldkit demo clip.mp4 --keep"))
@click.argument("clip", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--keep", is_flag=True, help="Leave the store running, to look at its board.")
@click.option(
    "--work", type=click.Path(path_type=Path), default=None, help="Where to work (default: a new folder)."
)
def demo(clip: Path | None, keep: bool, work: Path | None) -> int:
    """Show the whole line on this machine: record, render, and push over a slow link that is cut twice."""
    from fieldkit.demo import show

    return show(clip, keep=keep, work=work, tell=say.note)
