"""A fault at 42 % of an upload, against the real store: it completes, and next to nothing goes twice.

benchmarks/faults.py measures the same with 20 MiB, and how soon bytes flow again.
"""

import hashlib
import signal
import subprocess
import sys
import threading
import urllib.request

import pytest
from support.facts import TWEET
from support.laptop import noise

SIZE = 6 * 1024 * 1024
TWICE = 300_000  # bytes; the bar, request headers included


class At42:
    """Does something once, when 42 % of the bytes were acknowledged."""

    def __init__(self, act):
        self._act, self.done = act, False

    def __call__(self, progress):
        if not self.done and progress.acknowledged >= 0.42 * SIZE:
            self.done = True
            self._act()


def arrived(clips, content):
    (clip,) = clips(TWEET)
    with urllib.request.urlopen(clip["url"], timeout=10) as answer:
        return hashlib.sha256(answer.read()).digest() == hashlib.sha256(content).digest()


def push(laptop, link, fault, trouble=lambda _: None):
    """Pushes six MiB through the link with the fault in the middle; returns the content."""
    content = noise(SIZE)
    laptop.make(content)
    at_42 = At42(fault)
    laptop.push(link.url, tell=at_42, trouble=trouble)(laptop.due(link.url)[0])
    assert at_42.done
    assert laptop.due(link.url) == []
    assert link.up_bytes - SIZE <= TWICE
    return content


def test_survives_a_connection_reset(laptop, bad_link, clips):
    assert arrived(clips, push(laptop, bad_link, lambda: bad_link.cut(0.5)))


def test_survives_a_black_hole(laptop, bad_link, clips):
    noticed = []

    def trouble(sentence):
        noticed.append(sentence)
        bad_link.heal()

    content = push(laptop, bad_link, bad_link.black_hole, trouble)
    assert noticed
    assert arrived(clips, content)


def test_survives_the_death_of_the_store(laptop, store, bad_link, clips):
    assert arrived(clips, push(laptop, bad_link, store.restart))


def test_takes_over_from_a_half_open_peer_at_once(laptop, bad_link, clips):
    assert arrived(clips, push(laptop, bad_link, bad_link.forget_client))


def test_goes_on_after_its_own_death(laptop, bad_link, clips):
    content = noise(SIZE)
    laptop.make(content)
    laptop.knows(bad_link.url)
    command = [sys.executable, "-m", "fieldkit", "sync", "--library", str(laptop.library.root)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as uploader:
        while bad_link.up_bytes < 0.42 * SIZE:
            assert uploader.poll() is None
            threading.Event().wait(0.01)
        uploader.send_signal(signal.SIGKILL)
    assert laptop.due(bad_link.url)
    again = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert again.returncode == 0, again.stderr
    assert "Arrived and verified" in again.stderr
    assert laptop.due(bad_link.url) == []
    assert bad_link.up_bytes - SIZE <= TWICE
    assert arrived(clips, content)


@pytest.mark.parametrize("size", [1, 16384, 1_000_003])
def test_a_finished_upload_costs_one_round_trip_to_find_again(laptop, bad_link, size):
    made = laptop.make(noise(size))
    laptop.push(bad_link.url)(laptop.due(bad_link.url)[0])
    laptop.journal.drop_rendition(made.take, made.profile)
    laptop.journal.rendered(made)
    before = bad_link.up_bytes
    laptop.push(bad_link.url)(laptop.due(bad_link.url)[0])
    assert bad_link.up_bytes - before < 1500
