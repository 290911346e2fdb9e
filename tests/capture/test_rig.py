"""How ffmpeg is told to film, on machines we do not have."""

from pathlib import Path

import av
import pytest

from fieldkit.capture.rig import Shot, arguments
from fieldkit.errors import NeedsCrew, NoDevice
from fieldkit.transcode.ffmpeg import Ffmpeg

OUT = Path("/library/rolling/take.mkv")


def told(shot: Shot, platform: str = "linux", **more: bool) -> str:
    return " ".join(arguments(shot, platform, OUT, **more))


def test_linux_puts_two_devices_on_one_clock() -> None:
    words = told(Shot("/dev/video0", "alsa_input.usb-cam", pixels="mjpeg"))
    assert "-f v4l2 -ts abs -input_format mjpeg -video_size 1280x720 -framerate 30 -i /dev/video0" in words
    assert "-isync 0 -thread_queue_size 1024 -f pulse -fragment_size 9600 -i alsa_input.usb-cam" in words
    assert "-map [film] -map 1:a:0" in words


def test_alsa_is_used_where_its_name_is_given() -> None:
    assert "-f alsa -i plughw:1,0" in told(Shot("/dev/video0", "hw:1,0"))
    assert "-f alsa -i default" in told(Shot("/dev/video0", "alsa:default"))


def test_windows_takes_both_from_one_input() -> None:
    words = arguments(Shot("HD Pro Webcam C920", "Microphone (HD Pro Webcam C920)"), "win32", OUT)
    assert words[words.index("-i") + 1] == "video=HD Pro Webcam C920:audio=Microphone (HD Pro Webcam C920)"
    assert words.count("-i") == 1
    assert "-isync" not in words


def test_macos_takes_both_from_one_input() -> None:
    words = arguments(Shot("FaceTime HD Camera", "MacBook Air Microphone"), "darwin", OUT)
    assert words[words.index("-i") + 1] == "FaceTime HD Camera:MacBook Air Microphone"
    assert (
        arguments(Shot("FaceTime HD Camera"), "darwin", OUT)[words.index("-i") + 1]
        == "FaceTime HD Camera:none"
    )


def test_a_network_camera_brings_its_own_sound_and_can_read_no_file_of_ours() -> None:
    words = told(Shot("rtsp://192.168.1.10/stream1"))
    assert "-rtsp_transport tcp -timeout 10000000" in words
    assert "-map 0:a:0?" in words
    assert "-protocol_whitelist tcp,udp,rtp" in words
    assert "file," not in words


def test_pictures_over_http_are_timed_as_they_arrive() -> None:
    assert "-use_wallclock_as_timestamps 1" in told(Shot("http://192.168.1.10:8080/video"))
    assert "-use_wallclock_as_timestamps" not in told(Shot("https://192.168.1.10/live.m3u8"))


def test_pictures_that_come_in_bursts_are_evened_out_and_no_others() -> None:
    assert "-enc_time_base" not in told(Shot("http://192.168.1.10:8080/video"))
    assert "-enc_time_base" not in told(Shot("rtsp://192.168.1.10/s", "alsa_input.usb-cam"))
    assert "-enc_time_base:v 1/1000" in told(Shot("rtsp://192.168.1.10/s"))
    assert "-enc_time_base:v 1/1000" in told(Shot("/dev/video0"))


@pytest.mark.parametrize("camera", ["test:", "/dev/video0", "rtsp://10.0.0.1/s"])
def test_what_is_written_survives_a_death(camera: str) -> None:
    words = told(Shot(camera, seconds=12.5))
    assert (
        "-f matroska -flush_packets 1 -cluster_time_limit 250 -t 12.5 file:/library/rolling/take.mkv" in words
    )
    assert "-preset ultrafast -crf 20 -pix_fmt yuv420p -g 30" in words
    assert "-map_metadata -1" in words


def test_pictures_keep_their_own_times(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    late = (0, 12, 25)  # ms after the beat, over and over
    uneven = "testsrc2=size=320x180:rate=30,settb=1/1000,setpts='PTS+not(mod(N-1,3))*12+not(mod(N-2,3))*25'"
    words = arguments(Shot("test:", seconds=1, size=(320, 180)), "linux", tmp_path / "take.mkv")
    words[words.index("testsrc2=size=320x180:rate=30")] = uneven
    ffmpeg.run(words)
    with av.open(str(tmp_path / "take.mkv")) as film:
        times = [float(picture.time) for picture in film.decode(video=0)]
    beats = [n / 30 + late[n % 3] / 1000 for n in range(len(times))]
    assert len(times) >= 29
    assert [at - times[0] for at in times] == pytest.approx(beats, abs=0.003)


@pytest.mark.parametrize("preview", [True, False])
def test_a_pipe_of_ours_always_leads_to_ffmpeg_through_a_queue_that_drops(preview: bool) -> None:
    words = told(Shot("test:"), preview=preview)
    muxer = "matroska" if preview else "framecrc"
    assert words.endswith(
        f"-c:v rawvideo -f fifo -fifo_format {muxer} -drop_pkts_on_overflow 1 -queue_size 32 pipe:1"
    )


def test_a_rehearsal_keeps_nothing_and_has_no_end() -> None:
    words = " ".join(arguments(Shot("/dev/video0", "pulse:mic", seconds=5), "linux", None, preview=True))
    assert "libx264" not in words
    assert "file:" not in words
    assert "-t 5" not in words
    assert "-map 1:a:0 -c:a pcm_s16le -ar 8000 -ac 1" in words


def test_a_camera_without_a_microphone_films_in_silence() -> None:
    assert "-map 1:a" not in told(Shot("/dev/video0"))


def test_an_unknown_platform_is_said() -> None:
    with pytest.raises(NoDevice, match="on plan9"):
        arguments(Shot("cam"), "plan9", OUT)


@pytest.mark.parametrize(
    "wrong",
    [{"seconds": 141}, {"seconds": 0}, {"size": (641, 480)}, {"size": (8, 8)}, {"fps": 0}, {"fps": 500}],
)
def test_a_shot_is_checked_at_birth(wrong: dict) -> None:
    with pytest.raises(NeedsCrew):
        Shot("test:", **wrong)


def test_a_camera_is_called_without_its_password() -> None:
    assert Shot("rtsp://crew:secret@10.0.0.1:554/s1?token=x").called == "rtsp://10.0.0.1:554/s1"
