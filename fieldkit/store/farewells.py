"""Withdrawals over HTTP: by take or by the code on the speaker's card, from a laptop or from the board."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fieldkit.errors import FieldkitError
from fieldkit.model import Sha256, TweetId, Withdrawal
from fieldkit.model.card import card_of
from fieldkit.protocol import part_id
from fieldkit.store import withdrawing
from fieldkit.store.body import read_object
from fieldkit.store.catalogue import Catalogue
from fieldkit.store.clips import count_of
from fieldkit.store.problems import NotFound, Problem
from fieldkit.store.reception import Reception
from fieldkit.store.turns import Turns
from fieldkit.wanted import read_withdrawal


class Farewells:
    """The routes under /withdrawals."""

    def __init__(self, catalogue: Catalogue, reception: Reception, turns: Turns) -> None:
        self._catalogue = catalogue
        self._reception = reception
        self._turns = turns

    async def withdraw(self, request: Request) -> Response:
        """All of it goes; 202 where nothing of it is here (yet): then it is refused whenever it comes."""
        who, withdrawal = request.state.who, _read(await read_object(request))

        def write() -> list[tuple[TweetId, Sha256]]:
            with self._catalogue.writing() as connection:
                return withdrawing.withdraw(
                    connection, withdrawal, self._catalogue.now(), who.name, who.place
                )

        gone = await run_in_threadpool(write)
        await self.finish(gone)
        return JSONResponse({"clips": len(gone)}, status_code=200 if gone else 202)

    async def finish(self, gone: list[tuple[TweetId, Sha256]]) -> None:
        """After the rows the bytes: of these clips, and of every upload that may not be finished any more."""
        for tweet_id, sha256 in gone:
            await run_in_threadpool(self._reception.media.delete, tweet_id, sha256)
        for name in await run_in_threadpool(self._reception.withdrawn_uploads):
            for part in await run_in_threadpool(self._reception.uploads.parts, name):
                async with self._turns.take(part_id(name, part)):
                    pass  # its writer has ended
            async with self._turns.take(name):
                await run_in_threadpool(self._reception.uploads.forget, name)

    async def took_down(self, request: Request) -> Response:
        """Somebody deleted the reply on X."""
        request.state.who.must_command()
        number = count_of(request.path_params["number"], "number")

        def write() -> bool:
            with self._catalogue.writing() as connection:
                now, who = self._catalogue.now(), request.state.who.name
                return withdrawing.took_down(connection, number, now, who)

        if not await run_in_threadpool(write):
            raise NotFound("Nobody asked for such a reply to be deleted.")
        return Response(status_code=204)


def _read(said: dict[str, Any]) -> Withdrawal:
    """A withdrawal, or `{"code": …}` as it stands on a card. Raises Problem (400)."""
    try:
        if isinstance(said.get("code"), str):
            return Withdrawal(card=card_of(said["code"]))
        withdrawal = read_withdrawal(said)
    except (FieldkitError, ValueError) as error:
        raise Problem(f"The withdrawal: {error}") from error
    if not (withdrawal.take or withdrawal.hashes or withdrawal.card):
        raise Problem("A withdrawal names a `take` with its `tweet_id`, or the `code` of a card.")
    return withdrawal
