"""render, transcode: from originals to files that X takes."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fieldkit.cli import options, say
from fieldkit.errors import FieldkitError

if TYPE_CHECKING:
    from fieldkit.transcode.choose import Choice

_lower_third = click.option(
    "--lower-third",
    metavar="TEXT",
    help="Who speaks, or from where; seen from the first to the sixth second.",
)
_NO_LINE = "A deadline needs to know the line: add --link RATE (64k, 256k, 1M)."


@click.command(
    epilog=options.epilog(
        "fieldkit render",
        "fieldkit render --again --trim",
        "fieldkit render --link 64k --deadline 3m --explain --plot plan.png",
        'fieldkit render --take 1f0c22 --captions reply.srt --lower-third "Fatima, Kakuma"',
    )
)
@click.option("--again", is_flag=True, help="Try refused takes again.")
@click.option(
    "--trim", is_flag=True, help="Cut takes that are too long instead of refusing them; implies --again."
)
@click.option(
    "--take", metavar="TAKE", help="Whose words these are (its ID, or six or more characters of it)."
)
@click.option(
    "--captions",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="SRT",
    help="Captions that the reply of --take shows; made before, it is made again.",
)
@_lower_third
@options.explained
@options.wishes
@options.as_json
@options.library
def render(
    again: bool,
    trim: bool,
    take: str | None,
    captions: Path | None,
    lower_third: str | None,
    explain: bool,
    plot: Path | None,
    vmaf: float | None,
    max_bytes: int | None,
    rate: int | None,
    deadline: float | None,
    as_json: bool,
    folder: str | None,
) -> int:
    """Make every rendition that is due; first salvage what a dead recording left behind."""
    from fieldkit.cli.audience import on_terminal
    from fieldkit.transcode.brief import Brief

    if (captions is None and lower_third is None) != (take is None):
        raise click.UsageError("--captions and --lower-third are for one take: name it with --take.")
    stop = options.interruptible()
    kit = options.unlocked(options.kit(folder))
    if take is not None:
        kit.word(take, captions, lower_third)
        say.note(f"Take {take[-6:]} shows these words from now on.")
    with on_terminal(stop) as audience:
        if deadline is not None and rate is None and kit.conditions.rate is None:
            raise click.UsageError(_NO_LINE)
        brief = Brief(trim=trim, vmaf=vmaf, max_bytes=max_bytes, rate=rate, deadline=deadline)
        outcome = kit.render(stop, audience, brief=brief, again=again or trim)
    if as_json:
        say.document(
            {
                "salvaged": [o.take for o in outcome.salvaged],
                "rendered": [
                    {"take": r.take, "profile": r.profile, "sha256": r.sha256, "bytes": r.bytes}
                    for r in outcome.rendered
                ],
                "unsigned": [
                    {"take": d.rendition.take, "profile": d.rendition.profile, "sha256": d.rendition.sha256}
                    for d in outcome.drafted
                ],
                "refused": [{"take": r.take, "profile": r.profile, "why": r.why} for r in outcome.refused],
                "notes": outcome.notes,
                "held": outcome.held,
            }
        )
    for original in outcome.salvaged:
        say.note(
            f"Salvaged a recording that had died: take {original.take[-6:]}, {say.size(original.bytes)}."
        )
    for made in outcome.rendered:
        say.note(
            f"{made.profile}: {made.width}x{made.height}, {say.span(made.seconds)}, {say.size(made.bytes)}"
        )
    for sentence in (*outcome.notes, *([outcome.held] if outcome.held else ())):
        say.note(sentence)
    _explained(outcome.choices, plot, deadline, table=explain and not as_json)
    for sentence in outcome.troubles:
        say.trouble(sentence)
    if not (outcome.salvaged or outcome.rendered or outcome.drafted or outcome.refused):
        say.note("Nothing is due.")
    return options.exit_code(
        len(outcome.rendered) + len(outcome.drafted), len(outcome.refused), damaged=outcome.damaged
    )


def _explained(
    choices: Sequence["Choice"], plot: Path | None, deadline: float | None, *, table: bool
) -> None:
    """What the recipes were chosen from, as tables, and that of the last one as a picture."""
    from fieldkit.transcode.explain import COLUMNS, rows, two_lines

    for choice in choices:
        options_of = [asdict(option) for option in choice.options]
        if table:
            say.table(*COLUMNS, rows=rows(options_of))
        if plot is not None:
            from fieldkit.transcode.plot import draw

            draw(two_lines(choice), options_of, plot, deadline)


class _Jobs(click.ParamType[int | None]):
    """A number, or `auto`."""

    name = "auto|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """None for `auto`."""
        return None if value == "auto" else click.IntRange(1, 64).convert(value, param, ctx)


@click.command(
    epilog=options.epilog(
        "fieldkit transcode card/*.MP4 -o ready",
        "fieldkit transcode DCIM -o ready --jobs 2 --json",
        "fieldkit transcode DCIM -o ready --dry-run",
        "fieldkit transcode reply.mp4 -o ready --link 64k --deadline 3m --explain --plot plan.png",
        "fieldkit transcode reply.mp4 -o ready --max-size 400k",
        "fieldkit transcode /archive -o /archive/ready --dask tcp://10.0.0.5:8786",
        "fieldkit transcode reply.mp4 -o ready --captions reply.srt --end-card card.toml",
    )
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to put them; a folder's tree is mirrored there.",
)
@click.option("--profile", type=click.Choice(["tweet", "proxy"]), default="tweet", show_default=True)
@click.option(
    "--jobs",
    type=_Jobs(),
    default="auto",
    show_default=True,
    help="Files at a time; auto: what processors and memory take.",
)
@click.option("--trim", is_flag=True, help="Cut clips that are too long instead of refusing them.")
@options.explained
@options.wishes
@click.option(
    "--dry-run", "dry", is_flag=True, help="Only say what would be made and refused; write nothing."
)
@click.option(
    "--dask",
    "cluster",
    metavar="ADDRESS",
    help="Let the workers of a Dask cluster do it (tcp://HOST:8786); they reach the files under the same paths.",
)
@click.option(
    "--captions",
    type=click.Path(path_type=Path),
    metavar="SRT|DIR",
    help="Captions to burn in: a file for one clip, or a folder with an .srt of the same name for each clip.",
)
@_lower_third
@click.option(
    "--end-card",
    type=click.Path(path_type=Path),
    metavar="TOML",
    help="A template with headline and address (also seconds, background, ink, accent), shown after the clip.",
)
@options.as_json
@options.library
def transcode(
    paths: tuple[Path, ...],
    output: Path,
    profile: str,
    jobs: int | None,
    trim: bool,
    explain: bool,
    plot: Path | None,
    vmaf: float | None,
    max_bytes: int | None,
    rate: int | None,
    deadline: float | None,
    dry: bool,
    cluster: str | None,
    captions: Path | None,
    lower_third: str | None,
    end_card: Path | None,
    as_json: bool,
    folder: str | None,
) -> int:
    """Turn any video files and folders into MP4s that X takes, offline. What is done already is skipped."""
    from fieldkit.cli.batchview import View
    from fieldkit.transcode.brief import Brief
    from fieldkit.transcode.wording import Wording

    wording = Wording(captions, lower_third, end_card)
    if profile == "proxy" and wording != Wording():
        raise click.BadParameter("a proxy shows no words; use the profile tweet.", param_hint="'--profile'")
    if profile == "proxy" and any(wish is not None for wish in (vmaf, max_bytes, deadline)):
        raise click.BadParameter(
            "a proxy is as small as it gets; use the profile tweet.", param_hint="'--profile'"
        )
    kit = options.kit(folder)
    options.interruptible()
    if deadline is not None and rate is None and kit.conditions.rate is None:
        raise click.UsageError(_NO_LINE)
    view = View(quiet=as_json, dry=dry, explain=explain)
    errand = kit.transcode(
        paths,
        output,
        profile,
        brief=Brief(trim=trim, vmaf=vmaf, max_bytes=max_bytes, rate=rate, deadline=deadline),
        wording=wording,
        jobs=jobs,
        cluster=cluster,
        dry=dry,
        progress=view.update,
    )
    results: list[dict[str, Any]] = []
    stopped: FieldkitError | None = None
    try:
        with view.shown(errand), closing(errand.results):
            for result in errand.results:
                view.add(result)
                if plot is not None and result.options:
                    from fieldkit.transcode.plot import draw

                    draw(result.why, result.options, plot, deadline)
                if as_json:
                    results.append(result.document())
    except FieldkitError as error:
        if not as_json:
            raise
        stopped = error
    finally:
        view.end()
    code = stopped.exit_code if stopped else options.exit_code(view.made + view.skipped, view.refused)
    if as_json:
        order = {str(path): number for number, path in enumerate(errand.sources)}
        results.sort(key=lambda each: order[each["source"]])
        more = {"error": str(stopped), "exit_code": code} if stopped else {}
        say.document({"results": results, "summary": view.summary(), **more})
    if stopped:
        say.trouble(str(stopped))
    return code
