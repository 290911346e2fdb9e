"""Transcodes any files, no library needed; what was made before is not made again."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from fieldkit import disk
from fieldkit.errors import FieldkitError, WorthRetrying
from fieldkit.transcode.brief import NOTHING_MORE, Brief
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.probe import probe
from fieldkit.transcode.render import SUFFIX, render
from fieldkit.transcode.words import Words

Progress = Callable[[Path, float, float], None]  # the source, seconds of output done, of how many


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


class _Stopped(Exception):
    """The batch was interrupted; its ffmpegs are to end."""


def batch(
    sources: Sequence[Path],
    folder: Path,
    ffmpeg: Ffmpeg,
    *,
    profile: str = "tweet",
    brief: Brief = NOTHING_MORE,
    words: Callable[[Path], Words | None] = lambda _source: None,
    jobs: int = 1,
    progress: Progress = lambda _source, _done, _of: None,
) -> list[Result]:
    """One result a source, in their order; what goes wrong with one does not stop the others.

    `words` tells what is burned into which source.

    Raises NeedsCrew, DiskFull about the folder, WorthRetrying where another batch is writing to it.
    """
    disk.make_folder(folder)
    stop = Event()

    def one(source: Path) -> Result:
        def report(done: float, of: float) -> None:
            if stop.is_set():
                raise _Stopped
            progress(source, done, of)

        try:
            return _one(source, folder, ffmpeg, profile, replace(brief, words=words(source)), report=report)
        except FieldkitError as error:
            return Result(str(source), None, ok=False, error=str(error))

    with disk.Lock(folder / ".fieldkit.lock") as lock:
        if not lock.take():
            raise WorthRetrying(
                f"Another fieldkit is writing to {folder}; run the same command when it is done."
            )
        for suffix in (SUFFIX, ".ass"):
            for dead in folder.glob(f".{profile}.*.part{suffix}"):  # others' parts are none of our business
                dead.unlink()
        with ThreadPoolExecutor(max(1, jobs)) as pool:
            try:
                return list(pool.map(one, sources))
            except BaseException:
                stop.set()
                pool.shutdown(cancel_futures=True)
                raise


def _one(
    source: Path,
    folder: Path,
    ffmpeg: Ffmpeg,
    profile: str,
    brief: Brief,
    *,
    report: Callable[[float, float], None],
) -> Result:
    """Named after the source's bytes and words: cards repeat their file names, and a changed file is another clip."""
    sha256, _ = disk.hashed(source)
    mark = f"-{brief.words.mark}" if brief.words else ""
    output = folder / f"{source.stem}-{profile}-{sha256[:12]}{mark}{SUFFIX}"
    if output.is_file():
        found = probe(output)
        return Result(
            str(source), str(output), ok=True, skipped=True, bytes=found.bytes, seconds=found.seconds
        )
    made = render(source, profile, folder, output.name, ffmpeg, brief=brief, progress=report)
    return Result(
        str(source), str(made.path), ok=True, bytes=made.bytes, seconds=made.seconds, notes=made.notes
    )
