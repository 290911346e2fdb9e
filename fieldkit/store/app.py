"""The store as an ASGI application: its routes, top to bottom."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from fieldkit.errors import DiskFull, StoreBusy
from fieldkit.protocol import WITHDRAWALS
from fieldkit.store import answers
from fieldkit.store.allowances import Allowances
from fieldkit.store.api.page import Docs
from fieldkit.store.arriving import Arrivals
from fieldkit.store.auditing import Audit
from fieldkit.store.board import FOLDER, Board
from fieldkit.store.clips import Clips
from fieldkit.store.delivery import Delivery
from fieldkit.store.events import Events
from fieldkit.store.farewells import Farewells
from fieldkit.store.guard import SIGN_IN, SIGN_OUT, Guard
from fieldkit.store.health import Health
from fieldkit.store.house import House
from fieldkit.store.passphrases import SOUND, Cost
from fieldkit.store.problems import Problem
from fieldkit.store.replicas import Replicas, replicate, rest
from fieldkit.store.requests import Requests
from fieldkit.store.signin import SignIn
from fieldkit.store.site import Site
from fieldkit.store.terms import Terms
from fieldkit.store.turns import Turns
from fieldkit.store.tus import Tus
from fieldkit.store.witness import Witness

_TIDY_EVERY = 3600.0  # seconds


def routes(
    tus: Tus,
    clips: Clips,
    requests: Requests,
    board: Board,
    *,
    events: Events,
    health: Health,
    desk: SignIn,
    audit: Audit,
    docs: Docs,
    farewells: Farewells,
) -> list[BaseRoute]:
    """What the store answers."""
    clip = "/clips/{tweet_id}/{sha256}"
    return [
        Route("/", board.page),
        Route("/tweets/{tweet_id}", board.tweet),
        Route("/events", events.stream),
        Route("/files", tus.options, methods=["OPTIONS"]),
        Route("/files", tus.create, methods=["POST"]),
        Route("/files/{upload_id}", tus.options, methods=["OPTIONS"]),
        Route("/files/{upload_id}", tus.head, methods=["HEAD"]),
        Route("/files/{upload_id}", tus.patch, methods=["PATCH"]),
        Route("/files/{upload_id}", tus.terminate, methods=["DELETE"]),
        Route("/clips", clips.page),
        Route("/clips/{tweet_id}", clips.tweet),
        Route(clip, clips.file),
        Route(clip, clips.withdraw, methods=["DELETE"]),
        Route(f"{clip}/decisions", clips.decisions),
        Route(f"{clip}/decisions", clips.decide, methods=["POST"]),
        Route("/requests", requests.wanted),
        Route("/requests", requests.add, methods=["POST"]),
        Route("/requests/times", requests.times),
        Route("/requests/{tweet_id}", requests.one),
        Route("/requests/{tweet_id}", requests.withdraw, methods=["DELETE"]),
        Route(WITHDRAWALS, farewells.withdraw, methods=["POST"]),
        Route("/takedowns/{number}", farewells.took_down, methods=["DELETE"]),
        Route(SIGN_IN, desk.page),
        Route(SIGN_IN, desk.sign_in, methods=["POST"]),
        Route(SIGN_OUT, desk.sign_out, methods=["POST"]),
        Route("/audit", audit.page),
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
        Route("/metrics", health.metrics),
        Route("/openapi.json", docs.tools),
        Route("/docs", docs.page),
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
    ]


def paths(answered: Iterable[BaseRoute]) -> dict[Callable[..., object], str]:
    """Each handler's path, with the names of what varies instead of what it was."""
    return {route.endpoint: route.path for route in answered if isinstance(route, Route)}


def create_app(
    where: Site | Path,
    terms: Terms | None = None,
    clock: Callable[[], float] = time.time,
    cost: Cost = SOUND,
) -> Starlette:
    """The store, recovered from whatever happened before. Raises NeedsCrew, DiskFull, StoreBusy.

    `app.state.turns.stop()` makes every running upload durable and ends it.
    """
    terms = terms or Terms()
    house = House(where, terms, clock, cost)
    house.reception.recover()
    replicas = Replicas(house.catalogue, house.media, house.bucket, terms.cache) if house.bucket else None
    turns = Turns()
    tus = Tus(house.reception, turns, terms, Allowances(house.catalogue))
    arrivals = Arrivals(house.uploads, clock)
    events, health = Events(house.catalogue, arrivals), Health(house.catalogue, house.uploads)
    farewells = Farewells(house.catalogue, house.reception, turns)

    @asynccontextmanager
    async def living(_app: Starlette) -> AsyncIterator[None]:
        stopped, halt = threading.Event(), asyncio.Event()  # for threads, and for tasks
        working = [asyncio.create_task(_tidy(tus, stopped, halt))]
        if replicas:
            working.append(asyncio.create_task(replicate(replicas, stopped, halt)))
        yield
        stopped.set()
        halt.set()
        # not cancelled: a thread that was given up would still be asking the catalogue when it is closed
        await asyncio.gather(*working, events.close())
        house.close()

    answered = routes(
        tus,
        Clips(
            house.catalogue,
            house.media,
            Delivery(house.media, replicas),
            house.wishes,
            house.trail,
            finish=farewells.finish,
        ),
        Requests(house.wishes),
        Board(house.catalogue, house.wishes, arrivals, house.root / "reply.txt"),
        events=events,
        health=health,
        desk=SignIn(house.users, house.sessions, house.trail, note_addresses=terms.note_addresses),
        audit=Audit(house.trail),
        docs=Docs(),
        farewells=farewells,
    )
    app = Starlette(
        routes=answered,
        middleware=[
            Middleware(Witness, figures=health.figures, routes=paths(answered)),
            Middleware(Guard, tokens=house.tokens, users=house.users, sessions=house.sessions),
        ],
        exception_handlers={
            Problem: answers.problem,
            DiskFull: answers.disk_full,
            StoreBusy: answers.busy,
            HTTPException: answers.no_route,
            Exception: answers.unexpected,
        },
        lifespan=living,
    )
    app.router.redirect_slashes = False
    app.state.turns = turns
    app.state.events = events
    app.state.house = house
    return app


async def _tidy(tus: Tus, stopped: threading.Event, halt: asyncio.Event) -> None:
    while not stopped.is_set():
        await tus.tidy(stopped)
        await rest(halt, _TIDY_EVERY)
