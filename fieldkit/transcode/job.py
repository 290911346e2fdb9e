"""One file of a batch, on this machine or on another one of a cluster."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from fieldkit import disk
from fieldkit.errors import DiskFull, FieldkitError, NeedsCrew, NotAVideo, Unready, WorthRetrying
from fieldkit.model import Sha256
from fieldkit.transcode import explain, ledger, naming, repair
from fieldkit.transcode.brief import Brief
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.ground import Conditions
from fieldkit.transcode.probe import probe
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.remarks import remarks
from fieldkit.transcode.render import SUFFIX, UNKNOWN, Made, foreseen, render

Report = Callable[[float, float], None]  # seconds of output done, of how many; raises to stop


@dataclass(frozen=True, slots=True)
class Job:
    """Plain values, so that it can travel."""

    source: Path
    folder: Path  # where the rendition goes
    root: Path  # the output folder, which remembers
    profile: str
    brief: Brief
    conditions: Conditions = UNKNOWN
    refused: str | None = None  # why it can't be done at all


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one source. `skipped`: the output was there already; `error` is one sentence."""

    source: str
    output: str | None
    ok: bool
    skipped: bool = False
    bytes: int | None = None
    seconds: float | None = None
    vmaf: float | None = None
    error: str | None = None
    notes: tuple[str, ...] = ()  # what the crew should know of it, a sentence each
    passport: Mapping[str, Any] | None = None
    first: str | None = None  # the version that goes first, where this one will be late
    why: tuple[str, ...] = ()  # the plan in two lines
    options: tuple[Mapping[str, Any], ...] = ()  # what it was chosen from
    seen: tuple[ledger.Stamp, Sha256] | None = None  # the source, for those who remember

    def document(self) -> dict[str, Any]:
        """As `transcode --json` prints it."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "seen"}


def do(job: Job, ffmpeg: Ffmpeg, report: Report = lambda _done, _of: None) -> Result:
    """Makes the rendition if it is not there. What is wrong with the source is in the result.

    Raises DiskFull and Unready, which would befall every other job too.
    """
    return _told(job, lambda: _made(job, ffmpeg, report))


def foresee(job: Job, known: Sha256 | None = None) -> Result:
    """What `do` would say before it encodes; writes nothing."""
    return _told(job, lambda: _foreseen(job, known))


def there(job: Job, sha256: Sha256) -> Result | None:
    """The result where the rendition of a source with that hash is there and whole."""
    key, output = _named(job, sha256)
    if not output.is_file():
        return None
    size = output.stat().st_size
    about = ledger.recall(job.root, key)
    if about is not None and about.get("bytes") == size:
        return _result(job, output, about, skipped=True)
    try:  # its passport is lost, or it is not what was made
        found = probe(output)
    except NotAVideo:
        return None
    return _result(job, output, {"bytes": found.bytes, "seconds": found.seconds}, skipped=True)


def _told(job: Job, work: Callable[[], Result]) -> Result:
    if job.refused:
        return Result(str(job.source), None, ok=False, error=job.refused)
    try:
        return work()
    except (DiskFull, Unready):
        raise
    except FieldkitError as error:
        return Result(str(job.source), None, ok=False, error=str(error))


def _made(job: Job, ffmpeg: Ffmpeg, report: Report) -> Result:
    before = ledger.stamp(job.source)
    sha256 = _hashed(job.source, report)
    key, output = _named(job, sha256)
    about: dict[str, Any] | None = None
    ahead: list[Path] = []
    if found := there(job, sha256):
        return replace(found, seen=(before, sha256))

    def last(made: Made) -> None:
        nonlocal about
        if ledger.stamp(job.source) != before:
            raise WorthRetrying(
                f"{job.source.name} changed while it was read; nothing was made of it. Run the same command again "
                "when its copy is complete."
            )
        about = _about(made) | ({"first": str(ahead[0])} if ahead else {})
        ledger.remember(job.root, key, about)

    disk.make_folder(job.folder)
    part = job.folder / f"{job.profile}{SUFFIX}"  # what a batch that dies leaves under that name is swept
    with repair.readable(job.source, part, lambda: report(0, 1)) as (source, saved):
        render(
            source,
            job.profile,
            job.folder,
            output.name,
            ffmpeg,
            brief=job.brief,
            conditions=job.conditions,
            progress=report,
            sha256=sha256,
            before=lambda made: last(replace(made, notes=(*saved, *made.notes))),
            early=lambda made: ahead.append(made.path),
        )
    assert about is not None
    return replace(_result(job, output, about), seen=(before, sha256))


def _foreseen(job: Job, known: Sha256 | None) -> Result:
    sha256 = known or _hashed(job.source, lambda _done, _of: None)
    if found := there(job, sha256):
        return found
    output = _named(job, sha256)[1]
    if saved := repair.rebuilt(job.source):
        return _result(job, output, {"seconds": saved.seconds, "notes": (saved.note,)})
    planned = foreseen(job.source, job.profile, job.brief)
    return _result(job, output, {"seconds": planned.seconds, "notes": remarks(planned.probe)})


def _hashed(source: Path, report: Report) -> Sha256:
    try:
        return disk.hashed(source, lambda _: report(0, 1))[0]
    except Unready as error:  # this one file's trouble, not the laptop's
        raise NeedsCrew(str(error)) from error


def _named(job: Job, sha256: Sha256) -> tuple[str, Path]:
    key = naming.key(sha256, PROFILES[job.profile], job.brief)
    return key, job.folder / naming.file_name(job.source.stem, job.profile, key)


def _about(made: Made) -> dict[str, Any]:
    """Everything that is known of what was made, but where."""
    plain = {field.name for field in fields(made)} - {"path", "choice"}
    about = {name: getattr(made, name) for name in plain} | {"passport": made.passport.document()}
    if made.choice is None:
        return about
    options = [asdict(option) for option in made.choice.options]
    return about | {"why": explain.two_lines(made.choice), "options": options}


def _result(job: Job, output: Path, about: Mapping[str, Any], *, skipped: bool = False) -> Result:
    passport = about.get("passport")
    quality = (passport or {}).get("quality") or {}
    return Result(
        source=str(job.source),
        output=str(output),
        ok=True,
        skipped=skipped,
        bytes=about.get("bytes"),
        seconds=about.get("seconds"),
        vmaf=quality.get("mean"),
        notes=tuple(about.get("notes", ())),
        passport=passport,
        first=about.get("first"),
        why=tuple(about.get("why", ())),
        options=tuple(about.get("options", ())),
    )
