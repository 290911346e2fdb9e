"""What the audit trail calls what was done, and how it is appended within the transaction that does it."""

from enum import StrEnum

from sqlalchemy import Connection, insert

from fieldkit.store.schema import trail

CONSOLE = "console"  # whoever can type `fieldkit store` on the store's machine


class Deed(StrEnum):
    DECIDED = "decided"
    WITHDREW = "withdrew"
    TOOK_DOWN = "took-down"
    DOWNLOADED = "downloaded"
    SIGNED_IN = "signed-in"
    SIGN_IN_FAILED = "sign-in-failed"
    SIGNED_OUT = "signed-out"
    TOKEN_ADDED = "token-added"  # noqa: S105 - a word, no secret
    TOKEN_REVOKED = "token-revoked"  # noqa: S105
    USER_ADDED = "user-added"
    USER_REVOKED = "user-revoked"


def note(
    connection: Connection, at: str, who: str, did: Deed, about: str = "", *, address: str | None = None
) -> None:
    """Appends within a transaction that does the deed itself."""
    row = {"at": at, "who": who, "did": did.value, "about": about, "address": address}
    connection.execute(insert(trail).values(**row))
