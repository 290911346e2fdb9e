"""`fieldkit transcode` as a person and a script see it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from support import warm
from support.footage import card, clip, fill, small_disk


def transcode(*words):
    return warm.run(command(*words)[3:], os.environ)


def command(*words):
    return [sys.executable, "-m", "fieldkit", "transcode", "--profile", "proxy", *map(str, words)]


@pytest.fixture(scope="module")
def dcim(tmp_path_factory):
    """A card with two clips and a file that is none."""
    folder = tmp_path_factory.mktemp("card") / "DCIM"
    for n, name in enumerate(("100CANON", "101CANON")):
        (folder / name).mkdir(parents=True)
        card(folder / name / "MVI_1.mp4", seconds=0.6 + n / 10)
    (folder / "100CANON" / "MVI_2.mp4").write_bytes(b"broken")
    return folder


def test_a_script_reads_each_result_and_the_sum(dcim, tmp_path):
    first, second = (json.loads(transcode(dcim, "-o", tmp_path / "out", "--json").stdout) for _ in range(2))
    sources = [os.path.relpath(result["source"], dcim) for result in first["results"]]
    assert sources == ["100CANON/MVI_1.mp4", "100CANON/MVI_2.mp4", "101CANON/MVI_1.mp4"]
    assert [result["ok"] for result in first["results"]] == [True, False, True]
    for made, kept in zip(first["results"], second["results"], strict=True):
        if made["ok"]:
            assert (made["skipped"], kept["skipped"]) == (False, True)
            assert {**kept, "skipped": False} == made
            assert made["passport"]["profile"] == "proxy"
    summary = first["summary"]
    assert (summary["files"], summary["made"], summary["skipped"], summary["refused"]) == (3, 2, 0, 1)
    assert summary["bytes_in"] > summary["bytes_out"] > 0
    assert summary["jobs"] >= 1
    assert second["summary"]["skipped"] == 2


def test_a_person_reads_a_line_a_file_and_a_summary(dcim, tmp_path):
    result = transcode(dcim, "-o", tmp_path / "out", "--jobs", "1")
    assert result.returncode == 1
    assert result.stdout == ""
    assert "1 of 3: " in result.stderr
    assert "MVI_2.mp4 is not a video" in result.stderr
    assert "Made 2 of 3, there already 0, refused 1; " in result.stderr
    again = transcode(dcim, "-o", tmp_path / "out")
    assert len(again.stderr.splitlines()) == 2, "what is there already is no wall of lines"


def test_a_dry_run_says_what_would_be_made_where(dcim, tmp_path):
    told = transcode(dcim, "-o", tmp_path / "out", "--dry-run", "--json")
    assert told.returncode == 1
    assert not (tmp_path / "out").exists()
    foreseen = json.loads(told.stdout)
    made = json.loads(transcode(dcim, "-o", tmp_path / "out", "--json").stdout)
    assert foreseen["summary"]["dry_run"]
    for key in ("source", "output", "ok", "error"):
        assert [r[key] for r in foreseen["results"]] == [r[key] for r in made["results"]]
    assert "To be made 0 of 3, there already 2" in transcode(dcim, "-o", tmp_path / "out", "--dry-run").stderr


def test_where_all_is_refused_the_crew_is_needed(dcim, tmp_path):
    bad = dcim / "100CANON" / "MVI_2.mp4"
    assert transcode(bad, "-o", tmp_path).returncode == 3
    assert transcode(bad, "-o", tmp_path, "--dry-run").returncode == 3


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_batch_that_is_interrupted_goes_on_later(tmp_path, number):
    short, out = card(tmp_path / "a.mp4", seconds=0.6), tmp_path / "out"
    running = subprocess.Popen(
        command(short, clip("bigbuckbunny"), "-o", out, "--jobs", "1"), stderr=subprocess.PIPE, text=True
    )
    while not list(out.glob("a-proxy-*.mp4")):
        assert running.poll() is None
        time.sleep(0.01)
    while not list(out.glob(".proxy.*.part.mp4")):
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(number)
    told = running.communicate()[1]
    assert running.returncode == 130
    assert "not begun or not finished 1" in told
    assert "goes on from here" in told
    assert list(out.glob(".proxy*")) == []
    assert "there already 1" in transcode(short, "-o", out).stderr


def test_a_full_disk_is_one_sentence_also_for_scripts(tmp_path):
    source = card(tmp_path / "a.mp4")
    with small_disk(tmp_path / "out") as out:
        fill(out, 20_000)
        result = transcode(source, source, "-o", out, "--json")
        assert result.returncode == 3
        document = json.loads(result.stdout)
        assert document["exit_code"] == 3
        assert "The disk is full" in document["error"]
        assert document["summary"]["made"] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_there_are_bars_and_still_the_summary(dcim, tmp_path):
    leader, follower = os.openpty()
    with subprocess.Popen(command(dcim, "-o", tmp_path / "out"), stdout=follower, stderr=follower) as running:
        os.close(follower)
        shown = b""
        try:
            while block := os.read(leader, 65536):
                shown += block
        except OSError:  # Linux: the other side is closed
            pass
    os.close(leader)
    assert running.returncode == 1
    text = shown.decode()
    assert "Made 2 of 3" in text
    assert "%" in text
    assert "Traceback" not in text


def test_files_are_made_beside_a_library_that_can_not_be_read(tmp_path, monkeypatch):
    library = tmp_path / "library"
    library.mkdir()
    (library / "journal.sqlite").write_bytes(b"not a journal" * 100)
    monkeypatch.setenv("FIELDKIT_LIBRARY", str(library))
    result = transcode(clip("carphone_pristine"), "-o", tmp_path / "out", "--profile", "proxy")
    assert result.returncode == 0, result.stderr


def test_jobs_are_a_number_or_auto(dcim, tmp_path):
    result = transcode(dcim, "-o", tmp_path, "--jobs", "many")
    assert result.returncode == 2
    assert "many" in result.stderr


def test_a_plan_is_told_in_two_lines_as_a_table_and_as_a_picture(tmp_path):
    plot = tmp_path / "plan.png"
    words = ("--link", "50M", "--deadline", "2m", "--explain", "--plot", plot, "--profile", "tweet")
    result = transcode(clip("carphone_pristine"), "-o", tmp_path / "out", *words)
    assert result.returncode == 0, result.stderr
    assert "p at VMAF " in result.stderr
    assert " to make, " in result.stderr
    assert result.stdout.split()[:4] == ["size", "effort", "VMAF", "kB"]
    assert "chosen" in result.stdout
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--deadline", "2m"), 2, "add --link RATE"),
        (("--max-size", "small"), 3, "“small” is not a size such as 400k or 5M."),
        (("--link", "64k", "--deadline", "soon"), 3, "“soon” is not a time such as 90s or 5m."),
        (("--vmaf", "110"), 2, "110"),
        (("--max-size", "1k", "--profile", "proxy"), 2, "a proxy is as small as it gets"),
    ],
)
def test_a_wish_that_makes_no_sense_is_one_sentence(tmp_path, words, code, sentence):
    result = transcode(clip("carphone_pristine"), "-o", tmp_path / "out", "--profile", "tweet", *words)
    assert result.returncode == code
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()
