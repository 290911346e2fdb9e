"""What a crew types and reads: help, JSON, exit codes, sentences."""

import json
import os
import subprocess
import sys

import click
import pytest
from support.crew import AGREED, TWEET, Crew
from support.footage import clip, make
from support.store import StoreProcess

from fieldkit.cli import main
from fieldkit.transcode.probe import probe


def commands(group=main, path=()):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


ALL = dict(commands())


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with StoreProcess(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture(scope="module")
def crew(tmp_path_factory, store):
    """A laptop with one delivered take and one without consent."""
    folder = tmp_path_factory.mktemp("laptop")
    made = Crew(folder / "library", store)
    for seconds, consent in (("0.7", AGREED), ("0.9", ())):
        source = make(
            folder / f"{seconds}.mp4", "-i", str(clip("carphone_pristine")), "-t", seconds, "-c", "copy"
        )
        made.done("ingest", str(source), "--tweet", TWEET, *consent)
    made.done("render")
    made.done("sync")
    return made


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_has_help_with_an_example_and_its_exit_codes(words):
    help_text = ALL[words].get_help(click.Context(ALL[words], info_name=" ".join(words)))
    assert f"fieldkit {' '.join(words)}" in help_text.replace("fieldkit store fieldkit", "fieldkit")
    assert "Exit codes:" in help_text
    assert ALL[words].help


def test_help_does_not_import_what_it_does_not_need():
    code = (
        "import sys; sys.argv=['fieldkit','--help']\n"
        "import fieldkit.cli\n"
        "try: fieldkit.cli.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'cv2', 'av', 'numpy', 'requests', 'sqlalchemy', 'starlette', 'uvicorn', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_wrong_usage_is_exit_code_2(crew):
    assert crew.types("record").returncode == 2
    assert crew.types("nonsense").returncode == 2
    assert crew.types("consent", "1f0c22").returncode == 2


def test_takes_as_json_have_the_shape_of_the_blueprint(crew):
    first, second = crew.takes()
    assert {
        "take", "tweet_id", "number", "place", "operator", "recorded_at", "seconds", "original", "consent", "circled",
        "renditions", "refusal",
    } <= set(first)  # fmt: skip
    assert {"path", "sha256", "bytes"} <= set(first["original"])
    assert [(r["profile"], r["receipt"]) for r in first["renditions"]] == [("proxy", True), ("tweet", True)]
    assert [r["passport"]["profile"] for r in first["renditions"]] == ["proxy", "tweet"]
    assert {r["passport"]["source"] for r in first["renditions"]} == {first["original"]["sha256"]}
    assert (first["consent"], second["consent"], second["renditions"]) == ("agreed", "none", [])
    assert isinstance(first["tweet_id"], str)


@pytest.mark.parametrize(
    "words",
    [("takes",), ("queue",), ("status",), ("devices",), ("render",), ("sync",), ("takes", TWEET)],
    ids=" ".join,
)
def test_json_is_one_document_on_stdout_and_nothing_else(crew, words):
    assert json.loads(crew.done(*words, "--json")) is not None


def test_a_person_reads_tables_and_sentences(crew):
    assert TWEET in crew.done("takes")
    assert "proxy arrived, tweet arrived" in crew.done("takes")
    assert "stays here: no consent" in crew.done("takes")
    assert "0 to send" in crew.done("status")
    assert "Nothing waits" in crew.types("queue").stderr


def test_a_take_is_chosen_and_discarded_by_a_piece_of_its_id(crew):
    first, second = crew.takes()
    assert (first["circled"], second["circled"]) == (False, True)
    crew.done("circle", first["take"][-6:])
    assert crew.takes()[0]["circled"]
    crew.done("void", second["take"][-6:])
    assert crew.takes()[1]["voided"]
    assert crew.types("circle", "zzzzzz").returncode == 3


def test_the_doctor_names_what_is_missing_and_what_to_do(crew):
    findings = {f["check"]: f for f in json.loads(crew.types("doctor", "--json").stdout)}
    assert findings["ffmpeg"]["ok"]
    assert findings["store"]["ok"]
    assert findings["clock"]["ok"]
    lost = crew.types("doctor", FIELDKIT_STORE="http://127.0.0.1:1")
    assert lost.returncode == 3
    assert "nothing listens there" in lost.stdout


def test_the_doctor_tries_the_camera_for_two_seconds_and_keeps_nothing(crew):
    before = crew.takes()
    tried = crew.types("doctor", "--camera", "test:").stdout
    assert "two seconds: test:, 1280x720, 30 pictures/s, sound at -2" in tried
    assert crew.takes() == before


def test_without_a_store_sync_says_how_to_set_one(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "fieldkit", "sync", "--library", str(tmp_path)], capture_output=True, text=True
    )
    assert result.returncode == 3
    assert "fieldkit init --store" in result.stderr


def test_a_wrong_token_is_a_sentence_and_exit_code_3(tmp_path, crew):
    with StoreProcess(tmp_path / "guarded") as guarded:
        added = crew.done(
            "store", "token", "add", "--root", str(tmp_path / "guarded"), "--place", "kakuma", "--json"
        )
        guarded.restart()
        other = Crew(tmp_path / "laptop", guarded)
        other.done("ingest", crew.takes()[0]["original"]["path"], "--tweet", TWEET, *AGREED)
        other.done("render")
        refused = other.types("sync")
        assert refused.returncode == 3
        assert "token" in refused.stderr
        other.done("init", "--token", json.loads(added)["token"])
        other.done("sync")


def test_what_the_crew_should_know_of_a_clip_is_said_by_ingest_render_and_transcode(tmp_path):
    other = Crew(tmp_path / "laptop", "http://127.0.0.1:9")
    sound = make(tmp_path / "voice.m4a", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac")
    said = "It holds sound but no picture, so it is shown as a card with its waveform."
    assert f"voice.m4a: {said}" in other.types("ingest", str(sound), "--tweet", TWEET, *AGREED).stderr
    rendered = other.types("render", "--json")
    assert rendered.stderr.count(said) == 1  # for both profiles
    assert said in json.loads(rendered.stdout)["notes"][0]
    done = json.loads(other.done("transcode", str(sound), "-o", str(tmp_path / "out"), "--json"))
    assert done["results"][0]["notes"] == [said]


def test_a_recording_that_its_camera_never_finished_goes_all_the_way_with_the_help_of_another(tmp_path):
    card = tmp_path / "card"
    card.mkdir()
    begun = make(card / "MVI_0001.mp4", "-i", str(clip("bigbuckbunny")), "-t", "2", "-c", "copy")
    whole = begun.read_bytes()
    (card / "MVI_0002.mp4").write_bytes(whole[: whole.rindex(b"moov") - 4])
    other = Crew(tmp_path / "laptop", "http://127.0.0.1:9")
    said = "MVI_0002.mp4 was never finished by its camera"
    assert said in other.types("ingest", str(card), "--tweet", TWEET, *AGREED).stderr
    assert "was never finished by its camera" in other.types("render").stderr
    good, saved = other.takes()
    assert saved["original"]["bytes"] < good["original"]["bytes"]
    assert saved["seconds"] == pytest.approx(good["seconds"], abs=0.2)
    assert [rendition["profile"] for rendition in saved["renditions"]] == ["proxy", "tweet"]


def test_render_shows_what_a_recipe_was_chosen_from(tmp_path):
    other = Crew(tmp_path / "laptop", "http://127.0.0.1:9")
    other.done("ingest", str(clip("carphone_pristine")), "--tweet", TWEET, *AGREED)
    plan = tmp_path / "plan.png"
    told = other.types("render", "--link", "50M", "--deadline", "2m", "--explain", "--plot", str(plan))
    assert told.returncode == 0, told.stderr
    assert told.stdout.split()[:4] == ["size", "effort", "VMAF", "kB"]
    assert "chosen" in told.stdout
    assert plan.read_bytes().startswith(b"\x89PNG")


def test_a_recording_from_the_test_card_is_a_take(crew):
    told = crew.done(
        "record",
        "77",
        "--camera",
        "test:",
        "--seconds",
        "1",
        "--size",
        "320x240",
        "--no-preview",
        *AGREED,
        "--json",
    )
    (take,) = json.loads(crew.done("takes", "77", "--json"))
    assert json.loads(told)["sha256"] == take["original"]["sha256"]
    assert 0.8 < take["seconds"] < 1.6
    assert take["verdict"] == json.loads(told)["verdict"]
    assert (take["verdict"]["good"], take["verdict"]["again"]) == (True, False)
    assert " yes " in crew.done("takes", "77")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--camera", "/dev/video99"), "is not there"),
        (("--camera", "rtsp://127.0.0.1:1/x"), "camera"),
        (("--size", "big"), "not a picture size"),
    ],
)
def test_a_camera_that_is_not_there_is_a_sentence_and_leaves_no_take(crew, words, sentence):
    before = len(crew.takes())
    result = crew.types("record", "78", "--no-preview", "--seconds", "1", *words)
    assert result.returncode == 3
    assert sentence in result.stderr
    assert all(take["refusal"] for take in crew.takes()[before:])


