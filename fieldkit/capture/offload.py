"""A whole card: its recordings found, each taken in in the order of filming, for as long as the card is there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fieldkit import disk
from fieldkit.capture.card import File, clips, clocked
from fieldkit.capture.clock import LOOK, Clock, clock
from fieldkit.capture.ingest import Ingested, find
from fieldkit.capture.order import Order
from fieldkit.errors import Damaged, FieldkitError, NeedsCrew
from fieldkit.model import TweetId


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes one take: a file, or the parts of one recording whose bytes in a row are it."""

    files: tuple[Path, ...]
    bytes: int
    card: int  # the how-manyeth card or set of files it comes from
    remark: str | None = None  # what the crew should know of its place in a recording

    @property
    def name(self) -> str:
        first, last = self.files[0], self.files[-1]
        return first.name if first == last else f"{first.name} to {last.name}"


def pieces(paths: Sequence[Path]) -> list[Piece]:
    """What is to be taken in of files, folders and cards, in the order of filming, each file once.

    Every folder that is given is a card of its own; files that are given are one set. Raises NeedsCrew.
    """
    seen = set[Path]()
    found: list[Piece] = []
    folders = [path for path in paths if _is_folder(path)]
    sets = [[path for path in paths if path not in folders], *([folder] for folder in folders)]
    for card, given in enumerate(sets):
        fresh = [path for path in find(given) if path not in seen]
        seen.update(fresh)
        at = {path.as_posix(): path for path in fresh}
        for clip in clips(_file(path) for path in fresh):
            takes = [clip.parts] if clip.joined else [(part,) for part in clip.parts]
            found += [
                Piece(
                    tuple(at[part.path] for part in parts),
                    sum(part.bytes for part in parts),
                    card,
                    clip.remark(len(clip.parts) - 1 if clip.joined else number),
                )
                for number, parts in enumerate(takes)
            ]
    return found


def offload(
    wanted: Sequence[Piece], filed: Callable[[Piece], Order], take_in: Callable[[Piece, Order], Ingested]
) -> Iterator[tuple[Piece, Ingested | FieldkitError]]:
    """Takes in piece after piece; an error is given for its piece and the rest goes on.

    `filed` says what a piece is filed under. Raises NeedsCrew where the card has gone, WorthRetrying.
    """
    for at, piece in enumerate(wanted):
        try:
            yield piece, take_in(piece, filed(piece))
        except (NeedsCrew, Damaged) as error:
            if _gone(wanted[at:]):
                raise NeedsCrew(
                    f"The card has gone: {at} of {len(wanted)} clips were dealt with, and what came in is safe. "
                    "Put it back and run the same command; it goes on from there."
                ) from error
            yield piece, error


class BySlate:
    """Which tweet a piece answers: that of the slate filmed last before it, or in it, on the same card.

    `look` returns the tweet on a slate in a file's first seconds, or raises where it can't see.
    """

    def __init__(self, look: Callable[[Path], TweetId | None]) -> None:
        self._look = look
        self._card: int | None = None
        self._tweet: TweetId | None = None

    def __call__(self, piece: Piece) -> TweetId:
        """Raises NeedsCrew where no slate is known, and what `look` raises; then none is known until the next."""
        if piece.card != self._card:
            self._card, self._tweet = piece.card, None
        before, self._tweet = (
            self._tweet,
            None,
        )  # a file that can't be seen may hold the slate of those after it
        self._tweet = self._look(piece.files[0]) or before
        if self._tweet is None:
            raise NeedsCrew(
                f"No slate that can be read was filmed before {piece.name}, so it is not known which tweet it answers; "
                "it was left out: take it in with --tweet."
            )
        return self._tweet


def _is_folder(path: Path) -> bool:
    with disk.translated(path):
        return path.is_dir()


def _gone(rest: Sequence[Piece]) -> bool:
    return not any(_there(piece.files[0]) for piece in rest)


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False  # a card pulled out of a slow reader


def _file(path: Path) -> File:
    try:
        size = path.stat().st_size
        return File(path.as_posix(), size, _clock(path, size) if clocked(path.name) else None)
    except OSError:
        return File(path.as_posix(), 0)  # taking it in says what is wrong


def _clock(path: Path, size: int) -> Clock | None:
    with path.open("rb") as file:
        head = file.read(LOOK)
        file.seek(max(0, size - LOOK))
        return clock(head, file.read(LOOK))
