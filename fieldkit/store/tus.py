"""tus 1.0.0 over HTTP. Everything that can be refused is refused before the first byte of a body is read."""

import secrets
import threading
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from itertools import chain

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from fieldkit import disk
from fieldkit.errors import FieldkitError
from fieldkit.protocol import (
    BLOCKS,
    FILES,
    FROM,
    MOST_PARTS,
    OFFSET_TYPE,
    PART,
    PARTS,
    RECEIPT,
    TUS_RESUMABLE,
    TUS_VERSION,
    UPLOAD_CONCAT,
    UPLOAD_LENGTH,
    UPLOAD_METADATA,
    UPLOAD_OFFSET,
    decode_blocks,
    encode_parts,
    part_id,
    read_part_id,
    upload_id,
)
from fieldkit.store import joining
from fieldkit.store.allowances import Allowances, check_size
from fieldkit.store.filling import Filling
from fieldkit.store.inflow import Inflow
from fieldkit.store.label import Label, read_label
from fieldkit.store.nouns import Arrived
from fieldkit.store.problems import (
    Conflict,
    NotAllowed,
    NotFound,
    OtherVersion,
    Problem,
    StoreFull,
    TooLarge,
    Withdrawn,
    WrongType,
)
from fieldkit.store.reception import Reception, Standing
from fieldkit.store.terms import (
    ALGORITHMS,
    EXTENSIONS,
    Checksum,
    Terms,
    http_date,
    is_upload_id,
    read_checksum,
    read_deferred,
    read_from,
    read_length,
    read_parts,
    read_place,
    settle_length,
)
from fieldkit.store.tokens import Who
from fieldkit.store.turns import Turn, Turns
from fieldkit.store.uploads import Upload

_CHECKSUM = "Upload-Checksum"
_DEFER = "Upload-Defer-Length"
_EXPIRES = "Upload-Expires"


