"""How often somebody may try: nobody tries faster, everybody gets through in the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.store import passphrases
from fieldkit.store.limiter import FREE, Limiter, address_key, delay
from fieldkit.store.passphrases import Cost

LONGEST = 60.0
CHEAP = Cost(n=2, r=1, p=1)


@given(st.lists(st.floats(0, 600), max_size=60))
def test_an_attempt_is_never_allowed_before_its_delay_and_always_after_the_longest(gaps: list[float]) -> None:
    limiter, now, failed, last = Limiter(LONGEST), 0.0, 0, 0.0
    for gap in gaps:
        now += gap
        allowed = limiter.wait("amal", now) == 0
        assert allowed == (last + delay(failed, LONGEST) - now <= 0)
        assert limiter.wait("amal", now + LONGEST) == 0
        if allowed:
            limiter.tried("amal", now)
            failed, last = failed + 1, now
    limiter.passed("amal")
    assert limiter.wait("amal", now) == 0


@given(st.integers(0, 10_000))
def test_delays_only_grow_and_have_an_end(failed: int) -> None:
    assert delay(failed, LONGEST) <= delay(failed + 1, LONGEST) <= LONGEST
    assert (delay(failed, LONGEST) == 0) == (failed < FREE)


def test_one_name_does_not_slow_another_and_memory_has_an_end() -> None:
    limiter = Limiter(LONGEST)
    for number in range(20_000):
        limiter.tried(str(number), 0.0)
    for _ in range(10):
        limiter.tried("amal", 0.0)
    assert limiter.wait("amal", 1.0) > 0
    assert limiter.wait("ruth", 1.0) == 0
    assert len(limiter._tries) <= 10_000


@given(st.ip_addresses(v=6))
def test_a_customer_with_a_whole_network_is_one(address: object) -> None:
    assert address_key(str(address)) != "?"


@given(st.text())
def test_what_is_no_address_is_one_too(text: str) -> None:
    assert address_key(text)


def test_neighbours_in_one_network_are_one_and_others_are_not() -> None:
    assert address_key("2001:db8::1") == address_key("2001:db8::ffff:2") != address_key("2001:db8:0:1::1")
    assert address_key("::ffff:10.0.0.1") == address_key("10.0.0.1") != address_key("10.0.0.2")


@given(st.text(), st.text())
def test_a_passphrase_matches_its_own_hash_only(one: str, other: str) -> None:
    import unicodedata

    def same(text: str) -> str:
        return unicodedata.normalize("NFKC", text)

    stored = passphrases.hashed(one, CHEAP)
    assert passphrases.matches(one, stored)
    assert passphrases.matches(other, stored) == (same(one) == same(other))
    assert passphrases.hashed(one, CHEAP) != stored  # a salt of its own


def test_the_real_cost_is_what_the_cheat_sheet_asks_for() -> None:
    assert Cost(n=2**14, r=8, p=5) == passphrases.SOUND
    assert passphrases.matches("correct horse battery", passphrases.hashed("correct horse battery"))


@pytest.mark.parametrize("bad", ["", "short", "x" * 1001])
def test_a_weak_passphrase_is_refused(bad: str) -> None:
    with pytest.raises(Exception, match="at least 12"):
        passphrases.check(bad)
