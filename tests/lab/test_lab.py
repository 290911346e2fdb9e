"""The link laboratory itself: real namespaces, the kernel's own TCP."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time

import pytest
from linklab import Lab, ProxyLab, Terms
from linklab.lab import available

FAST = Terms(rate=4e6, delay=0.01)
SIZE = 200_000
PORT = 9000
RECEIVER = """
import socket
with socket.create_server(("", 9000)) as listener:
    print("ready", flush=True)
    talk, _ = listener.accept()
    got = 0
    while block := talk.recv(65536):
        got += len(block)
    print(got)
"""
SENDER = f"""
import socket
with socket.create_connection(("10.77.0.2", {PORT})) as talk:
    try:
        talk.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
    except OSError as error:
        print(error.strerror)
    print(talk.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).strip(bytes(1)).decode())
    talk.sendall(bytes({SIZE}))
"""
HOLDS = """
from linklab import Lab, Terms
terms = Terms(1e6, 0.1)
with Lab(terms, terms) as lab:
    print(lab._laptop, lab._store, flush=True)
    input()
"""

needs_root = pytest.mark.skipif(not available(), reason="needs Linux, root and /dev/net/tun")


@contextlib.contextmanager
def _receiving(lab):
    words = lab.store([sys.executable, "-c", RECEIVER])
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        yield process


@needs_root
def test_a_transfer_takes_its_time_and_its_packets_are_counted():
    with Lab(FAST, FAST) as lab, _receiving(lab) as store:
        began = time.monotonic()
        said = subprocess.run(lab.laptop([sys.executable, "-c", SENDER]), capture_output=True, text=True)
        assert int(store.stdout.read()) == SIZE
        took = time.monotonic() - began
    assert said.stdout.split("\n")[:2] == ["No such file or directory", "cubic"], said.stderr
    assert took >= SIZE * 8 / FAST.rate
    assert lab.carried() == SIZE
    full = SIZE / 1448
    assert SIZE + full * 52 <= lab.up.line.counts.bytes <= SIZE + full * 52 + 4000
    assert lab.down.line.counts.packets > 0


@needs_root
def test_an_outage_swallows_packets_and_the_kernel_sends_them_again():
    with Lab(FAST, FAST) as lab, _receiving(lab) as store:
        with subprocess.Popen(lab.laptop([sys.executable, "-c", SENDER]), stdout=subprocess.DEVNULL):
            while lab.carried() < SIZE // 4:
                time.sleep(0.001)
            lab.cut(0.3)
        assert int(store.stdout.read()) == SIZE
    assert lab.up.line.counts.swallowed > 0


@needs_root
def test_nothing_is_left_when_the_laboratory_is_killed():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as laboratory:
        holders = [os.pidfd_open(int(pid)) for pid in laboratory.stdout.readline().split()]
        laboratory.send_signal(signal.SIGKILL)
        for holder in holders:
            assert select.select([holder], [], [], 30)[0]
            os.close(holder)


def test_without_root_a_proxy_has_the_delay_and_counts_what_crossed():
    terms = Terms(rate=4e6, delay=0.05)
    with socket.create_server(("127.0.0.1", 0)) as listener, ProxyLab(terms, terms) as lab:
        url = lab.reach(listener.getsockname()[1])
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as laptop:
            store, _ = listener.accept()
            with store:
                began = time.monotonic()
                laptop.sendall(b"question")
                store.sendall(store.recv(100))
                assert laptop.recv(100) == b"question"
                assert time.monotonic() - began >= 2 * terms.delay
                laptop.shutdown(socket.SHUT_WR)
                assert store.recv(100) == b""
        assert lab.carried() == len(b"question")
