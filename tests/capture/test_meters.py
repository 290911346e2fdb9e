"""What ffmpeg's meters say, from lines that ffmpeg 9.0 and 5.1 wrote."""

import pytest

from fieldkit.capture.meters import Heard, heard


@pytest.mark.parametrize(
    ("line", "means"),
    [
        (
            "[Parsed_ametadata_2 @ 0x7f7a9c002a80] [info] lavfi.astats.Overall.RMS_level=-21.073778",
            Heard(level=-21.073778),
        ),
        (
            "[Parsed_ametadata_2 @ 0x7f7a9c002a80] [info] lavfi.astats.Overall.Peak_level=-18.063656",
            Heard(peak=-18.063656),
        ),
        (
            "[Parsed_ametadata_2 @ 0x5] [info] lavfi.astats.Overall.RMS_level=-inf",
            Heard(level=float("-inf")),
        ),
        ("[Parsed_ametadata_2 @ 0x5] [info] frame:1    pts:4800    pts_time:0.1", Heard()),
        ("[Parsed_ametadata_2 @ 0x5] [info] lavfi.astats.Overall.RMS_level=soup", Heard()),
        (
            "[Parsed_metadata_2 @ 0x7ffabc002a00] [info] lavfi.black_start=0",
            Heard(note="The picture is black; is the lens covered?"),
        ),
        (
            "[Parsed_freezedetect_1 @ 0x7ffabc002580] [info] lavfi.freezedetect.freeze_start: 0",
            Heard(note="The picture does not move any more; is the camera still plugged in?"),
        ),
        (
            "[video4linux2,v4l2 @ 0x5] [info] The V4L2 driver changed the video from 1280x720 to 640x480",
            Heard(note="The camera films 640x480 instead of 1280x720.", kept=True),
        ),
        (
            "[video4linux2,v4l2 @ 0x5] [info] The driver changed the time per frame from 1/30 to 1/15",
            Heard(note="The camera films 15 pictures a second instead of 30.", kept=True),
        ),
    ],
)
def test_a_line_of_a_meter_is_understood(line: str, means: Heard) -> None:
    assert heard(line) == means


@pytest.mark.parametrize(
    "line",
    [
        "[in#0 @ 0x1] [error] /dev/video0: Device or resource busy",
        "[info] Input #0, lavfi, from 'color=black':",
        "",
    ],
)
def test_other_lines_are_left_to_tell_why_a_recording_failed(line: str) -> None:
    assert heard(line) is None
