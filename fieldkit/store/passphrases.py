"""Passphrases: what makes a good one, and the slow, salted hash that is all the store keeps of it."""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass

from fieldkit.errors import NeedsCrew

SHORTEST = 12  # characters; NIST SP 800-63B asks for 8 where guesses are limited, 15 where they aren't
_LONGEST = 1000  # characters
_SALT, _DIGEST = 16, 32  # bytes


@dataclass(frozen=True, slots=True)
class Cost:
    """scrypt's (RFC 7914). It needs 128 × n × r bytes while it runs."""

    n: int = 2**14
    r: int = 8
    p: int = 5


# OWASP's password storage cheat sheet holds this equal to n=2**17, p=1, which would take 128 MiB instead of 16
SOUND = Cost()


def check(passphrase: str) -> None:
    """Raises NeedsCrew for one that is too short or far too long."""
    if not SHORTEST <= len(passphrase) <= _LONGEST:
        raise NeedsCrew(
            f"A passphrase has at least {SHORTEST} characters; four or five words make a good one."
        )


def hashed(passphrase: str, cost: Cost = SOUND) -> str:
    """`scrypt$n$r$p$salt$hash`, with a salt of its own."""
    salt = secrets.token_bytes(_SALT)
    return _written(cost, salt, _scrypt(passphrase, salt, cost))


def nobodys(cost: Cost = SOUND) -> str:
    """A hash of no passphrase, which takes as long to check as anybody's."""
    return _written(cost, secrets.token_bytes(_SALT), secrets.token_bytes(_DIGEST))


def matches(passphrase: str, stored: str) -> bool:
    """Whether `stored` is this passphrase's hash; takes equally long for every answer."""
    _, n, r, p, salt, digest = stored.split("$")
    cost = Cost(int(n), int(r), int(p))
    found = _scrypt(passphrase[:_LONGEST], base64.b64decode(salt), cost)
    return hmac.compare_digest(found, base64.b64decode(digest))


def _written(cost: Cost, salt: bytes, digest: bytes) -> str:
    parts = (base64.b64encode(part).decode() for part in (salt, digest))
    return "$".join(["scrypt", str(cost.n), str(cost.r), str(cost.p), *parts])


def _scrypt(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    # the same letters, typed on another keyboard, may come as other code points
    text = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogateescape")
    room = 129 * cost.n * cost.r + 2**20  # bytes; OpenSSL refuses more than 32 MiB by itself
    return hashlib.scrypt(text, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=room, dklen=_DIGEST)