class Tus:
    """The routes under /files."""

    def __init__(self, reception: Reception, turns: Turns, terms: Terms, allowances: Allowances) -> None:
        self._reception = reception
        self._uploads = reception.uploads
        self._turns = turns
        self._terms = terms
        self._allowances = allowances
        self._fillings: dict[str, Filling] = {}  # of uploads that are coming in

    async def options(self, _request: Request) -> Response:
        """What this store can do."""
        told = {
            "Tus-Version": TUS_VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(self._terms.largest),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        }
        return Response(status_code=204, headers=told)

    async def create(self, request: Request) -> Response:
        """POST: a new upload, or the same one again where it stands."""
        _check_version(request)
        upload, label = await run_in_threadpool(self._asked, request)
        checksum = read_checksum(request.headers.get(_CHECKSUM))
        with_bytes = request.headers.get("content-type") == OFFSET_TYPE
        if with_bytes:
            _check_room_for_body(request, 0, upload.length)
        async with self._turns.take(upload.id, writes=with_bytes) as turn:
            await self._join(upload.id)
            standing = await run_in_threadpool(self._found_or_made, request.state.who, upload, label)
            if FROM in request.headers and isinstance(standing, Standing):
                standing = await self._with_what_came_before(request, standing)
            self._divide(upload.id)
            if with_bytes and isinstance(standing, Standing) and standing.offset == 0:
                standing = await self._receive(request, turn, standing, checksum)
        said = {"Location": f"{FILES}/{upload.id}", **await self._progress_with_whole(standing)}
        if upload.length is None:  # whoever asks early need not ask first what this store can do
            said["Tus-Extension"] = EXTENSIONS
        return _answer(request, 201, said)

    async def head(self, request: Request) -> Response:
        """HEAD: where the upload stands, durably."""
        _check_version(request)
        name = _name(request)
        async with self._turns.take(name):
            await self._join(name, ends_writers=True)
            standing = await run_in_threadpool(self._found, request.state.who, name)
        said = {"Cache-Control": "no-store", **self._progress(standing)}
        about = standing if isinstance(standing, Arrived) else standing.upload
        length = about.bytes if isinstance(about, Arrived) else about.length
        said |= {_DEFER: "1"} if length is None else {UPLOAD_LENGTH: str(length)}
        said |= {UPLOAD_METADATA: about.metadata} if about.metadata else {}
        said |= {UPLOAD_CONCAT: about.concat} if about.concat else {}
        return Response(headers=said)

    async def patch(self, request: Request) -> Response:
        """PATCH: more bytes at the offset."""
        _check_version(request)
        name = _name(request)
        if request.headers.get("content-type") != OFFSET_TYPE:
            raise WrongType(f"The body of a PATCH is {OFFSET_TYPE}.")
        start = read_length(request.headers.get(UPLOAD_OFFSET, ""), self._terms, UPLOAD_OFFSET)
        checksum = read_checksum(request.headers.get(_CHECKSUM))
        told = request.headers.get(UPLOAD_LENGTH)
        length = None if told is None else read_length(told, self._terms)
        async with self._turns.take(name, writes=True) as turn:
            standing = await run_in_threadpool(self._found, request.state.who, name)
            standing = await run_in_threadpool(self._ready, request, standing, start, length)
            if isinstance(standing, Standing):
                standing = await self._receive(request, turn, standing, checksum)
        return _answer(request, 204, await self._progress_with_whole(standing))

    async def terminate(self, request: Request) -> Response:
        """DELETE: an unfinished upload is given up."""
        _check_version(request)
        name = _name(request)
        async with self._turns.take(name):
            standing = await run_in_threadpool(self._found, request.state.who, name)
            if isinstance(standing, Arrived):
                raise NotAllowed("This upload is a clip already; only a withdrawal takes it back.")
            await run_in_threadpool(self._uploads.forget, name)
        return Response(status_code=204)

    async def tidy(self, stopped: threading.Event) -> None:
        """Finishes what only lacks its last step and lets go of what has expired, until `stopped`."""
        for name in await run_in_threadpool(lambda: list(self._uploads.all())):
            if stopped.is_set():
                return
            if self._turns.busy(name):
                continue
            async with self._turns.take(name):
                try:
                    await self._join(name)
                    await run_in_threadpool(self._reception.standing, name)
                except (Problem, FieldkitError):
                    continue  # whoever asks for this upload next is told

    def _asked(self, request: Request) -> tuple[Upload, Label | None]:
        headers, who = request.headers, request.state.who
        concat, metadata = headers.get(UPLOAD_CONCAT, ""), headers.get(UPLOAD_METADATA, "")
        parts = read_parts(concat) if concat else None
        length = (
            sum(self._part(who, name) for name in parts)
            if parts
            else read_deferred(headers.get(UPLOAD_LENGTH), headers.get(_DEFER), self._terms)
        )
        if concat == "partial" and PART in headers:
            return self._asked_part(who, headers[PART], length), None
        if concat == "partial" and not metadata:
            return Upload(secrets.token_hex(16), length, "", who.place, concat), None
        label = read_label(metadata)
        if concat != "partial":
            _check_not_empty(length)
        place = label.place or who.place
        who.must_belong(place)
        if label.sha256 and concat != "partial":
            name, blocks = upload_id(label.tweet_id, label.sha256), headers.get(BLOCKS, "")
            if decode_blocks(blocks, length or 0) is None:
                blocks = ""  # it came over a path that changes bytes, perhaps: the whole file's hash remains
            return Upload(name, length, metadata, place, concat, blocks=blocks), label
        return Upload(secrets.token_hex(16), length, metadata, place, concat), label

    def _asked_part(self, who: Who, place: str, length: int | None) -> Upload:
        whole, part = read_place(place, length)
        upload = self._uploads.find(whole)
        if upload is None:
            raise NotFound("There is no such upload that could have parts.")
        who.must_belong(upload.place)
        if upload.partial or part.end > (upload.length or 0):
            raise Problem("This part goes beyond its upload.")
        held = self._uploads.parts(whole)
        if len(held) >= MOST_PARTS and not any(
            (p.start, p.length) == (part.start, part.length) for p in held
        ):
            raise Problem(f"An upload has {MOST_PARTS} parts at most.")
        return Upload(part_id(whole, part), length, "", upload.place, "partial")

    def _part(self, who: Who, name: str) -> int:
        part = self._uploads.find(name)
        if part is None or not part.partial:
            raise Problem(f"{FILES}/{name} is not a partial upload.")
        who.must_belong(part.place)
        if self._uploads.offset(part) != part.length:
            raise Problem(f"{FILES}/{name} is not finished.")
        return part.length or 0

    def _found(self, who: Who, name: str) -> Standing | Arrived:
        standing = self._reception.standing(name)
        who.must_belong(standing.place if isinstance(standing, Arrived) else standing.upload.place)
        return standing

    def _found_or_made(self, who: Who, upload: Upload, label: Label | None) -> Standing | Arrived:
        if label and upload.partial:
            self._reception.catalogue.check(label)
        elif label:
            self._reception.recall(label, upload.metadata)
        try:
            standing = self._reception.standing(upload.id)
        except NotFound:
            made = self._made(who, upload)
            if label:  # withdrawn between the look and the making
                self._still_wanted(upload, label)
            return made
        if isinstance(standing, Arrived):
            # of another place perhaps; but whoever names the hash has the bytes, and is told no more than that
            settle_length(standing.bytes, upload.length, standing.bytes)
            return standing
        who.must_belong(standing.upload.place)
        if upload.concat.startswith(
            "final"
        ):  # its parts are all here: better than whatever came of it before
            return self._made(who, upload)
        length = settle_length(standing.upload.length, upload.length, standing.offset)
        return replace(standing, upload=self._uploads.tell_length(standing.upload, length))

    def _still_wanted(self, upload: Upload, label: Label) -> None:
        try:
            self._reception.catalogue.check(label)
        except Withdrawn:
            self._uploads.forget(upload.id)
            raise

    def _made(self, who: Who, upload: Upload) -> Standing | Arrived:
        check_size(who, upload.length)
        if (upload.length or 0) > disk.room(self._uploads.folder):
            raise StoreFull(
                "The store’s disk has no room for this upload; the people who run it must make some."
            )
        parts = read_parts(upload.concat) if upload.concat else None
        if not parts and read_part_id(upload.id) is None:  # those bytes were counted already
            self._allowances.take(who, upload.length)
        self._uploads.create(upload, chain.from_iterable(map(self._uploads.content, parts or ())))
        return self._reception.standing(upload.id)

    def _ready(
        self, request: Request, standing: Standing | Arrived, start: int, told: int | None
    ) -> Standing | Arrived:
        """The upload, if the request fits it. Nothing of the body was read yet."""
        offset, length, concat = _place_in(standing)
        if concat.startswith("final"):
            raise NotAllowed("A final upload is made of its parts; it takes no more bytes.")
        if start != offset:
            raise Conflict(
                f"The upload stands at {offset}, not at {start}.", headers={UPLOAD_OFFSET: str(offset)}
            )
        if concat != "partial":
            _check_not_empty(told)
        length = settle_length(length, told, offset)
        _check_room_for_body(request, start, length)
        if isinstance(standing, Arrived):
            return standing
        return Standing(self._uploads.tell_length(standing.upload, length), offset)

    async def _receive(
        self, request: Request, turn: Turn, standing: Standing, checksum: Checksum | None
    ) -> Standing | Arrived:
        upload, trouble = standing.upload, None
        append = await run_in_threadpool(self._uploads.append, upload, standing.offset, checksum)
        inflow = Inflow(request.receive, self._terms.stall_seconds)
        turn.on_stop(inflow.stop)
        filling = Filling(append, inflow)
        if checksum is None:  # a body with a checksum is taken whole or not at all
            self._fillings[upload.id] = filling
        try:
            # listed only now: whoever makes a part from here on finds the filling
            for part in await run_in_threadpool(self._uploads.parts, upload.id) if checksum is None else ():
                filling.ends_at(part.start)
            async with aclosing(inflow.blocks()) as blocks:
                async for block in blocks:
                    await run_in_threadpool(filling.write, block)
        except (Problem, FieldkitError) as error:  # what fitted before is kept all the same
            trouble = error
        finally:
            self._fillings.pop(upload.id, None)
        request.state.enough = filling.full
        trouble = trouble or inflow.ending
        await run_in_threadpool(partial(append.keep, whole=trouble is None))
        turn.received()
        await self._join(upload.id)
        reached = await run_in_threadpool(self._reception.standing, upload.id)
        if trouble:
            raise trouble
        return reached

    async def _with_what_came_before(self, request: Request, standing: Standing) -> Standing | Arrived:
        """The bytes that were sent before the file had its name."""
        name, start = read_from(request.headers[FROM])
        held = await run_in_threadpool(self._uploads.find, name)
        if held is None:  # asked a second time
            return standing
        request.state.who.must_belong(held.place)
        if (
            not held.partial
        ):  # looked at before its turn is taken: two uploads that name each other would wait for ever
            raise Problem(f"{FROM} names an upload that is not partial.")
        async with self._turns.take(name):
            await run_in_threadpool(joining.adopt, self._uploads, standing.upload, held, start)
        await self._join(standing.upload.id)
        return await run_in_threadpool(self._reception.standing, standing.upload.id)

    def _divide(self, name: str) -> None:
        """Whoever sends the upload itself just now need not go beyond where a part begins."""
        known = read_part_id(name)
        if known and known[0] in self._fillings:
            self._fillings[known[0]].ends_at(known[1].start)

    async def _join(self, name: str, *, ends_writers: bool = False) -> None:
        """Takes over the parts that the offset of an upload has reached. Callers hold its turn.

        Whoever asks where an upload stands sends no part of it any more: then the parts' writers end first.
        """
        if ends_writers:
            for part in await run_in_threadpool(self._uploads.parts, name):
                async with self._turns.take(part_id(name, part)):
                    pass
        while True:
            reached = await run_in_threadpool(self._reception.next_part, name)
            if reached is None or self._turns.busy(part_id(name, reached)):
                return  # or whoever is at work on it will take it over in the end
            async with self._turns.take(part_id(name, reached)):
                await run_in_threadpool(self._reception.join, name, reached)

    async def _progress_with_whole(self, standing: Standing | Arrived) -> dict[str, str]:
        """What is said of an upload; a part's last byte may be the last of its upload too."""
        said = self._progress(standing)
        if isinstance(standing, Arrived) or standing.offset != standing.upload.length:
            return said
        known = read_part_id(standing.upload.id)
        if known and not self._turns.writing(known[0]):
            async with self._turns.take(known[0]):
                await self._join(known[0])
                whole = await run_in_threadpool(self._reception.standing, known[0])
            if isinstance(whole, Arrived):
                said[RECEIPT] = whole.sha256
        return said

    def _progress(self, standing: Standing | Arrived) -> dict[str, str]:
        if isinstance(standing, Arrived):
            return {UPLOAD_OFFSET: str(standing.bytes), RECEIPT: standing.sha256}
        expires = http_date(self._uploads.expires(standing.upload))
        parts = {PARTS: encode_parts(standing.parts)} if standing.parts else {}
        return {UPLOAD_OFFSET: str(standing.offset), _EXPIRES: expires, **parts}


