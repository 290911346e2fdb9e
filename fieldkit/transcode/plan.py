"""From a probe and a profile to encoder arguments; pure, so that every shape of clip can be tried in a test."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

import ffmpeg

from fieldkit.errors import NeedsCrew, TooLong
from fieldkit.transcode.material import DEMUXERS, Probe, Video
from fieldkit.transcode.profiles import Profile

_SMALLEST = 32  # X's smallest side
_WIDEST = Fraction(239, 100)  # X's help page; the API's page says 3:1
_SLOWEST = 10  # pictures/s
_LARGEST_GOP = 512  # X refuses more ("Video GOP is too large")
_GRACE = 0.5  # a recorder told to stop at 140 s is a few sound packets late: cut without asking
_MARGIN = 0.05  # of the longest clip, for the last sound packet
# Fixed, because the bytes depend on it and an encode that died must be repeatable. With a cap on the bitrate x264
# peeks at what its other thread has done so far, and two threads made 4 different files in 5 runs.
_THREADS, _CAPPED_THREADS = 2, 1
_WIDE_GAMUT = {"bt2020", "smpte431", "smpte432"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be made. `fps` is constant; `padding` is the black frame around the picture."""

    probe: Probe
    profile: Profile
    picture: tuple[int, int]
    frame: tuple[int, int]
    fps: Fraction
    crf: float
    seconds: float
    cut: bool  # whether the end of the source is left out

    @property
    def gop(self) -> int:
        """Pictures between key frames: ten seconds, within what X takes."""
        return min(_LARGEST_GOP, round(10 * self.fps))

    def arguments(self, source: str, destination: str) -> list[str]:
        """ffmpeg's arguments. Both names as `file:/absolute/path`."""
        # fieldkit's death must end ffmpeg too, and only output that breaks does that (facts/capture.md 4.4; an
        # ffmpeg that merely loses its progress pipe goes on): so the source's packet list goes to our pipe
        media = ffmpeg.input(source, protocol_whitelist="file", format_whitelist=DEMUXERS)
        limit = {"t": f"{self.seconds:.3f}"} if self.cut else {}
        pulse = ffmpeg.output(
            media[str(self.probe.video.index)], "pipe:1", c="copy", f="framecrc", flush_packets=1, **limit
        )
        streams = [self._video(media)]
        if self.probe.audio is not None:
            streams.append(self._audio(media, self.probe.audio.index))
        clip = ffmpeg.output(*streams, destination, **self._encoder(), **limit)
        return list(ffmpeg.merge_outputs(clip, pulse).get_args())

    def _video(self, media: Any) -> Any:
        video = self.probe.video
        stream = media[str(video.index)]
        if video.interlaced:
            stream = stream.filter("bwdif", mode="send_frame", deint="interlaced")
        # before scaling, so that pictures that are dropped cost nothing
        stream = stream.filter("fps", fps=_text(self.fps), start_time=0)
        stream = _colours(stream.filter("scale", *self.picture, **_scaling(video)), video)
        stream = stream.filter("setsar", 1)
        if self.frame != self.picture:
            stream = stream.filter("pad", *self.frame, "(ow-iw)/2", "(oh-ih)/2")
        return stream.filter("format", "yuv420p").filter(
            "setparams", range="tv", color_primaries="bt709", color_trc="bt709", colorspace="bt709"
        )

    def _audio(self, media: Any, index: int) -> Any:
        # holes are filled with silence and a late start too, so that the sound stays with the lips
        return media[str(index)].filter("aresample", 48000, **{"async": 1, "first_pts": 0})

    def _encoder(self) -> dict[str, Any]:
        cap = self.profile.video_cap
        return {
            "c:v": "libx264",
            "preset": self.profile.preset,
            "profile:v": "high",
            "crf": f"{self.crf:g}",
            **({"maxrate": cap, "bufsize": 2 * cap} if cap else {}),
            "g": self.gop,
            "fps_mode": "cfr",
            "r": _text(self.fps),
            "threads": _CAPPED_THREADS if cap else _THREADS,
            # sync-lookahead=0: without it the same command makes different bytes from run to run
            "x264-params": "aq-mode=3:aq-strength=0.8:psy-rd=0.5,0.0:sync-lookahead=0",
            "c:a": "aac",
            "profile:a": "aac_low",
            "b:a": self.profile.audio_rate,
            "ac": 1,
            "ar": 48000,
            # nothing that could tell who, where or with what
            "dn": None,
            "sn": None,
            "map_metadata": -1,
            "map_metadata:s": -1,
            "map_chapters": -1,
            "metadata:s:v": "encoder=",
            "metadata:s:a": "encoder=",
            "empty_hdlr_name": 1,
            "fflags": "+bitexact",
            "flags:v": "+bitexact+cgop",
            "flags:a": "+bitexact",
            "bsf:v": "filter_units=remove_types=6",
            "movflags": "+faststart",
            "f": "mp4",
        }


