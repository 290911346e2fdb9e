"""protect: hides a face or a voice, shows what came of it, and takes a person's word for it."""

import sys
from typing import TYPE_CHECKING, Any

import click

from fieldkit.cli import options, say
from fieldkit.errors import NeedsCrew
from fieldkit.model import Slip, Take

if TYPE_CHECKING:
    from fieldkit.protector import Protector


@click.command(
    epilog=options.epilog(
        "fieldkit protect 1f0c22 --protect cover --region 25,10,50,60",
        "fieldkit protect 1f0c22 --voice mute --captions words.srt",
        "fieldkit protect 1f0c22 --voice revoice --voice-file other-voice.m4a",
        "fieldkit protect 1f0c22 --sheet",
        "fieldkit protect 1f0c22 --sign K7",
    )
)
@click.argument("take")
@options.protection
@click.option(
    "--sheet", is_flag=True, help="Show what came of it: a picture of each second, to be looked through."
)
@click.option(
    "--sign", "signer", metavar="CODE", help="Answer for exactly these bytes, once you looked at them."
)
@options.as_json
@options.library
def protect(
    take: str, sheet: bool, signer: str | None, as_json: bool, folder: str | None, **hidden: Any
) -> None:
    """Hide a face or a voice of TAKE for good; look at what comes of it, and sign.

    What was made of it before goes. Nothing of it is sent before somebody signed for that very file.
    """
    from fieldkit.protector import NOTHING

    kit, wish = options.kit(folder), options.wish(hidden)
    if (wish != NOTHING) + sheet + (signer is not None) != 1:
        raise click.UsageError("say what is to be hidden, or --sheet, or --sign CODE; one of them")
    with kit.journal() as journal:
        chosen = journal.take(take)
    if sheet:
        _look(kit.protector, chosen, str(kit.library.root), as_json=as_json)
    elif signer is not None:
        signed = kit.protector.sign(chosen, signer)
        if as_json:
            say.document(
                {
                    "take": chosen.id,
                    "signed": [_named(d.rendition.profile, d.rendition.sha256) for d in signed],
                }
            )
        for draft in signed:
            made = draft.rendition
            say.note(f"Signed: {made.profile} {made.sha256[:12]}… of take {chosen.id[-6:]} may be sent.")
    else:
        protection, slips = kit.protector.protect(chosen.id, wish)
        if as_json:
            say.document(
                {
                    "take": chosen.id,
                    "method": protection.method,
                    "region": str(protection.region) if protection.region else None,
                    "voice": protection.voice,
                    "in_the_open": sorted({slip.store for slip in slips}),
                }
            )
        say.note(
            f"Take {chosen.number} of tweet {chosen.tweet_id} is protected; `fieldkit render` makes what may be shown, "
            "and somebody has to sign for it."
        )
        if slips:
            raise NeedsCrew(_sent(slips, chosen))


def _look(protector: "Protector", take: Take, root: str, *, as_json: bool) -> None:
    drafts = protector.sheets(take.id)
    if not drafts:
        raise NeedsCrew(
            f"Nothing of take {take.id[-6:]} waits for sign-off; `fieldkit render` makes what is due."
        )
    rows = [
        _named(d.rendition.profile, d.rendition.sha256)
        | {"path": f"{root}/{d.rendition.path}", "sheet": f"{root}/{d.sheet}"}
        for d in drafts
    ]
    if as_json:
        say.document({"take": take.id, "unsigned": rows})
    for row in rows:
        say.note(f"{row['profile']} {row['sha256'][:12]}…\n  sheet  {row['sheet']}\n  clip   {row['path']}")
        if sys.stdout.isatty() and not as_json:
            click.launch(row["sheet"])
    protector.shown(drafts)
    say.note(
        "Look at every picture, also for tattoos, clothes, papers and places, and listen to the clip. Then: "
        f"`fieldkit protect {take.id[-6:]} --sign CODE`."
    )


def _named(profile: str, sha256: str) -> dict[str, str]:
    return {"profile": profile, "sha256": sha256}


def _sent(slips: list[Slip], take: Take) -> str:
    stores = ", ".join(sorted({slip.store for slip in slips}))
    return (
        f"The store ({stores}) has this take in the open already. Tell the command centre now to withdraw it there and "
        f"to delete the reply; `fieldkit consent {take.id[-6:]} --withdraw` takes back all of it."
    )
