"""Lets pictures in: a take from a camera, clips from a card, a file that is fit as it is; each under its order."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Protocol

from fieldkit import disk, screen
from fieldkit.capture.checks import Measured
from fieldkit.capture.desk import Desk
from fieldkit.capture.hints import Hint
from fieldkit.capture.ingest import Ingested, ingest
from fieldkit.capture.lookout import tweet_in
from fieldkit.capture.offload import BySlate, Piece, offload
from fieldkit.capture.order import Order
from fieldkit.capture.record import Taken, record
from fieldkit.capture.replay import measured as replayed
from fieldkit.capture.rig import PREVIEW, Shot
from fieldkit.capture.session import rehearsal, session
from fieldkit.capture.voice import Voice
from fieldkit.capture.watch import Moment
from fieldkit.capture.window import State, Window
from fieldkit.config import Library, Settings
from fieldkit.early import Early
from fieldkit.errors import FieldkitError, NeedsCrew, NoConsent
from fieldkit.gear import Gear
from fieldkit.journal import Journal
from fieldkit.model import Consent, ConsentState, Protection, Rendition, TweetId
from fieldkit.model.release import IN_THE_CLIP
from fieldkit.screen import Prompting
from fieldkit.transcode import machine, repair
from fieldkit.transcode.adopt import adopt, fit
from fieldkit.transcode.delivery import RECENT, measured_speed
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.probe import opened, probe, seen
from fieldkit.transcode.remarks import remarks
from fieldkit.transcode.signs import Text

_PAINTING = 5.0  # seconds
_USUAL_SIZE, _USUAL_FPS = (1280, 720), 30  # of a camera that chooses for itself


class Preview(Enum):
    """What watches the camera beside the recording."""

    NONE = "none"
    BLIND = "blind"  # hints alone, for the terminal
    SCREEN = "screen"


class Crew(Protocol):
    """Who is told what happens, as cli's Slate is."""

    def tell(self, moment: Moment) -> None: ...
    def stand(self, phase: str, seconds: float) -> None: ...
    def advise(self, hints: Sequence[Hint]) -> None: ...
    def kept(self, taken: Taken) -> None: ...


