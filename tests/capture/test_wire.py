"""Whatever the pipe is cut into, whole pictures come out; whatever is not ours is passed over."""

from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.capture import wire
from fieldkit.transcode.ffmpeg import Ffmpeg


@pytest.fixture(scope="module")
def film() -> bytes:
    """A second of small pictures and sound, as ffmpeg writes it into a pipe."""
    pieces: list[bytes] = []
    words = [
        *("-f", "lavfi", "-i", "testsrc2=size=32x16:rate=10:duration=1"),
        *("-f", "lavfi", "-i", "sine=sample_rate=8000:duration=1"),
        *("-c:v", "rawvideo", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le"),
        *("-f", "matroska", "pipe:1"),
    ]
    with Ffmpeg().start(words, tap=pieces.append) as running:
        assert running.wait(20) == 0
    return b"".join(pieces)


def unpacked(pieces: list[bytes]) -> tuple[list[bytes], bytes]:
    unpacker = wire.Unpacker()
    found = [each for piece in pieces for each in unpacker.more(piece)]
    return (
        [content for kind, content in found if kind == wire.PICTURE],
        b"".join(content for kind, content in found if kind == wire.SOUND),
    )


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(1, 12_000), max_size=30))
def test_pictures_and_sound_are_the_same_wherever_the_pipe_is_cut(film: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(film)]
    pieces = [film[a:b] for a, b in pairwise(places)]
    pictures, sound = unpacked(pieces)
    assert [len(picture) for picture in pictures] == [32 * 16 * 3 // 2] * 10
    assert len(sound) == 16_000
    assert (pictures, sound) == unpacked([film])


def test_another_ffmpeg_begins_where_one_broke_off(film: bytes) -> None:
    assert len(unpacked([film[:3000], film])[0]) > 10


@given(st.lists(st.binary(max_size=300), max_size=10))
def test_what_is_no_matroska_is_passed_over(pieces: list[bytes]) -> None:
    unpacked(pieces)


def test_after_nonsense_the_next_beginning_is_heard(film: bytes) -> None:
    assert len(unpacked([b"\0" * 500, film])[0]) == 10


@given(st.lists(st.tuples(st.sampled_from([wire.PICTURE, wire.STATE]), st.binary(max_size=50))))
def test_messages_come_out_as_they_went_in(sent: list[tuple[bytes, bytes]]) -> None:
    stream = b"".join(wire.packed(*each) for each in sent)
    assert list(wire.messages(BytesIO(stream))) == sent
    assert list(wire.messages(BytesIO(stream + wire.packed(wire.SIGN, b"half")[:-1]))) == sent
