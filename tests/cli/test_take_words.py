"""Words that one take's reply shows: given with `render`, and kept with the take."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.crew import AGREED, TWEET, Crew
from support.facts import rendition
from support.footage import clip, make
from support.store import StoreProcess
from support.tus import Tus

from fieldkit.journal import Journal, Overtaken
from fieldkit.model import TakeWords

SAID = "1\n00:00:00,000 --> 00:00:00,600\nHabari yako\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> StoreProcess:
    with StoreProcess(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture
def crew(tmp_path: Path, store: StoreProcess) -> Crew:
    """A laptop with one take that was rendered without words, and an SRT file."""
    made = Crew(tmp_path / "library", store)
    source = make(tmp_path / "a.mp4", "-i", str(clip("carphone_pristine")), "-t", "0.7", "-c", "copy")
    made.done("ingest", str(source), "--tweet", TWEET, *AGREED)
    made.done("render")
    (tmp_path / "a.srt").write_text(SAID)
    return made


def replies(crew: Crew) -> dict[str, dict[str, str]]:
    """What takes tell of the renditions, by profile."""
    return {made["profile"]: made for made in crew.takes()[0]["renditions"]}


def test_a_reply_that_was_sent_is_made_again_with_its_words_and_comes_first_at_the_store(
    tmp_path: Path, crew: Crew, store: StoreProcess
) -> None:
    crew.done("sync")
    before, take = replies(crew), crew.takes()[0]["take"]
    files = {path.name for path in (crew.folder / "renditions").iterdir()}
    crew.done("render", "--take", take[-6:], "--captions", str(tmp_path / "a.srt"), "--lower-third", "Amal")
    after = replies(crew)
    assert after["proxy"] == before["proxy"]
    assert after["tweet"]["sha256"] != before["tweet"]["sha256"]
    shown = after["tweet"]["passport"]["brief"]["words"]
    assert (shown["cues"][0]["lines"], shown["lower_third"]) == (["Habari yako"], "Amal")
    left = {path.name for path in (crew.folder / "renditions").iterdir()}
    assert len(left) == 2, left - files
    crew.done("sync")
    here = Tus(store.url).ask("GET", f"/clips/{TWEET}").json()["clips"]
    mine = [each["sha256"] for each in here if (each["take"], each["profile"]) == (take, "tweet")]
    assert sorted(mine) == sorted((before["tweet"]["sha256"], after["tweet"]["sha256"]))
    crew.done("render", "--take", take, "--captions", str(tmp_path / "a.srt"))
    assert replies(crew)["tweet"]["passport"] == after["tweet"]["passport"], (
        "the same words make nothing anew"
    )


def test_what_is_wrong_with_the_words_is_said_and_the_reply_stays(tmp_path: Path, crew: Crew) -> None:
    before, take = replies(crew), crew.takes()[0]["take"]
    (tmp_path / "b.srt").write_text(SAID.replace("Habari", "😀"))
    (tmp_path / "c.srt").write_text("{}")
    for typed, code, sentence in (
        (("--captions", str(tmp_path / "a.srt")), 2, "name it with --take"),
        (("--take", take), 2, "name it with --take"),
        (("--take", "ffffff", "--captions", str(tmp_path / "a.srt")), 3, "No take is called"),
        (("--take", take, "--captions", str(tmp_path / "b.srt")), 3, "(U+1F600) in the caption at 0:00"),
        (("--take", take, "--captions", str(tmp_path / "c.srt")), 3, "the captions, line 1, says “{}”"),
        (("--take", take, "--captions", str(tmp_path / "d.srt")), 3, "d.srt can't be read"),
    ):
        result = crew.types("render", *typed)
        assert (result.returncode, sentence in result.stderr) == (code, True), (typed, result.stderr)
    assert replies(crew) == before


def test_a_name_that_is_to_be_hidden_is_not_written_on_the_picture(tmp_path: Path, crew: Crew) -> None:
    take = crew.takes()[0]["take"]
    crew.done("render", "--take", take, "--lower-third", "Amal")
    crew.done("consent", take, "--agree", "--hide", "name")
    refused = crew.types("render", "--take", take, "--captions", str(tmp_path / "a.srt"))
    assert (refused.returncode, "name is not to be shown" in refused.stderr) == (3, True)
    crew.done("render", "--take", take, "--captions", str(tmp_path / "a.srt"), "--lower-third", "")
    assert replies(crew)["tweet"]["passport"]["brief"]["words"]["lower_third"] is None


def test_a_protected_take_gets_its_words_from_its_protection(tmp_path: Path, crew: Crew) -> None:
    take = crew.takes()[0]["take"]
    crew.done("protect", take, "--protect", "cover")
    refused = crew.types("render", "--take", take, "--captions", str(tmp_path / "a.srt"))
    assert (refused.returncode, "--captions FILE` gives it its words" in refused.stderr) == (3, True)


def test_words_go_with_the_take(tmp_path: Path, crew: Crew) -> None:
    take = crew.takes()[0]["take"]
    crew.done("render", "--take", take, "--captions", str(tmp_path / "a.srt"))
    crew.done("consent", take, "--withdraw")
    crew.types("render")
    assert [each for each in crew.takes() if not each["erased"]] == []
    with closing(sqlite3.connect(crew.folder / "journal.sqlite")) as journal:
        assert "Habari" not in json.dumps([str(row) for row in journal.iterdump()])


def test_what_was_being_made_while_words_were_given_is_thrown_away(crew: Crew) -> None:
    with Journal(crew.folder / "journal.sqlite") as journal:
        (entry,) = journal.entries()
        words = TakeWords(SAID.encode())
        journal.words.put(entry.take.id, words)
        with pytest.raises(Overtaken, match="Other words"):
            journal.rendered(rendition(entry.take.id, "tweet", "a"))
        journal.rendered(rendition(entry.take.id, "proxy", "b"))
        journal.rendered(rendition(entry.take.id, "tweet", "c"), words=words)
