"""What a crew says before it asks for consent: a text for each language, as data; a library's own come first."""

from pathlib import Path

from fieldkit.config import Library
from fieldkit.errors import NeedsCrew
from fieldkit.model import Language

_HERE = Path(__file__).parent
_LONGEST = 20_000  # characters


def script(language: Language, library: Library) -> str:
    """The text to read out. A library's `consents/LANG.txt` goes before fieldkit's own. Raises NeedsCrew for none."""
    names = [f"{language}.txt".lower(), f"{language.partition('-')[0]}.txt".lower()]
    for folder in (library.consents, _HERE):
        for name in names:
            try:
                text = (folder / name).read_text("utf-8")[:_LONGEST].strip()
            except FileNotFoundError:
                continue
            except (OSError, UnicodeDecodeError) as error:
                raise NeedsCrew(f"{folder / name} can't be read as text; save it as UTF-8.") from error
            if text:
                return text
    raise NeedsCrew(
        f"There is no script in {language} yet, only in {', '.join(known(library))}; write one with somebody who "
        f"speaks it well and save it as {library.consents / names[0]}."
    )


def known(library: Library) -> list[str]:
    """The languages that there is a script in."""
    return sorted({path.stem for folder in (_HERE, library.consents) for path in folder.glob("*.txt")})
