"""Uploads in several streams, and over a path that changes bytes: the real client, the real store, real faults."""

import hashlib
import signal
import subprocess
import sys
import threading
import urllib.request

import pytest
from support.facts import TWEET
from support.flipping import Flipping
from support.laptop import noise

from fieldkit.demo.bad_link import BadLink
from fieldkit.errors import Damaged

SIZE = 3_000_000
TWICE = 30_000  # bytes: 1 % of the file; requests and their headers are in it


def arrived(clips, content):
    (clip,) = clips(TWEET)
    with urllib.request.urlopen(clip["url"], timeout=10) as answer:
        return hashlib.sha256(answer.read()).digest() == hashlib.sha256(content).digest()


def side_by_side(laptop, url, streams=5, **more):
    """A push that believes the line is worth so many streams."""
    push = laptop.push(url, **more)
    push._gauge.streams = streams
    return push


@pytest.fixture
def slow(store):
    """Eight megabits a second: three seconds for the file."""
    with BadLink(("127.0.0.1", store.port), rate=8_000_000) as link:
        yield link


def test_parts_go_side_by_side_and_no_byte_goes_twice(laptop, slow, clips, store):
    content = noise(SIZE)
    laptop.make(content)
    lines = set()

    def tell(_):
        lines.add(len(slow._open) // 2)

    side_by_side(laptop, slow.url, tell=tell)(laptop.due(slow.url)[0])
    assert max(lines) >= 4
    assert slow.up_bytes - SIZE < TWICE
    assert arrived(clips, content)
    assert list((store.root / "uploads").iterdir()) == []


@pytest.mark.parametrize("cuts", [1, 3])
def test_cuts_cost_no_byte_of_any_part(laptop, slow, clips, cuts):
    content = noise(SIZE)
    laptop.make(content)
    moments = [SIZE * (number + 1) // (cuts + 1) for number in range(cuts)]

    def cut(progress):
        if moments and progress.acknowledged > moments[0]:
            moments.pop(0)
            slow.cut(0.3)

    side_by_side(laptop, slow.url, tell=cut)(laptop.due(slow.url)[0])
    assert slow.cuts_made == cuts
    assert slow.up_bytes - SIZE < TWICE * (cuts + 1)
    assert arrived(clips, content)


def test_parts_are_found_again_after_sigkill_on_both_sides(laptop, slow, clips, store):
    content = noise(SIZE)
    laptop.make(content)
    laptop.knows(slow.url)
    program = (
        "import sys; from fieldkit.sync import gauge; from fieldkit.cli import main\n"
        "begin = gauge.Gauge.__init__\n"
        "def several(self): begin(self); self.streams = 5\n"
        "gauge.Gauge.__init__ = several\n"
        "sys.argv = ['fieldkit', 'sync', '--library', sys.argv[1]]; main()\n"
    )
    command = [sys.executable, "-c", program, str(laptop.library.root)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as uploader:
        while slow.up_bytes < SIZE / 2:
            assert uploader.poll() is None
            threading.Event().wait(0.01)
        uploader.send_signal(signal.SIGKILL)
    store.restart()
    plain = [sys.executable, "-m", "fieldkit", "sync", "--library", str(laptop.library.root)]
    again = subprocess.run(plain, capture_output=True, text=True, timeout=60)
    assert again.returncode == 0, again.stderr
    assert slow.up_bytes - SIZE < 300_000  # what the dead store had not yet read of each stream
    assert arrived(clips, content)


@pytest.mark.parametrize("streams", [1, 4])
def test_over_a_path_that_changes_bytes_only_bad_blocks_go_again(laptop, store, clips, streams):
    content = noise(SIZE)
    laptop.make(content)
    with Flipping(("127.0.0.1", store.port), {400_000, 1_200_000, 2_900_000}) as path:
        side_by_side(laptop, path.url, streams)(laptop.due(path.url)[0])
        assert path.up_bytes - SIZE < 3 * 64 * 1024 + TWICE
    assert arrived(clips, content)


def test_a_path_that_changes_every_block_every_time_is_called_broken(laptop, store):
    laptop.make(noise(500_000))
    places = set(range(2000, 10_000_000, 20_000))
    with Flipping(("127.0.0.1", store.port), places) as path, pytest.raises(Damaged, match="https://"):
        laptop.push(path.url)(laptop.due(path.url)[0])


def test_a_server_without_parts_gets_one_stream(laptop, slow, clips, monkeypatch):
    content = noise(1_000_000)
    laptop.make(content)
    push = side_by_side(laptop, slow.url)
    monkeypatch.setattr(push._tus, "_offers", lambda _: False)
    push(laptop.due(slow.url)[0])
    assert slow.up_bytes - len(content) < TWICE
    assert arrived(clips, content)
