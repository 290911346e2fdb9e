"""The real store as a subprocess, to be killed and brought back."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

from support import warm
from support.site import at

_START_SECONDS = 30


class StoreProcess:
    """`fieldkit store serve` over `root`; `url` is set while it runs. More arguments go to the command.

    `within` are words before the command: what runs it elsewhere, such as in another network namespace. Such a one, and
    a `cold` one, has an interpreter of its own, and so all of its memory to itself. `where` are --database and --media, if
    the environment is not to say so.
    """

    def __init__(
        self,
        root: Path,
        port: int = 0,
        *args: str,
        within: Sequence[str] = (),
        cold: bool = False,
        where: Sequence[str] | None = None,
    ) -> None:
        self.root = root
        self.port = port
        self._where = where
        self._args = args
        self._within = within
        self._cold = cold or bool(within)
        self._process: subprocess.Popen[bytes] | warm.Command | None = None
        self._stdout: IO[str] | None = None

    @property
    def where(self) -> list[str]:
        """For any command, wherever the folder has been moved to."""
        return at(self.root) if self._where is None else ["--root", str(self.root), *self._where]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        words = ["store", "serve", *self.where, "--port", str(self.port), *self._args]
        environment = {**os.environ, "PYTHONWARNINGS": "error"}
        reader, writer = os.pipe()
        self._stdout = os.fdopen(reader)
        with open(writer, "w") as told:
            if self._cold:
                command = [*self._within, sys.executable, "-m", "fieldkit", *words]
                self._process = subprocess.Popen(command, stdout=told, env=environment)
            else:
                self._process = warm.start(words, environment, stdout=told)
        self.port = int(self._first_line().rpartition(":")[2])
        return self

    def kill(self) -> None:
        """SIGKILL: nothing is said goodbye to."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def restart(self) -> Self:
        """Kills it if it runs, and starts it again on the same port."""
        self.kill()
        return self.start()

    def memory(self, field: str = "VmHWM") -> int:
        """Bytes of resident memory: `VmHWM` is the most so far, `VmRSS` is now."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"no {field} in /proc")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(how)
        try:
            return process.wait(timeout=30)
        finally:
            process.kill()
            process.wait()
            if self._stdout:
                self._stdout.close()

    def _first_line(self) -> str:
        assert self._stdout is not None
        lines: queue.Queue[str] = queue.Queue()
        stdout = self._stdout
        threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
        try:
            line = lines.get(timeout=_START_SECONDS)
        except queue.Empty:
            line = ""
        if not line.startswith("fieldkit store at http"):
            self.kill()
            raise AssertionError(f"the store did not start; it said {line!r}")
        return line.strip()
