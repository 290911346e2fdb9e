"""Any order of facts: what is due follows from them alone, and nothing leaves without consent."""

import contextlib
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from support.facts import AGREED, NONE, WITHDRAWN, original, rendition, take_id

from fieldkit.errors import NeedsCrew
from fieldkit.journal import Journal, Meant, Overtaken, Word
from fieldkit.model import ConsentState, Method, Protection, Receipt, Refusal, Request, Station, TweetId

PROFILES = ("proxy", "tweet")
COVER = Protection(Method.COVER)
STORE = "https://clips.example.org"


class Line(RuleBasedStateMachine):
    """The crew and the workers, against a model of plain sets; the journal is reopened at will."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "journal.sqlite"
        self.journal = Journal(self.path)
        self.takes, self.sealed, self.void, self.tweets = [], set(), set(), {}
        self.consent, self.made, self.received, self.refused = {}, set(), set(), set()
        self.unsent, self.words, self.circles = set(), [], []
        self.due = {}
        self.protected, self.drafts, self.shown = set(), set(), set()

    def teardown(self):
        self.journal.close()
        self.folder.cleanup()

    def pick(self, data):
        return data.draw(st.sampled_from(self.takes)) if self.takes else None

    @rule(consent=st.sampled_from([AGREED, NONE]))
    def begin(self, consent):
        tweet = TweetId(str(1 + len(self.takes) % 3))
        take = self.journal.begin(take_id(), tweet, None, None, consent).id
        self.takes.append(take)
        self.tweets[take] = tweet
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
            made = rendition(due[0].take.id, due[0].profile)
            try:
                self.journal.rendered(made)
                assert made.take not in self.protected
                self.made.add((made.take, made.profile))
            except Overtaken:
                assert made.take in self.protected
                self.journal.protection.drafted(made, f"{made.path}.jpg", COVER, {})
                self.drafts.add((made.take, made.profile))

    @rule(data=st.data())
    def protect(self, data):
        if take := self.pick(data):
            self.journal.protection.put(take, COVER)
            self.protected.add(take)
            for known in (self.made, self.received, self.refused, self.drafts, self.shown):
                known -= {(take, profile) for profile in PROFILES}

    @rule()
    def look(self):
        self.journal.protection.shown(self.journal.protection.drafts())
        self.shown = set(self.drafts)

    @rule(data=st.data())
    def sign(self, data):
        if found := self.journal.protection.drafts():
            made = data.draw(st.sampled_from(found)).rendition
            upload = made.take, made.profile
            try:
                self.journal.protection.sign(made.take, made.profile, made.sha256, "K7")
                assert upload in self.shown
                self.drafts.remove(upload)
                self.made.add(upload)
            except NeedsCrew:
                assert upload not in self.shown

    @rule()
    def refuse_what_is_first(self):
        if due := self.journal.due_renditions(PROFILES):
            self.journal.refuse(Refusal(due[0].take.id, Station.RENDER, "why", due[0].profile))
            self.refused.add((due[0].take.id, due[0].profile))

    @rule()
    def push_what_is_first(self):
        if upload := self.journal.lineup.next(STORE):
            made = upload.rendition
            self.journal.received(Receipt(made.take, made.profile, made.sha256, STORE, datetime.now(UTC)))
            self.received.add((made.take, made.profile))

    @rule(data=st.data())
    def circle(self, data):
        if take := self.pick(data):
            self.journal.circle(take)
            self.void.discard(take)
            self.circles.append(take)

    @rule()
    def refuse_to_send_what_is_first(self):
        if upload := self.journal.lineup.next(STORE):
            made = upload.rendition
            self.journal.refuse(Refusal(made.take, Station.PUSH, "why", made.profile))
            self.unsent.add((made.take, made.profile))

    @rule(
        data=st.data(),
        word=st.sampled_from(Word),
        profile=st.sampled_from([None, *PROFILES]),
        everything=st.booleans(),
    )
    def steer(self, data, word, profile, everything):
        take = None if everything and word is not Word.FIRST else self.pick(data)
        if word is Word.FIRST and take is None:
            return
        meant = Meant(take, profile if take else None)
        self.journal.lineup.say(word, [meant])
        self.words.append((word, meant))
        if word is Word.RETRY:
            self.unsent = {upload for upload in self.unsent if not applies(meant, *upload)}

    @rule(due=st.dictionaries(st.sampled_from(["1", "2", "3", "4"]), st.none() | st.integers(1, 3)))
    def hear_what_is_wanted(self, due):
        self.due = {
            TweetId(tweet): datetime(2026, 11, day, tzinfo=UTC) if day else None for tweet, day in due.items()
        }
        self.journal.centre.heard(STORE, "", [Request(tweet, due=by) for tweet, by in self.due.items()], [])

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

    def said(self, upload, *words):
        """The last of these words about an upload, and when it was said."""
        said = [
            (n, word)
            for n, (word, meant) in enumerate(self.words)
            if word in words and applies(meant, *upload)
        ]
        return said[-1] if said else (-1, None)

    def chosen(self):
        """The circled take of each tweet."""
        refused = {take for take, _ in self.refused}
        good = [take for take in self.takes if take in self.sealed - self.void - refused]
        by_crew = [take for take in self.circles if take in good]
        return {self.tweets[take]: take for take in [*good, *by_crew]}.values()

    def state(self, upload):
        if self.said(upload, Word.CANCEL, Word.RETRY)[1] is Word.CANCEL:
            return "cancelled"
        if upload in self.unsent:
            return "refused"
        return "paused" if self.said(upload, Word.PAUSE, Word.RESUME)[1] is Word.PAUSE else "waiting"

    def urgency(self, upload):
        take, profile = upload
        first, _ = self.said(upload, Word.FIRST)
        due = self.due.get(self.tweets[take]) or datetime.max.replace(tzinfo=UTC)
        return due, -first, PROFILES.index(profile), take not in self.chosen(), self.takes.index(take)

    @invariant()
    def what_waits_is_in_the_order_that_the_crew_wants(self):
        wanted = {(take, profile) for take in self.releasable() for profile in PROFILES}
        lacking = sorted((wanted & self.made) - self.received, key=self.urgency)
        waiting = self.journal.lineup.waiting(STORE)
        assert [((take, profile), state) for take, _, profile, _, state in waiting] == [
            (upload, self.state(upload)) for upload in lacking
        ]
        free = [upload for upload in lacking if self.state(upload) == "waiting"]
        upload = self.journal.lineup.next(STORE)
        assert [(upload.take.id, upload.rendition.profile)] == free[:1] if upload else not free

    @invariant()
    def the_index_is_what_the_view_says(self):
        with contextlib.closing(sqlite3.connect(self.path)) as db:
            rows = [set(db.execute(query)) for query in ("SELECT * FROM lineup", "SELECT * FROM sendable")]
            assert rows[0] == rows[1]
            assert db.execute(
                "SELECT DISTINCT tweet_id, take FROM chosen WHERE take IS NOT NULL ORDER BY 1"
            ).fetchall() == (db.execute("SELECT tweet_id, take FROM circled ORDER BY 1").fetchall())

    @invariant()
    def what_is_due_follows_from_the_facts(self):
        wanted = {(take, profile) for take in self.releasable() for profile in PROFILES}
        found = self.journal.due_renditions(PROFILES)
        assert {(d.take.id, d.profile) for d in found} == wanted - self.made - self.refused - self.drafts
        assert {t.id for t in self.journal.unsealed()} == set(self.takes) - self.sealed

    @invariant()
    def one_take_of_a_tweet_is_circled(self):
        assert {entry.take.id for entry in self.journal.entries() if entry.circled} == set(self.chosen())


def applies(meant, take, profile):
    """Whether a word is about this upload."""
    return meant.take in (None, take) and meant.profile in (None, profile)


TestLine = Line.TestCase
TestLine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
