"""The end of a library: keys first, within a blink; then the journal; then all the rest."""

import shutil
from pathlib import Path

from fieldkit import disk
from fieldkit.config import Library
from fieldkit.errors import NeedsCrew

_ROUNDS = 3  # while another process may still put something there
_MARK = "wiping"  # says that what lies here is to go, should we be killed halfway


def wipe(library: Library) -> None:
    """Nothing of the library is left, its folder neither. Killed at any instant, the same goes on.

    Raises NeedsCrew for a folder that is no library, or that can't be emptied.
    """
    root = library.root
    if not root.exists():
        return
    mark = root / _MARK
    if root.is_dir() and not any(root.iterdir()):  # killed before its last step
        root.rmdir()
        return
    if not (library.journal.exists() or library.settings.exists() or mark.exists()):
        raise NeedsCrew(f"{root} is no library of fieldkit, so nothing was wiped.")
    with disk.translated(root):
        disk.write(mark, b"")
        for key in _inside(library.keys):
            disk.destroy(key)
        for path in root.glob(f"{library.journal.name}*"):
            disk.remove(path)
        disk.remove(library.settings)  # it holds the token
        for _ in range(_ROUNDS):
            for path in _rest(root):
                _remove(path)
        disk.fsync_folder(root)
        if _rest(root):
            raise NeedsCrew(
                "The keys are destroyed, but another fieldkit is at work here and writes anew: stop it, and wipe again."
            )
        disk.remove(mark)
        root.rmdir()


def _rest(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.name != _MARK]


def _inside(folder: Path) -> list[Path]:
    """What lies there, this laptop's own key first."""
    if not folder.is_dir():
        return []
    return sorted(
        (path for path in folder.iterdir() if path.is_file()), key=lambda path: path.name != "laptop.age"
    )


def _remove(path: Path) -> None:
    if path.is_symlink() and path.is_dir():  # a folder that was moved to a larger disk
        for inner in path.iterdir():
            _remove(inner)
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
