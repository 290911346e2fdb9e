"""A crew puts consent on record, in full or with two words, and takes it back: the real commands."""

import io
import json
import re
import sqlite3

import pytest
from support import warm
from support.crew import TWEET, Crew
from support.footage import clip

from fieldkit import age
from fieldkit.errors import NeedsCrew
from fieldkit.model.card import ENTROPY, card_of, new_code
from fieldkit.prompts import known, script

pytestmark = pytest.mark.timeout(120)
NOBODY = "http://127.0.0.1:9"
CARD = re.compile(r"Their card: (\S+)\.")


@pytest.fixture
def crew(tmp_path):
    return Crew(tmp_path / "library", NOBODY)


@pytest.fixture
def take(crew):
    crew.done("ingest", str(clip("bikes")), "--tweet", TWEET)
    return crew.takes()[0]["take"]


def said(crew, *words):
    result = crew.types("consent", *words)
    assert result.returncode == 0, result.stderr
    return result.stderr


def test_two_words_are_enough_and_mean_an_adult_a_reply_and_everything_shown(crew, take):
    told = said(crew, take, "--agree", "--language", "sw", "--spoken")
    assert "may now be sent" in told
    (listed,) = crew.takes()
    assert (listed["consent"], listed["language"], listed["kept"]) == ("agreed", "sw", None)
    assert listed["terms"] == {
        "manner": "spoken",
        "heard_at": None,
        "told": [],
        "scope": ["reply"],
        "hidden": [],
        "age": "adult",
        "risk": "ordinary",
        "until": None,
        "card": True,
    }


def test_a_take_without_consent_says_when_it_goes(crew, take):
    (listed,) = crew.takes()
    assert listed["erased_after"] > listed["recorded_at"]
    for command in ("takes", "status"):
        told = crew.types(command)
        assert f"Take {take[-6:]} has no consent and is erased after" in told.stdout + told.stderr
    said(crew, take, "--agree")
    assert crew.takes()[0]["erased_after"] is None


def test_all_that_can_be_said_is_kept_and_what_it_forbids_is_told(crew, take):
    words = ["--manner", "witnessed", "--heard-at", "12", "--explained-by", "asha", "--interpreter", "so"]
    words += [
        "--told",
        "all",
        "--scope",
        "reply",
        "--scope",
        "press",
        "--age",
        "minor",
        "--guardian",
        "--assent",
    ]
    words += ["--hide", "face", "--hide", "name", "--risk", "high", "--until", "2100-06-30"]
    told = said(crew, take, "--agree", *words)
    assert "A minor needs a second crew member's approval" in told
    told = said(crew, take, "--agree", *words, "--approved-by", "juma")
    assert "does not want their face shown" in told
    (listed,) = crew.takes()
    assert listed["terms"]["told"] == ["asylum", "public", "voluntary", "withdrawal"]
    assert listed["terms"]["until"] == "2100-07-01T00:00:00Z"  # that whole day
    assert "does not want their face shown" in crew.done("takes").replace("\n", " ")


def test_the_card_is_shown_once_and_only_its_hash_is_kept(crew, take):
    (code,) = CARD.findall(said(crew, take, "--agree"))
    assert CARD.findall(said(crew, take, "--agree")) == []
    files = b"".join(path.read_bytes() for path in crew.folder.rglob("*") if path.is_file())
    assert code.encode() not in files
    assert code.replace("-", "").encode() not in files
    assert card_of(code).encode() in files
    (new,) = CARD.findall(said(crew, take, "--agree", "--new-card"))
    assert new != code


def test_a_card_takes_it_all_back(crew, take):
    (code,) = CARD.findall(said(crew, take, "--agree"))
    result = crew.types("withdraw", code.replace("-", "").lower())
    assert (result.returncode, "Withdrawn for good" in result.stderr) == (0, True)
    (listed,) = crew.takes()
    assert (listed["consent"], listed["erased"], listed["original"]) == ("withdrawn", True, None)
    assert list((crew.folder / "originals").iterdir()) == []
    assert crew.types("consent", take, "--agree").returncode == 3
    again = crew.types("ingest", str(clip("bikes")), "--tweet", TWEET, "--consent", "agreed")
    assert (again.returncode, "withdrew" in again.stderr) == (3, True)
    assert list((crew.folder / "originals").iterdir()) == []


def test_a_code_that_is_none_and_one_that_is_not_known_are_told_apart(crew):
    wrong = crew.types("withdraw", "7K2M-9QRT-4XVZ")
    assert (wrong.returncode, "not the code of a card" in wrong.stderr) == (3, True)
    unknown = crew.types("withdraw", new_code(b"1234567"))
    assert (unknown.returncode, "No take here" in unknown.stderr) == (0, True)


def test_who_they_are_is_for_the_officer_alone(crew, take):
    pair = age.new_pair()
    words = ["consent", take, "--agree", "--person"]
    refused = warm.run(words, crew.environment, timeout=60)
    assert (refused.returncode, "fieldkit init --officer" in refused.stderr) == (3, True)
    assert crew.takes()[0]["consent"] == "none"
    assert crew.types("init", "--officer", "age1nonsense").returncode == 3
    crew.done("init", "--officer", pair.recipient)
    answers = "Amina Example\n+254 700 000000\n\nlives in block 4\n"
    import subprocess
    import sys

    result = subprocess.run(
        [sys.executable, "-m", "fieldkit", *words],
        env=crew.environment,
        input=answers,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    sealed = crew.folder / "consents" / f"{take}.age"
    opened = io.BytesIO()
    age.unseal(io.BytesIO(sealed.read_bytes()), opened, [pair.identity])
    told = json.loads(opened.getvalue())
    assert (told["take"], told["name"], told["notes"]) == (take, "Amina Example", "lives in block 4")
    everything = b"".join(path.read_bytes() for path in crew.folder.rglob("*") if path.is_file())
    for secret in (b"Amina", b"254 700", b"block 4"):
        assert secret not in everything
    crew.done("consent", take, "--withdraw")
    assert not sealed.exists()
    with sqlite3.connect(crew.folder / "journal.sqlite") as db:
        facts = [row[0] for row in db.execute("SELECT fact FROM history WHERE take = ?", (take,))]
    db.close()
    assert "erased" in facts
    assert "consent agreed" not in facts


def test_there_is_a_script_in_each_language_and_a_crews_own_goes_first(crew, tmp_path):
    from fieldkit.config import Library

    library = Library(crew.folder)
    assert known(library) == ["am", "ar", "en", "so", "sw", "ti"]
    for language in known(library):
        text = crew.done("consent", "--script", language)
        assert text.count("\n1.") == 1
        assert "\n5." in text  # you may say no, public, your case, what is shown, taking it back
    assert script("sw-KE", library) == script("sw", library)
    library.consents.mkdir()
    (library.consents / "sw.txt").write_text("Habari\n", "utf-8")
    assert crew.done("consent", "--script", "sw") == "Habari\n"
    missing = crew.types("consent", "--script", "din")
    assert (missing.returncode, "consents/din.txt" in missing.stderr) == (3, True)


def test_a_code_is_read_however_it_is_written_and_a_slip_is_found_out():
    code = new_code(bytes(range(ENTROPY)))
    assert re.fullmatch(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", code)
    typed = code.replace("-", " ").lower().replace("0", "o").replace("1", "l")
    assert card_of(typed) == card_of(code)
    slips = 0
    for at, symbol in enumerate(code):
        if symbol == "-":
            continue
        other = "7" if symbol != "7" else "8"
        try:
            card_of(code[:at] + other + code[at + 1 :])
        except NeedsCrew:
            slips += 1
    assert slips >= 11
