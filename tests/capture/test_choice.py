"""Which camera, microphone and mode are taken: nothing is guessed, and nothing falls back in silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.capture.devices import Camera, Devices, Microphone, Mode, choice
from fieldkit.config import Settings
from fieldkit.errors import NoDevice

C920 = Camera("/dev/video0", "HD Pro Webcam C920", "usb:046d:082d:A1:00.0", (), "usb-mic")
OTHER = Camera("/dev/video2", "Integrated Camera", "usb:30c9:0014:port-1-4:00.0")
OWN = Microphone("usb-mic", "C920 Analog Stereo", "usb-mic")
BUILT_IN = Microphone("pci-mic", "Built-in Audio", "pci-mic")
HEADSET = Microphone("headset", "Headset", "headset")
ALL = Devices((C920, OTHER), (OWN, BUILT_IN, HEADSET))


@pytest.mark.parametrize("wanted", [C920.name, C920.id, choice.remembered(C920)])
def test_a_camera_is_meant_by_its_name_its_id_or_as_it_is_remembered(wanted: str) -> None:
    assert choice.camera(ALL, wanted) == C920


def test_the_only_camera_need_not_be_named() -> None:
    assert choice.camera(Devices((OTHER,)), None) == OTHER
    with pytest.raises(NoDevice, match=r"Several cameras are here: HD Pro Webcam C920 .*Integrated Camera"):
        choice.camera(ALL, None)
    with pytest.raises(NoDevice, match="No camera is here"):
        choice.camera(Devices(), None)


def test_a_remembered_camera_that_is_missing_is_an_error_that_names_it_and_what_is_there() -> None:
    with pytest.raises(NoDevice, match=r"camera HD Pro Webcam C920 is not there \(here is Integrated Camera"):
        choice.camera(Devices((OTHER,)), choice.remembered(C920))


def test_it_is_found_at_the_node_where_it_is_now() -> None:
    moved = Camera("/dev/video7", C920.label, C920.id)
    assert choice.camera(Devices((OTHER, moved)), choice.remembered(C920)).name == "/dev/video7"


def test_two_that_tell_the_same_id_are_not_guessed_between() -> None:
    twin = Camera("/dev/video7", C920.label, C920.id)
    with pytest.raises(NoDevice, match="Several cameras answer"):
        choice.camera(Devices((C920, twin)), choice.remembered(C920))


@given(st.text(max_size=300))
def test_what_is_remembered_is_a_setting_and_finds_its_device_again(label: str) -> None:
    device = Camera("/dev/video0", label, C920.id)
    kept = Settings(camera=choice.remembered(device)).camera
    assert choice.camera(Devices((device,)), kept) == device


@pytest.mark.parametrize(
    ("here", "camera", "wanted", "taken", "said"),
    [
        (ALL.microphones, C920, None, "usb-mic", "the camera's own"),
        ((BUILT_IN,), OTHER, None, "pci-mic", "the only one here"),
        ((BUILT_IN,), C920, None, "pci-mic", "the only one here"),  # its own is not plugged in
        ((), C920, None, None, "No microphone is here"),
        (ALL.microphones, C920, "none", None, "as asked"),
        (ALL.microphones, C920, "headset", "headset", "Headset"),
        (ALL.microphones, C920, "Headset <headset>", "headset", "Headset"),
        (ALL.microphones, C920, "hw:1,0", "hw:1,0", "hw:1,0"),
    ],
)
def test_the_microphone_is_said(
    here: tuple[Microphone, ...], camera: Camera, wanted: str | None, taken: str | None, said: str
) -> None:
    sound = choice.sound(Devices((camera,), here), camera, wanted)
    assert sound.microphone == taken
    assert said in sound.sentence


def test_of_several_microphones_none_is_guessed() -> None:
    with pytest.raises(
        NoDevice, match=r"Built-in Audio \(pci-mic\), Headset \(headset\); name one with --mic"
    ):
        choice.sound(Devices((OTHER,), (BUILT_IN, HEADSET)), OTHER, None)


def test_a_remembered_microphone_that_is_missing_is_never_replaced() -> None:
    with pytest.raises(NoDevice, match="microphone Headset is not there"):
        choice.sound(Devices((C920,), (OWN,)), C920, choice.remembered(HEADSET))


HD, FULL, VGA = (1280, 720), (1920, 1080), (640, 480)
RAW = tuple(Mode("yuyv422", size) for size in (VGA, HD, FULL))
JPEG = tuple(Mode("mjpeg", size) for size in (VGA, HD, FULL))
H264 = (Mode("h264", HD),)


@pytest.mark.parametrize(
    ("modes", "size", "pixels", "taken", "told"),
    [
        (RAW + JPEG + H264, HD, "mjpeg", HD, False),
        (RAW + H264, HD, "h264", HD, False),
        (RAW, HD, "yuyv422", HD, False),
        (RAW + JPEG, VGA, "yuyv422", VGA, False),
        ((Mode("nv12", HD),), HD, "nv12", HD, False),
        (RAW + JPEG, (1600, 900), "mjpeg", HD, True),
        (RAW + JPEG, (320, 240), "yuyv422", VGA, True),  # nothing is smaller
        ((Mode("nv12", None),), (1600, 900), "nv12", (1600, 900), False),
        ((), HD, None, HD, False),
        # a raw mode that reaches the rate goes before a compressed one that does not
        ((Mode("mjpeg", HD, (5, 15)), Mode("yuyv422", HD, (5, 30))), HD, "yuyv422", HD, False),
    ],
)
def test_the_mode_by_what_the_camera_offers(
    modes: tuple[Mode, ...], size: tuple[int, int], pixels: str | None, taken: tuple[int, int], told: bool
) -> None:
    asked = choice.asked(Camera("/dev/video0", "C920", "c", modes), size, 30)
    assert (asked.pixels, asked.size, asked.fps) == (pixels, taken, 30)
    assert (asked.sentence is not None) == told


@pytest.mark.parametrize(
    ("rates", "fps"),
    [
        ((1, 30), 30),
        ((30.00003, 30.00003), 30),
        ((5, 15), 15),
        ((14.999993, 14.999993), 15),
        ((29.97, 29.97), None),
    ],
)
def test_the_rate_by_what_the_camera_offers(rates: tuple[float, float], fps: int | None) -> None:
    asked = choice.asked(Camera("cam", "Cam", "c", (Mode(None, HD, rates),)), HD, 30)
    assert asked.fps == fps
    assert (asked.sentence is None) == (fps == 30)


SIZES = st.tuples(st.integers(1, 2000).map(lambda n: 2 * n), st.integers(1, 2000).map(lambda n: 2 * n))


@given(st.lists(SIZES, min_size=1, max_size=8), SIZES)
def test_the_size_is_one_that_is_offered_and_the_nearest_below(sizes: list[tuple[int, int]], size) -> None:
    taken = choice.asked(Camera("c", "C", "c", tuple(Mode("mjpeg", s) for s in sizes)), size, 30).size
    below = [s for s in sizes if s[0] <= size[0] and s[1] <= size[1]]
    assert taken in (below or sizes)
    assert all(s[0] * s[1] <= taken[0] * taken[1] for s in below)
