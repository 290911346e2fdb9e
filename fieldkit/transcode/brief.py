"""What is asked of a rendition beyond its profile; the recipe answers it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brief:
    """The same brief, source and tools make the same rendition."""

    trim: bool = False  # cut a take that is too long instead of refusing it


NOTHING_MORE = Brief()