@dataclass(frozen=True, slots=True)
class Recorder:
    """The way into one library."""

    library: Library
    settings: Settings

    @property
    def gear(self) -> Gear:
        """The cameras and microphones."""
        return Gear(self.library, self.settings)

    def order(self, tweet_id: TweetId, consent: Consent, protection: Protection | None = None) -> Order:
        """What a new take is filed under."""
        return Order(tweet_id, self.settings.place, self.settings.operator, consent, protection)

    def by_slate(self, consent: Consent, protection: Protection | None = None) -> Callable[[Piece], Order]:
        """Files each piece under the tweet on the slate filmed before it."""
        answers = BySlate(lambda path: tweet_in(path, opened))
        return lambda piece: self.order(answers(piece), consent, protection)

    def ingest(
        self, found: Sequence[Piece], filed: Callable[[Piece], Order], progress: Callable[[int], None]
    ) -> Iterator[tuple[Piece, Ingested | FieldkitError]]:
        """Ingests piece after piece; an error is given for its piece and the rest goes on.

        `progress` is told the bytes dealt with. Raises NeedsCrew where the card has gone.
        """
        notes: tuple[str, ...] = ()

        def readable(path: Path) -> float:
            nonlocal notes
            if saved := repair.rebuilt(path):  # `render` does it again from the original
                notes = (saved.note,)
                return saved.seconds
            found = probe(path)
            notes = remarks(found)
            return found.seconds

        def take_in(piece: Piece, order: Order) -> Ingested:
            with disk.translated(piece.files[0]):  # a card that goes while it is looked at
                taken = ingest(
                    piece.files, order, journal, self.library, readable=readable, progress=progress
                )
            return replace(taken, notes=(*([piece.remark] if piece.remark else []), *notes))

        with self._journal() as journal:
            yield from offload(found, filed, take_in)

    def add(self, file: Path, order: Order, progress: Callable[[int], None]) -> Rendition:
        """A file that is fit to be sent as it is: original and `tweet` in one, not encoded again.

        Raises NoConsent, Refused with what is wrong with it, and what `ingest` raises.
        """
        if order.consent.state is not ConsentState.AGREED:
            raise NoConsent(
                "Nothing without consent leaves the laptop: add --consent agreed once the speaker has agreed."
            )
        fit(file)  # before a byte is copied; once more as it was sealed
        with self._journal() as journal:
            taken = ingest(file, order, journal, self.library, readable=seconds_of, progress=progress)
            return adopt(
                taken.take, taken.original, self.library, journal, lambda: Ffmpeg(self.settings.ffmpeg)
            )

    def record(
        self,
        order: Order,
        *,
        seconds: float,
        size: tuple[int, int],
        fps: int,
        desk: Desk,
        crew: Crew,
        preview: Preview = Preview.NONE,
        rehearse: bool = False,
        prompting: Prompting = Prompting(),  # noqa: B008 - a frozen value
        read_out: bool = False,
        note: Callable[[str], None] = lambda _: None,
    ) -> Taken | None:
        """One take, or as many as the crew asks for: the last one, from the camera to the original and its verdict.

        With `rehearse` the camera is shown until the crew begins; None where it never did. `note` is told which
        microphone was chosen, and what the camera does otherwise than asked. Raises NoDevice, DiskFull, NeedsCrew.
        """
        shot, ffmpeg = self.gear.shot(seconds, size, fps, note), Ffmpeg(self.settings.ffmpeg)
        wall = screen.texts(prompting)
        with self._journal() as journal, contextlib.ExitStack() as stack:
            voice = _voice(prompting, order, stack) if read_out else None
            window = None
            if preview is not Preview.NONE:
                seen = preview is Preview.SCREEN
                window = Window(PREVIEW, screen=seen, press=desk.press, hear=crew.advise)
                stack.callback(window.close)
                if seen:
                    _decorate(window, wall, ffmpeg, stack)

            def show(phase: str, at: float, free: int | None = None) -> None:
                if window is not None:
                    room = disk.room(self.library.rolling) if free is None else free
                    window.tell(
                        State(phase, at, shot.seconds - at if phase == "rolling" else shot.seconds, room)
                    )

            def told(moment: Moment) -> None:
                if moment.phase != "warning":
                    desk.enter(moment.phase)
                    show(moment.phase, moment.seconds, moment.free)
                crew.tell(moment)

            def stood(phase: str, to_go: float) -> None:
                if phase == "counting" and voice is not None:
                    voice.hush()
                show(phase, to_go)
                crew.stand(phase, to_go)

            def roll() -> Taken:
                early = self._early(order, shot, journal)
                if early is not None:
                    stack.callback(early.close)
                taken = record(
                    order,
                    shot,
                    journal,
                    self.library,
                    ffmpeg.start,
                    measure=measured,
                    stop=desk.asked,
                    tell=told,
                    show=window.show if window is not None else None,
                    beside=early,
                )
                crew.kept(taken)
                if early is not None:
                    early.land(taken.original)
                return taken

            if window is None or not rehearse:
                if voice is not None:
                    voice.wait()
                return session(desk, roll, None)
            return session(
                desk, roll, partial(rehearsal, shot, sys.platform, ffmpeg.start, window, desk, stood)
            )

    def _early(self, order: Order, shot: Shot, journal: Journal) -> Early | None:
        """Who makes the take's proxy while it rolls. Nobody does of a take that may not be shown as it is."""
        consent = order.consent
        if consent.state is not ConsentState.AGREED or order.protection or consent.hidden & IN_THE_CLIP:
            return None
        wanted = self.settings.rolling_proxy == "on"
        if self.settings.rolling_proxy == "auto":
            width, height = shot.size or _USUAL_SIZE
            speed = measured_speed(journal.passports(RECENT))
            wanted = machine.takes_more(machine.cores(), speed, width * height * (shot.fps or _USUAL_FPS))
        return Early(self.library, self.settings.ffmpeg) if wanted else None

    @contextmanager
    def _journal(self) -> Iterator[Journal]:
        self.library.make()
        with Journal(self.library.journal) as journal:
            yield journal


def _voice(prompting: Prompting, order: Order, stack: contextlib.ExitStack) -> Voice:
    words = prompting.tweet or prompting.text
    if not words:
        raise NeedsCrew(
            "There is nothing to read out: give the tweet's text with --tweet-text, or a --prompt."
        )
    voice = Voice(words, order.consent.language)
    stack.callback(voice.hush)
    return voice


def _decorate(window: Window, wall: Mapping[str, Text], ffmpeg: Ffmpeg, stack: contextlib.ExitStack) -> None:
    """Has the words drawn while the camera opens; they take a second, and nothing waits for them."""
    painter = threading.Thread(target=lambda: window.hang(screen.drawn(wall, ffmpeg)), daemon=True)
    painter.start()
    stack.callback(painter.join, _PAINTING)


def seconds_of(path: Path) -> float | None:
    """How long a video plays; None where it does not tell. Raises NotAVideo for anything else."""
    return seen(path).seconds


def measured(path: Path) -> Measured:
    """What the verdict on a recording rests on. Raises NotAVideo."""
    return replayed(path, opened)
