"""The doctor's two seconds, in words; real ones; and what a library remembers of its gear."""

from pathlib import Path

import pytest

from fieldkit.capture.devices import Camera, Devices, Microphone
from fieldkit.capture.trial import trial
from fieldkit.config import Library, Settings
from fieldkit.errors import NoDevice
from fieldkit.gear import Gear

LOUD = "[Parsed_volumedetect_0 @ 0x1] mean_volume: -23.4 dB"


@pytest.mark.parametrize(
    ("heard", "wrong"),
    [
        (LOUD, ()),
        (LOUD.replace("-23.4", "-91.0"), ("silent",)),
        ("", ("no sound",)),
        (f"{LOUD}\n[blackdetect @ 0x1] black_start:0 black_end:2 black_duration:2", ("black",)),
        (f"{LOUD}\n[freezedetect @ 0x1] lavfi.freezedetect.freeze_start: 0", ("does not move",)),
        ("black_start:0\nfreeze_start: 0\nmean_volume: -60.0 dB", ("black", "silent")),
    ],
)
def test_what_is_wrong_is_said_in_words(heard: str, wrong: tuple[str, ...]) -> None:
    found = trial("C920", "mjpeg", (1280, 720, 29.97), heard, ())
    assert len(found.wrong) == len(wrong)
    assert all(word in sentence for word, sentence in zip(wrong, found.wrong, strict=True))


def test_two_real_seconds_are_told_and_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    library = Library(tmp_path / "library")
    found = Gear(library, Settings(camera="test:")).trial()
    assert found.wrong == ()
    assert found.got.startswith("test:, 1280x720, 30 pictures/s, sound at -2")
    assert list(scratch.iterdir()) == []
    assert not library.root.exists()


CAMERA = Camera("/dev/video0", "C920", "usb:046d:082d:A1:00.0", (), "own")
HEADSET = Microphone("headset", "Headset", "headset")


def here(monkeypatch: pytest.MonkeyPatch, *found: Camera | Microphone) -> None:
    cameras = tuple(each for each in found if isinstance(each, Camera))
    microphones = tuple(each for each in found if isinstance(each, Microphone))
    monkeypatch.setattr("fieldkit.gear.devices", lambda *_: Devices(cameras, microphones))


def test_a_choice_is_remembered_by_id_and_beside_the_other_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(tmp_path)
    Settings(operator="asha").write(library)
    here(monkeypatch, CAMERA, HEADSET)
    Gear(library, Settings(token="typed-for-once")).remember("/dev/video0", "headset")
    stored = Settings.read(library, {}, {})
    assert (stored.operator, stored.token) == ("asha", None)
    assert (stored.camera, stored.microphone) == ("C920 <usb:046d:082d:A1:00.0>", "Headset <headset>")
    Gear(library, stored).remember(CAMERA.id, None)
    assert Settings.read(library, {}, {}).microphone is None  # from now on the camera's own


def test_what_is_not_there_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here(monkeypatch, CAMERA)
    with pytest.raises(NoDevice, match="headset is not there"):
        Gear(Library(tmp_path), Settings()).remember("/dev/video0", "headset")
    assert not Library(tmp_path).settings.exists()


def test_a_remembered_camera_that_is_gone_is_not_replaced_by_the_one_that_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here(monkeypatch, CAMERA)
    gone = Settings(camera="Sony ZV <usb:054c:0001:B2:00.0>")
    with pytest.raises(NoDevice, match=r"Sony ZV is not there \(here is C920"):
        Gear(Library(tmp_path), gone).trial()
