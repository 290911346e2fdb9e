"""The tus core without HTTP: whatever is asked in whatever order, the offset is what is on the disk."""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from store.conftest import served
from support.tus import sha256

from fieldkit import disk
from fieldkit.errors import DiskFull
from fieldkit.protocol import decode_metadata, encode_metadata
from fieldkit.store.label import read_label
from fieldkit.store.problems import Gone, Mismatch, Problem, TooLarge
from fieldkit.store.terms import Checksum, Terms, read_checksum, read_length, read_parts
from fieldkit.store.uploads import Upload, Uploads

LENGTH = 5000
UPLOAD = Upload("a" * 32, LENGTH, "")
CLIP = "ffffffffffffffff"


class Reckoning(RuleBasedStateMachine):
    """Appends, checksums, cuts, crashes: against a bytearray that does the same."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.uploads = self._opened()
        self.uploads.create(UPLOAD)
        self.kept = bytearray()

    def _opened(self) -> Uploads:
        return Uploads(self.folder, Terms(), lambda: 0.0)

    def _blocks(self, blocks: list[bytes]) -> bytes:
        return b"".join(blocks)[: LENGTH - len(self.kept)]

    @rule(blocks=st.lists(st.binary(max_size=900), max_size=4), cut=st.booleans())
    def patch(self, blocks: list[bytes], cut: bool) -> None:
        body = self._blocks(blocks)
        append = self.uploads.append(UPLOAD, len(self.kept), None)
        append.write(body)
        self.kept += body
        assert append.keep(whole=not cut) == len(self.kept)

    @rule(body=st.binary(max_size=900), right=st.booleans(), cut=st.booleans())
    def checked_patch(self, body: bytes, right: bool, cut: bool) -> None:
        body = self._blocks([body])
        digest = hashlib.sha256(body if right else body + b"!").digest()
        append = self.uploads.append(UPLOAD, len(self.kept), Checksum("sha256", digest))
        append.write(body)
        if cut:
            append.keep(whole=False)
        elif right:
            append.keep(whole=True)
            self.kept += body
        else:
            with pytest.raises(Mismatch):
                append.keep(whole=True)

    @rule(body=st.binary(min_size=1, max_size=900), checked=st.booleans())
    def crash(self, body: bytes, checked: bool) -> None:
        body = self._blocks([body])
        append = self.uploads.append(UPLOAD, len(self.kept), Checksum("sha256", b"") if checked else None)
        append.write(body)
        append._file.close()  # and nothing else: neither `keep` nor `drop`
        if not checked:
            self.kept += body
        self.uploads = self._opened()
        self.uploads.recover()

    @precondition(lambda self: len(self.kept) < LENGTH)
    @rule()
    def overflow(self) -> None:
        append = self.uploads.append(UPLOAD, len(self.kept), None)
        with pytest.raises(TooLarge):
            append.write(b"x" * (LENGTH - len(self.kept) + 1))
        append.keep(whole=False)

    @invariant()
    def the_offset_is_what_is_on_the_disk(self) -> None:
        assert self.uploads.offset(UPLOAD) == len(self.kept)
        assert self.uploads.bytes_of(UPLOAD.id).read_bytes() == bytes(self.kept)
        assert not list(self.folder.glob("*.pend"))
        assert self.uploads.find(UPLOAD.id) == UPLOAD

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


TestReckoning = Reckoning.TestCase
TestReckoning.settings = settings(max_examples=40, stateful_step_count=12, deadline=None)


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path, Terms(keep_seconds=100), lambda: now[0])


now = [0.0]


def test_an_unfinished_upload_expires_after_its_last_byte(uploads: Uploads) -> None:
    uploads.create(UPLOAD)
    os.utime(uploads.bytes_of(UPLOAD.id), (1000, 1000))
    assert uploads.expires(UPLOAD) == 1100
    now[0] = 1099.0
    assert uploads.find(UPLOAD.id) == UPLOAD
    now[0] = 1101.0
    with pytest.raises(Gone):
        uploads.find(UPLOAD.id)
    assert uploads.find(UPLOAD.id) is None
    assert list(uploads.folder.iterdir()) == []


def test_an_expired_upload_is_answered_410_and_then_404(tmp_path: Path) -> None:
    later = [0.0]
    with served(tmp_path, Terms(keep_seconds=60), lambda: time.time() + later[0]) as store:
        path = store.create(10, tweet_id="12").headers["Location"]
        assert store.patch(path, 0, b"12345").headers["Upload-Expires"].endswith("GMT")
        later[0] = 61.0
        assert store.head(path).status_code == 410
        assert store.head(path).status_code == 404


def test_nothing_is_told_before_it_is_durable(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads.create(UPLOAD)
    seen: list[int] = []
    real = disk.fsync

    def watched(descriptor: int) -> None:
        seen.append(os.fstat(descriptor).st_size)
        real(descriptor)

    monkeypatch.setattr(disk, "fsync", watched)
    append = uploads.append(UPLOAD, 0, None)
    append.write(b"x" * 700)
    assert append.keep(whole=True) == 700
    assert seen == [700]
    seen.clear()
    assert uploads.offset(UPLOAD) == 700
    assert seen == [700]


@pytest.mark.parametrize("fits", [0, 1, 4095])
def test_a_full_disk_keeps_what_fitted(uploads: Uploads, monkeypatch: pytest.MonkeyPatch, fits: int) -> None:
    uploads.create(UPLOAD)
    append = uploads.append(UPLOAD, 0, None)
    append._file = _Full(append._file, fits)  # type: ignore[assignment]
    with pytest.raises(DiskFull):
        append.write(b"x" * 4096)
    assert append.keep(whole=False) == fits
    assert uploads.offset(UPLOAD) == fits


class _Full:
    """A file on a disk with room for so many more bytes."""

    def __init__(self, file: object, room: int) -> None:
        self._file, self._room = file, room

    def write(self, block: memoryview) -> int:
        if not self._room:
            raise OSError(28, "No space left on device")
        written = self._file.write(block[: self._room])  # type: ignore[attr-defined]
        self._room -= written
        return int(written)

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()  # type: ignore[attr-defined]


def test_a_full_disk_is_answered_507_and_everything_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b"x" * 3000
    with served(tmp_path) as store:
        path = store.create(len(body), tweet_id="12").headers["Location"]
        store.patch(path, 0, body[:1000])
        monkeypatch.setattr(disk, "fsync", _no_room(disk.fsync))
        answer = store.patch(path, 1000, body[1000:])
        assert (answer.status_code, answer.json()["error"]) == (507, "store-full")
        monkeypatch.undo()
        offset = store.offset(path)
        assert offset >= 1000
        monkeypatch.setattr(disk, "room", lambda _: 10)
        assert store.create(1000, tweet_id="13").status_code == 507
        monkeypatch.undo()
        if offset < len(body):
            store.patch(path, offset, body[offset:])
        assert store.head(path).headers["Fieldkit-Receipt"] == sha256(body)


def _no_room(_: Callable[[int], None]) -> Callable[[int], None]:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    return full


_keys = st.text(
    st.characters(codec="ascii", exclude_characters=" ,", exclude_categories=["C", "Z"]), min_size=1
)


@given(st.dictionaries(_keys, st.text(st.characters(exclude_categories=["Cs"])), max_size=6))
def test_metadata_comes_back_as_it_was_said(pairs: dict[str, str]) -> None:
    assert decode_metadata(encode_metadata(pairs)) == pairs


@given(st.text(max_size=200))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_no_header_text_makes_a_reader_stumble(text: str) -> None:
    terms = Terms()
    readers: list[Callable[[], object]] = [
        lambda: read_label(text),
        lambda: read_label(encode_metadata({"tweet_id": "12", "recorded_at": text})),
        lambda: read_checksum(text),
        lambda: read_length(text, terms),
        lambda: read_parts(text),
    ]
    for reader in readers:
        with contextlib.suppress(Problem):  # said on purpose; anything else is a bug
            reader()
