"""Puts the store's parts together over one folder, for whoever serves it, checks it or hands out tokens."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from fieldkit import disk
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.media import Media
from fieldkit.store.passphrases import SOUND, Cost
from fieldkit.store.reception import Reception
from fieldkit.store.sessions import Sessions
from fieldkit.store.terms import Terms
from fieldkit.store.tokens import Tokens
from fieldkit.store.trail import Trail
from fieldkit.store.uploads import Uploads
from fieldkit.store.users import Users
from fieldkit.store.wishes import Wishes


class House:
    """The parts of one store. Close it when done."""

    def __init__(
        self,
        root: Path,
        terms: Terms | None = None,
        clock: Callable[[], float] = time.time,
        cost: Cost = SOUND,
    ) -> None:
        for folder in (root / "uploads", root / "media"):
            disk.make_folder(folder)
        self.catalogue = Catalogue(root / "catalogue.sqlite", clock)
        self.tokens = Tokens(self.catalogue)
        self.users = Users(self.catalogue, cost)
        self.sessions = Sessions(self.catalogue)
        self.trail = Trail(self.catalogue)
        self.wishes = Wishes(self.catalogue)
        self.media = Media(root / "media")
        self.uploads = Uploads(root / "uploads", terms or Terms(), clock)
        self.reception = Reception(self.uploads, self.media, self.catalogue)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the catalogue back."""
        self.catalogue.close()