def plan(probe: Probe, profile: Profile, trim: bool = False) -> Plan:  # noqa: FBT001, FBT002
    """Raises TooLong, and NeedsCrew for a clip that is shorter than any reply may be."""
    if probe.seconds < profile.shortest:
        raise NeedsCrew(
            f"The clip lasts {probe.seconds:.2f} s and X takes none under {profile.shortest:g} s; "
            "choose or record a longer one."
        )
    if probe.seconds > profile.longest + _GRACE and not trim:
        raise TooLong(
            f"The clip lasts {_clock(probe.seconds)}, which is {_clock(probe.seconds - profile.longest)} more than "
            f"the {profile.longest:g} s that X takes; cut it, or use --trim to keep its beginning only."
        )
    cut = probe.seconds > profile.longest - _MARGIN
    picture = _fit(probe.video, profile)
    frame = _frame(picture)
    return Plan(
        probe=probe,
        profile=profile,
        picture=picture,
        frame=frame,
        fps=_rate(probe.video.fps, profile.fps),
        crf=next((crf for side, crf in profile.crf if min(frame) <= side), profile.crf[-1][1]),
        seconds=profile.longest - _MARGIN if cut else probe.seconds,
        cut=cut,
    )


def _fit(video: Video, profile: Profile) -> tuple[int, int]:
    """The picture's size: even, square pixels, within the profile, never enlarged."""
    short, long = sorted((video.width, video.height))
    factor = min(Fraction(profile.short_side, short), Fraction(profile.long_side, long), Fraction(1))
    return _even(video.width * factor), _even(video.height * factor)


def _frame(picture: tuple[int, int]) -> tuple[int, int]:
    """Room for the picture in a shape that X takes: slivers get black bars."""
    width, height = (max(side, _SMALLEST) for side in picture)
    return max(width, _even_up(height / _WIDEST)), max(height, _even_up(width / _WIDEST))


def _even(side: Fraction) -> int:
    return max(2, floor(side / 2) * 2)


def _even_up(side: Fraction) -> int:
    return ceil(side / 2) * 2


def _rate(fps: Fraction, most: int) -> Fraction:
    """A whole part of the source's rate, so that no motion judders; 30.3 of a webcam counts as 30."""
    parts = ceil(fps / (most * Fraction(51, 50)))
    return max(min(fps / parts, Fraction(most)), Fraction(_SLOWEST)).limit_denominator(1001)


def _scaling(video: Video) -> dict[str, Any]:
    options: dict[str, Any] = {"flags": "lanczos+accurate_rnd"}
    if not _by_zimg(video):
        options |= {
            "in_color_matrix": _matrix(video),
            "out_color_matrix": "bt709",
            "in_range": "full" if video.full_range else "limited",
            "out_range": "limited",
        }
    return options


def _colours(stream: Any, video: Video) -> Any:
    """To BT.709 after scaling, which costs a third less than before it."""
    if video.hdr:
        return (
            stream.filter("zscale", t="linear", npl=203, **_told(video))
            .filter("format", "gbrpf32le")
            .filter("zscale", p="bt709")
            .filter("tonemap", "mobius", desat=0)
            .filter("zscale", t="bt709", m="bt709", r="limited")
        )
    if _by_zimg(video):
        return stream.filter("zscale", p="bt709", t="bt709", m="bt709", r="limited", **_told(video))
    return stream


def _by_zimg(video: Video) -> bool:
    """Brightness curves and primaries are beyond the ordinary scaler."""
    return video.hdr or video.primaries in _WIDE_GAMUT


def _told(video: Video) -> dict[str, Any]:
    """The source's colours said aloud, where the file leaves one out."""
    return {
        "pin": {"bt470bg": "bt470bg"}.get(video.primaries or "", video.primaries) or "bt2020",
        "tin": video.transfer if video.transfer in ("smpte2084", "arib-std-b67", "smpte170m") else "bt709",
        "min": {"bt2020nc": "2020_ncl", "smpte170m": "170m", "bt470bg": "470bg"}.get(_matrix(video), "709"),
        "rin": "full" if video.full_range else "limited",
    }


def _matrix(video: Video) -> str:
    """What the file tells, or what its size stands for: SD is BT.601, HD is BT.709."""
    told = {"bt2020nc": "bt2020"}.get(video.matrix or "", video.matrix)
    if video.hdr:
        return "bt2020nc"
    return told or ("bt709" if max(video.coded) >= 1280 or min(video.coded) > 576 else "smpte170m")


def _text(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"


def _clock(seconds: float) -> str:
    whole = ceil(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{seconds:.1f} s"
