"""Makes renditions: encode into a `.part`, judge it, hash it, publish it; then the fact."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import av

from fieldkit import __version__, disk
from fieldkit.config import Library
from fieldkit.errors import Refused
from fieldkit.journal import Due, Journal
from fieldkit.model import Rendition, Sha256
from fieldkit.transcode import bookfile, fonts, script
from fieldkit.transcode.boxes import boxes
from fieldkit.transcode.brief import NOTHING_MORE, Brief
from fieldkit.transcode.ffmpeg import Ffmpeg, FfmpegFailed
from fieldkit.transcode.listen import listened, loudness
from fieldkit.transcode.passport import Passport
from fieldkit.transcode.plan import Plan, plan
from fieldkit.transcode.probe import Probe, probe, seen
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.remarks import remarks
from fieldkit.transcode.rules import judge, rejections
from fieldkit.transcode.words import Words

SUFFIX = ".mp4"
Progress = Callable[[float, float], None]  # seconds of output done, of how many


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


def render(
    source: Path,
    profile: str,
    destination_folder: Path,
    name: str,
    ffmpeg: Ffmpeg,
    *,
    brief: Brief = NOTHING_MORE,
    progress: Progress = lambda _done, _of: None,
    sha256: Sha256 | None = None,
    before: Callable[[Made], None] = lambda _: None,
) -> Made:
    """Encodes `source` as `<destination_folder>/<name>`; `sha256` is the source's, where it is known.

    `before` is called when all is done but the publishing. Raises NotAVideo, TooLong, NeedsCrew about the source;
    DiskFull; Refused where the result breaks a rule of X; WorthRetrying where ffmpeg was ended from outside. Whatever
    is raised, nothing is published.
    """
    return _render(
        source,
        sha256 or disk.hashed(source)[0],
        profile,
        destination_folder,
        lambda _: name,
        ffmpeg=ffmpeg,
        brief=brief,
        progress=progress,
        before=before,
    )


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
        due.original.sha256,
        due.profile,
        library.renditions,
        name,
        ffmpeg=ffmpeg,
        brief=brief,
        progress=progress,
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
    journal.rendered(rendition, made.passport.document())
    for sentence in made.notes:
        tell(sentence)
    return rendition


def _render(
    source: Path,
    source_sha256: Sha256,
    profile: str,
    folder: Path,
    name: Callable[[Sha256], str],
    *,
    ffmpeg: Ffmpeg,
    brief: Brief,
    progress: Progress,
    before: Callable[[Made], None] = lambda _: None,
) -> Made:
    words = _words(profile, brief)
    planned = foreseen(source, profile, brief)
    waiting = partial(progress, 0.0, planned.total)
    part = disk.part_for(folder / f"{profile}{SUFFIX}")
    with _script(words, planned, folder / f"{profile}.ass") as written, disk.discarded_on_error(part):
        planned = listened(planned, _url(source), ffmpeg, waiting)
        began = time.monotonic()
        ffmpeg.run(
            planned.arguments(_url(source), _url(part), written),
            seconds=planned.total,
            progress=lambda done: progress(done, planned.total),
        )
        took = time.monotonic() - began
        found = _judged(part, planned, source)
        heard = loudness(_url(part), found, ffmpeg)
        sha256, size = disk.hashed(part)
        passport = _passport(source_sha256, planned, profile, brief, ffmpeg=ffmpeg, took=took, heard=heard)
        final, seen_as = folder / name(sha256), (found.seconds, found.width, found.height)
        made = Made(final, sha256, size, *seen_as, passport, heard, remarks(planned.probe))
        before(made)
        disk.publish(part, final)
    return made


def _passport(
    source: Sha256,
    planned: Plan,
    profile: str,
    brief: Brief,
    *,
    ffmpeg: Ffmpeg,
    took: float,
    heard: float | None,
) -> Passport:
    width, height = planned.shape.frame
    fps = float(planned.shape.fps)
    return Passport(
        source=source,
        profile=profile,
        brief=asdict(brief),
        recipe=asdict(planned.recipe),
        width=width,
        height=height,
        fps=fps,
        frames=round(planned.total * fps),
        took=took,
        tools={"fieldkit": __version__, **ffmpeg.tools, "av": av.__version__},
        rules=bookfile.packaged().as_of,
        loudness=heard,
    )


def _words(profile: str, brief: Brief) -> Words | None:
    return None if PROFILES[profile].wordless else brief.words


@contextmanager
def _script(words: Words | None, planned: Plan, beside: Path) -> Iterator[str | None]:
    """The path of the words as libass reads them, for as long as ffmpeg needs it; None where there are none."""
    if words is None:
        yield None
        return
    faces = fonts.faces(words.texts())
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


def _url(path: Path) -> str:
    """Never an option or another protocol, however the file is called."""
    return f"file:{path.absolute()}"
