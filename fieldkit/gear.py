"""The cameras and microphones of this laptop: what is there, what is remembered, what they are good for."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from fieldkit.capture.devices import Devices, choice, devices, lacking
from fieldkit.capture.record import why
from fieldkit.capture.rig import TEST, Shot, arguments
from fieldkit.capture.trial import LOOK, SECONDS, Trial, trial
from fieldkit.config import Library, Settings
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.probe import seen

_SLOW_START = 20.0  # seconds a camera and a busy laptop may take to begin


@dataclass(frozen=True, slots=True)
class Gear:
    """Those that one library's settings speak of."""

    library: Library
    settings: Settings

    def devices(self) -> Devices:
        """The cameras and microphones that ffmpeg can open here."""
        return devices(Ffmpeg(self.settings.ffmpeg).listing, sys.platform)

    def lacking(self) -> tuple[str, ...]:
        """The ways to a camera or microphone that this ffmpeg was built without."""
        return lacking(Ffmpeg(self.settings.ffmpeg).listing, sys.platform)

    def remember(self, camera: str, microphone: str | None) -> str:
        """Keeps a choice by what stays the same from plug to plug. A sentence on the sound. Raises NoDevice."""
        found, filming = self.devices(), None
        if not _plain(camera):
            filming = choice.camera(found, camera)
            camera = choice.remembered(filming)
        heard = choice.sound(found, filming, microphone)
        chosen = next((m for m in found.microphones if microphone and m.name == heard.microphone), None)
        stored = Settings.read(self.library, {}, {})  # the file alone: the environment is for one command
        self.library.make()
        replace(stored, camera=camera, microphone=choice.remembered(chosen) if chosen else microphone).write(
            self.library
        )
        return heard.sentence

    def trial(self) -> Trial:
        """What two seconds with the chosen camera and microphone look and sound like; nothing of them is kept.

        Raises NoDevice, DiskFull.
        """
        notes: list[str] = []
        shot = self.shot(SECONDS, (1280, 720), 30, notes.append)
        ffmpeg = Ffmpeg(self.settings.ffmpeg)
        with tempfile.TemporaryDirectory(prefix="fieldkit-", ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "trial.mkv"
            command = arguments(shot, sys.platform, path)
            with ffmpeg.start(command) as running, contextlib.suppress(TimeoutError):
                running.wait(SECONDS + _SLOW_START)
            if not path.exists() or not path.stat().st_size:
                raise why(running.said, shot)
            video = seen(path).video
            assert video is not None
            heard = ffmpeg.listing(["-i", f"file:{path}", *LOOK])
        picture = (video.width, video.height, float(video.fps))
        return trial(shot.called, shot.pixels, picture, heard, tuple(notes))

    def shot(
        self, seconds: float, size: tuple[int, int], fps: int, note: Callable[[str], None] = lambda _: None
    ) -> Shot:
        """What to film with: what was named or remembered, or the only one there is. Raises NoDevice."""
        named, microphone = self.settings.camera, self.settings.microphone
        if named and _plain(named):
            if microphone in (None, choice.NONE):
                return Shot(named, None, seconds, size, fps)
            heard = choice.sound(self.devices(), None, microphone)
            return Shot(named, heard.microphone, seconds, size, fps)
        found = self.devices()
        if named and named.startswith("/dev/"):
            named = os.path.realpath(named)  # udev's by-id and by-path are links to the node
        camera = choice.camera(found, named)
        heard, asked = choice.sound(found, camera, microphone), choice.asked(camera, size, fps)
        for sentence in (heard.sentence, asked.sentence):
            if sentence:
                note(sentence)
        return Shot(camera.name, heard.microphone, seconds, asked.size, asked.fps, asked.pixels)


def _plain(camera: str) -> bool:
    """Not a device: the test card, or a camera in the network."""
    return camera == TEST or "://" in camera
