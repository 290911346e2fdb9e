"""Parts that know their place: joined to their upload, or cut out of one whose bytes changed on the way.

An upload's offset may only grow by bytes that follow it. What a laptop sends side by side, further on, waits
in parts; when the offset reaches one, its bytes are taken over. Every step may be the last before a power
cut: the bytes are durable in the upload before the part is forgotten, and taking over goes on from wherever
it stopped, because the offset says how much of the part is in.
"""

from collections.abc import Iterator
from itertools import groupby

from fieldkit import disk
from fieldkit.protocol import Part, block_hash, decode_blocks, part_id
from fieldkit.store.uploads import Upload, Uploads, cut_back


def absorb(uploads: Uploads, upload: Upload, part: Part) -> int:
    """Takes over what the part holds, and forgets it; returns the new offset. Callers hold both turns."""
    name, target, offset = part_id(upload.id, part), uploads.bytes_of(upload.id), uploads.offset(upload)
    with disk.translated(target), target.open("r+b") as file:
        file.seek(offset)
        for block in uploads.content(name, offset - part.start):
            file.write(block)
        file.flush()
        disk.fsync(file.fileno())
        offset = file.tell()
    uploads.forget(name)
    return offset


def adopt(uploads: Uploads, upload: Upload, held: Upload, start: int) -> None:
    """What `held` has becomes the part of the upload that begins at `start`, and `held` is forgotten.

    What goes beyond the upload's end is left out; where parts have been made already nothing is taken over. Callers
    hold both turns. Raises DiskFull.
    """
    length = min(uploads.offset(held), (upload.length or 0) - start)
    if length > 0 and uploads.offset(upload) <= start and not uploads.parts(upload.id):
        part = Part(start, length)
        made = Upload(part_id(upload.id, part), length, "", upload.place, "partial")
        uploads.create(made, uploads.content(held.id, 0, length))
    uploads.forget(held.id)


def keep_verified(uploads: Uploads, upload: Upload) -> bool:
    """Of an upload whose SHA-256 is wrong, keeps the blocks that are as its manifest says.

    What comes before the first bad block stays where it is; good blocks after it become parts. False
    where no block is known to be bad, so that nothing tells what to send again. Raises DiskFull.
    """
    path = uploads.bytes_of(upload.id)
    manifest = decode_blocks(upload.blocks, upload.length or 0)
    if manifest is None:
        return False
    size, hashes = manifest
    with path.open("rb") as file:
        good = [block_hash(file.read(size)) == said for said in hashes]
    if all(good):
        return False
    first_bad = good.index(False)
    for start, end in _runs(good, first_bad):
        _cut_out(uploads, upload, Part(start * size, min(end * size, upload.length or 0) - start * size))
    cut_back(path, first_bad * size)
    return True


def _runs(good: list[bool], begin: int) -> Iterator[tuple[int, int]]:
    at = begin
    for is_good, run in groupby(good[begin:]):
        end = at + len(list(run))
        if is_good:
            yield at, end
        at = end


def _cut_out(uploads: Uploads, upload: Upload, part: Part) -> None:
    made = Upload(part_id(upload.id, part), part.length, "", upload.place, "partial")
    uploads.create(made, uploads.content(upload.id, part.start, part.length))
