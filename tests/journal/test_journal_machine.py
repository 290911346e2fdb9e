"""Any order of facts: what is due follows from them alone, and nothing leaves without consent."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from support.facts import AGREED, NONE, TWEET, WITHDRAWN, original, rendition, take_id

from fieldkit.errors import NeedsCrew
from fieldkit.journal import Journal
from fieldkit.model import ConsentState, Receipt, Refusal, Station

PROFILES = ("proxy", "tweet")
STORE = "https://clips.example.org"


class Line(RuleBasedStateMachine):
    """The crew and the workers, against a model of plain sets; the journal is reopened at will."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "journal.sqlite"
        self.journal = Journal(self.path)
        self.takes, self.sealed, self.void = [], set(), set()
        self.consent, self.made, self.received, self.refused = {}, set(), set(), set()

    def teardown(self):
        self.journal.close()
        self.folder.cleanup()

    def pick(self, data):
        return data.draw(st.sampled_from(self.takes)) if self.takes else None

    @rule(consent=st.sampled_from([AGREED, NONE]))
    def begin(self, consent):
        take = self.journal.begin(take_id(), TWEET, None, None, consent).id
        self.takes.append(take)
        self.consent[take] = consent.state

    @rule(data=st.data())
    def seal(self, data):
        if take := self.pick(data):
            self.journal.seal(original(take))
            self.sealed.add(take)

    @rule(data=st.data(), said=st.sampled_from([AGREED, WITHDRAWN]))
    def speak(self, data, said):
        if take := self.pick(data):
            try:
                self.journal.consent(take, said)
                self.consent[take] = said.state
            except NeedsCrew:
                assert self.consent[take] is ConsentState.WITHDRAWN

    @rule(data=st.data())
    def discard(self, data):
        if take := self.pick(data):
            self.journal.void(take)
            self.void.add(take)

    @rule()
    def render_what_is_first(self):
        if due := self.journal.due_renditions(PROFILES):
            self.journal.rendered(rendition(due[0].take.id, due[0].profile))
            self.made.add((due[0].take.id, due[0].profile))

    @rule()
    def refuse_what_is_first(self):
        if due := self.journal.due_renditions(PROFILES):
            self.journal.refuse(Refusal(due[0].take.id, Station.RENDER, "why", due[0].profile))
            self.refused.add((due[0].take.id, due[0].profile))

    @rule()
    def push_what_is_first(self):
        if due := self.journal.due_uploads(STORE, PROFILES):
            made = due[0].rendition
            self.journal.received(Receipt(made.take, made.profile, made.sha256, STORE, datetime.now(UTC)))
            self.received.add((made.take, made.profile))

    @rule()
    def forgive(self):
        self.journal.forgive(Station.RENDER)
        self.refused.clear()

    @rule()
    def die_and_come_back(self):
        self.journal.close()
        self.journal = Journal(self.path)

    def releasable(self):
        return {t for t in self.sealed - self.void if self.consent[t] is ConsentState.AGREED}

    @invariant()
    def what_is_due_follows_from_the_facts(self):
        wanted = {(take, profile) for take in self.releasable() for profile in PROFILES}
        found = self.journal.due_renditions(PROFILES)
        assert {(d.take.id, d.profile) for d in found} == wanted - self.made - self.refused
        uploads = self.journal.due_uploads(STORE, PROFILES)
        assert {(u.take.id, u.rendition.profile) for u in uploads} == (wanted & self.made) - self.received
        assert {t.id for t in self.journal.unsealed()} == set(self.takes) - self.sealed

    @invariant()
    def at_most_one_take_of_a_tweet_is_circled(self):
        circled = [entry for entry in self.journal.entries() if entry.circled]
        assert len(circled) <= 1
        if self.sealed - self.void - {take for take, _ in self.refused}:
            assert len(circled) == 1


TestLine = Line.TestCase
TestLine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
