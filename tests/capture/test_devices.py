"""Device lists, from what ffmpeg prints on machines we do not have (transcripts/README.md says whose)."""

import errno
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.capture import devices
from fieldkit.capture.devices import Camera, Microphone, Mode, linux, macos, v4l2, windows
from fieldkit.transcode.ffmpeg import Ffmpeg

TRANSCRIPTS = Path(__file__).parent / "transcripts"
V4L2 = """\
[video4linux2,v4l2 @ 0x55f0c3e3f2c0] Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480 1280x720
[video4linux2,v4l2 @ 0x55f0c3e3f2c0] Compressed:       mjpeg :          Motion-JPEG : 640x480 1920x1080
[video4linux2,v4l2 @ 0x55f0c3e3f2c0] Raw       : Unsupported :           YUV 4:4:4 : 640x480 320x240 1280x720
[video4linux2,v4l2 @ 0x55f0c3e3f2c0] Raw       :        nv12 :           Y/UV 4:2:0 : {32-2592, 2}x{32-1944, 2}
[in#0 @ 0x55f0c3e3f000] Error opening input: Immediate exit requested
"""
OWN = "alsa_input.usb-046d_HD_Pro_Webcam_C920_A1B2C3-02.analog-stereo"
PULSE = f"""\
Auto-detected sources for pulse:
* {OWN} [HD Pro Webcam C920 Analog Stereo] (none)
  alsa_output.pci-0000_00_1f.3.analog-stereo.monitor [Monitor of Built-in Audio Analog Stereo] (none)
  alsa_input.pci-0000_00_1f.3.analog-stereo [Built-in Audio Analog Stereo] (none)
"""
DEVICES = """\
Devices:
 D. = Demuxing supported
 .E = Muxing supported
 ---
 DE alsa            ALSA audio output
 D  lavfi           Libavfilter virtual input device
 DE video4linux2,v4l2 Video4Linux2 output device
"""


def transcript(name: str) -> str:
    return (TRANSCRIPTS / name).read_text("utf-8")


def plugged(root: Path, port: str, *, product: str, serial: str, video: int, card: int | None = None) -> None:
    """A webcam in a tree like sysfs: the picture on interface 0, the metadata beside it, the sound on 2."""
    usb = root / f"sys/devices/pci0000:00/usb1/{port}"
    for number, index in ((video, 0), (video + 1, 1)):
        node = root / f"sys/class/video4linux/video{number}"
        interface = usb / f"{port}:1.0"
        interface.mkdir(parents=True, exist_ok=True)
        node.mkdir(parents=True)
        (node / "device").symlink_to(interface)
        (node / "name").write_text(f"{product}\n")
        (node / "index").write_text(f"{index}\n")
        (interface / "bInterfaceNumber").write_text("00\n")
    for name, text in (("idVendor", "046d"), ("idProduct", "082d"), ("product", product), ("serial", serial)):
        (usb / name).write_text(f"{text}\n")
    if card is not None:
        sound = usb / f"{port}:1.2"
        sound.mkdir()
        (root / f"sys/class/sound/card{card}").mkdir(parents=True)
        (root / f"sys/class/sound/card{card}/device").symlink_to(sound)


def answering(**answers: str):
    """An ffmpeg that says so at the last word of what it is asked."""
    return lambda words: answers.get(words[-1].rpartition("/")[2].lstrip("-"), "Not a video capture device")


def test_linux_modes() -> None:
    assert linux.v4l2(V4L2) == (
        Mode("yuyv422", (640, 480)),
        Mode("yuyv422", (1280, 720)),
        Mode("mjpeg", (640, 480)),
        Mode("mjpeg", (1920, 1080)),
        Mode("nv12", None),  # any size between two
    )


def test_the_modes_of_a_real_driver() -> None:
    modes = linux.v4l2(transcript("v4l2-vivid.txt"))
    assert {mode.size for mode in modes} == {
        (320, 180), (640, 360), (640, 480), (1280, 720), (1920, 1080), (3840, 2160)
    }  # fmt: skip
    assert {"yuyv422", "yuv420p", "nv12"} <= {mode.pixels for mode in modes}
    assert "Unsupported" not in {mode.pixels for mode in modes}


def test_a_monitor_is_not_a_microphone() -> None:
    assert [microphone.label for microphone in linux.pulse(PULSE)] == [
        "HD Pro Webcam C920 Analog Stereo",
        "Built-in Audio Analog Stereo",
    ]


def test_a_sound_card_is_named_by_its_own_word() -> None:
    found = linux.alsa(transcript("asound-cards-aloop.txt"), transcript("asound-pcm-aloop.txt"))
    assert found == (
        (0, Microphone("hw:CARD=Mic,DEV=0", "Loopback", "hw:CARD=Mic,DEV=0")),
        (0, Microphone("hw:CARD=Mic,DEV=1", "Loopback", "hw:CARD=Mic,DEV=1")),
    )


