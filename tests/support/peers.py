"""Other people's tus servers and clients, started for a test. Fixtures: `node_tus_server`, `seaweedfs`.

A test module gets them by importing their names. Each yields the URL of a tus endpoint.
"""

import hashlib
import os
import queue
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from platformdirs import user_cache_path

PEERS = Path(__file__).parents[1] / "peers"
_BIN = Path(sysconfig.get_path("scripts"))
_SEAWEED_SECONDS = 60
_LOCKED = ("package.json", "package-lock.json", ".npmrc")


def missing(what: str) -> None:
    """Skips and says what is missing; in CI, where nothing may be missing, fails."""
    if os.environ.get("FIELDKIT_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is missing, and FIELDKIT_REQUIRE_ALL=1")
    pytest.skip(f"{what} is missing")


def node_modules() -> Path:
    """The locked npm packages, installed once into a cache outside the tree."""
    locked = hashlib.sha256(b"".join((PEERS / name).read_bytes() for name in _LOCKED)).hexdigest()[:16]
    cached = user_cache_path("fieldkit-tests") / f"peers-{locked}"
    if not cached.exists():
        cached.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=cached.parent))
        for name in _LOCKED:
            shutil.copy(PEERS / name, fresh)
        command = [_tool("npm"), "ci", "--ignore-scripts", "--omit=optional"]
        subprocess.run(command, cwd=fresh, env=_node_environment(), check=True, capture_output=True)
        try:
            fresh.rename(cached)
        except OSError:  # another worker was quicker
            shutil.rmtree(fresh)
    return cached / "node_modules"


@contextmanager
def node_script(name: str) -> Iterator[list[str]]:
    """The command that runs one of tests/peers/*.mjs beside its packages."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "node_modules").symlink_to(node_modules())
        shutil.copy(PEERS / name, folder)
        yield [_tool("node"), str(Path(folder) / name)]


@contextmanager
def node_server(folder: Path, port: int = 0) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """@tus/server over `folder`: its endpoint and its process."""
    with (
        node_script("tus_node_server.mjs") as command,
        _running([*command, str(folder), str(port)]) as process,
    ):
        yield _first_line(process), process


@pytest.fixture
def node_tus_server(tmp_path: Path) -> Iterator[str]:
    """The endpoint of a fresh @tus/server."""
    folder = tmp_path / "tus-node"
    folder.mkdir()
    with node_server(folder) as (url, _):
        yield url


@pytest.fixture
def seaweedfs(tmp_path: Path) -> Iterator[str]:
    """The tus endpoint (a folder under the filer's `/.tus`) of a fresh SeaweedFS."""
    folder = tmp_path / "seaweedfs"
    folder.mkdir()
    ports = free_ports(4)
    options = {
        "dir": folder,
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "master.port": ports[0],
        "volume.port": ports[1],
        "filer.port": ports[2],
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": 64,
        "volume.max": 8,
        "filer.localSocket": folder / "filer.sock",
    }
    command = [_tool("weed"), "server", "-filer", *(f"-{name}={value}" for name, value in options.items())]
    with _running(command) as process:
        _await_filer(f"http://127.0.0.1:{ports[2]}/", process)
        yield f"http://127.0.0.1:{ports[2]}/.tus/clips"


@contextmanager
def seaweedfs_s3(folder: Path) -> Iterator[dict[str, str]]:
    """A fresh SeaweedFS that speaks S3, with a bucket `clips`: the environment in which AWS's clients find it."""
    ports = free_ports(4)
    options = {
        "dir": folder,
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "master.port": ports[0],
        "volume.port": ports[1],
        "filer.port": ports[2],
        "s3.port": ports[3],
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": 64,
        "volume.max": 100,
        "filer.localSocket": folder / "filer.sock",
    }
    command = [_tool("weed"), "server", "-s3", *(f"-{name}={value}" for name, value in options.items())]
    keys = {
        "AWS_ACCESS_KEY_ID": "fieldkit",
        "AWS_SECRET_ACCESS_KEY": "only a test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    found = keys | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports[3]}"}
    with _running(command, keys) as process:
        _await_filer(f"http://127.0.0.1:{ports[2]}/", process)
        _await_bucket(found, process)
        yield found


def _await_bucket(found: dict[str, str], process: subprocess.Popen[str]) -> None:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.client(
        "s3",
        endpoint_url=found["AWS_ENDPOINT_URL"],
        aws_access_key_id=found["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=found["AWS_SECRET_ACCESS_KEY"],
        region_name=found["AWS_DEFAULT_REGION"],
    )
    patience = time.monotonic() + _SEAWEED_SECONDS
    while time.monotonic() < patience and process.poll() is None:
        try:
            client.create_bucket(Bucket="clips")
            client.put_object(Bucket="clips", Key="ready", Body=b"ready")
            client.delete_object(Bucket="clips", Key="ready")
            return
        except (BotoCoreError, ClientError):
            threading.Event().wait(0.2)
    pytest.fail("SeaweedFS's S3 did not start")


@contextmanager
def _running(command: list[str], more: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=_node_environment() | (more or {}),
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # the wheel's `node` is a script around the real one


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines: queue.Queue[str] = queue.Queue()
    stdout = process.stdout
    threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
    line = lines.get(timeout=30).strip()
    assert line, "the peer ended before it said where it is"
    return line


def _await_filer(url: str, process: subprocess.Popen[str]) -> None:
    """Until a small file can really be written: the filer answers before it has a volume."""
    patience = time.monotonic() + _SEAWEED_SECONDS
    probe = urllib.request.Request(f"{url}ready/probe", data=b"ready", method="PUT")
    while time.monotonic() < patience and process.poll() is None:
        try:
            with urllib.request.urlopen(probe, timeout=5):
                return
        except OSError:
            threading.Event().wait(0.2)
    pytest.fail("SeaweedFS did not start")


def _tool(name: str) -> str:
    found = shutil.which(name, path=f"{_BIN}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        missing(name)
    return str(found)


def _node_environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{_BIN}{os.pathsep}{os.environ.get('PATH', '')}"}


def free_ports(count: int) -> list[int]:
    """Free ports below 50000, because SeaweedFS adds 10000 for gRPC."""
    found: list[int] = []
    candidate = 20000 + 61 * os.getpid() % 20000  # two workers are neighbours: not so their ports
    while len(found) < count:
        candidate += 1
        if _is_free(candidate) and _is_free(candidate + 10000):
            found.append(candidate)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
