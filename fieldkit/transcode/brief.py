"""What is asked of a rendition beyond its profile; the recipe answers it."""

from dataclasses import dataclass

from fieldkit.transcode.words import Words


@dataclass(frozen=True, slots=True)
class Brief:
    """The same brief, source and tools make the same rendition."""

    trim: bool = False  # cut a take that is too long instead of refusing it
    words: Words | None = None  # burned in, where the profile shows any


NOTHING_MORE = Brief()
