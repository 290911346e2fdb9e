"""The sound stays with the lips: a flash and a beep at the same instant come out at the same instant."""

from array import array
from pathlib import Path

import pytest
from support.footage import make

from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.render import render

AT = 1.0  # seconds
FLASH = (
    f"color=black:size=128x96:rate=30:duration=3,drawbox=c=white:t=fill:enable='between(t,{AT},{AT + 0.3})'"
)
BEEP = f"aevalsrc='if(between(t,{AT},{AT + 0.3}),0.8*sin(2*PI*1000*t),0)':s=48000:d=3"


def offset(clip: Path, ffmpeg: Ffmpeg, folder: Path) -> float:
    """Seconds by which the sound is late."""
    light, sound = folder / "light.raw", folder / "sound.raw"
    ffmpeg.run(["-y", "-i", str(clip), "-vf", "fps=100,scale=1:1,format=gray", "-f", "rawvideo", str(light)])
    ffmpeg.run(["-y", "-i", str(clip), "-ar", "48000", "-ac", "1", "-f", "s16le", str(sound)])
    flash = next(n for n, level in enumerate(light.read_bytes()) if level > 128) / 100
    beep = next(n for n, level in enumerate(array("h", sound.read_bytes())) if abs(level) > 3000) / 48000
    return beep - flash


@pytest.mark.parametrize("profile", ["tweet", "proxy"])
@pytest.mark.parametrize(
    ("video", "audio"), [(0.0, 0.0), (0.4, 0.0), (0.0, 0.4)], ids=["together", "picture late", "sound late"]
)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_sound_and_picture_stay_together(
    suffix: str, video: float, audio: float, profile: str, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    source = make(
        tmp_path / f"clap{suffix}",
        *("-f", "lavfi", "-i", FLASH, "-f", "lavfi", "-i", BEEP),
        *(
            "-filter_complex",
            f"[0]trim=start={video}[v];[1]atrim=start={audio}[a]",
            "-map",
            "[v]",
            "-map",
            "[a]",
        ),
        *("-fps_mode", "passthrough", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-c:a", "aac"),
    )
    made = render(source, profile, tmp_path, "made.mp4", ffmpeg)
    assert abs(offset(made.path, ffmpeg, tmp_path)) <= (0.045 if profile == "tweet" else 0.08)
    assert made.seconds == pytest.approx(3, abs=0.1)
