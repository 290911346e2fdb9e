"""Arguments of ffmpeg for looking before encoding and judging after it: cut a sample, try, compare; pure."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import ffmpeg

from fieldkit.transcode import picture
from fieldkit.transcode.effort import EFFORTS
from fieldkit.transcode.material import DEMUXERS, Video
from fieldkit.transcode.picture import Shape
from fieldkit.transcode.quality import Metric
from fieldkit.transcode.recipe import Recipe

_THREADS = 2
_MARK = "path:"


def cutting(
    source: str, destination: str, video: Video, shape: Shape, parts: Sequence[tuple[float, float]]
) -> list[str]:
    """Writes those parts of the source (start and length in seconds) one after another, lossless, in that shape."""
    cuts = [
        picture.filtered(
            _opened(source, ss=f"{start:.3f}", t=f"{length:.3f}")[str(video.index)], video, shape
        )
        for start, length in parts
    ]
    joined = ffmpeg.concat(*cuts) if len(cuts) > 1 else cuts[0]
    return _arguments(
        ffmpeg.output(
            joined,
            _hidden(destination),
            **{"c:v": "utvideo", "fps_mode": "cfr", "r": picture.text(shape.fps), "f": "nut"},
        )
    )


def looking(source: str, video: Video, start: float, seconds: float) -> list[str]:
    """Tells of each picture in that part of the source how it seems to be woven; `fields.combed` reads it."""
    part = _opened(source, ss=f"{start:.3f}", t=f"{seconds:.3f}")[str(video.index)]
    return _arguments(
        ffmpeg.output(part.filter("idet").filter("metadata", "print", file="pipe:1"), "-", f="null")
    )


def trying(sample: str, destination: str, shape: Shape, recipe: Recipe, joins: Sequence[float]) -> list[str]:
    """Encodes the sample as the clip would be; key frames where its parts were joined (in seconds)."""
    effort = EFFORTS[recipe.effort]
    every = _opened(sample)["v"].filter("fps", fps=picture.text(shape.fps), start_time=0)
    small = every.filter("scale", *shape.frame, flags="lanczos+accurate_rnd")
    encoder = {
        "c:v": "libx264",
        "preset": effort.preset,
        "profile:v": "high",
        "crf": f"{recipe.crf:g}",
        "g": shape.gop,
        "threads": _THREADS,
        "x264-params": effort.x264,
        "flags:v": "+cgop",
        "f": "mp4",
    }
    if joins:
        encoder["force_key_frames"] = ",".join(f"{at:.3f}" for at in joins)
    return _arguments(ffmpeg.output(small, _hidden(destination), **encoder))


def comparing(  # noqa: PLR0917
    made: str, fps: Fraction, reference: Any, shape: Shape, metric: Metric, log: str, every: int
) -> list[str]:
    """Compares a file with a reference stream in that shape, picture by picture, each `every`th of them.

    Pictures of a file with fewer `fps` are repeated.
    """
    large = _counted(_opened(made)["v"], fps).filter("fps", fps=picture.text(shape.fps))
    large = large.filter("scale", *shape.frame, flags="bicubic")
    options: dict[str, Any] = {metric.log: log, "shortest": 1}  # one may have an end card, the other a rest
    if metric.name == "vmaf":
        options |= {"log_fmt": "json", "n_threads": _THREADS, "n_subsample": every}
    compared = ffmpeg.filter(
        [_counted(large, shape.fps), _counted(reference, shape.fps)], metric.filter, **options
    )
    return _arguments(ffmpeg.output(compared, "pipe:1", f="framecrc", flush_packets=1))


def sample(path: str) -> Any:
    """A sample as a reference stream."""
    return _opened(path)["v"]


def original(source: str, video: Video, shape: Shape, script: str | None = None) -> Any:
    """The source as a reference stream, in that shape, with the words of a script on it."""
    plain = picture.filtered(_opened(source)[str(video.index)], video, shape)
    return plain if script is None else plain.filter("ass", filename=script)


def _counted(stream: Any, fps: Fraction) -> Any:
    """Pictures are paired by their number: time stamps of phones and Matroska pair the wrong ones (ab-av1 #311)."""
    return stream.filter("settb", f"{fps.denominator}/{fps.numerator}").filter("setpts", "N")


def _opened(path: str, **options: Any) -> Any:
    return ffmpeg.input(
        _hidden(path), protocol_whitelist="file", format_whitelist=f"{DEMUXERS},nut", **options
    )


def _hidden(path: str) -> str:
    """A name for a path, since ffmpeg-python takes none that is not UTF-8."""
    return _MARK + path.encode("utf-8", "surrogateescape").hex()


def _arguments(output: Any) -> list[str]:
    return [
        bytes.fromhex(word.removeprefix(_MARK)).decode("utf-8", "surrogateescape")
        if word.startswith(_MARK)
        else word
        for word in output.get_args()
    ]
