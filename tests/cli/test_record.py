"""`record` as a crew runs it: at a terminal with single keys, and in a script that nobody watches."""

import json
import os
import pty
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from fieldkit.cli import main

TINY = ("--camera", "test:", "--size", "160x120", "--fps", "15")


class Terminal:
    """A crew's laptop without a screen: `record` at a terminal of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        ours, theirs = pty.openpty()
        environment = os.environ | {"FIELDKIT_LIBRARY": str(folder), "DISPLAY": "", "WAYLAND_DISPLAY": ""}
        self._terminal, self._said = ours, bytearray()
        command = [sys.executable, "-m", "fieldkit", "record", *words]
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            while piece := os.read(self._terminal, 4096):
                self._said += piece
        except OSError:  # so a terminal ends
            pass

    @property
    def said(self) -> str:
        return self._said.decode("utf-8", "replace")

    def sees(self, words: str, times: int = 1) -> None:
        deadline = time.monotonic() + 60
        while self.said.count(words) < times:
            assert time.monotonic() < deadline, self.said[-2000:]
            assert self.process.poll() is None or self.said.count(words) >= times, self.said[-2000:]
            time.sleep(0.02)

    def types(self, key: str) -> None:
        os.write(self._terminal, key.encode())


def takes(folder: Path) -> list[dict]:
    told = CliRunner().invoke(main, ["takes", "--json", "--library", str(folder)])
    return json.loads(told.stdout)


def test_a_crew_rehearses_records_twice_and_stops(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    crew = Terminal(
        folder, "77", *TINY, "--tweet-text", "Why did you leave?", "--prompt-text", "السلام عليكم"
    )
    crew.sees("Why did you leave?")
    crew.sees("السلام عليكم")
    crew.sees("Rehearsal, nothing is recorded. Space begins, Q leaves.")
    crew.sees("No face found")  # in a test card
    assert takes(folder) == []
    crew.types(" ")
    crew.sees("2 …")
    crew.sees("Rolling: take 1.")
    crew.sees("0:01 recorded, 2:19 left")
    crew.types("r")
    crew.sees("Rolling: take 2.")
    crew.sees("0:01 recorded, 2:19 left", 2)
    crew.types("\n")
    crew.process.wait(60)
    assert crew.process.returncode == 0
    first, second = takes(folder)
    assert (first["number"], second["number"]) == (1, 2)
    assert first["original"]
    assert second["circled"]
    assert crew.said.count(" is safe: ") == 2


def test_who_leaves_the_rehearsal_recorded_nothing(tmp_path: Path) -> None:
    crew = Terminal(tmp_path / "library", "77", *TINY)
    crew.sees("Rehearsal, nothing")
    crew.types("q")
    crew.process.wait(60)
    assert crew.process.returncode == 3
    crew.sees("Nothing was recorded")
    assert takes(tmp_path / "library") == []


def test_with_now_the_camera_rolls_at_once_and_any_key_of_the_three_ends_it(tmp_path: Path) -> None:
    crew = Terminal(tmp_path / "library", "77", *TINY, "--now", "--no-preview")
    crew.sees("Rolling: take 1.")
    crew.types("q")
    crew.process.wait(60)
    assert crew.process.returncode == 0
    assert "Rehearsal" not in crew.said


def test_a_script_is_asked_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fieldkit", "record", "77", *TINY, "--seconds", "1", "--json"],
        env=os.environ | {"FIELDKIT_LIBRARY": str(tmp_path), "DISPLAY": "", "WAYLAND_DISPLAY": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"]["good"]
    assert "Rehearsal" not in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--prompt-text", "你好"), r"U+4F60) in the text to be read can't be drawn"),
        (("--prompt-text", "a" * 5000), "longer than anyone reads"),
        (("--read-out",), "nothing to read out"),
        (("--prompt", "/nowhere/text"), "can't be read as a text"),
    ],
)
def test_words_that_will_not_do_are_refused_before_the_camera_rolls(tmp_path, words, sentence) -> None:
    command = ["record", "77", *TINY, "--library", str(tmp_path / "library"), *words]
    done = subprocess.run(
        [sys.executable, "-m", "fieldkit", *command], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 3
    assert sentence in done.stderr
    assert takes(tmp_path / "library") == []
