"""Reads a text aloud with the voice that the system has, before the camera rolls and never during."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

from fieldkit.errors import NeedsCrew

_LONGEST = 120.0  # seconds
_WINDOWS = (
    "Add-Type -AssemblyName System.Speech; [Console]::InputEncoding = [Text.Encoding]::UTF8; "
    "(New-Object System.Speech.Synthesis.SpeechSynthesizer).Speak([Console]::In.ReadToEnd())"
)


def command(
    platform: str, language: str | None, which: Callable[[str], str | None] = shutil.which
) -> list[str] | None:
    """What reads its stdin aloud here; None where the system has no voice. Text never stands in the command itself.

    `language` is a tag such as `ar`; the voices of Windows and macOS are those that their owner chose.
    """
    if platform == "win32":
        shell = which("powershell")
        return [shell, "-NoProfile", "-NonInteractive", "-Command", _WINDOWS] if shell else None
    if platform == "darwin":
        say = which("say")
        return [say, "-f", "-"] if say else None
    tongue = language.split("-")[0].lower() if language else None
    if (espeak := which("espeak-ng")) is not None:
        return [espeak, *(["-v", tongue] if tongue else []), "--stdin"]
    if (speech := which("spd-say")) is not None:
        return [speech, *(["-l", tongue] if tongue else []), "--wait", "--pipe-mode"]
    return None


class Voice:
    """One text being read."""

    def __init__(self, text: str, language: str | None, platform: str = sys.platform) -> None:
        """Begins to read. Raises NeedsCrew where there is no voice."""
        words = command(platform, language)
        try:
            if words is None:
                raise FileNotFoundError
            self._process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise NeedsCrew(
                "This system has no voice (espeak-ng or spd-say on Linux), so nothing can be read out; read it out "
                "yourself and leave --read-out away."
            ) from error
        assert self._process.stdin is not None
        with suppress(OSError), self._process.stdin as pipe:
            pipe.write(text.encode())

    def wait(self) -> None:
        """Until it has been read."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LONGEST)
        self.hush()

    def hush(self) -> None:
        """Stops reading."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
