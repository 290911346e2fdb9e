"""Settings, read once: flags > environment > file > default. And where things lie in a library."""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import platformdirs

from fieldkit import disk
from fieldkit.errors import NeedsCrew
from fieldkit.model import Hours, Language, Place

_PREFIX = "FIELDKIT_"
_LONGEST = 200  # characters of a setting
_SMALLEST = 100_000  # bytes a day: less would not carry one proxy
_SLOWEST = 4000  # bits/s: a block of 16 KiB then takes 33 s, and the store waits 60 s for one


@dataclass(frozen=True, slots=True)
class Library:
    """The folder on the laptop that holds the journal, originals and renditions."""

    root: Path

    @property
    def settings(self) -> Path:
        return self.root / "fieldkit.toml"

    @property
    def journal(self) -> Path:
        return self.root / "journal.sqlite"

    @property
    def rolling(self) -> Path:
        """Recordings while the camera rolls: `<take>.mkv` and the lock `<take>.lock` its recorder holds."""
        return self.root / "rolling"

    @property
    def originals(self) -> Path:
        return self.root / "originals"

    @property
    def renditions(self) -> Path:
        return self.root / "renditions"

    @property
    def protections(self) -> Path:
        """Captions and other voices' recordings that protected takes need."""
        return self.root / "protections"

    @property
    def sealed(self) -> Path:
        """Originals as age files, `<take><suffix>.age`: only the take's own key opens one."""
        return self.root / "sealed"

    @property
    def keys(self) -> Path:
        """The key of each sealed take in an envelope: whoever destroys it has destroyed the take."""
        return self.root / "keys"

    @property
    def consents(self) -> Path:
        """Who the speakers are, for the protection officer alone: `<take>.age`. And the crew's own scripts."""
        return self.root / "consents"

    @property
    def live(self) -> Path:
        """What the running worker is doing, for other terminals to read; nothing decides by it."""
        return self.root / "live.json"

    @property
    def spent(self) -> Path:
        """How many bytes were sent on which day."""
        return self.root / "spent.json"

    def lock(self, work: str) -> disk.Lock:
        """The lock on one kind of work in this library: one worker at a time."""
        return disk.Lock(self.root / f"{work}.lock")

    def make(self) -> None:
        """Makes the folders that are missing. Raises DiskFull, NeedsCrew."""
        for folder in (
            self.rolling,
            self.originals,
            self.renditions,
            self.sealed,
            self.keys,
            self.protections,
        ):
            disk.make_folder(folder)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a crew sets once; each default stands here only."""

    store: str | None = None  # the store's URL
    token: str | None = None
    place: Place | None = None
    operator: str | None = None
    language: Language | None = None  # in which consent is explained here
    camera: str | None = None
    microphone: str | None = None
    ffmpeg: str | None = None  # a path; None is the binary that imageio-ffmpeg brings
    deadline: float | None = None  # seconds in which a reply should be made and sent, where the line is known
    rolling_proxy: str = (
        "auto"  # while the camera rolls: on, off, or auto where the laptop has the processors
    )
    end_card: str | None = None  # a template's path: what each reply ends with
    officer: str | None = None  # the protection officer's public key (age1…)
    without_consent: float = 72 * 3600.0  # seconds after which a take that nobody agreed to is erased
    seal: str | None = None  # the campaign's public key, age1…: originals are sealed for it
    patience: float = 60.0  # seconds without a byte confirmed after which `sync` gives up, exit 4
    rate: int | None = None  # bits/s that an upload may use; None is all there is
    window: Hours | None = None  # the local hours in which anything is sent; None is always
    budget: int | None = None  # bytes that may be sent in a day
    battery: int | None = None  # per cent of charge below which nothing is sent, unless on mains

    def __post_init__(self) -> None:
        for name in ("token", "operator", "camera", "microphone", "ffmpeg", "end_card", "officer", "seal"):
            text = getattr(self, name)
            if text is not None and not (text.isprintable() and 0 < len(text) <= _LONGEST):
                raise NeedsCrew(f"The setting {name} is one line of up to {_LONGEST} printable characters.")
        if self.token is not None and not (self.token.isascii() and " " not in self.token):
            raise NeedsCrew("The token is one word, as `fieldkit store token add` printed it.")
        if self.store is not None and not _is_address(self.store):
            raise NeedsCrew(f"“{self.store[:80]}” is not a store's URL such as https://clips.example.org")
        if not 0 < self.patience < float("inf"):
            raise NeedsCrew("patience is a number of seconds above 0.")
        if not 3600 <= self.without_consent < float("inf"):
            raise NeedsCrew("without_consent is a time of at least an hour, such as 72h.")
        if self.rolling_proxy not in ("auto", "on", "off"):
            raise NeedsCrew("rolling_proxy is auto, on or off.")
        if self.deadline is not None and not 0 < self.deadline < float("inf"):
            raise NeedsCrew("deadline is a number of seconds above 0.")
        if self.rate is not None and self.rate < _SLOWEST:
            raise NeedsCrew(f"rate is in bits per second and at least {_SLOWEST}.")
        if self.budget is not None and self.budget < _SMALLEST:
            raise NeedsCrew(f"budget is in bytes a day and at least {_SMALLEST}.")
        if self.battery is not None and not 0 < self.battery < 100:
            raise NeedsCrew("battery is a percentage from 1 to 99.")

    @classmethod
    def read(cls, library: Library, environment: Mapping[str, str], flags: Mapping[str, Any]) -> Self:
        """Settings from what was typed, the FIELDKIT_* environment and the library's file, in that order.

        Raises NeedsCrew where one of them is not what it should be.
        """
        names = {field.name for field in fields(cls)}
        stored = _read_file(library.settings)
        if unknown := sorted(stored.keys() - names):
            raise NeedsCrew(f"{library.settings} has a setting fieldkit does not know: {', '.join(unknown)}.")
        from_environment = {
            name: environment[_PREFIX + name.upper()]
            for name in names
            if environment.get(_PREFIX + name.upper())
        }
        typed = {name: value for name, value in flags.items() if value is not None}
        return cls(
            **{name: _parse(name, value) for name, value in (stored | from_environment | typed).items()}
        )

    def write(self, library: Library) -> None:
        """Keeps the settings in the library's file, readable by its owner only (it holds the token)."""
        lines = [
            f"{field.name} = {json.dumps(getattr(self, field.name), ensure_ascii=False)}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        ]
        disk.write(library.settings, ("\n".join(lines) + "\n").encode())

    def changed(self, **values: Any) -> Self:
        """These settings with those values that are not None put in."""
        given = {name: _parse(name, value) for name, value in values.items() if value is not None}
        return replace(self, **given)


def library_at(folder: str | None) -> Library:
    """The library in `folder`, or the platform's data folder where none is given."""
    return Library(Path(folder or os.fspath(platformdirs.user_data_path("fieldkit"))).absolute())


def library_and_settings(
    folder: str | None, flags: Mapping[str, Any] | None = None
) -> tuple[Library, Settings]:
    """The library in `folder` with its settings; `flags` are settings that were typed. Raises NeedsCrew."""
    library = library_at(folder)
    return library, Settings.read(library, os.environ, flags or {})


def rate_of(text: str) -> int:
    """Bits per second of `128k`, `1M`, `64000`. Raises NeedsCrew."""
    number, unit = text.strip().lower().removesuffix("bit/s"), 1
    for suffix, factor in (("k", 1000), ("m", 1_000_000)):
        if number.endswith(suffix):
            number, unit = number[:-1], factor
    try:
        return round(float(number) * unit)
    except (ValueError, OverflowError):
        raise NeedsCrew(f"“{text[:40]}” is not a rate such as 64k, 256k or 1M (bits per second).") from None


def size_of(text: str) -> int:
    """Bytes of `150k`, `5M`, `800000`. Raises NeedsCrew."""
    units = {"kb": 1000, "mb": 1_000_000, "gb": 10**9, "k": 1000, "m": 1_000_000, "g": 10**9, "b": 1}
    return _number(text, units, "a size such as 400k or 5M")


def seconds_of(text: str) -> float:
    """Seconds of `90`, `90s`, `5m`. Raises NeedsCrew."""
    units = {"min": 60, "m": 60, "s": 1, "h": 3600}
    return float(_number(text, units, "a time such as 90s or 5m"))


def _number(text: str, units: Mapping[str, int], what: str) -> int:
    number, factor = text.strip().lower(), 1
    for unit, times in units.items():
        if number.endswith(unit):
            number, factor = number.removesuffix(unit), times
            break
    try:
        if (value := round(float(number) * factor)) > 0:
            return value
    except (ValueError, OverflowError):
        pass
    raise NeedsCrew(f"“{text[:40]}” is not {what}.")


def _is_address(text: str) -> bool:
    try:
        url = urlsplit(text)
        return (
            url.scheme in ("http", "https")
            and bool(url.hostname)
            and url.port != 0  # raises for a port that is none
            and not (url.query or url.fragment or url.username)
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        return False


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise NeedsCrew(f"{path} can't be read as TOML ({error}); `fieldkit init` writes it anew.") from error


def _parse(name: str, value: Any) -> Any:
    try:
        match name:
            case "deadline":
                return seconds_of(value) if isinstance(value, str) else float(value)
            case "without_consent":
                return seconds_of(value) if isinstance(value, str) else float(value)
            case "patience":
                return float(value)
            case "rate":
                return rate_of(value) if isinstance(value, str) else int(value)
            case "budget":
                return size_of(value) if isinstance(value, str) else int(value)
            case "battery":
                return int(value.removesuffix("%")) if isinstance(value, str) else int(value)
            case "window":
                return Hours(value)
            case "place":
                return Place(value)
            case "language":
                return Language(value)
            case "store":
                return str(value).rstrip("/")
            case _:
                return str(value)
    except ValueError as error:
        raise NeedsCrew(f"The setting {name} can't be “{str(value)[:80]}”: {error}.") from error
