"""From a probe and a profile to encoder arguments; pure, so that every shape of clip can be tried in a test."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Self

import ffmpeg

from fieldkit.errors import NeedsCrew, TooLong
from fieldkit.transcode import picture, sound, waveform
from fieldkit.transcode.effort import EFFORTS
from fieldkit.transcode.material import DEMUXERS, Probe
from fieldkit.transcode.picture import Shape
from fieldkit.transcode.profiles import Profile
from fieldkit.transcode.recipe import Recipe
from fieldkit.transcode.sound import Sound

# ffmpeg-python takes no name that is not UTF-8
_SOURCE, _PICTURES, _DESTINATION = "file:source", "file:pictures", "file:destination"
_GRACE = 0.5  # a recorder told to stop at 140 s is a few sound packets late: cut without asking
_MARGIN = 0.05  # of the longest clip, for the last sound packet
# Fixed, because the bytes depend on it and an encode that died must be repeatable. With a cap on the bitrate x264
# peeks at what its other thread has done so far, and two threads made 4 different files in 5 runs.
_THREADS, _CAPPED_THREADS = 2, 1

_SILENT = {  # nothing that could tell who, where or with what
    "dn": None,
    "sn": None,
    "map_metadata": -1,
    "map_metadata:s": -1,
    "map_chapters": -1,
    "metadata:s:v": "encoder=",
    "metadata:s:a": "encoder=",
    "empty_hdlr_name": 1,
    "fflags": "+bitexact",
    "flags:v": "+bitexact",
    "flags:a": "+bitexact",
    "bsf:v": "filter_units=remove_types=6",
    "f": "mp4",
}
# what is written may be on its way at once (growing.py); front.py moves the index
_QUIET = {**_SILENT, "flags:v": "+bitexact+cgop", "flush_packets": 1}


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be made."""

    probe: Probe
    recipe: Recipe
    shape: Shape
    seconds: float
    cut: bool  # whether the end of the source is left out
    sound: Sound | None = None  # what is done to it once it was heard; None leaves it as loud as it is
    tail: float = 0.0  # seconds of end card after the take

    @property
    def total(self) -> float:
        """Seconds of what will be made."""
        return self.seconds + self.tail

    def arguments(self, source: str, destination: str, script: str | None = None) -> list[str]:
        """ffmpeg's arguments. Both names as `file:/absolute/path`; `script` is the path of the words to burn in."""
        # fieldkit's death must end ffmpeg too, and only output that breaks does that (facts/capture.md 4.4; an
        # ffmpeg that merely loses its progress pipe goes on): so the source's packet list goes to our pipe
        media = ffmpeg.input(_SOURCE, protocol_whitelist="file", format_whitelist=DEMUXERS)
        limit = {"t": f"{self.seconds:.3f}"} if self.cut else {}
        pulse = ffmpeg.output(
            media[str(self.probe.leading)], "pipe:1", c="copy", f="framecrc", flush_packets=1, **limit
        )
        if self.tail:
            limit = {"t": f"{self.total:.3f}"}
        clip = ffmpeg.output(
            *self._streams(media, script), _DESTINATION, **self._drawn(), **self._heard(), **_QUIET, **limit
        )
        names = {_SOURCE: source, _DESTINATION: destination}
        return [names.get(word, word) for word in ffmpeg.merge_outputs(clip, pulse).get_args()]

    def pictures(self, destination: str, profile: Profile) -> list[str]:
        """ffmpeg's arguments for the picture alone, from a recording that grows and is fed to its `pipe:0`.

        They say nothing of how long it will be, so they are the same while it grows and once it is whole.
        """
        assert self.probe.video is not None
        media = ffmpeg.input("pipe:0", f="matroska", protocol_whitelist="pipe")
        stream = picture.filtered(media[str(self.probe.video.index)], self.probe.video, self.shape)
        limit = f"{profile.longest - _MARGIN:.3f}"
        words = ffmpeg.output(stream, _DESTINATION, t=limit, **self._drawn(), **_QUIET).get_args()
        return [destination if word == _DESTINATION else word for word in words]

    def joined(self, pictures: str, source: str, destination: str) -> list[str]:
        """ffmpeg's arguments to put encoded pictures and the source's sound together, as `arguments` would have."""
        media = ffmpeg.input(_SOURCE, protocol_whitelist="file", format_whitelist=DEMUXERS)
        drawn = ffmpeg.input(_PICTURES, protocol_whitelist="file", format_whitelist=DEMUXERS)
        limit = {"t": f"{self.seconds:.3f}"} if self.cut else {}
        pulse = ffmpeg.output(
            media[str(self.probe.leading)], "pipe:1", c="copy", f="framecrc", flush_packets=1, **limit
        )
        heard = self.probe.audio and sound.filtered(media[str(self.probe.audio.index)], self.sound)
        streams = [drawn["v:0"], *([heard] if heard else [])]
        clip = ffmpeg.output(*streams, _DESTINATION, **{"c:v": "copy"}, **self._heard(), **_QUIET, **limit)
        names = {_SOURCE: source, _PICTURES: pictures, _DESTINATION: destination}
        return [names.get(word, word) for word in ffmpeg.merge_outputs(clip, pulse).get_args()]

    def by(self, recipe: Recipe, profile: Profile) -> Self:
        """The same clip by another recipe."""
        if recipe == self.recipe:
            return self
        shape = _shape(self.probe, recipe.short_side, profile.long_side, recipe.fps)
        return replace(self, recipe=recipe, shape=shape)

    def _streams(self, media: Any, script: str | None) -> list[Any]:
        """The picture, if need be one of the sound, with the words on it, and the sound."""
        video, audio = self.probe.video, self.probe.audio
        heard = sound.filtered(media[str(audio.index)], self.sound) if audio else None
        if video is None:
            assert heard is not None
            both = heard.asplit()
            return [self._worded(waveform.drawn(both[0], self.shape), script), self._hushed(both[1])]
        seen = self._worded(picture.filtered(media[str(video.index)], video, self.shape), script)
        return [seen] if heard is None else [seen, self._hushed(heard)]

    def _worded(self, pictures: Any, script: str | None) -> Any:
        """The last picture stands under the end card, which the script draws as it does all other words."""
        if self.tail:
            pictures = pictures.filter("tpad", stop=-1, stop_mode="clone").filter(
                "trim", end=f"{self.total:.3f}"
            )
        return pictures.filter("ass", filename=script) if script is not None else pictures

    def _hushed(self, heard: Any) -> Any:
        """Silence under the end card, so that sound and picture end together."""
        if not self.tail:
            return heard
        return heard.filter("atrim", end=f"{self.seconds:.3f}").filter("apad", whole_dur=f"{self.total:.3f}")

    def _drawn(self) -> dict[str, Any]:
        cap, effort = self.recipe.video_cap, EFFORTS[self.recipe.effort]
        return {
            "c:v": "libx264",
            "preset": effort.preset,
            "profile:v": "high",
            "crf": f"{self.recipe.crf:g}",
            **({"maxrate": cap, "bufsize": 2 * cap} if cap else {}),
            "g": self.shape.gop,
            "fps_mode": "cfr",
            "r": picture.text(self.shape.fps),
            "threads": _CAPPED_THREADS if cap else _THREADS,
            "x264-params": effort.x264,
        }

    def _heard(self) -> dict[str, Any]:
        return {
            "c:a": "aac",
            "profile:a": "aac_low",
            "b:a": self.recipe.audio_rate,
            "ac": 1,
            "ar": 48000,
        }


