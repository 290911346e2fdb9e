"""How ffmpeg is told to film: from a shot to its arguments. Pure; facts/capture.md 4.3 to 4.5 say why each flag."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from fieldkit.errors import NeedsCrew, NoDevice

TEST = "test:"
LONGEST = 140.0  # seconds, X's limit
_LEAST = 0.1  # seconds; 0 would be for ever
PREVIEW = (320, 180)  # pixels, yuv420p
SOUND = 8000  # samples/s beside it
_NETWORK = ("rtsp", "rtsps", "http", "https")
_FILMED = (".m3u8", ".mp4", ".ts", ".mkv", ".webm")  # they carry times of their own; MJPEG over HTTP has none
# a level ten times a second; freezedetect's own -60 dB takes a live sensor's hiss for nothing, once scaled down
_METER = (
    "asetnsamples=4800:p=0,astats=metadata=1:reset=1:measure_perchannel=none:measure_overall=RMS_level+Peak_level,"
    "ametadata=mode=print"
)
_HEAD = {
    False: "[0:v:0]split=2[film][look];[look]",
    True: "[0:v:0]",
}  # whether nothing but the look is filtered
_DETECT = "blackdetect=d=1,freezedetect=n=-70dB:d=2,metadata=mode=print:key=lavfi.black_start"
_COLOURS = "scale=out_range=tv:out_color_matrix=bt601,format=yuv420p"  # what cv2 takes for granted
_FIFO = ["-f", "fifo", "-fifo_format", "{}", "-drop_pkts_on_overflow", "1", "-queue_size", "32"]


@dataclass(frozen=True, slots=True)
class Shot:
    """What to film with. `camera`: `test:`, a device as `fieldkit devices` names it, or a network camera's URL.

    `microphone` None is a film without sound, except where the camera brings its own. `pixels` is the camera's
    format in ffmpeg's word (`mjpeg`, `yuyv422`); None lets the driver choose.
    """

    camera: str
    microphone: str | None = None
    seconds: float = LONGEST
    size: tuple[int, int] | None = (1280, 720)
    fps: int | None = 30
    pixels: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= LONGEST:
            raise NeedsCrew(
                f"A take lasts up to {LONGEST:g} s, because X takes no more; ask for fewer seconds."
            )
        if self.size is not None and not all(32 <= side <= 4096 and side % 2 == 0 for side in self.size):
            raise NeedsCrew("The size is two even numbers of pixels such as 1280x720.")
        if self.fps is not None and not 1 <= self.fps <= 120:
            raise NeedsCrew("The frame rate is between 1 and 120 pictures/s.")

    @property
    def networked(self) -> bool:
        return urlsplit(self.camera).scheme.lower() in _NETWORK

    @property
    def called(self) -> str:
        """The camera as a sentence may name it: without the password in its URL."""
        if not self.networked:
            return self.camera
        url = urlsplit(self.camera)
        return url._replace(netloc=url.netloc.rpartition("@")[2], query="").geturl()


def arguments(
    shot: Shot, platform: str, destination: Path | None, *, preview: bool = False, since: float = 0.0
) -> list[str]:
    """ffmpeg's arguments for `platform` as sys.platform says it. Raises NoDevice for a camera it has no way to.

    Picture and sound go into `destination` on one clock; None keeps nothing and goes on until it is stopped. A few
    pictures a second also go to `pipe:1`: to be shown (`preview`, Matroska with raw yuv420p of PREVIEW's size and the
    sound, as wire.py reads it), or as one line of text each, which tells that the camera lives. When fieldkit dies
    this pipe breaks and ends ffmpeg: the camera does not stay on. What the meters and detectors say stands in the
    log. `since` is when in the take the recording begins, in seconds.
    """
    if shot.camera == TEST:
        inputs, sound = [*_test_card(shot), *_tone_or(shot, platform)], "1:a:0"
    elif shot.networked:
        inputs, sound = _network(shot), "0:a:0?"
        if shot.microphone:
            inputs, sound = [*inputs, *_microphone(shot.microphone, platform)], "1:a:0"
    elif platform.startswith("linux"):
        inputs, sound = _v4l2(shot), "1:a:0" if shot.microphone else ""
        if shot.microphone:
            inputs += _microphone(shot.microphone, platform)
    elif platform == "win32":
        inputs, sound = _dshow(shot), "0:a:0" if shot.microphone else ""
    elif platform == "darwin":
        inputs, sound = _avfoundation(shot), "0:a:0" if shot.microphone else ""
    else:
        raise NoDevice(f"fieldkit does not know how to film with {shot.called} on {platform}.")
    copied = shot.pixels == "h264"
    length = ["-t", f"{max(_LEAST, shot.seconds - since):g}"] if destination else []
    film = [
        *("-map", "0:v:0" if copied else "[film]", *(("-map", sound, "-af", _METER) if sound else ())),
        *_encoder(shot, copied=copied),
        *length,
        *(("-output_ts_offset", f"{since:.3f}") if since else ()),
        f"file:{destination}",
    ]
    return [
        "-y",  # only this take's name; a question here would stop the camera
        *inputs,
        "-filter_complex",
        f"{_HEAD[copied or destination is None]}{_look(preview=preview)}",
        *(film if destination else ()),
        *("-map", "[seen]", *_heard(sound if preview else ""), *length, "-c:v", "rawvideo"),
        *_fifo("matroska" if preview else "framecrc"),
        "pipe:1",
    ]


def _heard(sound: str) -> list[str]:
    """The sound beside the pictures; one that stays away must not hold them back."""
    if not sound:
        return []
    mono = ["-c:a", "pcm_s16le", "-ar", str(SOUND), "-ac", "1"]
    return ["-map", sound, *mono, "-max_interleave_delta", "300000"]


def _look(*, preview: bool) -> str:
    width, height = PREVIEW
    small = (
        f"fps=10,scale={width}:{height}:force_original_aspect_ratio=decrease:flags=fast_bilinear,{_DETECT}"
    )
    fit = f",pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,{_COLOURS}" if preview else ",scale=16:16"
    return f"{small}{fit}[seen]"


def _fifo(muxer: str) -> list[str]:
    """Behind a queue that drops: a window that hangs must never hold the recording up."""
    return [word.format(muxer) for word in _FIFO]


def _encoder(shot: Shot, *, copied: bool) -> list[str]:
    """A camera that encodes itself is taken at its word: once more would cost pictures, and half a core."""
    x264 = [
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-pix_fmt", "yuv420p"),
        *("-g", str(shot.fps or 30), "-force_key_frames", "expr:gte(t,n_forced)"),  # one a second
        *("-fps_mode", "vfr"),  # webcams halve their rate in low light; the rendition makes it constant
        # Matroska's milliseconds: ffmpeg's own grid of 1/fps puts pictures up to 50 ms beside their times, but it
        # evens out those that come in bursts
        *(() if _timed_on_arrival(shot) else ("-enc_time_base:v", "1/1000")),
    ]
    return [
        *(["-c:v", "copy"] if copied else x264),
        *("-c:a", "aac", "-b:a", "128k"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-dn", "-sn"),
        # what is in the muxer's hands dies with it
        *("-f", "matroska", "-flush_packets", "1", "-cluster_time_limit", "250"),
    ]


def _test_card(shot: Shot) -> list[str]:
    width, height = shot.size or (1280, 720)
    return ["-re", "-f", "lavfi", "-i", f"testsrc2=size={width}x{height}:rate={shot.fps or 30}"]


def _tone_or(shot: Shot, platform: str) -> list[str]:
    """A microphone that was named is heard or missed, also beside the test card."""
    if shot.microphone:
        return _microphone(shot.microphone, platform)
    return ["-re", "-f", "lavfi", "-i", "sine=frequency=440:beep_factor=4:sample_rate=48000"]


def _wanted(shot: Shot) -> list[str]:
    size = ["-video_size", f"{shot.size[0]}x{shot.size[1]}"] if shot.size else []
    return size + (["-framerate", str(shot.fps)] if shot.fps else [])


def _v4l2(shot: Shot) -> list[str]:
    pixels = ["-input_format", shot.pixels] if shot.pixels else []
    # -ts abs: the camera's own times count from boot, the sound card's from 1970
    return [
        *("-thread_queue_size", "256", "-f", "v4l2", "-ts", "abs"),
        *pixels,
        *_wanted(shot),
        *("-i", shot.camera),
    ]


def _microphone(name: str, platform: str) -> list[str]:
    """A second input on the first one's clock; without -isync the sound is 200 ms early."""
    queue = ["-isync", "0", "-thread_queue_size", "1024"]
    if platform == "win32":
        return [*queue, "-f", "dshow", "-i", f"audio={name}"]
    if platform == "darwin":
        return [*queue, "-f", "avfoundation", "-i", f":{name}"]
    if name.startswith(("hw:", "plughw:", "alsa:")):
        return [*queue, "-f", "alsa", "-i", device(name)]
    return [*queue, "-f", "pulse", "-fragment_size", "9600", "-i", device(name)]


