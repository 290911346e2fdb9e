"""Who is signed in: sessions in the catalogue, of which only a SHA-256 is stored."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select, update

from fieldkit.store.catalogue import Catalogue
from fieldkit.store.deeds import Deed, note
from fieldkit.store.schema import sessions, users
from fieldkit.store.tokens import Role, Who

_IDLE = timedelta(hours=2)  # a break, not a night
_LONGEST = timedelta(hours=12)  # a shift and the handing over
_NOTED_EVERY = timedelta(minutes=1)  # so that not every picture on a page is a write


class Sessions:
    """The sessions of one store."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def begin(self, user: str, before: str | None = None, address: str | None = None) -> str:
        """A new cookie's value for a user whose passphrase was right; the one the browser had is over."""
        secret = secrets.token_urlsafe(32)
        with self._catalogue.writing() as connection:
            at = self._catalogue.now()
            over = (sessions.c.sha256 == _hashed(before or "")) | (
                sessions.c.made_at < _earlier(at, _LONGEST)
            )
            connection.execute(delete(sessions).where(over))
            row = {"sha256": _hashed(secret), "user": user, "made_at": at, "used_at": at}
            connection.execute(insert(sessions).values(**row))
            note(connection, at, user, Deed.SIGNED_IN, address=address)
        return secret

    def end(self, secret: str, user: str, address: str | None = None) -> None:
        """Signed out."""
        with self._catalogue.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.sha256 == _hashed(secret)))
            note(connection, self._catalogue.now(), user, Deed.SIGNED_OUT, address=address)

    def who(self, secret: str) -> Who | None:
        """Whose session it is; None for one that is over or never was."""
        same = sessions.c.sha256 == _hashed(secret)
        query = (
            select(users.c.name, users.c.role, sessions.c.made_at, sessions.c.used_at)
            .join(users, users.c.name == sessions.c.user)
            .where(same, users.c.revoked_at.is_(None))
        )
        with self._catalogue.reading() as connection:
            row = connection.execute(query).first()
        now = self._catalogue.now()
        if row is None or row.made_at < _earlier(now, _LONGEST) or row.used_at < _earlier(now, _IDLE):
            return None
        if row.used_at < _earlier(now, _NOTED_EVERY):
            with self._catalogue.writing() as connection:
                connection.execute(update(sessions).where(same).values(used_at=now))
        return Who(row.name, Role(row.role), csrf=csrf_of(secret))


def csrf_of(secret: str) -> str:
    """What a page of this session shows with every change; it does not give the session away."""
    return _hashed(f"csrf {secret}")


def _earlier(now: str, by: timedelta) -> str:
    moment = datetime.fromisoformat(now).astimezone(UTC) - by
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