def _answer(request: Request, status: int, said: dict[str, str]) -> Response:
    if getattr(request.state, "enough", False):
        said["Connection"] = "close"  # the rest of the body will not be read
    return Response(status_code=status, headers=said)


def _place_in(standing: Standing | Arrived) -> tuple[int, int | None, str]:
    if isinstance(standing, Arrived):
        return standing.bytes, standing.bytes, standing.concat
    return standing.offset, standing.upload.length, standing.upload.concat


def _check_version(request: Request) -> None:
    if request.headers.get(TUS_RESUMABLE) != TUS_VERSION:
        raise OtherVersion(f"This store speaks tus {TUS_VERSION}.", headers={"Tus-Version": TUS_VERSION})


def _check_not_empty(length: int | None) -> None:
    if length == 0:
        raise Problem("A clip of no bytes is none; nothing was taken in.")


def _name(request: Request) -> str:
    name: str = request.path_params["upload_id"]
    if not is_upload_id(name):
        raise NotFound("There is no such upload.")
    return name


def _check_room_for_body(request: Request, start: int, length: int | None) -> None:
    announced = request.headers.get("content-length", "0")
    if length is not None and announced.isdigit() and start + int(announced) > length:
        raise TooLarge(f"The body goes beyond the {length} bytes of this upload.")
