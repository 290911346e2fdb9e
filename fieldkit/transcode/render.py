"""Makes renditions: encode into a `.part`, judge it, hash it, publish it; then the fact."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import av

from fieldkit import __version__, disk
from fieldkit.config import Library
from fieldkit.errors import NeedsCrew, NoConsent, Refused
from fieldkit.growing import Runway
from fieldkit.journal import Due, Journal, Overtaken
from fieldkit.model import Rendition, Sha256, TakeWords
from fieldkit.transcode import bookfile, explain, fields, fonts, naming, repair, script
from fieldkit.transcode.alongside import Pictures
from fieldkit.transcode.boxes import boxes
from fieldkit.transcode.brief import NOTHING_MORE, Brief
from fieldkit.transcode.choose import Choice
from fieldkit.transcode.ffmpeg import Ffmpeg, FfmpegFailed
from fieldkit.transcode.front import index_to_front
from fieldkit.transcode.ground import Conditions, Ground
from fieldkit.transcode.lab import url
from fieldkit.transcode.lettering import Face
from fieldkit.transcode.listen import listened, loudness
from fieldkit.transcode.passport import Passport
from fieldkit.transcode.plan import Plan, plan
from fieldkit.transcode.privacy import cleared
from fieldkit.transcode.probe import Probe, probe, seen
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.recipe import Recipe
from fieldkit.transcode.remarks import remarks
from fieldkit.transcode.rules import judge, rejections
from fieldkit.transcode.studio import Cut, Studio, searched
from fieldkit.transcode.takeoff import Takeoff
from fieldkit.transcode.words import Words

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
    passport: Passport
    loudness: float | None = None  # LUFS of its sound, mono taken for both sides; None where it has none
    notes: tuple[str, ...] = ()  # what the crew should know of it, a sentence each
    choice: Choice | None = None  # None where there was nothing to choose


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
    sha256: Sha256 | None = None,
    before: Callable[[Made], None] = lambda _: None,
    early: Early | None = None,
) -> Made:
    """Encodes `source` as `<destination_folder>/<name>`; `sha256` is the source's, where it is known.

    `before` is called when all is done but the publishing. `early` is given a watchable version, published beside it,
    where the deadline can't be met. Raises NotAVideo, TooLong, NeedsCrew about the source; DiskFull; Refused where the
    result breaks a rule of X; WorthRetrying where ffmpeg was ended from outside. Whatever is raised, nothing is
    published.
    """
    job = _Job(source, sha256 or disk.hashed(source)[0], profile, brief, conditions, ffmpeg)
    return _render(job, destination_folder, lambda _: name, progress, before=before, early=early)


def foreseen(source: Path, profile: str, brief: Brief) -> Plan:
    """What would be made of `source`. Raises NotAVideo, TooLong, NeedsCrew."""
    words = _words(profile, brief)
    tail = words.card.seconds if words and words.card else 0.0
    return plan(probe(source), PROFILES[profile], trim=brief.trim, tail=tail)


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
    chosen: Callable[[Choice], None] = lambda _: None,
    words: TakeWords | None = None,
    runway: Runway | None = None,
    pictures: Pictures | None = None,
) -> Rendition:
    """Makes what is due and puts it on record. Raises Damaged for an original that is not what was sealed.

    The rest as `render`. The name tells tweet and hash only, because it travels. `words` are those of the take in the
    brief. Raises NoConsent or Overtaken where it was withdrawn or protected meanwhile, or given other words: then no
    file is left. `tell` is given the notes,
    `chosen` the choice where there was one, and the `runway` what may be sent while it is encoded. `pictures`
    were encoded while the take rolled: they are taken where they are what would be made of it now, and the parts lie
    beside them, because whoever has such does not hold the lock on rendering.
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

    beside = pictures.beside if pictures else library.renditions / f"{due.profile}{SUFFIX}"
    with repair.readable(source, beside, lambda: progress(0.0, 1.0)) as (readable, saved):
        job = _Job(readable, due.original.sha256, due.profile, brief, conditions, ffmpeg, pictures)
        making = {"brief": asdict(brief), "tools": ffmpeg.tools, "fieldkit": __version__}
        takeoff = Takeoff(due, journal, runway, making) if runway else None
        note = pictures.announce if pictures else lambda _: None
        made = _render(
            job, library.renditions, name, progress, takeoff=takeoff, before=lambda made: note(made.path)
        )  # the proxy is what goes first
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
    try:
        journal.rendered(rendition, made.passport.document(), words)
    except (NoConsent, Overtaken):
        disk.remove(made.path)
        raise
    for sentence in (*saved, *made.notes, *(explain.two_lines(made.choice) if made.choice else ())):
        tell(sentence)
    if made.choice:
        chosen(made.choice)
    return rendition


@dataclass(frozen=True, slots=True)
class _Job:
    source: Path
    sha256: Sha256  # the source's
    profile: str
    brief: Brief
    conditions: Conditions
    ffmpeg: Ffmpeg
    pictures: Pictures | None = None


