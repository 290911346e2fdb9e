"""queue, sync, run: on the way to the store."""

import click

from fieldkit.cli import options, say


@click.command(epilog=options.epilog("fieldkit queue", "fieldkit queue --json"))
@options.as_json
@options.library
def queue(as_json: bool, folder: str | None) -> None:
    """Show what waits to be sent, with progress and time to go."""
    waiting = options.kit(folder).queue()
    if as_json:
        say.document(waiting)
        return
    link = waiting["link"]
    say.note(
        f"Link: {say.rate(link['bits_per_second'])}, {link['rtt_ms']:.0f} ms"
        if link
        else "Link: not measured yet"
    )
    if not waiting["uploads"]:
        say.note("Nothing waits.")
        return
    say.table(
        "take",
        "tweet",
        "profile",
        "sent",
        "of",
        "state",
        "ETA",
        rows=[
            (
                u["take"][-6:],
                u["tweet_id"],
                u["profile"],
                say.size(u["sent"]),
                say.size(u["bytes"]),
                u["state"],
                say.span(u["eta_seconds"]),
            )
            for u in waiting["uploads"]
        ],
    )


@click.command(epilog=options.epilog("fieldkit sync", "fieldkit sync --watch --rate 128k"))
@click.option("--watch", is_flag=True, help="Stay, and send whatever comes, until Ctrl-C.")
@click.option("--rate", metavar="RATE", help="Use at most so many bits per second: 64k, 1M.")
@click.option("--again", is_flag=True, help="Try refused uploads again.")
@options.as_json
@options.library
def sync(watch: bool, rate: str | None, again: bool, as_json: bool, folder: str | None) -> int:
    """Send what is due, until the queue is empty. Cuts, crashes and power failures cost nothing but time."""
    from fieldkit.cli.audience import on_terminal

    kit = options.kit(folder, rate=rate)
    stop = options.interruptible()
    with on_terminal(stop) as audience:
        outcome = kit.sync(stop, audience, watch=watch, again=again)
    if as_json:
        say.document(
            {
                "received": [
                    {"take": r.take, "profile": r.profile, "sha256": r.sha256} for r in outcome.received
                ],
                "refused": [{"take": r.take, "profile": r.profile, "why": r.why} for r in outcome.refused],
            }
        )
    for receipt in outcome.received:
        say.note(f"Arrived and verified: take {receipt.take[-6:]}, {receipt.profile}.")
    for sentence in outcome.troubles:
        say.trouble(sentence)
    if not (outcome.received or outcome.refused or outcome.spoiled):
        say.note("Nothing waits.")
    return options.exit_code(
        len(outcome.received), len(outcome.refused), damaged=outcome.damaged or bool(outcome.spoiled)
    )


@click.command(epilog=options.epilog("fieldkit run"))
@click.option("--rate", metavar="RATE", help="Use at most so many bits per second: 64k, 1M.")
@options.library
def run(rate: str | None, folder: str | None) -> None:
    """Salvage, render and send, side by side, for ever: what a crew leaves running."""
    from fieldkit.cli.audience import on_terminal

    kit = options.kit(folder, rate=rate)
    stop = options.interruptible()
    say.note(f"At work on {kit.library.root}; Ctrl-C stops, everything goes on from there next time.")
    with on_terminal(stop) as audience:
        kit.run(stop, audience)