def test_linux_lists_the_nodes_that_send_pictures_and_their_own_microphone(tmp_path: Path) -> None:
    plugged(tmp_path, "1-2", product="HD Pro Webcam C920", serial="A1B2C3", video=0)
    found = devices.devices(answering(video0=V4L2, pulse=PULSE), "linux", tmp_path)
    assert [(c.name, c.label, c.id, c.microphone) for c in found.cameras] == [
        ("/dev/video0", "HD Pro Webcam C920", "usb:046d:082d:A1B2C3:00.0", OWN)
    ]


def test_the_id_stays_when_the_node_and_the_port_change(tmp_path: Path) -> None:
    plugged(tmp_path / "a", "1-2", product="C920", serial="A1B2C3", video=0)
    plugged(tmp_path / "b", "3-1", product="C920", serial="A1B2C3", video=4)
    before = devices.devices(answering(video0=V4L2), "linux", tmp_path / "a").cameras[0]
    after = devices.devices(answering(video4=V4L2), "linux", tmp_path / "b").cameras[0]
    assert (before.id, before.name) == (after.id, "/dev/video0")
    assert after.name == "/dev/video4"


def test_two_of_a_kind_without_serial_numbers_are_told_apart_by_port_and_share_no_microphone(
    tmp_path: Path,
) -> None:
    plugged(tmp_path, "1-2", product="PC CAMERA", serial="", video=0)
    plugged(tmp_path, "1-3", product="PC CAMERA", serial="", video=2)
    pulse = (
        "  alsa_input.usb-Generic_PC_CAMERA-02.mono [A]\n  alsa_input.usb-Generic_PC_CAMERA-02.2.mono [B]\n"
    )
    found = devices.devices(answering(video0=V4L2, video2=V4L2, pulse=pulse), "linux", tmp_path)
    assert [(c.id, c.microphone) for c in found.cameras] == [
        ("usb:046d:082d:port-1-2:00.0", None),
        ("usb:046d:082d:port-1-3:00.0", None),
    ]


def test_without_a_sound_server_the_card_on_the_same_plug_is_the_cameras(tmp_path: Path) -> None:
    plugged(tmp_path, "1-2", product="C920", serial="A1", video=0, card=1)
    proc = tmp_path / "proc/asound"
    proc.mkdir(parents=True)
    (proc / "cards").write_text(
        " 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n 1 [C920           ]: USB-Audio - C920\n"
    )
    (proc / "pcm").write_text(
        "00-00: ALC : ALC : playback 1 : capture 1\n01-00: USB Audio : USB Audio : capture 1\n"
    )
    answers = {"video0": V4L2, "devices": DEVICES}
    found = devices.devices(answering(**answers), "linux", tmp_path)
    assert [m.name for m in found.microphones] == ["hw:CARD=PCH,DEV=0", "hw:CARD=C920,DEV=0"]
    assert found.cameras[0].microphone == "hw:CARD=C920,DEV=0"
    deaf = devices.devices(answering(**answers | {"devices": ""}), "linux", tmp_path)
    assert deaf.microphones == ()  # this ffmpeg can't open what the kernel lists


def test_a_camera_that_is_not_on_usb_has_an_id(tmp_path: Path) -> None:
    node, at = tmp_path / "sys/class/video4linux/video0", tmp_path / "sys/devices/platform/vivid.0"
    node.mkdir(parents=True)
    at.mkdir(parents=True)
    (node / "device").symlink_to(at)
    (node / "name").write_text("vivid-000-vid-cap\n")
    found = devices.devices(answering(video0=transcript("v4l2-vivid.txt")), "linux", tmp_path)
    assert (found.cameras[0].label, found.cameras[0].id) == ("vivid-000-vid-cap", "vivid.0:0")


def test_windows() -> None:
    def listing(words):
        name = "dshow-devices-c920.txt" if "-list_devices" in words else "dshow-options.txt"
        return transcript(name)

    found = devices.devices(listing, "win32")
    assert [camera.name for camera in found.cameras] == ["Integrated Camera", "HD Pro Webcam C920"]
    integrated, c920 = found.cameras
    assert c920.id.startswith("@device_pnp_\\\\?\\usb#vid_046d&pid_082d")
    assert integrated.microphone is None
    assert [m.label for m in found.microphones if m.id == c920.microphone] == [
        "Microphone (HD Pro Webcam C920)"
    ]
    assert c920.modes == (
        Mode("mjpeg", (1280, 720), (15, 30)),
        Mode("yuyv422", (640, 480), (5, 30)),
        Mode("yuyv422", (1920, 1080), (5, 5)),
    )