def silenced(source: str, destination: str, probe: Probe) -> list[str]:
    """ffmpeg's arguments to copy picture and sound as they are into a file that tells nothing else."""
    media = ffmpeg.input(_SOURCE, protocol_whitelist="file", format_whitelist=DEMUXERS)
    streams = [media[str(stream.index)] for stream in (probe.video, probe.audio) if stream]
    words = ffmpeg.output(*streams, _DESTINATION, c="copy", movflags="+faststart", **_SILENT).get_args()
    names = {_SOURCE: source, _DESTINATION: destination}
    return [names.get(word, word) for word in words]


def metering(source: str, index: int, seconds: float, clean: Sound) -> list[str]:
    """ffmpeg's arguments to hear the stream of that index, cleaned; `sound.heard` reads what is told."""
    media = ffmpeg.input(_SOURCE, protocol_whitelist="file", format_whitelist=DEMUXERS)
    told = sound.metered(media[str(index)], clean)
    words = ffmpeg.output(told, "-", f="null", t=f"{seconds:.3f}").get_args()
    return [source if word == _SOURCE else word for word in words]


def plan(
    probe: Probe, profile: Profile, recipe: Recipe | None = None, *, trim: bool = False, tail: float = 0.0
) -> Plan:
    """The encode of a clip by that recipe, or by its profile's own; `tail` is the length of its end card.

    Raises TooLong, and NeedsCrew for a clip that is shorter than any reply may be.
    """
    if probe.seconds < profile.shortest:
        raise NeedsCrew(
            f"The clip lasts {probe.seconds:.2f} s and X takes none under {profile.shortest:g} s; "
            "choose or record a longer one."
        )
    if probe.video and (probe.video.dolby or "").endswith(".0"):
        raise NeedsCrew(
            f"The clip is Dolby Vision {probe.video.dolby}, whose colours only its own screens can show; film with HDR "
            "off, or export the clip as HLG or SDR and choose that."
        )
    longest = profile.longest - tail
    if tail and longest < probe.seconds <= profile.longest + _GRACE and not trim:
        raise TooLong(
            f"The clip lasts {_clock(probe.seconds)}, which with {tail:g} s of end card is more than the "
            f"{profile.longest:g} s that X takes; cut it, leave the card out, or use --trim to keep its beginning only."
        )
    if probe.seconds > profile.longest + _GRACE and not trim:
        raise TooLong(
            f"The clip lasts {_clock(probe.seconds)}, which is {_clock(probe.seconds - profile.longest)} more than "
            f"the {profile.longest:g} s that X takes; cut it, or use --trim to keep its beginning only."
        )
    cut = probe.seconds > longest - _MARGIN
    chosen = recipe or usual(probe, profile)
    return Plan(
        probe=probe,
        recipe=chosen,
        shape=_shape(probe, chosen.short_side, profile.long_side, chosen.fps),
        seconds=longest - _MARGIN if cut else probe.seconds,
        cut=cut,
        tail=tail,
    )


def usual(probe: Probe, profile: Profile) -> Recipe:
    """What the profile takes where nothing is known but the clip's size."""
    side = min(_shape(probe, profile.short_side, profile.long_side, profile.fps).frame)
    return Recipe(
        short_side=profile.short_side,
        fps=profile.fps,
        crf=next((crf for most, crf in profile.crf if side <= most), profile.crf[-1][1]),
        effort=profile.effort,
        audio_rate=profile.audio_rate,
        video_cap=profile.video_cap,
    )


def _shape(probe: Probe, short_side: int, long_side: int, fps: int) -> Shape:
    if probe.video is None:
        return waveform.shape(short_side, fps)
    return picture.shape(probe.video, short_side, long_side, fps)


def _clock(seconds: float) -> str:
    whole = ceil(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{seconds:.1f} s"
