"""What is asked of a rendition beyond its profile; the recipe answers it."""

from dataclasses import dataclass

from fieldkit.transcode.words import Words


@dataclass(frozen=True, slots=True)
class Brief:
    """The same brief, source and tools make the same rendition, unless a deadline ties it to the laptop's speed."""

    trim: bool = False  # cut a take that is too long instead of refusing it
    words: Words | None = None  # burned in, where the profile shows any
    vmaf: float | None = None  # the quality to reach; None is the profile's own
    max_bytes: int | None = None  # the file's size, at most
    rate: float | None = None  # bits/s of the line it will travel; None is what is measured, if anything
    deadline: float | None = None  # seconds from the start of the encode to the last byte


NOTHING_MORE = Brief()
