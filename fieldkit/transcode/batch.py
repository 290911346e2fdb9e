"""Transcodes any files, no library needed; what was made before is not made again.

The bytes in the output folder are the only truth: a batch that was killed is begun anew and finds what is there.
"""

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from threading import Event, Thread
from typing import Protocol

from fieldkit import disk
from fieldkit.errors import FieldkitError, WorthRetrying
from fieldkit.transcode import ledger, naming
from fieldkit.transcode.brief import NOTHING_MORE, Brief
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.ground import Conditions
from fieldkit.transcode.job import Job, Result, do, foresee, there
from fieldkit.transcode.probe import told
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.reckoning import Reckoning
from fieldkit.transcode.render import UNKNOWN
from fieldkit.transcode.words import Words

__all__ = ["Result", "Source", "Threads", "batch", "forecast", "mirrored"]

Progress = Callable[[Path, float, float], None]  # the source, seconds of output done, of how many
Wordings = Callable[[Path], Words | None]  # what is burned into a source
Done = Generator[tuple[Job, Result], None, None]
_TICK = 0.5  # seconds: Windows hears Ctrl-C between two waits


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and the folder below the output folder in which its rendition goes."""

    path: Path
    below: Path = Path()


class Hands(Protocol):
    """Who does the jobs. Closing the iterator before its end stops what runs; nothing half made is left to see."""

    parts_are_ours: bool  # whether no one but us writes into the output folder while we hold its lock

    def __call__(self, jobs: Sequence[Job]) -> Done:
        """Each job's result as it is done. Raises DiskFull, Unready, WorthRetrying for the batch as a whole."""
        ...


class Threads:
    """This machine, so many files at a time."""

    parts_are_ours = True

    def __init__(
        self, ffmpeg: Ffmpeg, jobs: int = 1, progress: Progress = lambda _source, _done, _of: None
    ) -> None:
        self._ffmpeg, self._jobs, self._progress = ffmpeg, max(1, jobs), progress

    def __call__(self, jobs: Sequence[Job]) -> Done:
        stop, waiting = Event(), iter(jobs)

        def one(job: Job) -> Result:
            def report(done: float, of: float) -> None:
                if stop.is_set():
                    raise _Stopped
                self._progress(job.source, done, of)

            return do(job, self._ffmpeg, report)

        pool = ThreadPoolExecutor(self._jobs)
        running: dict[Future[Result], Job] = {}
        try:
            while True:
                for job in islice(waiting, self._jobs - len(running)):
                    running[pool.submit(one, job)] = job
                if not running:
                    return
                for future in wait(running, _TICK, FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


class _Stopped(Exception):
    """The batch was interrupted; its ffmpegs are to end."""


def mirrored(
    paths: Iterable[Path], folder: Path, find: Callable[[Sequence[Path]], list[Path]]
) -> tuple[list[Source], int]:
    """The sources that `find` finds, each once, in their order; and how many files were left out.

    A folder's tree is mirrored below the output folder; files given by name go into it directly. What a batch made
    into that folder before is no source.
    """
    home, sources, ours = folder.resolve(), dict[Path, Source](), set[Path]()
    for path in paths:
        for found in find([path]):
            if naming.ours(found.name) and found.resolve().is_relative_to(home):
                ours.add(found)
            elif found.absolute() not in sources:
                inside = found.parent.relative_to(path).parts if found != path else ()
                sources[found.absolute()] = Source(found, Path(*map(naming.plain, inside)))
    return list(sources.values()), len(ours)


def batch(
    sources: Sequence[Source],
    folder: Path,
    hands: Hands,
    *,
    profile: str = "tweet",
    brief: Brief = NOTHING_MORE,
    words: Wordings = lambda _source: None,
    conditions: Conditions = UNKNOWN,
    reckoning: Reckoning | None = None,
) -> Generator[Result, None, None]:
    """One result a source, as they are done; what goes wrong with one does not stop the others.

    `words` tells what is burned into which source; `reckoning` is kept up to date. Raises DiskFull, and NeedsCrew
    about the folder, as soon as they befall one, since they would befall all; WorthRetrying where another batch is
    writing to the folder.
    """
    home = folder.absolute()
    disk.make_folder(home / ledger.FOLDER)
    jobs = [replace(job, conditions=conditions) for job in _jobs(sources, home, profile, brief, words)]
    with disk.Lock(home / ledger.FOLDER / "lock") as lock:
        if not lock.take():
            raise WorthRetrying(
                f"Another fieldkit is writing to {folder}; run the same command when it is done."
            )
        if hands.parts_are_ours:
            _sweep(home, jobs)
        with ledger.Hashes(home / ledger.FOLDER / "hashes.sqlite") as hashes:
            missing = []
            for job in jobs:
                if (found := _remembered(job, hashes)) is None:
                    missing.append(job)
                else:
                    _finish(reckoning, job, found)
                    yield found
            with contextlib.closing(hands(missing)) as results, _measured(missing, reckoning):
                for job, result in results:
                    if result.seen is not None:
                        hashes.note(job.source, *result.seen)
                    _finish(reckoning, job, result)
                    yield result
        _sweep(home, jobs)


def forecast(
    sources: Sequence[Source],
    folder: Path,
    *,
    profile: str = "tweet",
    brief: Brief = NOTHING_MORE,
    words: Wordings = lambda _source: None,
) -> Generator[Result, None, None]:
    """What `batch` would do, as far as it can be known before encoding; nothing is written."""
    home = folder.absolute()
    cache = home / ledger.FOLDER / "hashes.sqlite"
    with ledger.Hashes(cache if cache.exists() else None) as hashes:
        for job in _jobs(sources, home, profile, brief, words):
            try:
                known = hashes.known(job.source, ledger.stamp(job.source))
            except FieldkitError:
                known = None
            yield foresee(job, known)


def _jobs(
    sources: Sequence[Source], home: Path, profile: str, brief: Brief, words: Wordings
) -> Iterator[Job]:
    for source in sources:
        job = Job(source.path, home / source.below, home, profile, brief)
        try:
            yield replace(job, brief=replace(brief, words=words(source.path)))
        except FieldkitError as error:
            yield replace(job, refused=str(error))


def _remembered(job: Job, hashes: ledger.Hashes) -> Result | None:
    """The result of a job that needs no work, without reading its source."""
    if job.refused:
        return None
    try:
        known = hashes.known(job.source, ledger.stamp(job.source))
    except FieldkitError:
        return None  # the job itself says what is wrong
    return there(job, known) if known else None


def _sweep(home: Path, jobs: Sequence[Job]) -> None:
    """Clears away the parts of batches that died; other programs' parts are none of our business."""
    disk.sweep(home / ledger.FOLDER)
    for folder in {home} | {job.folder for job in jobs}:
        for profile in PROFILES:
            disk.sweep(folder, f"{profile}.????????")


def _finish(reckoning: Reckoning | None, job: Job, result: Result) -> None:
    if reckoning is not None:
        reckoning.finished(job.source, worked=result.ok and not result.skipped)


@contextlib.contextmanager
def _measured(jobs: Sequence[Job], reckoning: Reckoning | None) -> Iterator[None]:
    """Reads the headers of what is still to be done, beside the work, so that the first encode need not wait."""
    stop = Event()

    def measure() -> None:
        for job in jobs:
            if stop.is_set() or reckoning is None:
                return
            if (seconds := told(job.source)) is not None:
                reckoning.told(job.source, seconds)

    thread = Thread(target=measure, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
