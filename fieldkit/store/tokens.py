"""Who may do what: bearer tokens, of which only a SHA-256 is stored."""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import insert, select, update

from fieldkit.errors import NeedsCrew
from fieldkit.model import Place
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.deeds import CONSOLE, Deed, note
from fieldkit.store.problems import NotAllowed
from fieldkit.store.schema import limits, tokens, users

_WITH_LIMITS = select(tokens, limits.c.max_bytes, limits.c.quota).outerjoin(limits)


class Role(StrEnum):
    LAPTOP = "laptop"  # uploads, and reads what belongs to its own place
    COMMAND_CENTRE = "command-centre"  # reads all, asks, decides, withdraws
    ADMIN = "admin"  # that too, and reads the audit trail


@dataclass(frozen=True, slots=True)
class Who:
    """Whoever a request comes from."""

    name: str  # the token's ID or the user's name, fit for a log
    role: Role
    place: Place | None = None  # None: every place
    csrf: str | None = None  # what each change must show, for who came with a cookie
    max_bytes: int | None = None  # of one upload
    quota: int | None = None  # bytes of new uploads in a day

    @property
    def commands(self) -> bool:
        """Whether the command centre's work is theirs."""
        return self.role is not Role.LAPTOP

    def must_command(self) -> None:
        """Raises NotAllowed (403)."""
        if not self.commands:
            raise NotAllowed("The token is good, but only the command centre’s may do this.")

    def must_administer(self) -> None:
        """Raises NotAllowed (403)."""
        if self.role is not Role.ADMIN:
            raise NotAllowed("Only an administrator may do this.")

    def must_belong(self, place: Place | None) -> None:
        """Raises NotAllowed (403) for what belongs to another place."""
        if self.place is not None and place != self.place:
            raise NotAllowed(
                f"The token is good, but for {self.place} only; this belongs to another place or to none."
            )


ANYONE = Who("open", Role.COMMAND_CENTRE)  # on loopback, before the first token or user is made


@dataclass(frozen=True, slots=True)
class Listed:
    """A token as people see it: never the token itself."""

    id: str
    role: Role
    place: Place | None
    made_at: str
    revoked_at: str | None
    max_bytes: int | None = None
    quota: int | None = None


class Tokens:
    """The tokens of one store."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def add(
        self, role: Role, place: Place | None, max_bytes: int | None = None, quota: int | None = None
    ) -> tuple[str, str]:
        """A new token and its ID; the token is shown this once. Raises NeedsCrew.

        `max_bytes` are those of one upload, `quota` those of the new uploads of one day.
        """
        if role is Role.LAPTOP and place is None:
            raise NeedsCrew("A laptop’s token belongs to a place: add --place, as in `--place kakuma`.")
        token, name = secrets.token_urlsafe(32), secrets.token_hex(4)
        row = {"id": name, "sha256": _hashed(token), "role": role.value, "place": place}
        with self._catalogue.writing() as connection:
            at = self._catalogue.now()
            connection.execute(insert(tokens).values(**row, made_at=at))
            if max_bytes is not None or quota is not None:
                limit = {"token": name, "max_bytes": max_bytes, "quota": quota}
                connection.execute(insert(limits).values(**limit))
            note(connection, at, CONSOLE, Deed.TOKEN_ADDED, name)
        return token, name

    def list(self) -> list[Listed]:
        """Every token there ever was, oldest first."""
        with self._catalogue.reading() as connection:
            rows = connection.execute(_WITH_LIMITS.order_by(tokens.c.made_at, tokens.c.id)).all()
        return [
            Listed(r.id, Role(r.role), _place(r.place), r.made_at, r.revoked_at, r.max_bytes, r.quota)
            for r in rows
        ]

    def revoke(self, name: str) -> None:
        """From now on the token opens nothing. Raises NeedsCrew where there is no such token."""
        query = update(tokens).where(tokens.c.id == name, tokens.c.revoked_at.is_(None))
        with self._catalogue.writing() as connection:
            at = self._catalogue.now()
            if connection.execute(query.values(revoked_at=at)).rowcount == 0:
                raise NeedsCrew(
                    f"There is no token {name[:20]} to revoke; `fieldkit store token list` shows them."
                )
            note(connection, at, CONSOLE, Deed.TOKEN_REVOKED, name)

    def guarding(self) -> bool:
        """Whether a token or a user was ever made; from then on nobody comes in without one."""
        with self._catalogue.reading() as connection:
            return any(
                connection.execute(select(column).limit(1)).first() for column in (tokens.c.id, users.c.name)
            )

    def any_active(self) -> bool:
        """Whether anybody at all could come in with a token."""
        return any(token.revoked_at is None for token in self.list())

    def who(self, token: str | None) -> Who | None:
        """Whose token it is; ANYONE while the store is open; None for nobody it knows."""
        if not self.guarding():
            return ANYONE
        query = _WITH_LIMITS.where(tokens.c.sha256 == _hashed(token or ""), tokens.c.revoked_at.is_(None))
        with self._catalogue.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return Who(row.id, Role(row.role), _place(row.place), max_bytes=row.max_bytes, quota=row.quota)


def _place(text: str | None) -> Place | None:
    return Place(text) if text else None


def _hashed(token: str) -> str:
    # a plain hash is enough for 256 random bits; comparing hashes in the index tells a guesser nothing
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
