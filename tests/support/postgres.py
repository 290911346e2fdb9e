"""A real PostgreSQL of its own for a test or a benchmark, to be killed and brought back."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

from support.peers import missing

_DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_START_SECONDS = 30
_SETTINGS = {"listen_addresses": "", "max_connections": "200", "logging_collector": "off"}


class Postgres:
    """A cluster in a folder of its own, on a socket there. As root it belongs to the user `postgres`."""

    def __init__(self, durable: bool = True) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fieldkit-pg-", dir="/tmp"))  # a socket's path is short
        self._data = self._folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._settings = _SETTINGS | ({} if durable else {"fsync": "off", "full_page_writes": "off"})
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            import pwd

            owner = pwd.getpwnam("postgres")
            shutil.chown(self._folder, owner.pw_uid, owner.pw_gid)
            self._as = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": ()}

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self._folder}"

    def make(self) -> Self:
        """An empty cluster, started."""
        words = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
        self._run(self._tool("initdb"), "-D", str(self._data), *words)
        return self.start()

    def start(self) -> Self:
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        command = [self._tool("postgres"), "-D", str(self._data), "-k", str(self._folder), *settings]
        self._process = subprocess.Popen(
            command, **self._as, start_new_session=True, cwd="/",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + _START_SECONDS
        while not self._ready():
            assert self._process.poll() is None, "PostgreSQL ended before it answered"
            assert time.monotonic() < until, "PostgreSQL did not start"
            time.sleep(0.02)
        return self

    def kill(self) -> None:
        """SIGKILL to the postmaster and to every process of its."""
        assert self._process is not None
        mine = _children(self._process.pid)
        for pid in (self._process.pid, *mine):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._process.wait()
        while any(Path(f"/proc/{pid}").exists() and not _is_dead(pid) for pid in mine):
            time.sleep(0.005)

    def remove(self) -> None:
        """Ends it, and removes its folder."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # fast: nobody is waited for
            self._process.wait(timeout=30)
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.make()

    def __exit__(self, *_: object) -> None:
        self.remove()

    def _ready(self) -> bool:
        command = [self._tool("pg_isready"), "-q", "-h", str(self._folder)]
        return subprocess.run(command, check=False).returncode == 0

    def _run(self, *command: str) -> None:
        subprocess.run(command, **self._as, cwd="/", check=True, capture_output=True)

    def _tool(self, name: str) -> str:
        path = os.pathsep.join([*map(str, _DEBIAN), os.environ.get("PATH", "")])
        found = shutil.which(name, path=path)
        if found is None:
            missing(f"PostgreSQL ({name})")
        return str(found)


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