def device(microphone: str) -> str:
    """The microphone as ffmpeg calls it. `hw:` refuses what the card can't do itself, such as stereo; `plughw:` can."""
    plain = microphone.removeprefix("pulse:").removeprefix("alsa:")
    return f"plug{plain}" if plain.startswith("hw:") else plain


def _dshow(shot: Shot) -> list[str]:
    names = f"video={shot.camera}" + (f":audio={shot.microphone}" if shot.microphone else "")
    pixels = ["-vcodec", shot.pixels] if shot.pixels in ("mjpeg", "h264") else []
    buffer = ["-rtbufsize", "256M", "-thread_queue_size", "256"]
    return [*buffer, "-f", "dshow", *pixels, *_wanted(shot), "-i", names]


def _avfoundation(shot: Shot) -> list[str]:
    names = f"{shot.camera}:{shot.microphone or 'none'}"
    return ["-thread_queue_size", "256", "-f", "avfoundation", *_wanted(shot), "-i", names]


def _network(shot: Shot) -> list[str]:
    url = urlsplit(shot.camera)
    if url.scheme.lower().startswith("rtsp"):
        patience = ["-rtsp_transport", "tcp", "-timeout", "10000000"]
    else:
        patience = ["-rw_timeout", "10000000"]
    clock = ["-use_wallclock_as_timestamps", "1"] if _timed_on_arrival(shot) else []
    # a camera can't make ffmpeg read this laptop's files
    only = ["-protocol_whitelist", "tcp,udp,rtp,rtsp,rtsps,srtp,tls,http,https,httpproxy,crypto"]
    return ["-thread_queue_size", "256", *only, *patience, *clock, "-i", shot.camera]


def _timed_on_arrival(shot: Shot) -> bool:
    """Whether a network camera's pictures get this laptop's time: they have none, or a microphone goes by it."""
    url = urlsplit(shot.camera)
    timeless = not url.scheme.lower().startswith("rtsp") and not url.path.lower().endswith(_FILMED)
    return shot.networked and (timeless or shot.microphone is not None)
