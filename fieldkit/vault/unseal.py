"""Opens sealed originals at headquarters: needs the files, their envelopes and the campaign's key, no journal."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fieldkit import age, disk
from fieldkit.errors import FieldkitError, NeedsCrew
from fieldkit.vault import keys
from fieldkit.vault.seal import SUFFIX, unseal

_NAME = re.compile(r"([0-9a-f-]{36})(\.[a-z0-9]{1,8})\.age", re.ASCII)


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What became of one file: `fresh` where it was opened now, `error` where it was not."""

    sealed: Path
    output: Path
    fresh: bool = False
    error: FieldkitError | None = None


def find(paths: Sequence[Path]) -> list[Path]:
    """The sealed files meant: files as given, of a library those in it. Raises NeedsCrew where there are none."""
    found: dict[Path, None] = {}
    for path in paths:
        with disk.translated(path):
            folder = path / "sealed" if (path / "sealed").is_dir() else path
            inside = (
                sorted(each for each in folder.iterdir() if _NAME.fullmatch(each.name))
                if path.is_dir()
                else []
            )
        if not path.is_dir() and not _NAME.fullmatch(path.name):
            raise NeedsCrew(f"{path.name} is no sealed original; those are called TAKE.mp4.age or alike.")
        if path.is_dir() and not inside:
            raise NeedsCrew(f"There is no sealed original in {path}.")
        found |= dict.fromkeys(inside or [path])
    return list(found)


def open_each(files: Sequence[Path], identity: str, folder: Path, whose: str = "") -> Iterator[Unsealed]:
    """Opens file after file into `folder`; what is there already stays. `whose` is as in `Keys.envelope`.

    Raises DiskFull, NeedsCrew about `folder`.
    """
    disk.make_folder(folder)
    disk.sweep(folder, "*-*-*-*-*")  # a take's: who knows what else lies there
    for sealed in files:
        output = folder / sealed.name.removesuffix(SUFFIX)
        if output.exists():
            yield Unsealed(sealed, output)
            continue
        try:
            part = disk.part_for(output)
            unseal(sealed, part, keys.opened(_envelope(sealed, whose), identity))
            disk.publish(part, output)
        except FieldkitError as error:
            yield Unsealed(sealed, output, error=error)
        else:
            yield Unsealed(sealed, output, fresh=True)


def new_key(path: Path) -> str:
    """Writes a new secret key for the campaign and returns its public half. Raises NeedsCrew: never overwrites."""
    pair = age.new_pair()
    with disk.translated(path):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise NeedsCrew(f"{path} is there already, and a key is never overwritten.") from error
        with open(descriptor, "wb") as file:
            file.write(f"# public key: {pair.recipient}\n{pair.identity}\n".encode())
            file.flush()
            disk.fsync(file.fileno())
        disk.fsync_folder(path.absolute().parent)
    return pair.recipient


def _envelope(sealed: Path, whose: str) -> Path:
    """In the library's `keys`, or beside the file where both were copied into one folder."""
    name = _NAME.fullmatch(sealed.name)
    assert name is not None
    envelope = f"{name[1]}{f'.{whose}' if whose else ''}.age"
    here, there = sealed.with_name(envelope), sealed.parent.parent / "keys" / envelope
    if not here.is_file() and not there.is_file():
        raise NeedsCrew(
            f"The key of {sealed.name} is not there: its envelope {envelope} belongs into {there.parent}, or beside "
            "the file. Where it was destroyed, nobody can open this any more."
        )
    return here if here.is_file() else there
