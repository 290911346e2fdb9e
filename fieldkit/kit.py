"""Puts the real parts together; the only module that knows them all."""

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from fieldkit import dates, erase, pipeline, worded
from fieldkit.capture.ingest import find
from fieldkit.config import Library, Settings, library_and_settings
from fieldkit.dispatch import Dispatch
from fieldkit.doctor import Finding, examine
from fieldkit.errors import FieldkitError, Unready
from fieldkit.growing import Runway
from fieldkit.journal import Journal
from fieldkit.model import Original, Station, TakeId
from fieldkit.outbox import Outbox
from fieldkit.pipeline import Audience, Outcome, Worker
from fieldkit.protector import Protector
from fieldkit.recorder import Recorder, measured
from fieldkit.renderer import Renderer
from fieldkit.sealer import Reach, Sealer
from fieldkit.sync import live
from fieldkit.transcode import machine
from fieldkit.transcode.batch import Hands, Result, Threads, batch, forecast, mirrored
from fieldkit.transcode.brief import NOTHING_MORE, Brief
from fieldkit.transcode.cluster import Cluster
from fieldkit.transcode.delivery import RECENT, speed_of
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.ground import Conditions
from fieldkit.transcode.profiles import DUE
from fieldkit.transcode.reckoning import Reckoning
from fieldkit.transcode.wording import Wording
from fieldkit.transcode.words import Words
from fieldkit.vault.keys import NO_KEY, Keys

_GOODBYE = 3.0  # seconds a worker has to end; one that waits for a dead line is left, nothing is lost


@dataclass(frozen=True, slots=True)
class Errand:
    """A batch that goes on as its results are asked for; to be closed."""

    sources: list[Path]
    left_out: int  # files in the output folder that a batch made before
    reckoning: Reckoning
    results: Generator[Result, None, None]
    jobs: int | None = None  # at a time


