"""How much a token may send: bytes of one upload, and bytes of the new uploads of one day (UTC)."""

from sqlalchemy import insert, select, update

from fieldkit.store.catalogue import Catalogue
from fieldkit.store.problems import QuotaSpent, TooLarge
from fieldkit.store.schema import used
from fieldkit.store.tokens import Who


class Allowances:
    """What the tokens of one store have sent."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def take(self, who: Who, length: int | None) -> None:
        """Counts an upload that begins. Raises QuotaSpent (507), and then nothing is counted."""
        if who.quota is None:
            return
        day, bytes_ = self._catalogue.now()[:10], length or 0
        same = (used.c.token == who.name) & (used.c.day == day)
        with self._catalogue.writing() as connection:
            before = connection.scalar(select(used.c.bytes).where(same).with_for_update())
            if (before or 0) + bytes_ > who.quota:
                raise QuotaSpent(
                    f"This laptop may send {who.quota} bytes a day, and {before or 0} of today’s are used; "
                    "what waits goes on after midnight UTC, or the command centre raises the quota."
                )
            if before is None:
                connection.execute(insert(used).values(token=who.name, day=day, bytes=bytes_))
            else:
                connection.execute(update(used).where(same).values(bytes=before + bytes_))


def check_size(who: Who, length: int | None) -> None:
    """Raises TooLarge (413) for an upload that is beyond the token's limit, or does not say how long it is."""
    if who.max_bytes is None and who.quota is None:
        return
    if length is None:
        raise TooLarge("This token has limits: an upload must say its Upload-Length when it begins")
    if who.max_bytes is not None and length > who.max_bytes:
        raise TooLarge(
            f"The clip has {length} bytes, and this laptop may send {who.max_bytes} at most; "
            "send a smaller rendition, or ask the command centre for another token"
        )
