"""Device lists, from what ffmpeg prints on machines we do not have."""

from pathlib import Path

import pytest

from fieldkit.capture import devices
from fieldkit.capture.devices import Camera, Format, Microphone
from fieldkit.transcode.ffmpeg import Ffmpeg

V4L2 = """\
[video4linux2,v4l2 @ 0x55f0c3e3f2c0] Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480 320x240 1280x720
[video4linux2,v4l2 @ 0x55f0c3e3f2c0] Compressed:       mjpeg :          Motion-JPEG : 640x480 1280x720 1920x1080
[video4linux2,v4l2 @ 0x55f0c3e3f2c0] Raw       : Unsupported :           YUV 4:4:4 : 640x480 320x240 1280x720
[in#0 @ 0x55f0c3e3f000] Error opening input: Immediate exit requested
"""
PULSE = """\
Auto-detected sources for pulse:
* alsa_input.usb-046d_HD_Pro_Webcam_C920_A1B2C3-02.analog-stereo [HD Pro Webcam C920 Analog Stereo] (none)
  alsa_output.pci-0000_00_1f.3.analog-stereo.monitor [Monitor of Built-in Audio Analog Stereo] (none)
  alsa_input.pci-0000_00_1f.3.analog-stereo [Built-in Audio Analog Stereo] (none)
"""
DSHOW = """\
[dshow @ 000001f0a1b2c3d4] "HD Pro Webcam C920" (video)
[dshow @ 000001f0a1b2c3d4]   Alternative name "@device_pnp_\\\\?\\usb#vid_046d&pid_082d#7&1&0&0000"
[dshow @ 000001f0a1b2c3d4] "OBS Virtual Camera" (none)
[dshow @ 000001f0a1b2c3d4] "Microphone (HD Pro Webcam C920)" (audio)
[dshow @ 000001f0a1b2c3d4]   Alternative name "@device_cm_{33D9A762-90C8-11D0-BD43-00A0C911CE86}"
dummy: Immediate exit requested
"""
DSHOW_BEFORE_5 = """\
[dshow @ 0000021b] DirectShow video devices (some may be both video and audio devices)
[dshow @ 0000021b]  "Integrated Camera"
[dshow @ 0000021b]     Alternative name "@device_pnp_\\\\?\\usb#vid_5986"
[dshow @ 0000021b] DirectShow audio devices
[dshow @ 0000021b]  "Microphone (Realtek Audio)"
"""
AVFOUNDATION = """\
[AVFoundation indev @ 0x7fb4c1f04c80] AVFoundation video devices:
[AVFoundation indev @ 0x7fb4c1f04c80] [0] FaceTime HD Camera
[AVFoundation indev @ 0x7fb4c1f04c80] [1] Capture screen 0
[AVFoundation indev @ 0x7fb4c1f04c80] AVFoundation audio devices:
[AVFoundation indev @ 0x7fb4c1f04c80] [0] MacBook Air Microphone
: Input/output error
"""


def test_linux_formats() -> None:
    assert devices.v4l2_formats(V4L2) == (
        Format("yuyv422", ((640, 480), (320, 240), (1280, 720))),
        Format("mjpeg", ((640, 480), (1280, 720), (1920, 1080))),
    )


def test_a_monitor_is_not_a_microphone() -> None:
    assert [microphone.label for microphone in devices.pulse(PULSE)] == [
        "HD Pro Webcam C920 Analog Stereo",
        "Built-in Audio Analog Stereo",
    ]


def test_windows() -> None:
    found = devices.dshow(DSHOW)
    assert found.cameras == (Camera("HD Pro Webcam C920", "HD Pro Webcam C920"),)
    assert found.microphones == (
        Microphone("Microphone (HD Pro Webcam C920)", "Microphone (HD Pro Webcam C920)"),
    )


def test_windows_with_an_older_ffmpeg() -> None:
    found = devices.dshow(DSHOW_BEFORE_5)
    assert [camera.name for camera in found.cameras] == ["Integrated Camera"]
    assert [microphone.name for microphone in found.microphones] == ["Microphone (Realtek Audio)"]


def test_macos_without_its_screens() -> None:
    found = devices.avfoundation(AVFOUNDATION)
    assert [camera.name for camera in found.cameras] == ["FaceTime HD Camera"]
    assert [microphone.name for microphone in found.microphones] == ["MacBook Air Microphone"]


def test_linux_lists_the_nodes_that_send_pictures(tmp_path: Path) -> None:
    for node, label in (("video0", "C920"), ("video1", "C920"), ("video10", "Capture card")):
        (tmp_path / node).mkdir()
        (tmp_path / node / "name").write_text(label + "\n")
    asked: list[str] = []

    def listing(arguments: list[str]) -> str:
        asked.append(arguments[-1])
        return {"/dev/video0": V4L2, "/dev/video10": V4L2, "pulse": PULSE}.get(
            arguments[-1], "Not a video capture device"
        )

    found = devices.devices(listing, "linux", tmp_path)
    assert [(camera.name, camera.label) for camera in found.cameras] == [
        ("/dev/video0", "C920"),
        ("/dev/video10", "Capture card"),
    ]
    assert asked == ["/dev/video0", "/dev/video1", "/dev/video10", "pulse"]


def test_a_machine_without_any_has_none(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    assert devices.devices(ffmpeg.listing, "linux", tmp_path / "none").cameras == ()


@pytest.mark.parametrize(
    ("size", "pixels"),
    [
        ((640, 480), "yuyv422"),
        ((1280, 720), "mjpeg"),
        ((1920, 1080), "mjpeg"),
        ((3840, 2160), None),
        (None, "mjpeg"),
    ],
)
def test_large_pictures_travel_as_jpegs(size: tuple[int, int] | None, pixels: str | None) -> None:
    assert devices.pixels_for(Camera("/dev/video0", "C920", devices.v4l2_formats(V4L2)), size) == pixels
