"""The people of the command centre."""

import re
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from fieldkit.errors import NeedsCrew
from fieldkit.store import passphrases
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.deeds import CONSOLE, Deed, note
from fieldkit.store.passphrases import Cost
from fieldkit.store.schema import sessions, users
from fieldkit.store.tokens import Role

_NAME = re.compile(r"[a-z][a-z0-9._-]{0,39}", re.ASCII)
_RESERVED = ("open", CONSOLE, "unknown")  # words of the trail


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in; `made_at` and `revoked_at` are UTC, ISO 8601."""

    name: str
    role: Role
    made_at: str
    revoked_at: str | None


class Users:
    """The users of one store. `cost` is what a passphrase's hash costs whoever guesses."""

    def __init__(self, catalogue: Catalogue, cost: Cost = passphrases.SOUND) -> None:
        self._catalogue = catalogue
        self._cost = cost
        self._nobody = passphrases.nobodys(cost)

    def add(self, name: str, role: Role, passphrase: str) -> None:
        """Raises NeedsCrew for a bad name, a weak passphrase, or a name that was ever taken."""
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise NeedsCrew(
                "A user’s name is up to 40 small letters, digits, dots and dashes, such as `amal.h`; "
                f"{', '.join(_RESERVED)} are taken."
            )
        passphrases.check(passphrase)
        row = {"name": name, "role": role.value, "passphrase": passphrases.hashed(passphrase, self._cost)}
        with self._catalogue.writing() as connection:
            if connection.scalar(select(users.c.name).where(users.c.name == name)):
                raise NeedsCrew(f"There is or was a user {name}; one name is one person in the trail.")
            at = self._catalogue.now()
            connection.execute(insert(users).values(**row, made_at=at))
            note(connection, at, CONSOLE, Deed.USER_ADDED, name)

    def list(self) -> list[User]:
        """Every user there ever was, by name."""
        with self._catalogue.reading() as connection:
            rows = connection.execute(select(users).order_by(users.c.name)).all()
        return [User(r.name, Role(r.role), r.made_at, r.revoked_at) for r in rows]

    def revoke(self, name: str) -> None:
        """Signed out everywhere, at once and for good. Raises NeedsCrew where there is no such user."""
        with self._catalogue.writing() as connection:
            at = self._catalogue.now()
            query = update(users).where(users.c.name == name, users.c.revoked_at.is_(None))
            if connection.execute(query.values(revoked_at=at)).rowcount == 0:
                raise NeedsCrew(
                    f"There is no user {name[:40]} to revoke; `fieldkit store user list` shows them."
                )
            connection.execute(delete(sessions).where(sessions.c.user == name))
            note(connection, at, CONSOLE, Deed.USER_REVOKED, name)

    def known(self, name: str) -> bool:
        """Whether somebody of this name may sign in."""
        return self._find(name) is not None

    def any_active(self) -> bool:
        """Whether anybody may sign in at all."""
        with self._catalogue.reading() as connection:
            return (
                connection.scalar(select(users.c.name).where(users.c.revoked_at.is_(None)).limit(1))
                is not None
            )

    def right(self, name: str, passphrase: str) -> bool:
        """Whether these two belong together; a name that nobody has takes as long as one that somebody has."""
        stored = self._find(name)
        return passphrases.matches(passphrase, stored or self._nobody) and stored is not None

    def _find(self, name: str) -> str | None:
        if not _NAME.fullmatch(name):  # what is no name may be no text for a database either
            return None
        query = select(users.c.passphrase).where(users.c.name == name, users.c.revoked_at.is_(None))
        with self._catalogue.reading() as connection:
            return connection.scalar(query)
