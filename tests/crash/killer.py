"""SIGKILL a process at every line it executes, or at those between which the disk changed.

    lines = lines_of(action, files)              # one undisturbed run in a fork: which lines does it execute?
    for line in lines:
        run_killed_at(action, line)              # a fresh fork, killed when it first reaches the line
        ...                                      # then start again undisturbed and compare

`action` is a callable without arguments that is run in a forked child of this (warm) process, so that no
interpreter starts for each kill: import beforehand all that it needs. All its threads are watched, provided
that they start after the fork. `files` are the source files whose lines count; lines are listed in the order
in which they were first reached.

Where nothing on the disk changed between two lines, a kill at either leaves the same. `lines_of(…, folders=…)` lists
the first and the last line of each such stretch, also the second time round a loop: the last is where most was promised on what
is there.

A child that serves somebody needs somebody to serve: `beside(child)` runs in the parent while the child
lives, and may ask `child.alive()` or tell it to `child.terminate()`; the child ends by itself or is awaited
for as long as it takes.

`try_each(lines, trial)` spreads trials over forked workers, and returns what they complained of.
"""

import gc
import json
import os
import signal
import sys
import tempfile
import threading
import traceback
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, groupby
from operator import itemgetter
from pathlib import Path
from types import FrameType
from typing import Any

Action = Callable[[], object]
_ROUNDS = 2  # of a loop: later ones are like the second, and how many there are is a race


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """A line of source, reached for the `visit`-th time."""

    file: str
    number: int
    visit: int = 1

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.number}" + (f" ({self.visit})" if self.visit > 1 else "")


@dataclass(frozen=True, slots=True)
class Child:
    """The forked process, as its parent sees it."""

    pid: int

    def alive(self) -> bool:
        """Whether it still runs; does not reap it."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def terminate(self) -> None:
        """SIGTERM: a friendly request."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code; negative for the signal that killed it."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


Beside = Callable[[Child], object]


def _nothing(_: Child) -> None:
    pass


def lines_of(
    action: Action, files: Iterable[Path], beside: Beside = _nothing, *, folders: Sequence[Path] = ()
) -> list[Line]:
    """The lines of `files` that an undisturbed run of `action` executes, in order.

    Each once, or, with `folders`, whenever something in them changed.
    """
    watched = {str(path) for path in files}
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "lines.json"

        def recording() -> None:
            visits: Counter[tuple[str, int]] = Counter()
            seen: list[tuple[str, int, int, int]] = []

            def look(frame: FrameType) -> None:
                line = frame.f_code.co_filename, frame.f_lineno
                visits[line] += 1
                if visits[line] <= (_ROUNDS if folders else 1):
                    seen.append((*line, visits[line], _contents(folders) if folders else len(seen)))

            _watch(watched, look)
            try:
                action()
            finally:
                _watch_no_more()
                told.write_text(json.dumps(seen))

        code = run(recording, beside)
        assert code == 0, f"the undisturbed run ended with {code}"
        found = [(Line(*line), state) for *line, state in json.loads(told.read_text())]
    runs = [[line for line, _ in alike] for _, alike in groupby(found, key=itemgetter(1))]
    return [line for alike in runs for line in dict.fromkeys((alike[0], alike[-1]))]


def _contents(folders: Sequence[Path]) -> int:
    """A checksum of all names and bytes below; the index of SQLite's log, which is made anew, left out."""
    found = 0
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        with suppress(OSError):  # another thread took it away meanwhile
            if not path.name.endswith("-shm"):
                content = path.read_bytes() if path.is_file() else b""
                found = zlib.crc32(content, zlib.crc32(bytes(path), found))
    return found


def run_killed_at(action: Action, line: Line, beside: Beside = _nothing) -> int:
    """Runs `action` in a fork that is SIGKILLed when it reaches `line`; returns its exit code.

    -9 says that it was killed there; 0 that it never came by (a line that only a race reaches).
    """

    visits = count(1)

    def kill_there(frame: FrameType) -> None:
        if frame.f_lineno == line.number and next(visits) == line.visit:
            os.kill(os.getpid(), signal.SIGKILL)

    def doomed() -> None:
        _watch({line.file}, kill_there)
        action()

    return run(doomed, beside)


def run(action: Action, beside: Beside = _nothing) -> int:
    """Runs `action` in a fork, undisturbed; returns its exit code (1 for an exception)."""
    child = fork(action)
    try:
        beside(child)
    except BaseException:
        child.kill()
        child.wait()
        raise
    return child.wait()


def fork(action: Action) -> Child:
    """A child that runs `action` and nothing after it."""
    pid = os.fork()
    if pid:
        return Child(pid)
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):  # pytest's handlers stay with pytest
            signal.signal(number, signal.SIG_DFL)
        action()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)  # neither pytest nor anybody's atexit runs twice


def try_each(lines: Sequence[Line], trial: Callable[[Line], str | None], workers: int = 2) -> list[str]:
    """Runs `trial(line)` for every line in forked workers; returns the complaints."""
    with tempfile.TemporaryDirectory() as folder:
        told = [Path(folder) / f"{worker}.json" for worker in range(workers)]
        children = [fork(_working(lines[worker::workers], trial, told[worker])) for worker in range(workers)]
        codes = [child.wait() for child in children]
        assert not any(codes), f"a worker ended with {codes}"
        return [complaint for path in told for complaint in json.loads(path.read_text())]


def _working(lines: Sequence[Line], trial: Callable[[Line], str | None], told: Path) -> Action:
    def work() -> None:
        gc.freeze()  # what was there before the fork is never looked through, and so never copied
        complaints = [f"{line}: {complaint}" for line in lines if (complaint := _tried(trial, line))]
        told.write_text(json.dumps(complaints))

    return work


def _tried(trial: Callable[[Line], str | None], line: Line) -> str | None:
    try:
        return trial(line)
    except Exception:
        return traceback.format_exc()


def _watch(files: set[str], at: Callable[[FrameType], object]) -> None:
    """Calls `at` before each line of `files` in this thread and in every thread started from now on."""

    def line(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            at(frame)
        return line

    def call(frame: FrameType, _event: str, _arg: Any) -> Any:
        return line if frame.f_code.co_filename in files else None

    threading.settrace(call)
    sys.settrace(call)


def _watch_no_more() -> None:
    threading.settrace(None)  # type: ignore[arg-type]
    sys.settrace(None)
