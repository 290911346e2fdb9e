"""Makes renditions: encode into a `.part`, judge it, hash it, publish it; then the fact."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fieldkit import disk
from fieldkit.config import Library
from fieldkit.errors import Refused
from fieldkit.journal import Due, Journal
from fieldkit.model import Rendition, Sha256
from fieldkit.transcode.boxes import boxes
from fieldkit.transcode.brief import NOTHING_MORE, Brief
from fieldkit.transcode.choose import Choice, Conditions, Ground
from fieldkit.transcode.ffmpeg import Ffmpeg, FfmpegFailed
from fieldkit.transcode.listen import listened, loudness
from fieldkit.transcode.plan import Plan, plan
from fieldkit.transcode.probe import Probe, probe, seen
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.quality import Quality
from fieldkit.transcode.recipe import Recipe
from fieldkit.transcode.remarks import remarks
from fieldkit.transcode.rules import judge, rejections
from fieldkit.transcode.studio import Cut, Studio, searched

SUFFIX = ".mp4"
Progress = Callable[[float, float], None]  # seconds of output done, of how many
UNKNOWN = Conditions()


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file."""

    path: Path
    sha256: Sha256
    bytes: int
    seconds: float
    width: int
    height: int
    loudness: float | None = None  # LUFS of its sound, mono taken for both sides; None where it has none
    notes: tuple[str, ...] = ()  # what the crew should know of it, a sentence each
    quality: Quality | None = None  # None where it was not measured
    choice: Choice | None = None  # None where there was nothing to choose
    speed: float | None = None  # of the encode, in pixels/s of the finest effort


Early = Callable[[Made], None]


def render(
    source: Path,
    profile: str,
    destination_folder: Path,
    name: str,
    ffmpeg: Ffmpeg,
    *,
    brief: Brief = NOTHING_MORE,
    conditions: Conditions = UNKNOWN,
    progress: Progress = lambda _done, _of: None,
    early: Early | None = None,
) -> Made:
    """Encodes `source` as `<destination_folder>/<name>`.

    `early` is given a watchable version, published beside it, where the deadline can't be met.

    Raises NotAVideo, TooLong, NeedsCrew about the source; DiskFull; Refused where the result breaks a rule of X;
    WorthRetrying where ffmpeg was ended from outside. Whatever is raised, nothing is published.
    """
    return _render(
        source,
        profile,
        destination_folder,
        lambda _: name,
        ffmpeg,
        brief=brief,
        conditions=conditions,
        progress=progress,
        early=early,
    )


def render_due(
    due: Due,
    library: Library,
    journal: Journal,
    ffmpeg: Ffmpeg,
    *,
    brief: Brief = NOTHING_MORE,
    conditions: Conditions = UNKNOWN,
    progress: Progress = lambda _done, _of: None,
    tell: Callable[[str], None] = lambda _: None,
) -> Rendition:
    """Makes what is due and puts it on record. Raises Damaged for an original that is not what was sealed.

    The rest as `render`. The name tells tweet and hash only, because it travels. `tell` is given the notes.
    """
    source = library.root / due.original.path
    disk.verify(source, due.original.sha256)

    def name(sha256: Sha256) -> str:
        plain = f"{due.take.tweet_id}-{due.profile}-{sha256[:12]}{SUFFIX}"
        return (
            f"{plain.removesuffix(SUFFIX)}-{due.take.id[-12:]}{SUFFIX}"
            if _twin(due, sha256, journal)
            else plain
        )

    made = _render(
        source,
        due.profile,
        library.renditions,
        name,
        ffmpeg,
        brief=brief,
        conditions=conditions,
        progress=progress,
        early=None,  # the proxy is the version that goes first
    )
    rendition = Rendition(
        take=due.take.id,
        profile=due.profile,
        path=made.path.relative_to(library.root).as_posix(),
        sha256=made.sha256,
        bytes=made.bytes,
        seconds=round(made.seconds, 3),
        width=made.width,
        height=made.height,
    )
    journal.rendered(rendition)
    for sentence in made.notes:
        tell(sentence)
    return rendition


def _render(
    source: Path,
    profile: str,
    folder: Path,
    name: Callable[[Sha256], str],
    ffmpeg: Ffmpeg,
    *,
    brief: Brief,
    conditions: Conditions,
    progress: Progress,
    early: Early | None,
) -> Made:
    wanted = PROFILES[profile]
    planned = plan(probe(source), wanted, trim=brief.trim)
    waiting = partial(progress, 0.0, planned.seconds)
    planned = listened(planned, _url(source), ffmpeg, waiting)

    def part() -> Path:
        return disk.part_for(folder / f"{profile}{SUFFIX}")

    def encode(recipe: Recipe, destination: Path) -> Plan:
        by = planned.by(recipe, wanted)
        ffmpeg.run(
            by.arguments(_url(source), _url(destination)),
            seconds=by.seconds,
            progress=lambda done: progress(done, by.seconds),
        )
        return by

    ground = Ground(planned.probe, wanted, brief, conditions)
    studio = Studio(source, ground, ffmpeg, encode, part, waiting)
    if planned.probe.video is None or not searched(wanted, brief):
        return _published(studio.plain(planned.recipe), source, folder, name, ffmpeg)
    choice = studio.choice()
    if early is not None and (first := studio.first(choice)) is not None:
        early(_published(first, source, folder, lambda sha256: _first(name(sha256)), ffmpeg))
    return _published(studio.make(choice), source, folder, name, ffmpeg)


def _published(cut: Cut, source: Path, folder: Path, name: Callable[[Sha256], str], ffmpeg: Ffmpeg) -> Made:
    with disk.discarded_on_error(cut.part):
        found = _judged(cut.part, cut.plan, source)
        heard = loudness(_url(cut.part), found, ffmpeg)
        sha256, size = disk.hashed(cut.part)
        final = folder / name(sha256)
        disk.publish(cut.part, final)
    return Made(
        path=final,
        sha256=sha256,
        bytes=size,
        seconds=found.seconds,
        width=found.width,
        height=found.height,
        loudness=heard,
        notes=remarks(cut.plan.probe),
        quality=cut.quality,
        choice=cut.choice,
        speed=cut.speed,
    )


def _first(name: str) -> str:
    return f"{name.removesuffix(SUFFIX)}-first{SUFFIX}"


def _twin(due: Due, sha256: Sha256, journal: Journal) -> bool:
    """Whether another take of this tweet came out as the same bytes: each take's file is its own.

    Two copies of one clip that differ only in their tags do.
    """
    return any(
        rendition.sha256 == sha256 and rendition.profile == due.profile
        for entry in journal.entries(due.take.tweet_id)
        if entry.take.id != due.take.id
        for rendition in entry.renditions
    )


def _judged(part: Path, planned: Plan, source: Path) -> Probe:
    """What is in the file that ffmpeg made, if it is what was planned and X would take it."""
    found = seen(part)
    if broken := rejections(judge(found, boxes(part))):
        why = "; ".join(f"{problem.rule} {problem.found}, limit {problem.limit}" for problem in broken)
        raise Refused(f"What came out of {source.name} would be refused by X ({why}); the original is safe.")
    if abs(found.seconds - planned.seconds) > 1 + planned.seconds / 20:
        raise FfmpegFailed(
            f"{source.name} came out {found.seconds:.1f} s long instead of {planned.seconds:.1f} s; "
            "the source may be damaged, so copy it from the camera again."
        )
    return found


def _url(path: Path) -> str:
    """Never an option or another protocol, however the file is called."""
    return f"file:{path.absolute()}"
