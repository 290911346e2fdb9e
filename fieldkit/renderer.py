"""The worker that salvages and renders: asks the journal what is missing until nothing is."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from fieldkit import disk, early, erase, worded
from fieldkit.capture.salvage import Measure, salvage
from fieldkit.config import Library
from fieldkit.errors import Damaged, DiskFull, NeedsCrew, NoConsent, Unready
from fieldkit.growing import Runway
from fieldkit.journal import Due, Journal, Overtaken
from fieldkit.model import Refusal, Station
from fieldkit.pipeline import Outcome
from fieldkit.sealer import Reach
from fieldkit.transcode.brief import NOTHING_MORE, Brief
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.ground import Conditions
from fieldkit.transcode.guarded import Guard
from fieldkit.transcode.profiles import DUE
from fieldkit.transcode.render import Progress, render_due


@dataclass(frozen=True, slots=True)
class Renderer:
    """Salvages what a dead recording left, and makes every rendition that is due.

    `begin` is told which rendition is next and returns who wants its progress.
    """

    journal: Journal
    library: Library
    ffmpeg: Ffmpeg
    measure: Measure
    reach: Reach
    begin: Callable[[Due], Progress]
    brief: Brief = NOTHING_MORE
    conditions: Callable[[], Conditions] = Conditions
    tidy: Callable[[], list[str]] = list  # erases what is due, a sentence for each
    runway: Runway | None = None  # where somebody sends beside it

    def __call__(self, stop: threading.Event) -> Outcome:
        """Works until nothing is due or `stop` is set. Raises DiskFull, Unready, WorthRetrying."""
        disk.sweep(self.library.renditions)
        guard = Guard(self.library, self.journal, self.ffmpeg)
        guard.sweep()
        erase.orphans(self.journal, self.library)
        outcome = Outcome(salvaged=salvage(self.journal, self.library, self.measure))
        outcome.notes += self.tidy()
        while not stop.is_set() and (first := self._next(outcome)):
            if not self.library.originals.is_dir():
                raise Unready(f"{self.library.originals} is not there; is the library's disk plugged in?")
            protection = self.journal.protection.of(first.take.id)
            try:
                with self.reach.opening(first) as readable:
                    if protection is not None:
                        outcome.drafted.append(
                            guard.make(
                                readable,
                                protection,
                                brief=self.brief,
                                conditions=self.conditions(),
                                progress=self.begin(first),
                                tell=outcome.note(first),
                                chosen=outcome.choices.append,
                            )
                        )
                        continue
                    words = self.journal.words.of(first.take.id)
                    outcome.rendered.append(
                        render_due(
                            readable,
                            self.library,
                            self.journal,
                            self.ffmpeg,
                            brief=worded.brief_for(self.journal, first.take.id, words, self.brief),
                            words=words,
                            conditions=self.conditions(),
                            progress=self.begin(first),
                            tell=outcome.note(first),
                            chosen=outcome.choices.append,
                            runway=self.runway,
                        )
                    )
            except (DiskFull, Unready):
                raise
            except (NoConsent, Overtaken):
                continue  # withdrawn, protected or given words meanwhile: it is due no more, or anew
            except (NeedsCrew, Damaged, OSError) as error:
                if not self._is_due(first):
                    continue  # erased while it was read
                if isinstance(error, OSError):
                    raise
                refusal = Refusal(first.take.id, Station.RENDER, str(error), first.profile)
                self.journal.refuse(refusal)
                outcome.refused.append(refusal)
                outcome.damaged |= isinstance(error, Damaged)
            finally:
                if self.runway is not None:
                    self.runway.clear()
        return outcome

    def _next(self, outcome: Outcome) -> Due | None:
        """What is to be made first; what is sealed and can't be opened here waits, and why is said.

        A take whose proxy its recorder is about to put on record waits: nothing is to be on the line before that.
        """
        can, why = self.reach.sort(self.journal.due_renditions(DUE))
        outcome.held = " ".join(why) or None
        return next((each for each in can if not early.at_work(self.library, each.take.id)), None)

    def _is_due(self, due: Due) -> bool:
        return any(
            (each.take.id, each.profile) == (due.take.id, due.profile)
            for each in self.journal.due_renditions(DUE)
        )