def test_windows_with_an_older_ffmpeg() -> None:
    found = windows.dshow(transcript("dshow-devices-before-5.txt"))
    assert [camera.name for camera in found.cameras] == ["Integrated Webcam"]
    assert [microphone.name for microphone in found.microphones] == ["麦克风 (High Definition Audio 设备)"]
    assert found.microphones[0].id.startswith("@device_cm_")


def test_two_that_windows_calls_the_same_are_opened_by_their_other_name() -> None:
    twice = '[dshow @ 1] "Cam" (video)\n[dshow @ 1]   Alternative name "@a"\n'
    found = windows.dshow(twice + twice.replace("@a", "@b"))
    assert [(camera.name, camera.label) for camera in found.cameras] == [("@a", "Cam"), ("@b", "Cam")]


def test_macos_without_its_screens() -> None:
    def listing(words):
        name = "avfoundation-devices.txt" if "-list_devices" in words else "avfoundation-modes.txt"
        return transcript(name)

    found = devices.devices(listing, "darwin")
    assert [camera.name for camera in found.cameras] == ["CamTwist", "Built-in iSight", "CamTwist (2VUY)"]
    assert "Built-in Microphone" in [microphone.name for microphone in found.microphones]
    assert found.cameras[1].modes[1] == Mode(None, (1280, 720), (30.00003, 30.00003))


@pytest.mark.parametrize(
    ("camera", "microphone"),
    [
        ("MacBook Air Camera", "MacBook Air Microphone"),
        ("C920", "C920"),
        ("FaceTime HD Camera", None),
    ],
)
def test_macos_pairs_by_the_names_beginning(camera: str, microphone: str | None) -> None:
    heard = ("MacBook Air Microphone", "C920", "MacBook Pro Microphone")
    lines = [
        f"[AVF @ 1] AVFoundation video devices:\n[AVF @ 1] [0] {camera}\n[AVF @ 1] AVFoundation audio devices:"
    ]
    found = macos.avfoundation("\n".join(lines + [f"[AVF @ 1] [{n}] {name}" for n, name in enumerate(heard)]))
    assert found.cameras == (Camera(camera, camera, camera, (), microphone),)


def test_what_this_ffmpeg_lacks() -> None:
    assert devices.lacking(lambda _: DEVICES, "linux") == ("pulse",)
    assert devices.lacking(lambda _: DEVICES, "win32") == ("dshow",)


def test_a_machine_without_any_has_none(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    assert devices.devices(ffmpeg.listing, "linux", tmp_path / "none").cameras == ()


ALL = "".join(path.read_text("utf-8") for path in sorted(TRANSCRIPTS.glob("*.txt"))) + V4L2 + PULSE
CUT = st.tuples(st.integers(0, len(ALL)), st.integers(0, 400)).map(lambda at: ALL[at[0] : at[0] + at[1]])


@given(st.lists(st.one_of(CUT, st.text(max_size=40)), max_size=8).map("\n".join))
def test_whatever_is_printed_no_parser_raises(text: str) -> None:
    for parse in (
        linux.v4l2,
        linux.pulse,
        linux.ways,
        windows.dshow,
        windows.options,
        macos.avfoundation,
        macos.modes,
    ):
        parse(text)
    linux.alsa(text, text)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own question")
def test_linux_tells_the_rates_of_each_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {  # format, size → kind and intervals as struct v4l2_frmivalenum has them: 1 each for itself, 3 a range
        (b"MJPG", 1920): [(1, 1, 30), (1, 1, 15)],
        (b"YUYV", 1920): [(1, 1, 5)],
        (b"NV12", 640): [(3, 1, 1000, 1, 1, 0, 1)],
        (b"YUYV", 640): [(1, 0, 0)],
    }

    def kernel(_: int, question: int, asked: bytes) -> bytes:
        assert question == 0xC034564B
        index, code, width, height, *_ = struct.unpack("=13I", asked)
        answers = told.get((code.to_bytes(4, "little"), width), [])
        if index >= len(answers):
            raise OSError(errno.EINVAL, "there are no more")
        return struct.pack("=13I", index, code, width, height, *(*answers[index], *[0] * 9)[:9])

    monkeypatch.setattr(v4l2, "ioctl", kernel)
    node = tmp_path / "video0"
    node.touch()
    sizes = {
        ("mjpeg", 1920): (15.0, 30.0),
        ("yuyv422", 1920): (5.0, 5.0),
        ("nv12", 640): (1.0, 1000.0),
        ("yuyv422", 640): None,
        ("yuv420p", 640): None,
    }
    modes = [Mode(pixels, (width, width // 2)) for pixels, width in sizes]
    assert [mode.rates for mode in v4l2.rated(node, modes)] == list(sizes.values())
    assert v4l2.rated(tmp_path / "gone", modes) == tuple(modes)
