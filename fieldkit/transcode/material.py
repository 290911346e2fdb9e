"""What a probe tells of a file: frozen values, so that plan and rules stay pure."""

from dataclasses import dataclass, field
from fractions import Fraction

# Cameras write these. A playlist or an image script called .mp4 could make ffmpeg read other files or the
# network, so nothing else is ever opened; "tty" would take any text file for a video.
DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,mpegvideo,avi,asf,flv,ogg,mxf,dv,h264,hevc,nut,wtv,rm"
    ",wav,mp3,flac,aac,amr"
)

HDR = frozenset({"smpte2084", "arib-std-b67"})  # PQ and HLG: a display that takes them for BT.709 shows grey


@dataclass(frozen=True, slots=True)
class Video:
    """The picture stream that counts."""

    index: int  # within the file, as ffmpeg's -map 0:index wants it
    codec: str
    profile: str | None
    coded: tuple[int, int]  # as stored, before rotation and pixel shape
    rotation: int  # degrees clockwise that a player turns the picture: 0, 90, 180 or 270
    sar: Fraction  # pixel shape, before rotation
    fps: Fraction  # nominal; for variable frame rates that of the median interval
    vfr: bool
    longest_gap: float  # seconds between two pictures
    frames: int
    longest_gop: int  # pictures from one key frame to the next
    open_gop: bool
    pix_fmt: str
    full_range: bool
    transfer: str | None  # None where the file does not tell
    primaries: str | None
    matrix: str | None
    interlaced: bool
    start: float  # seconds after the file's first packet
    seconds: float
    dolby: str | None = (
        None  # Dolby Vision's profile and what its base layer is fit for: 8.4 is HLG, 5.0 is nothing
    )
    combed: str | None = (
        None  # the field that is first, where pictures were seen to be combed and nothing says so
    )

    @property
    def width(self) -> int:
        """As shown: after pixel shape and rotation."""
        return self._shown[0]

    @property
    def height(self) -> int:
        """As shown: after pixel shape and rotation."""
        return self._shown[1]

    @property
    def hdr(self) -> bool:
        return self.transfer in HDR

    @property
    def _shown(self) -> tuple[int, int]:
        width, height = round(self.coded[0] * self.sar), self.coded[1]
        return (height, width) if self.rotation in (90, 270) else (width, height)


@dataclass(frozen=True, slots=True)
class Audio:
    index: int
    codec: str
    profile: str | None
    channels: int
    rate: int  # Hz
    seconds: float


@dataclass(frozen=True, slots=True)
class Probe:
    """One file, with a picture, a sound or both. `seconds` is measured over its packets, because headers lie."""

    container: str  # ffmpeg's name of the demuxer, all of its aliases
    bytes: int
    seconds: float
    video: Video | None  # None where there is nothing to see
    audios: tuple[Audio, ...] = ()
    audio: Audio | None = None  # the one that counts
    others: tuple[str, ...] = field(default=())  # kinds of the streams that are neither
    lost: float = 0.0  # seconds that the file tells of and does not hold

    @property
    def width(self) -> int:
        return self.video.width if self.video else 0

    @property
    def height(self) -> int:
        return self.video.height if self.video else 0

    @property
    def leading(self) -> int:
        """The index of the stream that the others follow."""
        stream = self.video or self.audio
        assert stream is not None
        return stream.index