def test_a_batch_needs_no_library_and_skips_what_is_done(tmp_path):
    source = make(tmp_path / "a.mp4", "-i", str(clip("carphone_pristine")), "-t", "0.7", "-c", "copy")
    (tmp_path / "b.mp4").write_bytes(b"broken")
    command = [
        sys.executable,
        "-m",
        "fieldkit",
        "transcode",
        str(source),
        str(tmp_path / "b.mp4"),
        "-o",
        str(tmp_path / "out"),
        "--json",
    ]
    skipped = []
    for _ in range(2):
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 1, result.stderr
        good, bad = json.loads(result.stdout)["results"]
        assert good["ok"]
        assert not bad["ok"]
        assert "b.mp4" in bad["error"]
        skipped.append(good["skipped"])
    assert skipped == [False, True]


def test_words_are_typed_with_the_clip_and_what_is_wrong_with_them_is_said(tmp_path):
    source = make(tmp_path / "a.mp4", "-i", str(clip("carphone_pristine")), "-t", "0.7", "-c", "copy")
    (tmp_path / "a.srt").write_text("1\n00:00:00,000 --> 00:00:00,600\nHabari yako\n")
    (tmp_path / "card.toml").write_text('headline = "ለስደተኞች ድምፅ"\naddress = "amnesty.org/refugees"\n')

    def typed(*words):
        command = [
            sys.executable,
            "-m",
            "fieldkit",
            "transcode",
            str(source),
            "-o",
            str(tmp_path / "out"),
            "--json",
        ]
        return subprocess.run([*command, *words], capture_output=True, text=True)

    card = ("--end-card", str(tmp_path / "card.toml"))
    result = typed("--captions", str(tmp_path / "a.srt"), "--lower-third", "Kakuma", *card)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["results"][0]["seconds"] == pytest.approx(3.84, abs=0.05)
    for wrong, code, sentence in (
        (("--lower-third", "Kakuma 😀"), 3, "(U+1F600) in the lower third can't be drawn"),
        (("--captions", str(tmp_path / "b.srt")), 3, "b.srt can't be read"),
        (("--captions", str(tmp_path / "card.toml")), 3, "card.toml, line 1, says"),
        ((*card, "--profile", "proxy"), 2, "a proxy shows no words"),
    ):
        result = typed(*wrong)
        assert result.returncode == code, (wrong, result.stderr)
        assert sentence in result.stderr


