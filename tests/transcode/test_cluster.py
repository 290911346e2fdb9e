"""The same jobs on a real Dask cluster: a scheduler and workers as processes of their own on loopback."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.footage import card

from fieldkit import disk
from fieldkit.errors import LinkDown, NeedsCrew, WorthRetrying
from fieldkit.transcode.batch import Source, Threads, batch
from fieldkit.transcode.cluster import Cluster
from fieldkit.transcode.ffmpeg import Ffmpeg

pytestmark = [pytest.mark.xdist_group("dask"), pytest.mark.timeout(110)]


class Machines:
    """A scheduler and its workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        told = folder / "scheduler.json"
        self.processes = [
            self.starts(
                *("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
                *("--scheduler-file", str(told)),
            )
        ]
        late = time.monotonic() + 30
        while not told.exists() or not told.read_text():
            assert time.monotonic() < late, "no scheduler"
            time.sleep(0.05)
        self.address = str(json.loads(told.read_text())["address"])

    def worker(self) -> subprocess.Popen[bytes]:
        more = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        self.processes.append(self.starts("worker", self.address, *more))
        return self.processes[-1]

    def starts(self, *words: str) -> subprocess.Popen[bytes]:
        with open(self.folder / "said.txt", "ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *words],
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
                cwd=self.folder,
                stdout=said,
                stderr=said,
            )

    def end(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    (tmp_path / "dask").mkdir()
    running = Machines(tmp_path / "dask")
    try:
        yield running
    finally:
        running.end()


def hashes(out: Path) -> dict[str, str]:
    return {path.name: disk.hashed(path)[0] for path in out.rglob("*.mp4")}


def transcode(address: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own: Dask's threads and warnings stay out of the tests."""
    command = [sys.executable, "-m", "fieldkit", "transcode", *words, "--profile", "proxy", "--dask", address]
    return subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=100)


def test_two_workers_make_what_one_laptop_makes_and_one_of_them_is_killed(
    machines: Machines, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    (tmp_path / "in").mkdir()
    sources = [card(tmp_path / "in" / f"{n}.mp4", seconds=0.6 + n / 10) for n in range(6)]
    (tmp_path / "in" / "poem.mp4").write_text("no video")
    alone = list(batch([Source(s) for s in sources], tmp_path / "alone", Threads(ffmpeg, 2), profile="proxy"))
    assert all(result.ok for result in alone)
    doomed, _ = machines.worker(), machines.worker()
    out = tmp_path / "out"
    words = (str(tmp_path / "in"), "-o", str(out))
    command = [sys.executable, "-m", "fieldkit", "transcode", *words, "--profile", "proxy", "--json"]
    running = subprocess.Popen([*command, "--dask", machines.address], stdout=subprocess.PIPE, text=True)
    with contextlib.closing(running.stdout or open(os.devnull)) as told:
        while running.poll() is None and len(hashes(out)) < 2:
            time.sleep(0.01)
        doomed.kill()
        document = json.loads(told.read())
    assert running.wait() == 1
    assert document["summary"]["made"] + document["summary"]["skipped"] == len(sources)
    assert [r["error"] is None for r in document["results"]] == [True] * len(sources) + [False]
    assert all(result["passport"] for result in document["results"][:-1])
    assert hashes(out) == hashes(tmp_path / "alone")
    assert list(out.glob(".*.part*")) == []
    again = json.loads(transcode(machines.address, *words).stdout)
    assert (again["summary"]["skipped"], again["summary"]["made"]) == (len(sources), 0)


def test_a_scheduler_without_workers_is_said_to_have_none(machines: Machines, tmp_path: Path) -> None:
    asked = (
        "import sys; from pathlib import Path; from fieldkit.transcode.cluster import Cluster;"
        "from fieldkit.transcode.batch import Source, batch\n"
        "list(batch([Source(Path(sys.argv[2]))], Path(sys.argv[3]), Cluster(sys.argv[1], patience=1)))"
    )
    source = card(tmp_path / "a.mp4")
    words = [sys.executable, "-c", asked, machines.address, str(source), str(tmp_path / "out")]
    result = subprocess.run(words, capture_output=True, text=True)
    assert f"WorthRetrying: The Dask scheduler at {machines.address} has no workers" in result.stderr


def test_a_scheduler_that_goes_away_is_worth_retrying(machines: Machines, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(4):
        card(tmp_path / "in" / f"{number}.mp4", seconds=2 + number / 10, size="640x360")
    machines.worker()
    words = [sys.executable, "-m", "fieldkit", "transcode", "in", "-o", "out", "--dask", machines.address]
    running = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while not list((tmp_path / "out").glob("in/.tweet.*.part.mp4")) and not hashes(tmp_path / "out"):
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)
    machines.processes[0].kill()
    told = running.communicate(timeout=60)[1]
    assert running.returncode == 4
    assert f"The Dask scheduler at {machines.address} has gone. What is done is kept" in told
    assert "Traceback" not in told


def test_a_scheduler_that_does_not_answer_is_worth_retrying(tmp_path: Path) -> None:
    asked = (
        "import sys; from pathlib import Path; from fieldkit.transcode.cluster import Cluster;"
        "from fieldkit.transcode.batch import Source, batch\n"
        "list(batch([Source(Path(sys.argv[1]))], Path(sys.argv[2]), Cluster('tcp://127.0.0.1:9', patience=1)))"
    )
    words = [sys.executable, "-c", asked, str(card(tmp_path / "a.mp4")), str(tmp_path / "out")]
    result = subprocess.run(words, capture_output=True, text=True)
    assert "LinkDown: No Dask scheduler answers at tcp://127.0.0.1:9" in result.stderr
    assert issubclass(LinkDown, WorthRetrying)


def test_without_the_extra_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(NeedsCrew, match=r"fieldkit\[dask\]"):
        Cluster("tcp://127.0.0.1:9")


def test_with_nothing_to_do_nobody_is_asked() -> None:
    assert list(Cluster("tcp://127.0.0.1:9")([])) == []
