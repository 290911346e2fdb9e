"""Finds the words that belong to each clip: reads captions and the end card's template before anything is encoded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fieldkit.errors import NeedsCrew
from fieldkit.transcode import captions, fonts
from fieldkit.transcode.words import Card, Words

_LARGEST = 1024 * 1024  # bytes that are read of any such file


@dataclass(frozen=True, slots=True)
class Wording:
    """What was typed: an SRT file or a folder of them, the lower third, a template in TOML."""

    captions: Path | None = None
    lower_third: str | None = None
    end_card: Path | None = None

    def read(self, sources: Sequence[Path]) -> Callable[[Path], Words | None]:
        """Who knows the words of each source. Raises NeedsCrew, and so does what is returned for its source."""
        if self == Wording():
            return lambda _: None
        card = (
            Card.read(content_of(self.end_card).decode("utf-8-sig", "replace"), self.end_card.name)
            if self.end_card
            else None
        )
        common = Words((), self.lower_third, card)
        fonts.faces(common.texts())  # what can't be drawn is said once, not for each clip
        if self.captions is None:
            return lambda _: common
        if self.captions.is_dir():
            folder = self.captions
            return lambda source: self._with(common, folder / f"{source.stem}.srt")
        if len(sources) > 1:
            raise NeedsCrew(
                f"{self.captions.name} can't be the captions of {len(sources)} clips; name one clip, or a folder "
                "that has an .srt of the same name for each."
            )
        whole = self._with(common, self.captions)
        return lambda _: whole

    @staticmethod
    def _with(common: Words, path: Path) -> Words:
        return Words(captions.parse(content_of(path), path.name), common.lower_third, common.card)


def content_of(path: Path) -> bytes:
    """The beginning of such a file, which is all of it where it is one. Raises NeedsCrew."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise NeedsCrew(f"{path} can't be read ({error.strerror}); no clip was made from it.") from error