def test_each_reply_of_a_library_ends_with_the_card_that_was_set(tmp_path):
    made = Crew(tmp_path / "library", "http://127.0.0.1:9")
    (tmp_path / "card.toml").write_text('headline = "Sign"\naddress = "amnesty.org/refugees"\nseconds = 2\n')
    made.done("init", "--end-card", str(tmp_path / "card.toml"))
    source = make(tmp_path / "a.mp4", "-i", str(clip("carphone_pristine")), "-t", "0.7", "-c", "copy")
    made.done("ingest", str(source), "--tweet", TWEET, *AGREED)
    made.done("render")
    seconds = {
        path.name.split("-")[1]: probe(path).seconds for path in (made.folder / "renditions").glob("*.mp4")
    }
    assert seconds == {"proxy": pytest.approx(0.85, abs=0.05), "tweet": pytest.approx(2.84, abs=0.05)}
    (tmp_path / "card.toml").write_text("headline = 'Sign'")
    result = made.types("init", "--end-card", str(tmp_path / "card.toml"))
    assert result.returncode == 3
    assert "card.toml lacks the end card's address" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--store", "http://[::1"),
        ("--store", "http://h:99999999"),
        ("--store", "ftp://h"),
        ("--token", "a\nb"),
        ("--token", "two words"),
        ("--operator", "x" * 300),
        ("--camera", "a\tb"),
        ("--language", "kiswahili sanifu"),
        ("--place", "3.7,34.8"),
    ],
    ids=" ".join,
)
def test_a_setting_that_makes_no_sense_is_a_sentence(tmp_path, words):
    result = subprocess.run(
        [sys.executable, "-m", "fieldkit", "init", "--library", str(tmp_path), *words],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 3
    assert "mistake of its own" not in result.stderr


def test_init_mends_a_broken_settings_file_and_keeps_the_old_one(tmp_path):
    (tmp_path / "fieldkit.toml").write_text("broken [")
    command = [sys.executable, "-m", "fieldkit", "init", "--library", str(tmp_path), "--place", "kakuma"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0
    assert (tmp_path / "fieldkit.toml").read_text() == 'place = "kakuma"\n'
    assert (tmp_path / "fieldkit.toml.broken").read_text() == "broken ["


def test_init_keeps_what_was_typed_and_not_the_environment(tmp_path):
    command = [sys.executable, "-m", "fieldkit", "init", "--library", str(tmp_path), "--place", "kakuma"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "FIELDKIT_TOKEN": "secret"})
    assert "secret" not in (tmp_path / "fieldkit.toml").read_text()


def test_an_error_is_a_document_too_where_json_was_asked_for(tmp_path):
    command = [sys.executable, "-m", "fieldkit", "sync", "--json", "--library", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert json.loads(result.stdout)["exit_code"] == result.returncode == 3


def test_a_name_that_is_no_text_does_not_break_the_document(crew, tmp_path):
    name = os.fsencode(tmp_path) + b"/\xff\xfe[red].mov"
    with open(name, "wb") as file:
        file.write(b"broken")
    result = subprocess.run(
        [sys.executable, "-m", "fieldkit", "ingest", name, "--tweet", "9", "--json"],
        capture_output=True,
        env=crew.environment,
    )
    assert result.returncode == 3
    assert json.loads(result.stdout)[0]["error"]
    assert b"[red]" in result.stderr


@pytest.mark.parametrize("command", ["ingest", "check"])
def test_a_name_too_long_for_any_file_is_a_sentence(crew, command):
    more = ("--tweet", "9") if command == "ingest" else ()
    result = crew.types(command, "x" * 300, *more)
    assert result.returncode == 3
    assert "mistake of its own" not in result.stderr


def test_agreeing_and_withdrawing_at_once_is_wrong_usage(crew):
    assert crew.types("consent", "1f0c22", "--agree", "--withdraw").returncode == 2
