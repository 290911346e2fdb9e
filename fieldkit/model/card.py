"""The code on the card that a speaker keeps: with it, and without a name, they take their consent back. Pure.

Only its hash is kept and travels. Eleven symbols are drawn, 55 bits; the twelfth finds out a slip of the pen.
"""

import hashlib

from fieldkit.errors import NeedsCrew
from fieldkit.model.ids import Sha256

_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing that looks like something else
_READ_AS = str.maketrans("ILO", "110")
_DRAWN = 11
ENTROPY = 7  # bytes


def new_code(entropy: bytes) -> str:
    """A code of ENTROPY random bytes, as it is written on the card: `XXXX-XXXX-XXXX`."""
    number = int.from_bytes(entropy)
    drawn = "".join(_SYMBOLS[number >> 5 * place & 31] for place in range(_DRAWN))
    code = drawn + _check(drawn)
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def card_of(code: str) -> Sha256:
    """The hash that stands for a code, however it was typed. Raises NeedsCrew for none."""
    typed = "".join(code.upper().split()).replace("-", "").translate(_READ_AS)
    plain = len(typed) == _DRAWN + 1 and all(symbol in _SYMBOLS for symbol in typed)
    if not plain or typed[-1] != _check(typed[:-1]):
        raise NeedsCrew("That is not the code of a card; look at its twelve letters and digits once more.")
    return Sha256(hashlib.sha256(f"fieldkit card {typed}".encode()).hexdigest())


def _check(drawn: str) -> str:
    # 31 is prime, so a wrong symbol and two that changed places are found out
    return _SYMBOLS[sum((at + 1) * _SYMBOLS.index(symbol) for at, symbol in enumerate(drawn)) % 31]
