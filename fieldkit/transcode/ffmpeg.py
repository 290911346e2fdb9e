"""The only module that starts ffmpeg: argument lists in, sentences out."""

import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Thread
from typing import IO, Any, Self

import imageio_ffmpeg

from fieldkit.errors import DiskFull, FieldkitError, NeedsCrew, Unready, WorthRetrying

_QUIET = ("-hide_banner", "-nostats", "-loglevel", "level+info")
_KEPT = 60  # lines of what ffmpeg said
_TICK = 0.1
_LISTING = 20.0  # seconds
_PATIENCE = 10.0  # seconds between asking ffmpeg to end and ending it
_SAID = re.compile(r"\[(?:info|warning|error|fatal|panic|verbose)\] ?")
_SOURCE = re.compile(r"^\[[^\]]* @ 0x[0-9a-f]+\] ")
_VERSION = re.compile(r"ffmpeg version (\S+)")
_X264 = re.compile(r"264 - core (\d+(?: r\d+)?)")
# one picture into nothing: x264 says which it is
_TRY: Sequence[str] = (
    *("-f", "lavfi", "-i", "color=s=32x32", "-frames:v", "1"),
    *("-c:v", "libx264", "-flags", "+global_header", "-f", "null", "-"),
)
_GENTLE = 10  # niceness: a desktop stays usable beside it
_BAD = re.compile(r"\[(?:error|fatal|panic)\]")
# ffmpeg's last words are about itself, not about the trouble
_NOISE = re.compile(
    r"conversion failed|error while (filtering|processing)|task finished with error|terminating thread|"
    r"nothing was written into output|error (opening|closing) (input|output)|exiting|at least one output"
    r"|error sending frames|error submitting|error muxing a packet",
    re.IGNORECASE,
)


# libass draws nothing for a letter that no font has, says so below the level of an error, and ffmpeg exits with 0
_UNDRAWN = re.compile(
    r"failed to find any fallback|Glyph 0x[0-9A-Fa-f]+ not found|Error opening (memory )?font"
)


class FfmpegFailed(NeedsCrew):
    """ffmpeg could not do it and said why; the source is untouched."""


