"""Puts the store's parts together over one folder, for whoever serves it, checks it or hands out tokens."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from fieldkit import disk
from fieldkit.errors import NeedsCrew
from fieldkit.store.bucket import bucket_at
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.database import Database, postgresql_at, sqlite_at
from fieldkit.store.media import Media
from fieldkit.store.passphrases import SOUND, Cost
from fieldkit.store.reception import Reception
from fieldkit.store.sessions import Sessions
from fieldkit.store.site import CATALOGUE, ELSEWHERE, MEDIA, UPLOADS, Site, site_of
from fieldkit.store.terms import Terms
from fieldkit.store.tokens import Tokens
from fieldkit.store.trail import Trail
from fieldkit.store.uploads import Uploads
from fieldkit.store.users import Users
from fieldkit.store.wishes import Wishes


class House:
    """The parts of one store. Close it when done. Raises NeedsCrew, DiskFull, StoreBusy."""

    def __init__(
        self,
        where: Site | Path,
        terms: Terms | None = None,
        clock: Callable[[], float] = time.time,
        cost: Cost = SOUND,
    ) -> None:
        site = site_of(where)
        self.root = root = site.root
        for folder in (root / UPLOADS, root / MEDIA):
            disk.make_folder(folder)
        _stay(site)
        self.bucket = bucket_at(site.bucket) if site.bucket else None
        url = postgresql_at(site.database) if site.database else sqlite_at(root / CATALOGUE)
        self.catalogue = Catalogue(Database(url), clock)
        self.tokens = Tokens(self.catalogue)
        self.users = Users(self.catalogue, cost)
        self.sessions = Sessions(self.catalogue)
        self.trail = Trail(self.catalogue)
        self.wishes = Wishes(self.catalogue)
        self.media = Media(root / MEDIA)
        self.uploads = Uploads(root / UPLOADS, terms or Terms(), clock)
        self.reception = Reception(self.uploads, self.media, self.catalogue)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the catalogue back."""
        self.catalogue.close()


def _stay(site: Site) -> None:
    """Raises NeedsCrew where the database was forgotten: a token made in a second catalogue would open nothing."""
    note = site.root / ELSEWHERE
    if site.database is None and note.exists():
        raise NeedsCrew(
            "The catalogue of this store is in PostgreSQL: say --database, or set FIELDKIT_DATABASE. If it is to be in "
            f"this folder again, remove {note}."
        )
    if site.database is not None and not note.exists():
        disk.write(note, b"The catalogue is in PostgreSQL.\n")