def _render(
    job: _Job,
    folder: Path,
    name: Callable[[Sha256], str],
    progress: Progress,
    *,
    before: Callable[[Made], None] = lambda _: None,
    early: Early | None = None,
    takeoff: Takeoff | None = None,
) -> Made:
    wanted, words = PROFILES[job.profile], _words(job.profile, job.brief)
    faces = fonts.faces(words.texts()) if words else ()
    planned = foreseen(job.source, job.profile, job.brief)
    waiting = partial(progress, 0.0, planned.total)
    planned = fields.looked(planned, url(job.source), job.ffmpeg, waiting)
    planned = listened(planned, url(job.source), job.ffmpeg, waiting)

    def part() -> Path:
        return disk.part_for(job.pictures.beside if job.pictures else folder / f"{job.profile}{SUFFIX}")

    def worded(by: Plan) -> AbstractContextManager[str | None]:
        return _script(words, faces, by, folder / f"{job.profile}.ass")

    def encode(recipe: Recipe, destination: Path) -> Plan:
        by, held = planned.by(recipe, wanted), job.pictures
        if held is not None and held.fit(by, wanted, job.source):
            job.ffmpeg.run(by.joined(url(held.path), url(job.source), url(destination)), seconds=by.total)
            return by
        with (
            worded(by) as written,
            takeoff(recipe, destination) if takeoff else nullcontext(),
        ):
            job.ffmpeg.run(
                by.arguments(url(job.source), url(destination), written),
                seconds=by.total,
                progress=lambda done: progress(done, by.total),
            )
        return by

    ground = Ground(planned.probe, wanted, job.brief, job.conditions)
    studio = Studio(job.source, ground, job.ffmpeg, encode, part, waiting, worded)
    if planned.probe.video is None or not searched(wanted, job.brief):
        return _published(job, _within(job, studio.plain(planned.recipe)), folder, name, before)
    if takeoff and takeoff.recorded:
        return _published(job, studio.plain(takeoff.recorded), folder, name, before)
    choice = studio.choice()
    if takeoff:
        takeoff.expected = round(choice.expected.bytes)
    if early is not None and (first := studio.first(choice)) is not None:
        early(_published(job, first, folder, lambda sha256: naming.first(name(sha256))))
    cut = studio.make(choice)
    if takeoff:
        takeoff.landed(cut.plan.recipe)
    return _published(job, cut, folder, name, before)


def _within(job: _Job, cut: Cut) -> Cut:
    """A file that there was nothing to choose for, if it is no larger than was asked. Raises NeedsCrew."""
    size, most = cut.part.stat().st_size, job.brief.max_bytes
    if most is None or size <= most or PROFILES[job.profile].video_cap is not None:
        return cut
    cut.part.unlink()
    raise NeedsCrew(
        f"{job.source.name} holds sound alone and comes out at {size / 1000:.0f} kB, more than the "
        f"{most / 1000:.0f} kB that were asked for; give it more, or cut it shorter."
    )


def _published(
    job: _Job,
    cut: Cut,
    folder: Path,
    name: Callable[[Sha256], str],
    before: Callable[[Made], None] = lambda _: None,
) -> Made:
    with disk.discarded_on_error(cut.part):
        index_to_front(cut.part)
        found = _judged(cut.part, cut.plan, job.source)
        cleared(cut.part, job.source.name)
        heard = loudness(cut.part)
        sha256, size = disk.hashed(cut.part)
        made = Made(
            path=folder / name(sha256),
            sha256=sha256,
            bytes=size,
            seconds=found.seconds,
            width=found.width,
            height=found.height,
            passport=_passport(job, cut, heard),
            loudness=heard,
            notes=(*remarks(cut.plan.probe), *_estimated(cut)),
            choice=cut.choice,
        )
        before(made)
        disk.publish(cut.part, made.path)
    return made


def _estimated(cut: Cut) -> tuple[str, ...]:
    if cut.quality is None or cut.quality.metric == "vmaf":
        return ()
    metric = cut.quality.metric.upper()
    return (f"This ffmpeg has no libvmaf: its VMAF is an estimate from {metric}, good to about 8.",)


def _passport(job: _Job, cut: Cut, heard: float | None) -> Passport:
    width, height = cut.plan.shape.frame
    fps = float(cut.plan.shape.fps)
    return Passport(
        source=job.sha256,
        profile=job.profile,
        brief=asdict(job.brief),
        recipe=asdict(cut.plan.recipe),
        width=width,
        height=height,
        fps=fps,
        frames=round(cut.plan.total * fps),
        took=cut.took,
        tools={"fieldkit": __version__, **job.ffmpeg.tools, "av": av.__version__},
        rules=bookfile.packaged().as_of,
        quality=asdict(cut.quality) | {"score": cut.quality.score} if cut.quality else None,
        loudness=heard,
    )


def _words(profile: str, brief: Brief) -> Words | None:
    return None if PROFILES[profile].wordless else brief.words


@contextmanager
def _script(words: Words | None, faces: Sequence[Face], planned: Plan, beside: Path) -> Iterator[str | None]:
    """The path of the words as libass reads them, for as long as ffmpeg needs it; None where there are none."""
    if words is None:
        yield None
        return
    text = script.document(words, faces, planned.shape.frame, planned.seconds, cut=planned.cut)
    part = disk.part_for(beside)
    try:
        with disk.translated(part):
            part.write_text(text, "utf-8", newline="\n")
        yield str(part.absolute())
    finally:
        part.unlink(missing_ok=True)


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
    if abs(found.seconds - planned.total) > 1 + planned.total / 20:
        raise FfmpegFailed(
            f"{source.name} came out {found.seconds:.1f} s long instead of {planned.total:.1f} s; "
            "the source may be damaged, so copy it from the camera again."
        )
    return found
