"""Bytes that only the holder of a key can read, in the age format (age-encryption.org/v1), so that
`age` and any other tool of that format opens what fieldkit sealed, without fieldkit.

A recipient is a public key (`age1…`), an identity the secret one (`AGE-SECRET-KEY-1…`); both are text.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from pyrage import (
    DecryptError,
    EncryptError,
    IdentityError,
    RecipientError,
    decrypt_io,
    encrypt_io,
    passphrase,
)
from pyrage.x25519 import Identity, Recipient

from fieldkit.errors import Damaged, NeedsCrew

_ERRNO = re.compile(r"\[Errno (\d{1,5})\]")


class WrongKey(NeedsCrew):
    """The key or passphrase given does not open this."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A new key: `identity` is the secret half, which `repr` must never show."""

    recipient: str
    identity: str

    def __repr__(self) -> str:
        return f"Pair({self.recipient})"


def new_pair() -> Pair:
    """A key nobody had before."""
    identity = Identity.generate()
    return Pair(str(identity.to_public()), str(identity))


def known_recipient(text: str) -> str:
    """The public key in `text`. Raises NeedsCrew where it is none."""
    try:
        return str(Recipient.from_str(text.strip()))
    except RecipientError as error:
        raise NeedsCrew("That is no public key; one begins with age1 and comes from the campaign.") from error


def known_identity(text: str) -> str:
    """The secret key in `text`, also in a file of `age-keygen` with its comments. Raises NeedsCrew: none there."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            try:
                return str(Identity.from_str(line.strip()))
            except IdentityError:
                break  # its words may hold a part of the key
    raise NeedsCrew("That is no secret key; one begins with AGE-SECRET-KEY-1.")


def seal(source: BinaryIO, target: BinaryIO, recipients: Sequence[str]) -> None:
    """Encrypts all of `source` into `target`; each of the recipients can open it. Raises what the files raise."""
    try:
        encrypt_io(source, target, [Recipient.from_str(text) for text in recipients])
    except EncryptError as error:  # the target's error, of which only the words are left
        if (number := _ERRNO.search(str(error))) is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1]))) from error


def unseal(source: BinaryIO, target: BinaryIO, identities: Sequence[str]) -> None:
    """Decrypts `source` into `target`.

    `target` holds nothing that may be used until this has returned: an altered or cut file is found out at the
    block where it happens. Raises WrongKey, Damaged where the file is altered, cut short or no age file, and what
    the files raise.
    """
    try:
        decrypt_io(source, target, [Identity.from_str(text) for text in identities])
    except (DecryptError, OSError) as error:
        if "No matching keys" in str(error):
            raise WrongKey("This key does not open that file; it was sealed for another one.") from error
        if isinstance(error, OSError) and error.errno is not None:  # the disk's; a bad block has no number
            raise
        raise Damaged("The sealed file is altered or cut short; nothing of it can be trusted.") from error


def lock(secret: bytes, words: str) -> bytes:
    """`secret` behind a passphrase (scrypt: a second or two, on purpose)."""
    return bytes(passphrase.encrypt(secret, words))


def unlock(locked: bytes, words: str) -> bytes:
    """What `lock` hid. Raises WrongKey, or Damaged where it is no locked secret."""
    try:
        return bytes(passphrase.decrypt(locked, words))
    except DecryptError as error:
        if not locked.startswith(b"age-encryption.org/"):
            raise Damaged("The locked key is altered or cut short.") from error
        raise WrongKey("That passphrase does not open the key; try again.") from error
