"""Two hundred laptops at once: `python benchmarks/laptops.py`. Prints failures, the store's memory, the board's times.

Each laptop is one connection that sends 64 kB a second for a minute, as tus clients do: POST, then one long PATCH; the
receipt is compared with its SHA-256. All of them come from one thread of this process, so that the two cores are the
store's as far as that goes. Meanwhile the board's first page is asked for twice a second, and the store's memory read.
"""

import argparse
import asyncio
import contextlib
import hashlib
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import requests
from support.store import StoreProcess

from fieldkit.protocol import OFFSET_TYPE, RECEIPT, encode_metadata

_FIRST = 1_990_000_000_000_000_000
_BEATS = 4  # helpings a second


@dataclass
class Seen:
    """What happened meanwhile."""

    failed: list[str] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)  # seconds
    memory: list[int] = field(default_factory=list)  # bytes


async def laptop(port: int, number: int, content: bytes, rate: int, seen: Seen) -> None:
    """One upload, from its first byte to its receipt."""
    sha256 = hashlib.sha256(content).hexdigest()
    metadata = encode_metadata({"tweet_id": str(_FIRST + number), "sha256": sha256, "profile": "tweet"})
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"Host: 127.0.0.1:{port}\r\nTus-Resumable: 1.0.0\r\n"
        writer.write(
            f"POST /files HTTP/1.1\r\n{head}Upload-Length: {len(content)}\r\n"
            f"Upload-Metadata: {metadata}\r\nContent-Length: 0\r\n\r\n".encode()
        )
        status, said = await _answer(reader)
        assert status == 201, f"POST: {status}"
        writer.write(
            f"PATCH {said['location']} HTTP/1.1\r\n{head}Upload-Offset: 0\r\nContent-Type: {OFFSET_TYPE}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n".encode()
        )
        begun, step = time.monotonic(), rate // _BEATS
        for beat, start in enumerate(range(0, len(content), step)):
            writer.write(content[start : start + step])
            await writer.drain()
            await asyncio.sleep(max(0.0, begun + (beat + 1) / _BEATS - time.monotonic()))
        status, said = await _answer(reader)
        assert (status, said.get(RECEIPT.lower())) == (204, sha256), f"PATCH: {status}, {said}"
        writer.close()
    except (OSError, AssertionError, asyncio.IncompleteReadError) as error:
        seen.failed.append(f"{number}: {error!r}")


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    said = dict(line.split(": ", 1) for line in head[1:] if line)
    return int(head[0].split()[1]), {name.lower(): value for name, value in said.items()}


async def rush(port: int, laptops: int, seconds: int, rate: int, seen: Seen) -> None:
    """All of them, within a second of one another."""
    luck = random.Random(5)
    noise = luck.randbytes(rate * seconds + laptops)

    async def one(number: int) -> None:
        await asyncio.sleep(luck.random())
        await laptop(port, number, noise[number : number + rate * seconds], rate, seen)

    await asyncio.gather(*(one(number) for number in range(laptops)))


def watch(store: StoreProcess, over: threading.Event, seen: Seen) -> None:
    """The board's first page and the store's memory, twice a second."""
    with requests.Session() as session:
        while not over.wait(0.5):
            begun = time.perf_counter()
            with contextlib.suppress(requests.RequestException):
                session.get(store.url, timeout=30).raise_for_status()
            seen.pages.append(time.perf_counter() - begun)
            seen.memory.append(store.memory("VmRSS"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--laptops", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=64_000, help="bytes a second of each")
    parser.add_argument(
        "--root", type=Path, help="a folder on the disk to be measured (default: a temporary one)"
    )
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=asked.root) as folder,
        StoreProcess(Path(folder), cold=True) as store,
    ):
        seen, over = Seen(), threading.Event()
        watching = threading.Thread(target=watch, args=(store, over, seen))
        before = store.memory("VmRSS")
        watching.start()
        begun = time.monotonic()
        asyncio.run(rush(store.port, asked.laptops, asked.seconds, asked.rate, seen))
        took = time.monotonic() - begun
        over.set()
        watching.join()
        peak = store.memory()
    tail = quantiles(seen.pages, n=20)[-1]
    third = len(seen.memory) // 3
    early, late = median(seen.memory[third : 2 * third]), median(seen.memory[2 * third :])
    print(f"{asked.laptops} laptops, {asked.rate} bytes/s each for {asked.seconds} s: {took:.1f} s in all")
    print(f"failed uploads: {len(seen.failed)} {seen.failed[:3] or ''}")
    print(f"store's memory: {before / 1e6:.0f} MB before, at most {peak / 1e6:.0f} MB; ", end="")
    print(f"second third {early / 1e6:.0f} MB, last third {late / 1e6:.0f} MB")
    print(f"board's first page: median {median(seen.pages) * 1e3:.0f} ms, 95 % within {tail * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
