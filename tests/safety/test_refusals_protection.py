"""The refusals of facts/capture.md 6 that keep a person from being seen or heard: 4, 5 and 7."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.facts import rendition
from support.protection import Kept, kept, talking, written

from fieldkit import yunet
from fieldkit.errors import NeedsCrew, Unready
from fieldkit.journal import Journal, Overtaken
from fieldkit.model import Kept as File
from fieldkit.model import Method, Protection, Region, Voice
from fieldkit.transcode.alarm import Alarm, Detector, Unsafe

COVER = Protection(Method.COVER)


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return talking(tmp_path_factory.mktemp("face") / "face.mp4")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    tmp_path.joinpath("library").mkdir()
    with Journal(tmp_path / "library" / "journal.sqlite") as journal:
        yield journal


def refused(take: Kept, protection: Protection, word: str, **more: Alarm) -> None:
    with pytest.raises((Unsafe, NeedsCrew), match=word):
        take.make(protection, **more)
    assert take.left == []
    assert take.journal.protection.drafts() == []


@pytest.mark.parametrize("method", [Method.SILHOUETTE, Method.HANDS])
def test_4_refuses_a_face_where_none_may_be_seen(
    tmp_path: Path, journal: Journal, face: Path, method: Method
) -> None:
    shown = Protection(method)
    refused(kept(tmp_path / "library", journal, face, shown), shown, "face is seen")


def test_4_refuses_a_face_that_the_cover_does_not_hide_whole(
    tmp_path: Path, journal: Journal, face: Path
) -> None:
    half = Protection(Method.COVER, Region(0, 0, 45, 100))
    refused(kept(tmp_path / "library", journal, face, half), half, "not inside the cover")


def test_4_refuses_a_picture_too_dark_to_be_sure(tmp_path: Path, journal: Journal) -> None:
    dark = talking(tmp_path / "dark.mp4", filters="lutyuv=y='16+(val-16)*0.1'")
    shown = Protection(Method.HANDS)
    refused(kept(tmp_path / "library", journal, dark, shown), shown, "too dark")


def test_4_refuses_a_silent_clip_without_captions(tmp_path: Path, journal: Journal, face: Path) -> None:
    mute = Protection(Method.COVER, voice=Voice.MUTE)
    refused(kept(tmp_path / "library", journal, face, mute), mute, "captions")


def test_4_refuses_the_take_itself_as_the_other_voice(tmp_path: Path, journal: Journal, face: Path) -> None:
    take = kept(tmp_path / "library", journal, face, None)
    original = take.due().original
    same = Protection(Method.COVER, voice=Voice.REVOICE, spoken=File(original.path, original.sha256))
    journal.protection.put(take.take, same)
    refused(take, same, "the take itself")


def test_4_refuses_to_show_again_what_was_hidden(tmp_path: Path, journal: Journal, face: Path) -> None:
    take = kept(tmp_path / "library", journal, face, COVER)
    with pytest.raises(NeedsCrew, match="stays hidden"):
        journal.protection.put(take.take, Protection(voice=Voice.MUTE))
    assert journal.protection.of(take.take) == COVER


def test_5_refuses_to_send_what_nobody_signed(tmp_path: Path, journal: Journal, face: Path) -> None:
    take = kept(tmp_path / "library", journal, face, COVER)
    draft = take.make(COVER)
    assert journal.lineup.next("") is None
    with pytest.raises(NeedsCrew, match="not looked at"):
        journal.protection.sign(take.take, "proxy", draft.rendition.sha256, "K7")
    journal.protection.shown([draft])
    with pytest.raises(NeedsCrew, match="not looked at"):
        journal.protection.sign(take.take, "proxy", "0" * 64, "K7")  # type: ignore[arg-type] - other bytes
    assert journal.lineup.next("") is None
    journal.protection.sign(take.take, "proxy", draft.rendition.sha256, "K7")
    upload = journal.lineup.next("")
    assert upload is not None
    assert upload.rendition == draft.rendition


def test_5_refuses_any_rendition_of_a_protected_take_but_a_signed_one(
    tmp_path: Path, journal: Journal, face: Path
) -> None:
    take = kept(tmp_path / "library", journal, face, COVER)
    with pytest.raises(Overtaken):
        journal.rendered(rendition(take.take, "tweet"))
    original = take.due().original
    with pytest.raises(Overtaken):
        journal.rendered(replace(rendition(take.take, "original"), sha256=original.sha256))
    assert journal.lineup.next("") is None


def test_5_refuses_where_the_detector_fails(tmp_path: Path, journal: Journal, face: Path) -> None:
    class Broken(Detector):
        def faces(self, *_: object, **__: object) -> list[object]:  # type: ignore[override]
            raise RuntimeError("out of memory")

    shown = Protection(Method.HANDS)
    refused(kept(tmp_path / "library", journal, face, shown), shown, "detector failed", alarm=Alarm(Broken))


def test_5_refuses_where_the_model_is_not_the_one_that_was_published(
    tmp_path: Path, journal: Journal, face: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yunet, "NAME", "missing.onnx")
    take = kept(tmp_path / "library", journal, face, COVER)
    with pytest.raises(Unready, match="model"):
        take.make(COVER)
    assert take.left == []
    monkeypatch.setattr(yunet, "NAME", "LICENSE")
    with pytest.raises(Unready, match="model"):
        take.make(COVER)


def test_5_refuses_a_picture_that_cannot_be_read(tmp_path: Path, journal: Journal) -> None:
    whole = talking(tmp_path / "whole.mp4", filters="crop=8:8,scale=320:180")
    hurt, content = tmp_path / "hurt.mp4", bytearray(whole.read_bytes())
    begin = content.index(b"mdat") + 4
    for at in range(begin + 900, min(len(content), begin + 2600), 7):
        content[at] ^= 0xFF
    hurt.write_bytes(content)
    shown = Protection(Method.HANDS)
    refused(kept(tmp_path / "library", journal, hurt, shown), shown, "No protected clip|no protected clip")


def test_5_refuses_pictures_too_few(tmp_path: Path, face: Path) -> None:
    class Blind(Detector):
        def faces(self, *_: object, **__: object) -> list[object]:  # type: ignore[override]
            return []

    with pytest.raises(Unsafe, match="instead of 40"):
        Alarm(Blind).after(face, None, 40, lambda: None)


def test_7_refuses_to_fall_back_to_the_unprotected_where_captions_were_changed(
    tmp_path: Path, journal: Journal, face: Path
) -> None:
    take = kept(tmp_path / "library", journal, face, None)
    path = written(take.library.protections / "words.srt")
    mute = Protection(Method.COVER, voice=Voice.MUTE, captions=File("protections/words.srt", "1" * 64))  # type: ignore[arg-type]
    journal.protection.put(take.take, mute)
    with pytest.raises(Exception, match="not what was written"):
        take.make(mute)
    assert take.left == []
    assert path.is_file()


def test_4_refuses_a_face_in_what_was_made_whatever_the_source_showed(face: Path) -> None:
    with pytest.raises(Unsafe, match="face is seen"):
        Alarm().after(face, Region(0, 0, 10, 10), 15, lambda: None)
