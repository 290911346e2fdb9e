"""What reads a text aloud: whatever the system has, never through a shell, and silent once told."""

import time
from pathlib import Path

import pytest

from fieldkit.capture import voice
from fieldkit.capture.voice import Voice, command
from fieldkit.errors import NeedsCrew


def has(*names: str):
    return lambda name: f"/usr/bin/{name}" if name in names else None


@pytest.mark.parametrize(
    ("platform", "there", "language", "words"),
    [
        ("linux", ("espeak-ng", "spd-say"), "ar-SY", ["/usr/bin/espeak-ng", "-v", "ar", "--stdin"]),
        ("linux", ("spd-say",), "sw", ["/usr/bin/spd-say", "-l", "sw", "--wait", "--pipe-mode"]),
        ("linux", ("espeak-ng",), None, ["/usr/bin/espeak-ng", "--stdin"]),
        ("linux", (), "ar", None),
        ("darwin", ("say",), "ar", ["/usr/bin/say", "-f", "-"]),
    ],
)
def test_the_voice_that_is_there_is_used(platform, there, language, words) -> None:
    assert command(platform, language, has(*there)) == words


def test_windows_reads_what_comes_on_stdin() -> None:
    words = command("win32", "ar", has("powershell"))
    assert words is not None
    assert "In.ReadToEnd" in words[-1]


@pytest.fixture
def speaker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A voice that writes down what it is given and then goes on for a long time."""
    heard = tmp_path / "heard"
    words = ["sh", "-c", f'cat > "{heard}"; exec sleep 60']
    monkeypatch.setattr(voice, "command", lambda *_: words)
    return heard


def test_a_text_is_read_as_it_is_and_hushed_at_once(speaker: Path) -> None:
    text = "$(rm -rf /); 'ሰላም' -- \"السلام\""
    reading = Voice(text, "ti")
    deadline = time.monotonic() + 10
    while not speaker.exists() or speaker.read_text("utf-8") != text:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    reading.hush()
    assert reading._process.returncode is not None


def test_a_system_without_a_voice_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "command", lambda *_: None)
    with pytest.raises(NeedsCrew, match="has no voice"):
        Voice("hello", None)
