"""The rule over a consent, in every combination."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fieldkit.model import Age, Consent, ConsentState, Risk, Scope, Trait
from fieldkit.model.release import LEAST_REMOVED, PILLARS, why_barred, why_kept

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CODES = st.sampled_from([None, "asha", "juma"])


@st.composite
def consents(draw):
    return Consent(
        draw(st.sampled_from(ConsentState)),
        explained_by=draw(CODES),
        scope=draw(st.frozensets(st.sampled_from(Scope))),
        age=draw(st.sampled_from(Age)),
        guardian=draw(st.booleans()),
        assent=draw(st.booleans()),
        approved_by=draw(CODES),
        hidden=draw(st.frozensets(st.sampled_from(Trait))),
        risk=draw(st.sampled_from(Risk)),
        at_home=draw(st.booleans()),
        until=draw(st.none() | st.just(NOON) | st.just(NOON.replace(hour=13))),
    )


@given(consents(), CODES)
def test_nothing_leaves_that_any_of_the_refusals_forbids(consent, operator):
    bar = why_barred(consent, operator)
    exposed = consent.hidden & {Trait.FACE, Trait.VOICE}
    why = why_kept(consent, NOON, exposed, bar)
    may = (
        consent.state is ConsentState.AGREED
        and (consent.until is None or consent.until > NOON)
        and Scope.REPLY in consent.scope
        and consent.at_home
        and len(PILLARS & consent.hidden) >= LEAST_REMOVED[consent.risk]
        and (
            consent.age is Age.ADULT
            or (
                consent.guardian
                and consent.assent
                and consent.approved_by is not None
                and consent.approved_by not in {consent.explained_by, operator}
            )
        )
        and not exposed
    )
    assert (why is None) == may
    if why:
        assert why[0].isupper()
        assert why.endswith(".")
        assert why.count(". ") == 0
