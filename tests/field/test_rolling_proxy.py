"""A first look that is ready when the take ends, and nothing of the kind where it may not be."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.crew import AGREED, TWEET, Crew
from support.facts import AGREED as CONSENT
from support.facts import NONE

from fieldkit import recorder
from fieldkit.capture.desk import Desk
from fieldkit.cli.rolling import Slate
from fieldkit.config import Library, Settings
from fieldkit.kit import Kit
from fieldkit.model import Consent, ConsentState, Method, Original, Protection, Take, Trait, TweetId
from fieldkit.transcode.machine import cores

SMALL = ("--camera", "test:", "--size", "320x180", *AGREED)


def until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def crew_at(folder: Path) -> Crew:
    crew = Crew(folder, "http://127.0.0.1:9")
    crew.done("init", "--rolling-proxy", "on")
    return crew


def test_the_proxy_is_on_record_once_the_take_is_and_passes_the_check(tmp_path: Path) -> None:
    crew = crew_at(tmp_path / "laptop")
    crew.done("record", TWEET, "--seconds", "3.2", *SMALL)
    (take,) = crew.takes()
    assert take["verdict"]["good"]
    (proxy,) = take["renditions"]
    assert (proxy["profile"], proxy["width"], proxy["height"]) == ("proxy", 320, 180)
    assert proxy["passport"]["source"] == take["original"]["sha256"]
    crew.done("check", proxy["path"])
    assert list((crew.folder / "rolling").iterdir()) == []


def test_of_a_killed_recorder_nothing_early_is_left_and_the_render_makes_the_proxy(tmp_path: Path) -> None:
    crew = crew_at(tmp_path / "laptop")
    recording = crew.begins("record", TWEET, "--seconds", "60", *SMALL)
    early = lambda: [p for p in (crew.folder / "rolling").glob(".early-*.mp4") if p.stat().st_size]  # noqa: E731
    until(lambda: bool(early()))
    os.kill(recording.pid, signal.SIGKILL)
    recording.communicate()
    locks = list((crew.folder / "rolling").glob("*.lock"))
    assert len(locks) == 2

    def rendered() -> bool:  # the dead recorder's ffmpeg takes a moment to notice that it is alone
        crew.done("render")
        return bool(crew.takes()[0]["renditions"])

    until(rendered)
    (take,) = crew.takes()
    assert [made["profile"] for made in take["renditions"]] == ["proxy", "tweet"]
    assert take["recovered"]
    assert list((crew.folder / "rolling").iterdir()) == []


class Spy:
    """Stands where the recorder's early proxy would."""

    begun = 0

    def __init__(self, *_: object) -> None: ...

    def begin(self, _take: Take, _recording: Path) -> None:
        Spy.begun += 1

    def ended(self) -> None: ...
    def land(self, _original: Original) -> None: ...
    def close(self) -> None: ...


HIDDEN = Consent(ConsentState.AGREED, scope=CONSENT.scope, hidden=frozenset({Trait.FACE}))


@pytest.mark.parametrize(
    ("consent", "protection", "setting", "begins"),
    [
        (CONSENT, None, "on", 1),
        (CONSENT, None, "off", 0),
        (CONSENT, None, "auto", int(cores() > 2)),  # nothing was encoded here yet, so nothing is measured
        (NONE, None, "on", 0),
        (HIDDEN, None, "on", 0),
        (CONSENT, Protection(Method.COVER), "on", 0),
    ],
    ids=["on", "off", "auto", "no consent", "face hidden", "protected"],
)
def test_nothing_is_made_early_of_what_may_not_be_shown(
    consent: Consent,
    protection: Protection | None,
    setting: str,
    begins: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorder, "Early", Spy)
    monkeypatch.setattr(Spy, "begun", 0)
    kit = Kit(Library(tmp_path / "library"), Settings(camera="test:", rolling_proxy=setting))
    order = kit.recorder.order(TweetId(TWEET), consent, protection)
    slate = Slate(0.2, keys=False)
    kit.recorder.record(order, seconds=0.2, size=(160, 120), fps=15, desk=Desk(), crew=slate)
    assert Spy.begun == begins