class Running:
    """An ffmpeg at work in a session of its own, so that Ctrl-C in the terminal does not reach it.

    Its pipes are held here: when this process dies, an output to `pipe:1` breaks and ends ffmpeg.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], tap: Callable[[bytes], None], hear: Callable[[str], bool]
    ) -> None:
        self._process, self._meter = process, hear
        self._said: deque[str] = deque(maxlen=_KEPT)
        self.undrawn: str | None = None  # what libass said of letters that it left out
        log = _lines(self._hear)
        self._threads = [
            Thread(target=_drain, args=(process.stderr, log), daemon=True),
            Thread(target=_drain, args=(process.stdout, tap), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _hear(self, line: str) -> None:
        if self._meter(line):
            return
        self._said.append(line)
        if self.undrawn is None and _UNDRAWN.search(line):
            self.undrawn = line

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def said(self) -> tuple[str, ...]:
        """The last lines of ffmpeg's log, each with its level in front."""
        return tuple(self._said)

    def poll(self) -> int | None:
        """The exit code, or None while ffmpeg runs."""
        return self._process.poll()

    def feed(self, block: bytes) -> None:
        """Writes to ffmpeg's `pipe:0`, and waits for it. Raises OSError once ffmpeg has ended."""
        assert self._process.stdin is not None
        rest = memoryview(block)
        while rest:
            rest = rest[self._process.stdin.write(rest) :]

    def fed(self) -> None:
        """Nothing more comes through `pipe:0`: ffmpeg finishes its files and ends."""
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended already
            self._process.stdin.close()

    def stop(self) -> None:
        """Asks ffmpeg to finish its files and end; returns at once."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):  # it has ended already
            self._process.stdin.write(b"q")
            self._process.stdin.flush()

    def wait(self, seconds: float | None = None) -> int:
        """The exit code. Raises TimeoutError."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError("ffmpeg has not ended") from error
        for thread in self._threads:
            thread.join(_PATIENCE)
        return code

    def kill(self) -> None:
        """Ends ffmpeg at once; its files stay as they are."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Ends ffmpeg if it still runs and gives the pipes back."""
        if self.poll() is None:
            self.stop()
            try:
                self.wait(_PATIENCE)
            except TimeoutError:
                self.kill()
        for thread in self._threads:
            thread.join(_PATIENCE)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Ffmpeg:
    """One ffmpeg binary; None is the one that imageio-ffmpeg brings. A gentle one leaves the processor to others."""

    def __init__(self, binary: str | None = None, *, gentle: bool = False) -> None:
        self.binary = binary or imageio_ffmpeg.get_ffmpeg_exe()
        self.gentle = gentle

    @property
    def tools(self) -> dict[str, str]:
        """The versions of ffmpeg and x264, as they tell them; asked once a process. Raises Unready."""
        try:
            made = Path(self.binary).stat().st_mtime_ns
        except OSError:
            made = 0
        ffmpeg, x264 = _versions(self.binary, made)
        return {"ffmpeg": ffmpeg, "x264": x264}

    def run(
        self,
        arguments: Sequence[str],
        *,
        seconds: float | None = None,
        progress: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Runs ffmpeg to its end. `progress` is given the seconds of output done, at most `seconds`, now and then.

        Raises DiskFull, FfmpegFailed with ffmpeg's own last meaningful line, WorthRetrying where something
        else ended ffmpeg. Whatever is raised here or by `progress`, ffmpeg is gone by then.
        """
        done = 0.0

        def heard(line: str) -> None:
            nonlocal done
            if line.startswith("out_time_us=") and line[12:].isdigit():
                at = int(line[12:]) / 1_000_000
                done = max(done, min(at, seconds) if seconds else at)

        arguments = ["-nostdin", "-progress", "pipe:1", *arguments]
        self._through(arguments, _lines(heard), lambda: progress(done))
        progress(seconds or done)

    def told(self, arguments: Sequence[str], *, tick: Callable[[], None] = lambda: None) -> list[str]:
        """The lines that ffmpeg writes to pipe:1 until its end; `tick` is called now and then. Raises as `run`."""
        lines: list[str] = []
        self._through(["-nostdin", *arguments], _lines(lines.append), tick)
        return lines

    def start(
        self,
        arguments: Sequence[str],
        *,
        inherit: Sequence[int] = (),
        tap: Callable[[bytes], None] = lambda _: None,
        hear: Callable[[str], bool] = lambda _: False,
    ) -> Running:
        """Starts ffmpeg for as long as it takes; `inherit` are descriptors it holds for as long as it lives.

        `tap` is given what ffmpeg writes to pipe:1, and `hear` each line of its log, on threads of their own; a line
        of which `hear` says True is not kept.
        """
        return self._launch(arguments, tap, inherit, hear)

    def listing(self, arguments: Sequence[str]) -> str:
        """What ffmpeg prints about devices, both streams; its exit code means nothing there.

        Empty where it has nothing to say in time: a sound server that hangs must not hang the crew.
        """
        command = [self.binary, "-hide_banner", *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=_LISTING
            )
        except subprocess.TimeoutExpired:
            return ""
        except OSError as error:
            raise self._missing(error) from error
        return (done.stdout + done.stderr).decode("utf-8", "replace")

    def _through(
        self, arguments: Sequence[str], tap: Callable[[bytes], None], tick: Callable[[], None]
    ) -> None:
        with self._launch(arguments, tap) as running:
            try:
                while running.poll() is None:
                    with suppress(TimeoutError):
                        running.wait(_TICK)
                    tick()
                code = running.wait()
            except BaseException:
                running.kill()
                raise
        if code != 0:
            raise failure(code, running.said)
        if running.undrawn is not None:
            raise FfmpegFailed(
                f"A letter could not be drawn, so the clip would lack words ({complaint([running.undrawn])}); the "
                "original is safe, so take it out of the captions and try again."
            )

    def _missing(self, error: OSError) -> Unready:
        return Unready(
            f"ffmpeg can't be started from {self.binary} ({error.strerror}); `fieldkit doctor` says more."
        )

    def _launch(
        self,
        arguments: Sequence[str],
        tap: Callable[[bytes], None],
        inherit: Sequence[int] = (),
        hear: Callable[[str], bool] = lambda _: False,
    ) -> Running:
        try:
            process = subprocess.Popen(
                [self.binary, *_QUIET, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                **_apart(inherit, gentle=self.gentle),
            )
        except OSError as error:
            raise self._missing(error) from error
        if self.gentle:
            _hold_back(process.pid)
        return Running(process, tap, hear)


@cache
def _versions(binary: str, _made: int) -> tuple[str, str]:
    """Of ffmpeg and its x264; another `_made` is another binary."""
    ffmpeg = Ffmpeg(binary)
    version, x264 = _VERSION.search(ffmpeg.listing(["-version"])), _X264.search(ffmpeg.listing(_TRY))
    return version[1] if version else "unknown", f"core {x264[1]}" if x264 else "unknown"


def failure(code: int, said: Sequence[str]) -> FieldkitError:
    """What an exit code other than 0 means, as a sentence."""
    if any("No space left on device" in line for line in said):
        return DiskFull(
            "The disk is full, so ffmpeg stopped; nothing that was safe before is lost. "
            "Free some space and run the same command again."
        )
    if code < 0:
        return WorthRetrying(f"ffmpeg was ended from outside (signal {-code}); run the same command again.")
    return FfmpegFailed(f"ffmpeg could not read or make the clip: {complaint(said)}.")


def complaint(said: Sequence[str]) -> str:
    """ffmpeg's own last meaningful line, without its marks."""
    bad = [line for line in said if _BAD.search(line)]
    telling = [line for line in bad if not _NOISE.search(line)] or bad or list(said) or ["it said nothing"]
    return _SAID.sub("", _SOURCE.sub("", telling[-1])).strip().rstrip(".")


def _apart(inherit: Sequence[int], *, gentle: bool) -> dict[str, Any]:
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
        return {"creationflags": flags | (subprocess.BELOW_NORMAL_PRIORITY_CLASS if gentle else 0)}
    return {"start_new_session": True, "pass_fds": tuple(inherit)}


def _hold_back(pid: int) -> None:
    """Lets others go first. By group, which on Linux reaches threads that have started already."""
    if sys.platform != "win32":
        with suppress(OSError):  # it has ended already
            niceness = max(_GENTLE, os.getpriority(os.PRIO_PROCESS, 0))
            os.setpriority(os.PRIO_PGRP, pid, niceness)


def _lines(line: Callable[[str], None]) -> Callable[[bytes], None]:
    rest = b""

    def tap(block: bytes) -> None:
        nonlocal rest
        *whole, rest = (rest + block).replace(b"\r", b"\n").split(b"\n")
        for text in whole:
            if text:
                line(text.decode("utf-8", "replace"))
        rest = rest[-65536:]

    return tap


def _drain(pipe: IO[bytes], tap: Callable[[bytes], None]) -> None:
    with suppress(OSError, ValueError):  # closed under our hands
        while block := pipe.read(65536):
            tap(block)