@dataclass(frozen=True, slots=True)
class Kit:
    """One library with its settings."""

    library: Library
    settings: Settings
    passphrase: str | None = field(default=None, repr=False)  # what opens this laptop's key

    @classmethod
    def open(cls, folder: str | None, flags: Mapping[str, Any] | None = None) -> Self:
        """The kit for a library folder; `flags` are settings that were typed. Raises NeedsCrew."""
        return cls(*library_and_settings(folder, flags), os.environ.get("FIELDKIT_PASSPHRASE"))

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """The library's journal, made where it is missing."""
        self.library.make()
        with Journal(self.library.journal) as journal:
            yield journal

    @property
    def conditions(self) -> Conditions:
        """What `sync` measured of the line and this laptop's own last encodes of its speed."""
        if not self.library.journal.exists():
            return Conditions()
        try:
            with self.journal() as journal:
                return self._conditions(journal)()
        except FieldkitError:
            return Conditions()  # files that need no library are made without it

    @property
    def ffmpeg(self) -> Ffmpeg:
        """The ffmpeg in use."""
        return Ffmpeg(self.settings.ffmpeg)

    @property
    def words(self) -> Words | None:
        """What each reply of this library shows. Raises NeedsCrew where its template is not what it should be."""
        if self.settings.end_card is None:
            return None
        card = Path(self.settings.end_card)
        return Wording(end_card=card).read([])(card)

    @property
    def dispatch(self) -> Dispatch:
        """The way to the store."""
        return Dispatch(self.library, self.settings)

    @property
    def recorder(self) -> Recorder:
        """The way in, from cameras and cards."""
        return Recorder(self.library, self.settings)

    @property
    def protector(self) -> Protector:
        """Who keeps people from being seen or heard."""
        return Protector(self.library, self.settings, self.journal)

    @property
    def outbox(self) -> Outbox:
        """The queue, to be looked at and steered."""
        return Outbox(self.library, self.settings)

    def erase(self) -> list[str]:
        """Deletes what was withdrawn, and announces and deletes what nobody agreed to; a sentence for each."""
        with self.journal() as journal:
            return erase.tidied(journal, self.library, self.settings)()

    def clock_doubt(self) -> str | None:
        """The sentence for a clock that can't be right; None where nothing speaks against it."""
        with self.journal() as journal:
            return dates.doubt(datetime.now(UTC), journal.newest())

    def going(self, journal: Journal) -> dict[TakeId, datetime]:
        """When takes that nobody agreed to will be erased, if nobody does."""
        keep, now = timedelta(seconds=self.settings.without_consent), datetime.now(UTC)
        return {each.take.id: erase.erased_at(each, keep, now) for each in journal.farewell.unagreed()}

    @property
    def keys(self) -> Keys:
        """The keys that originals are sealed with."""
        return Keys(self.library.keys, self.settings.seal)

    def doctor(self) -> list[Finding]:
        """What keeps this laptop from working, and what to do about it."""
        return list(examine(self.library, self.settings, lambda: self.ffmpeg, self.recorder.gear))

    def transcode(
        self,
        paths: Sequence[Path],
        folder: Path,
        profile: str,
        *,
        brief: Brief,
        wording: Wording,
        jobs: int | None = None,
        cluster: str | None = None,
        dry: bool = False,
        progress: Callable[[Path, float, float], None] = lambda _source, _done, _of: None,
    ) -> Errand:
        """A batch over any files and folders, no library needed; its work is done as its results are asked for.

        `jobs` at a time, None for as many as fit; `cluster` is the address of a Dask scheduler.
        """
        sources, left_out = mirrored(paths, folder, find)
        words = wording.read([source.path for source in sources])
        reckoning = Reckoning({source.path: size_of(source.path) for source in sources})
        if dry:
            results = forecast(sources, folder, profile=profile, brief=brief, words=words)
            return Errand([source.path for source in sources], left_out, reckoning, results)

        def follow(source: Path, done: float, of: float) -> None:
            reckoning.at(source, done / of)
            progress(source, done, of)

        hands: Hands
        if cluster is None:
            at_a_time = jobs or machine.jobs()
            hands = Threads(Ffmpeg(self.settings.ffmpeg, gentle=True), at_a_time, follow)
        else:
            at_a_time, hands = None, Cluster(cluster)
        results = batch(
            sources,
            folder,
            hands,
            profile=profile,
            brief=brief,
            words=words,
            conditions=self.conditions,
            reckoning=reckoning,
        )
        return Errand([source.path for source in sources], left_out, reckoning, results, at_a_time)

    def render(
        self,
        stop: threading.Event,
        audience: Audience,
        *,
        brief: Brief = NOTHING_MORE,
        again: bool = False,
        runway: Runway | None = None,
    ) -> Outcome:
        """Makes every rendition that is due, and tells the `runway` what grows. Raises DiskFull, WorthRetrying."""
        with self.journal() as journal:
            if again:
                journal.forgive(Station.RENDER)
            renderer = self._renderer(journal, audience, brief, runway)
            return pipeline.once(self.library, "render", renderer, stop)

    def word(self, take: str, srt: Path | None, lower_third: str | None) -> None:
        """Gives the reply of a take, named by its ID or the end of it, captions and a lower third. Raises NeedsCrew."""
        with self.journal() as journal:
            worded.give(journal, journal.take(take), srt, lower_third)

    def seal(self, stop: threading.Event, begin: Callable[[Original], None] = lambda _: None) -> Outcome:
        """Seals what is to be sealed. Raises Unready where no key is set, DiskFull, WorthRetrying."""
        if self.keys.campaign is None and self.keys.laptop is None:
            raise Unready(NO_KEY)
        with self.journal() as journal:
            sealer = Sealer(journal, self.library, self.keys, begin)
            return pipeline.once(self.library, "seal", sealer, stop)

    @property
    def locked(self) -> bool:
        """Whether something that is to be made is sealed, and the passphrase was not given."""
        if self.passphrase is not None or self.keys.laptop is None:
            return False
        with self.journal() as journal:
            return bool(self._reach(journal).sort(journal.due_renditions(DUE))[1])

    def run(self, stop: threading.Event, audience: Audience, way: Dispatch) -> None:
        """Salvage, render and push, side by side, until `stop` is set; what is encoded travels meanwhile."""
        runway = Runway()
        dispatch = replace(way, runway=runway)
        _ = dispatch.store  # said at once, not by a thread later
        failures: list[BaseException] = []

        def station(
            work: Callable[[contextlib.ExitStack], Worker],
            rest: Callable[[threading.Event, float], object] = threading.Event.wait,
        ) -> None:
            try:
                with contextlib.ExitStack() as stack:
                    pipeline.forever(work(stack), stop, audience.trouble, rest)
            except BaseException as error:
                failures.append(error)
                stop.set()

        stations: tuple[Callable[[], None], ...] = (
            lambda: station(lambda _: lambda: self.render(stop, audience, runway=runway)),
            lambda: station(lambda stack: dispatch.staying(stack, stop, audience), runway.rest),
            lambda: station(lambda stack: self._sealing(stack, stop)),
        )
        threads = [threading.Thread(target=each, daemon=True) for each in stations]
        for thread in threads:
            thread.start()
        try:
            pipeline.listen(self.journal, runway.stir, stop)
        finally:
            stop.set()
            for thread in threads:
                thread.join(_GOODBYE)
        if failures:
            raise failures[0]

    def _sealing(self, stack: contextlib.ExitStack, stop: threading.Event) -> Worker:
        sealer: Sealer | None = None

        def work() -> Outcome:
            nonlocal sealer
            if sealer is None:
                sealer = Sealer(stack.enter_context(self.journal()), self.library, self.keys)
            return pipeline.once(self.library, "seal", sealer, stop)

        return work

    def _reach(self, journal: Journal) -> Reach:
        keys, words = self.keys, self.passphrase

        def unlock() -> str | None:
            return None if words is None or keys.laptop is None else _unlocked(keys, words)

        return Reach(journal, self.library, keys, unlock)

    def _renderer(
        self, journal: Journal, audience: Audience, brief: Brief, runway: Runway | None = None
    ) -> Renderer:
        brief = replace(brief, words=self.words, deadline=brief.deadline or self.settings.deadline)
        return Renderer(
            journal,
            self.library,
            self.ffmpeg,
            measured,
            self._reach(journal),
            audience.rendering,
            brief,
            self._conditions(journal, runway),
            erase.tidied(journal, self.library, self.settings),
            runway,
        )

    def _conditions(self, journal: Journal, runway: Runway | None = None) -> Callable[[], Conditions]:
        def now() -> Conditions:
            link = live.read(self.library.live).link
            rate, speed = link.bits_per_second if link else None, speed_of(journal.passports(RECENT))
            return Conditions(rate, speed, overlapped=runway is not None and not runway.closed)

        return now


@functools.cache  # a passphrase costs a second or two, on purpose
def _unlocked(keys: Keys, words: str) -> str:
    return keys.unlock_laptop(words)


def size_of(path: Path) -> int:
    """Bytes; 0 where the file has gone."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
