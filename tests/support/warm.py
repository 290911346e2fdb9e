"""fieldkit's commands as forks of a process that has imported them: real processes, without half a second of imports.

    done = run(["takes", "--json"], env=os.environ)     # like subprocess.run, captured, as text
    command = start(["store", "serve"], env=..., stdout=writer)     # like subprocess.Popen

Each command has a process, arguments, environment and exit of its own, and dies of a signal like any other.
What it does not have is a start: tests of that, or of memory, start `python -m fieldkit`.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

_TESTS = str(Path(__file__).parents[1])
_PROGRAM = "import sys; sys.path.append({!r}); from support import warm; warm.parent({})"
_LATE = (  # what a store imports by name when it starts
    "anyio._backends._asyncio",
    "encodings.idna",
    "sqlalchemy.dialects.sqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
)
_OUTGROWN = ("boto3", "boto3.s3.transfer", "psycopg", "sqlalchemy.dialects.postgresql.psycopg")
_asking = threading.Lock()


class Command:
    """A running command."""

    def __init__(self, words: Sequence[str], answers: socket.socket) -> None:
        self.args = words
        self.returncode: int | None = None
        self._answers = answers
        self._told = answers.makefile()
        self.pid = int(self._told.readline())

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code; negative for the signal that killed it. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._answers.settimeout(timeout)
            try:
                self.returncode = int(self._told.readline())
            except TimeoutError:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0) from None
            self._told.close()
            self._answers.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """To a process that has not been waited for."""
        if self.returncode is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def start(
    words: Sequence[str],
    env: Mapping[str, str],
    stdout: IO[Any] | int = subprocess.DEVNULL,
    stderr: IO[Any] | int | None = None,
) -> Command:
    """`fieldkit WORDS` with nothing on its stdin."""
    body = json.dumps({"words": list(words), "env": dict(env), "cwd": os.getcwd()}).encode()
    ours, theirs = socket.socketpair()
    with open(os.devnull, "r+b") as nothing, theirs:
        given = [nothing if each == subprocess.DEVNULL else each for each in (stdout, stderr)]
        out, err = (2 if each is None else each if isinstance(each, int) else each.fileno() for each in given)
        with _asking:
            control = _control()
            socket.send_fds(
                control, [len(body).to_bytes(4, "big")], [nothing.fileno(), out, err, theirs.fileno()]
            )
            control.sendall(body)
    return Command(words, ours)


def run(
    words: Sequence[str], env: Mapping[str, str], timeout: float = 100
) -> subprocess.CompletedProcess[str]:
    """`fieldkit WORDS` to its end, with what it wrote. Raises subprocess.TimeoutExpired."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        command = start(words, env, out, err)
        try:
            command.wait(timeout)
        except subprocess.TimeoutExpired:
            command.kill()
            command.wait()
            raise
        for file in (out, err):
            file.seek(0)
        assert command.returncode is not None
        return subprocess.CompletedProcess(["fieldkit", *words], command.returncode, out.read(), err.read())


@functools.cache
def _control() -> socket.socket:
    """The line to the parent of all commands, one for each pytest process."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM.format(_TESTS, theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # so that no command takes its stdout for a terminal
        )

    def end() -> None:
        ours.close()
        process.kill()
        process.wait()

    atexit.register(end)
    return ours


def store_imported() -> None:
    """Imports all that a store does, so that no fork has to."""
    import fieldkit.store.serve  # noqa: F401

    for name in (*_LATE, *(_OUTGROWN if "FIELDKIT_TEST_DATABASE" in os.environ else ())):
        importlib.import_module(name)


# ── in the parent of all commands ───────────────────────────────────────────────────────────────────────


def parent(number: int) -> None:
    """Forks a command for each request on socket `number`; returns at its end, or in each command at the command's."""
    import fieldkit.cli.audience
    import fieldkit.doctor
    import fieldkit.kit  # noqa: F401

    store_imported()
    assert threading.active_count() == 1, "a fork would lose a thread"
    gc.freeze()
    with socket.socket(fileno=number) as control:
        while True:
            head, given, _, _ = socket.recv_fds(control, 4, 4)
            if not head:
                return
            body = control.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
            attendant = os.fork()
            if not attendant:
                break
            for each in given:
                os.close(each)
            _reap()
    if _attended(given):
        _become(json.loads(body), given)


def _reap() -> None:
    """Buries the attendants that are done."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _attended(given: list[int]) -> bool:
    """True in the command to be; its attendant tells its ID and its exit code, and ends."""
    pid = os.fork()
    if not pid:
        return True
    code = -1
    try:
        for each in given[:3]:
            os.close(each)
        with socket.socket(fileno=given[3]) as answers:
            answers.sendall(b"%d\n" % pid)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            answers.sendall(b"%d\n" % code)
    finally:
        os._exit(0)


def _become(request: dict[str, Any], given: list[int]) -> None:
    """Runs the command, which leaves as every program does."""
    for number, each in enumerate(given[:3]):
        os.dup2(each, number)
    for each in given:
        os.close(each)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    if request["env"].get("PYTHONWARNINGS") == "error":
        warnings.simplefilter("error")
    sys.argv = ["fieldkit", *request["words"]]
    from fieldkit.cli import main

    main()
