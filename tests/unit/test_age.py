"""What is sealed opens for its key and for no other, and an altered byte is never handed on as good."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.age import WrongKey, known_identity, known_recipient, lock, new_pair, seal, unlock, unseal
from fieldkit.errors import Damaged, NeedsCrew

MINE, THEIRS = new_pair(), new_pair()


def sealed(plain: bytes, *recipients: str) -> bytes:
    target = io.BytesIO()
    seal(io.BytesIO(plain), target, recipients)
    return target.getvalue()


def opened(box: bytes, identity: str) -> bytes:
    target = io.BytesIO()
    unseal(io.BytesIO(box), target, [identity])
    return target.getvalue()


@given(st.binary(max_size=200_000))
@settings(max_examples=30)
def test_what_is_sealed_comes_out_as_it_went_in_for_each_recipient(plain: bytes) -> None:
    box = sealed(plain, MINE.recipient, THEIRS.recipient)
    assert opened(box, MINE.identity) == opened(box, THEIRS.identity) == plain


def test_another_key_opens_nothing_and_says_so() -> None:
    with pytest.raises(WrongKey, match="another one"):
        opened(sealed(b"name", MINE.recipient), THEIRS.identity)


@given(st.floats(0, 1, exclude_max=True))
@settings(max_examples=60)
def test_a_cut_or_an_altered_byte_anywhere_is_found(where: float) -> None:
    box = sealed(b"x" * 70_000, MINE.recipient)
    at = int(where * len(box))
    cut, altered = box[:at], box[:at] + bytes([box[at] ^ 1]) + box[at + 1 :]
    for bad in (cut, altered):
        with pytest.raises((Damaged, WrongKey)):  # a head that is altered names another key
            opened(bad, MINE.identity)


def test_a_passphrase_locks_a_secret() -> None:
    box = lock(b"secret", "five quiet words")  # each takes a second or two
    assert unlock(box, "five quiet words") == b"secret"
    with pytest.raises(WrongKey):
        unlock(box, "five loud words")
    with pytest.raises(Damaged):
        unlock(b"nothing", "five quiet words")


def test_keys_are_known_when_they_are_keys_and_never_repeated_in_an_error() -> None:
    assert known_recipient(f" {MINE.recipient}\n") == MINE.recipient
    assert known_identity(f"# created: 2026\n# public key: x\n{MINE.identity}\n") == MINE.identity
    for wrong in ("", "age1short", MINE.identity):
        with pytest.raises(NeedsCrew):
            known_recipient(wrong)
    with pytest.raises(NeedsCrew) as refusal:
        known_identity(MINE.identity[:-1])
    assert MINE.identity[16:40] not in str(refusal.value)
    assert MINE.identity not in repr(MINE)
