"""Of a file that grows only what is final is sent, all of it, and nothing of what follows it."""

import random
import struct
import threading
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.growing import Growing
from fieldkit.model import TakeId
from fieldkit.sync.tail import Tail

TAKE = TakeId("01920000-0000-7000-8000-000000000000")
HEAD = struct.pack(">I4s", 24, b"ftyp") + b"\0" * 16 + struct.pack(">I4s", 8, b"free")
PAYLOAD = random.Random(2).randbytes(100_000)


@given(
    steps=st.lists(st.integers(1, 40_000), min_size=1, max_size=4),
    offset=st.integers(0, 90_000),
    well=st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_all_of_the_payload_from_the_offset_on_and_nothing_else(
    tmp_path_factory, steps: list[int], offset: int, well: bool
) -> None:
    path: Path = tmp_path_factory.mktemp("growing") / "clip.mp4"
    path.write_bytes(b"")
    growing, written = Growing(TAKE, "tweet", path), 0

    def write_on(_size: int) -> float:
        """The encoder's next step, each time that the sender looks."""
        nonlocal written
        with path.open("r+b") as file:
            if not written and path.stat().st_size == 0:
                file.write(HEAD + struct.pack(">I4s", 0, b"mdat"))
            elif steps and written < len(PAYLOAD):
                file.seek(0, 2)
                file.write(PAYLOAD[written : written + steps[0]])
                written = min(len(PAYLOAD), written + steps.pop(0))
            elif not growing.done.is_set():
                if well:
                    file.seek(len(HEAD))
                    file.write(struct.pack(">I4s", 8 + written, b"mdat"))
                    file.seek(0, 2)
                    file.write(struct.pack(">I4s", 50, b"moov") + b"i" * 42)
                growing.done.set()
        return 0.0

    with path.open("rb") as file:
        tail = Tail(file, growing, offset, write_on)
        sent = b"".join(tail.blocks())
    assert sent == PAYLOAD[offset:written]
    assert tail.position == max(offset, written)


def test_the_gate_ends_it_between_two_blocks(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(HEAD + struct.pack(">I4s", 8 + len(PAYLOAD), b"mdat") + PAYLOAD)
    growing, allowed = Growing(TAKE, "tweet", path, threading.Event()), iter([0.0, 0.0, None])
    with path.open("rb") as file:
        tail = Tail(file, growing, 0, lambda _: next(allowed))
        assert len(b"".join(tail.blocks())) == 2 * 16 * 1024 == tail.position
