"""A protected take: what comes of it has no face and no voice in it, and a person answers for it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest
from support.crew import AGREED, TWEET, Crew
from support.facts import rendition
from support.footage import make
from support.protection import SRT, kept, talking, written

from fieldkit import disk
from fieldkit.errors import NeedsCrew
from fieldkit.journal import Journal, Overtaken
from fieldkit.model import Consent, ConsentState, Method, Protection, Receipt, Region, Trait, Voice
from fieldkit.model import Kept as File
from fieldkit.transcode.alarm import Detector, pictures
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.guarded import Guard, sweep
from fieldkit.transcode.mask import FILL
from fieldkit.transcode.probe import probe

COVER = Protection(Method.COVER)
AROUND = Region(15, 0, 70, 100)  # the man's face, and more


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return talking(tmp_path_factory.mktemp("face") / "face.mp4")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    tmp_path.joinpath("library").mkdir()
    with Journal(tmp_path / "library" / "journal.sqlite") as journal:
        yield journal


@pytest.mark.parametrize("region", [None, AROUND], ids=["whole", "region"])
def test_a_cover_is_solid_from_the_first_picture_to_the_last(
    tmp_path: Path, journal: Journal, face: Path, region: Region | None
) -> None:
    cover = Protection(Method.COVER, region)
    take = kept(tmp_path / "library", journal, face, cover)
    made = take.library.root / take.make(cover).rendition.path
    place = region or Region(0, 0, 100, 100)
    count = 0
    for _, picture in pictures(made):
        count += 1
        height, width = picture.shape[:2]
        inner = picture[
            int(place.top * height / 100) + 4 : int(place.bottom * height / 100) - 4,
            int(place.left * width / 100) + 4 : int(place.right * width / 100) - 4,
        ]
        assert abs(inner.mean() - FILL) < 8
        assert inner.std() < 4
    assert count >= 7


def test_the_detector_finds_that_face_lying_and_in_the_dark_too(face: Path) -> None:
    detector = Detector()
    _, picture = next(pictures(face))
    assert detector.faces(picture)
    assert detector.faces((picture * 0.5).astype(np.uint8))
    for quarter in (1, 3):
        found = detector.faces(np.ascontiguousarray(np.rot90(picture, quarter)), closely=True)
        assert found
        assert all(each.where.left >= 0 and each.where.right <= 100.05 for each in found)


def test_a_card_shows_no_picture_and_mute_leaves_no_sound(
    tmp_path: Path, journal: Journal, face: Path
) -> None:
    take = kept(tmp_path / "library", journal, face, None)
    path = written(take.library.protections / "words.srt")
    card = Protection(
        Method.AUDIO_CARD, voice=Voice.MUTE, captions=File("protections/words.srt", disk.hashed(path)[0])
    )
    journal.protection.put(take.take, card)
    made = probe(take.library.root / take.make(card, "tweet").rendition.path)
    assert made.audio is None
    assert made.width == made.height
    assert {p.name for p in take.library.renditions.glob("*.jpg")} == {
        Path(journal.protection.drafts()[0].sheet).name
    }


def test_another_voice_takes_the_place_of_the_sound(tmp_path: Path, journal: Journal, face: Path) -> None:
    take = kept(tmp_path / "library", journal, face, None)
    other = make(
        take.library.protections / "other.wav",
        *("-f", "lavfi", "-i", "sine=frequency=1200:sample_rate=48000", "-t", "0.8"),
    )
    spoken = File("protections/other.wav", disk.hashed(other)[0])
    revoiced = Protection(voice=Voice.REVOICE, spoken=spoken)
    journal.protection.put(take.take, revoiced)
    made = take.library.root / take.make(revoiced).rendition.path
    assert 1100 < loudest(made) < 1300  # Hz; the first voice's is 300


def loudest(path: Path) -> float:
    with av.open(str(path)) as container:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    return float(np.abs(np.fft.rfft(heard)).argmax() * 48_000 / len(heard))


def test_protection_after_the_fact_throws_away_what_was_in_the_open(
    tmp_path: Path, journal: Journal, face: Path
) -> None:
    take = kept(tmp_path / "library", journal, face, None)
    open_one = rendition(take.take, "proxy")
    path = take.library.root / open_one.path
    path.write_bytes(b"in the open")
    journal.rendered(open_one)
    journal.received(Receipt(take.take, "proxy", open_one.sha256, "https://s.example", datetime.now(UTC)))
    slips = journal.protection.put(take.take, COVER)
    assert [(slip.profile, slip.store) for slip in slips] == [("proxy", "https://s.example")]
    assert journal.entries()[0].renditions == []
    assert journal.lineup.waiting("") == []
    assert sweep(take.library, journal) == []
    assert not path.exists()
    assert journal.protection.leftovers() == []


def test_what_was_being_made_when_the_take_was_protected_is_thrown_away(
    tmp_path: Path, journal: Journal, face: Path
) -> None:
    take = kept(tmp_path / "library", journal, face, COVER)
    due = take.due()
    journal.protection.put(take.take, Protection(Method.COVER, AROUND))
    with pytest.raises(Overtaken):
        Guard(take.library, journal, Ffmpeg()).make(due, COVER)
    assert take.left == []


def test_no_statement_gets_round_the_journal(tmp_path: Path, journal: Journal, face: Path) -> None:
    take = kept(tmp_path / "library", journal, face, COVER)
    with (
        sqlite3.connect(take.library.journal) as db,
        pytest.raises(sqlite3.IntegrityError, match="nobody signed"),
    ):
        db.execute(
            "INSERT INTO renditions VALUES (?, 'tweet', 'p', ?, 1, 1, 1, 1, '')", (take.take, "a" * 64)
        )
    with (
        closing(sqlite3.connect(take.library.journal)) as db,
        pytest.raises(sqlite3.IntegrityError, match="appended"),
    ):
        db.execute("DELETE FROM protections")


@pytest.mark.parametrize("text", ["", "1,2,3", "0,0,101,10", "-1,0,5,5", "a,b,c,d", "0,0,0,10", "nan,0,5,5"])
def test_a_region_is_within_the_picture(text: str) -> None:
    with pytest.raises(NeedsCrew):
        Region.parse(text)


def test_a_crew_protects_looks_signs_and_only_then_it_is_sent(tmp_path: Path, face: Path) -> None:
    crew = Crew(tmp_path / "library", "http://127.0.0.1:9")
    words = written(tmp_path / "words.srt", SRT)
    crew.done("ingest", str(face), "--tweet", TWEET, *AGREED, "--protect", "cover", "--region", "15,0,70,100")
    made = json.loads(crew.done("render", "--json"))
    assert made["rendered"] == []
    assert [each["profile"] for each in made["unsigned"]] == ["proxy", "tweet"]
    take = crew.takes()[0]
    assert take["renditions"] == []
    assert take["protection"]["method"] == "cover"
    assert crew.queue() == []
    assert "2 protected waiting for sign-off" in crew.types("queue").stderr
    name = take["take"]
    assert crew.types("protect", name, "--sign", "K7").returncode == 3  # nobody looked
    sheets = json.loads(crew.done("protect", name, "--sheet", "--json"))["unsigned"]
    assert all(Path(each["sheet"]).read_bytes()[:2] == b"\xff\xd8" for each in sheets)
    crew.done("protect", name, "--sign", "K7")
    assert {each["profile"] for each in crew.queue()} == {"proxy", "tweet"}
    crew.done("protect", name, "--voice", "mute", "--captions", str(words))
    assert crew.queue() == []
    take = crew.takes()[0]
    assert (take["protection"]["method"], take["protection"]["voice"]) == ("cover", "mute")
    assert take["renditions"] == []
    assert not list((tmp_path / "library" / "renditions").iterdir())


def test_nothing_of_a_protected_take_travels_while_it_is_encoded(
    tmp_path: Path, journal: Journal, face: Path
) -> None:
    take = kept(tmp_path / "library", journal, face, None)
    flight = journal.flights.begun(take.take, "tweet", {})
    journal.flights.sent_to(flight, "https://s.example", "https://s.example/files/1")
    assert journal.flights.is_wanted(flight)
    journal.protection.put(take.take, COVER)
    assert not journal.flights.is_wanted(flight)
    assert [number for number, _ in journal.flights.adrift("https://s.example")] == [flight.number]
    with pytest.raises(Overtaken):
        journal.flights.begun(take.take, "tweet", {"crf": 1})


def test_a_take_that_is_erased_takes_along_what_protected_it(
    tmp_path: Path, journal: Journal, face: Path
) -> None:
    take = kept(tmp_path / "library", journal, face, None)
    words = written(take.library.protections / "words.srt")
    said = File("protections/words.srt", disk.hashed(words)[0])
    journal.protection.put(take.take, Protection(Method.COVER, captions=said))
    draft = take.make(Protection(Method.COVER, captions=said))
    with closing(sqlite3.connect(take.library.journal)) as db, db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("DELETE FROM originals")
    assert journal.protection.of(take.take) is None
    assert sorted(journal.protection.leftovers()) == sorted([draft.rendition.path, draft.sheet, said.path])
    assert sweep(take.library, journal) == []
    assert take.left == []
    assert not words.exists()


def test_a_hidden_face_may_leave_once_a_protection_hides_it(
    tmp_path: Path, journal: Journal, face: Path
) -> None:
    take = kept(tmp_path / "library", journal, face, None)
    journal.consent(take.take, Consent(ConsentState.AGREED, hidden=frozenset({Trait.FACE})))
    assert journal.due_renditions(("proxy",)) == []
    journal.protection.put(take.take, Protection(voice=Voice.MUTE))
    assert journal.due_renditions(("proxy",)) == []
    journal.protection.put(take.take, Protection(Method.COVER, voice=Voice.MUTE))
    assert [due.profile for due in journal.due_renditions(("proxy",))] == ["proxy"]
