"""Any order of record, consent, render, push, decide and withdraw on two laptops and a store, with the real journal
and the real catalogue, media and reception, without HTTP.

A history is a list of steps; what must be true is asked after the last one, when everybody has met everybody.
`tests/safety/test_histories.py` runs some hundred of them, `benchmarks/histories.py` as many as one likes.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st

from fieldkit import erase
from fieldkit.config import Library
from fieldkit.errors import NeedsCrew, NoConsent
from fieldkit.journal import Journal
from fieldkit.model import Original, Receipt, Rendition, Sha256, TakeId, Trait, TweetId, Upload, Withdrawal
from fieldkit.model.card import card_of, new_code
from fieldkit.protocol import encode_metadata, upload_id
from fieldkit.store import uploads as at_store
from fieldkit.store import withdrawing
from fieldkit.store.house import House
from fieldkit.store.label import read_label
from fieldkit.store.nouns import Arrived
from fieldkit.store.passphrases import Cost
from fieldkit.store.problems import Problem, Withdrawn
from fieldkit.store.review import Decision
from fieldkit.sync.push import metadata
from fieldkit.wanted import read_wanted, wanted_as_json
from support.facts import AGREED, NONE, WITHDRAWN, take_id

STORE = "https://clips.example.org"
PROFILES = ("proxy", "tweet")
TWEETS = (TweetId("1"), TweetId("2"))
SHOWN, HIDDEN = AGREED, replace(AGREED, hidden=frozenset({Trait.FACE}))
CODES = tuple(card_of(new_code(bytes([n] * 7))) for n in range(2))
Step = tuple[str, int, int]
_AT_THE_STORE = {"push", "withdraw_by_code_there", "withdraw_there", "contact", "restart"}
_CHEAP = Cost(n=2, r=1, p=1)  # nobody signs in


def histories(longest: int = 24) -> st.SearchStrategy[list[Step]]:
    """Steps as a name and two small numbers: who, and which of what is there."""
    names = st.sampled_from(sorted(World.STEPS))
    return st.lists(st.tuples(names, st.integers(0, 1), st.integers(0, 5)), min_size=4, max_size=longest)


@dataclass
class Laptop:
    """One laptop's library."""

    library: Library
    journal: Journal
    takes: list[TakeId] = field(default_factory=list)


class World:
    """Two laptops and a store in a folder; `template` is one that was made before, to be copied."""

    def __init__(self, folder: Path, template: Path) -> None:
        self._stack = ExitStack()
        shutil.copytree(template, folder, dirs_exist_ok=True)
        self.house = self._stack.enter_context(House(folder / "store", cost=_CHEAP))
        self.laptops = []
        for name in ("one", "two"):
            library = Library(folder / name)
            self.laptops.append(Laptop(library, self._stack.enter_context(Journal(library.journal))))
        self.withdrawn: set[TakeId] = set()
        self.unagreed: set[TakeId] = set()
        self.protected: set[TakeId] = set()
        self.bytes_of: dict[TakeId, set[Sha256]] = {}
        self.cards_of: dict[TakeId, set[Sha256]] = {}
        self.gone_cards: set[Sha256] = set()
        self.at = datetime.now(UTC)

    def close(self) -> None:
        self._stack.close()

    @staticmethod
    def template(folder: Path) -> Path:
        """An empty world."""
        House(folder / "store", cost=_CHEAP).close()
        for name in ("one", "two"):
            library = Library(folder / name)
            library.make()
            Journal(library.journal).close()
        return folder

    def play(self, steps: list[Step]) -> None:
        """All of it, and what must be true at the end."""
        for name, who, which in steps:
            self.STEPS[name](self, self.laptops[who], which)
            if name in _AT_THE_STORE:
                self.nothing_leaks()
        for _ in range(3):  # what one tells the store the other hears the next time
            for laptop in self.laptops:
                self.contact(laptop, 0)
                self.push(laptop, 0)
                self.wipe(laptop, 0)
        self.nothing_leaks()
        self.nothing_is_left()

    # ── what may happen ─────────────────────────────────────────────────────────────────────────────

    def record(self, laptop: Laptop, which: int) -> None:
        take = take_id()
        laptop.journal.begin(take, TWEETS[which % 2], None, None, NONE)
        laptop.takes.append(take)
        self.unagreed.add(take)
        self._seal(laptop, take, f"recorded {take}")

    def ingest(self, laptop: Laptop, which: int) -> None:
        """A card that both laptops may hold."""
        take, content = take_id(), f"card {which}".encode()
        sha256 = Sha256(hashlib.sha256(content).hexdigest())
        tweet = TWEETS[which % 2]
        path = f"originals/{tweet}-{sha256}.mkv"
        if not (laptop.library.root / path).exists():
            (laptop.library.root / path).write_bytes(content)
        try:
            held, fresh = laptop.journal.ingest(
                Original(take, path, sha256, len(content)), tweet, None, None, NONE
            )
        except NeedsCrew:  # withdrawn
            (laptop.library.root / path).unlink()
            return
        if fresh:
            laptop.takes.append(held.id)
            self.unagreed.add(held.id)
            self.bytes_of.setdefault(held.id, set()).add(sha256)

    def copy_takes(self, laptop: Laptop, which: int) -> None:
        """The other laptop gets this one's take, bytes and all: an old copy of a library."""
        other = self.laptops[1 - self.laptops.index(laptop)]
        if (take := self._one(laptop, which)) is None or take in other.takes:
            return
        entry = laptop.journal.entry(take)
        if entry.original is None or other.journal.holder(entry.take.tweet_id, entry.original.sha256):
            return
        other.journal.begin(take, entry.take.tweet_id, None, None, entry.consent)
        other.takes.append(take)
        for made in (entry.original, *entry.renditions):
            content = laptop.library.root / made.path
            (other.library.root / made.path).write_bytes(content.read_bytes() if content.exists() else b"x")
        other.journal.seal(entry.original)
        for made in entry.renditions:
            try:
                other.journal.rendered(made)
            except NoConsent:
                (other.library.root / made.path).unlink()

    def agree(self, laptop: Laptop, which: int) -> None:
        self._speak(laptop, which, SHOWN)

    def agree_with_a_card(self, laptop: Laptop, which: int) -> None:
        self._speak(laptop, which, replace(SHOWN, card=CODES[which % 2]))

    def hide(self, laptop: Laptop, which: int) -> None:
        self._speak(laptop, which, HIDDEN)

    def render(self, laptop: Laptop, which: int) -> None:
        due = laptop.journal.due_renditions(PROFILES)
        if not due:
            return
        take, profile = due[which % len(due)].take, due[which % len(due)].profile
        assert take.id not in self.protected, "a rendition of a face that must not be shown"
        content = (
            f"{profile} of {due[which % len(due)].original.sha256} by {laptop.library.root.name}".encode()
        )
        sha256 = Sha256(hashlib.sha256(content).hexdigest())
        path = f"renditions/{take.tweet_id}-{profile}-{sha256[:12]}-{take.id[-12:]}.mp4"
        (laptop.library.root / path).write_bytes(content)
        laptop.journal.rendered(Rendition(take.id, profile, path, sha256, len(content), 1.0, 16, 16))
        self.bytes_of.setdefault(take.id, set()).add(sha256)

    def push(self, laptop: Laptop, _which: int) -> None:
        """Everything that may leave."""
        for _ in range(20):
            upload = laptop.journal.lineup.next(STORE)
            if upload is None or not self._send(laptop, upload, whole=True):
                return

    def push_half(self, laptop: Laptop, _which: int) -> None:
        """One upload as far as its middle."""
        if upload := laptop.journal.lineup.next(STORE):
            self._send(laptop, upload, whole=False)

    def withdraw_here(self, laptop: Laptop, which: int) -> None:
        if (take := self._one(laptop, which)) is not None:
            laptop.journal.consent(take, WITHDRAWN)
            self.withdrawn.add(take)

    def withdraw_by_code_here(self, laptop: Laptop, which: int) -> None:
        laptop.journal.farewell.withdraw_card(CODES[which % 2])
        self.gone_cards.add(CODES[which % 2])

    def withdraw_by_code_there(self, _laptop: Laptop, which: int) -> None:
        self._at_store(Withdrawal(card=CODES[which % 2]))
        self.gone_cards.add(CODES[which % 2])

    def withdraw_there(self, _laptop: Laptop, which: int) -> None:
        """The command centre, by a clip."""
        clips = list(self.house.catalogue.every_clip())
        if clips:
            clip = clips[which % len(clips)]
            gone = self.house.catalogue.withdraw(clip.blob.tweet_id, clip.blob.sha256)
            self._delete(gone)
            self.withdrawn |= {TakeId(clip.take)} if clip.take else set()

    def decide(self, _laptop: Laptop, which: int) -> None:
        clips = list(self.house.catalogue.every_clip())
        if clips:
            clip = clips[which % len(clips)]
            for decision in (Decision.APPROVED, Decision.POSTED)[: 1 + which % 2]:
                try:
                    self.house.catalogue.decide(clip, decision, "shift", "https://x.com/i/status/7")
                except Problem:
                    return

    def contact(self, laptop: Laptop, _which: int) -> None:
        """Tells the store of withdrawals, and hears of others."""
        for withdrawal in laptop.journal.farewell.untold(STORE):
            self._at_store(withdrawal)
            laptop.journal.farewell.told(withdrawal, STORE)
        wishes = self.house.wishes
        said = wanted_as_json(wishes.open(), wishes.decided(), wishes.withdrawn())
        requests, decisions, withdrawn = read_wanted(said)
        laptop.journal.farewell.heard(withdrawn)
        laptop.journal.centre.heard(STORE, "", requests, decisions)

    def wipe(self, laptop: Laptop, _which: int) -> None:
        erase.withdrawn(laptop.journal, laptop.library)

    def restart(self, laptop: Laptop, _which: int) -> None:
        """The store dies and comes back; so does the laptop's process."""
        self.house.reception.recover()
        laptop.journal.close()
        laptop.journal = self._stack.enter_context(Journal(laptop.library.journal))

    STEPS: ClassVar[dict[str, Callable[["World", Laptop, int], None]]] = {
        each.__name__: each
        for each in (
            record, ingest, copy_takes, agree, agree_with_a_card, hide, render, push, push_half, withdraw_here,
            withdraw_by_code_here, withdraw_by_code_there, withdraw_there, decide, contact, wipe, restart,
        )
    }  # fmt: skip

    # ── what must be true ───────────────────────────────────────────────────────────────────────────

    def nothing_leaks(self) -> None:
        """At each moment: no take at the store without consent, none in the open, none that it knows is withdrawn."""
        with self.house.catalogue.reading() as connection:
            told = withdrawing.told(connection)
        gone = {each.take for each in told if each.take}
        cards = {each.card for each in told if each.card}
        for clip in self.house.catalogue.agreed(list(self.house.catalogue.every_clip())):
            assert clip.take is not None
            assert TakeId(clip.take) not in self.unagreed, "a clip without consent"
            assert clip.take not in gone, "a clip of a take that the store knows to be withdrawn"
            assert clip.consent is not None
            assert clip.consent.card not in cards, "a clip of a card that the store knows to be withdrawn"

    def nothing_is_left(self) -> None:
        """Once everybody has met: of what was withdrawn not a byte is within reach, anywhere."""
        self.withdrawn |= {take for take, cards in self.cards_of.items() if cards & self.gone_cards}
        hashes = {sha256 for take in self.withdrawn for sha256 in self.bytes_of.get(take, set())}
        media = {path.stem for path in self.house.media.files()}
        listed = {str(clip.blob.sha256) for clip in self.house.catalogue.every_clip()}
        assert media == listed
        assert not {clip.take for clip in self.house.catalogue.every_clip()} & self.withdrawn
        assert not media & self._only(hashes)
        names = {label.take for label in self._unfinished()}
        assert not names & self.withdrawn
        for laptop in self.laptops:
            for take in self.withdrawn & set(laptop.takes):
                entry = laptop.journal.entry(take)
                assert (entry.erased, entry.original, entry.renditions) == (True, None, [])
            kept = {
                f"{laptop.library.root}/{path}"
                for take in set(laptop.takes) - self.withdrawn
                for path in laptop.journal.farewell.files(take)
            }
            files = {
                str(path)
                for path in (*laptop.library.originals.iterdir(), *laptop.library.renditions.iterdir())
            }
            assert files == kept

    def _only(self, hashes: set[Sha256]) -> set[str]:
        """Those of these hashes that no take has which is not withdrawn."""
        others = {
            sha256 for take, has in self.bytes_of.items() if take not in self.withdrawn for sha256 in has
        }
        return {str(sha256) for sha256 in hashes - others}

    def _unfinished(self) -> Iterator:
        for name in self.house.uploads.all():
            if upload := self.house.uploads.find(name):
                yield read_label(upload.metadata)

    # ── how it happens ──────────────────────────────────────────────────────────────────────────────

    def _one(self, laptop: Laptop, which: int) -> TakeId | None:
        return laptop.takes[which % len(laptop.takes)] if laptop.takes else None

    def _seal(self, laptop: Laptop, take: TakeId, content: str) -> None:
        sha256 = Sha256(hashlib.sha256(content.encode()).hexdigest())
        path = f"originals/{take}.mkv"
        (laptop.library.root / path).write_text(content)
        laptop.journal.seal(Original(take, path, sha256, len(content)))
        self.bytes_of.setdefault(take, set()).add(sha256)

    def _speak(self, laptop: Laptop, which: int, consent) -> None:
        if (take := self._one(laptop, which)) is None:
            return
        try:
            laptop.journal.consent(take, consent)
        except NeedsCrew:
            return  # withdrawn
        card = laptop.journal.entry(take).consent.card
        self.unagreed.discard(take)
        if card is not None:
            self.cards_of.setdefault(take, set()).add(card)

    def _send(self, laptop: Laptop, upload: Upload, *, whole: bool) -> bool:
        """What HTTP would carry; True where a receipt came."""
        entry = laptop.journal.entry(upload.take.id)
        assert Trait.FACE not in entry.consent.hidden, "a face that must not be shown leaves the laptop"
        assert upload.take.id not in self.unagreed
        reception, made = self.house.reception, upload.rendition
        header = encode_metadata(metadata(upload))
        label, name = read_label(header), upload_id(upload.take.tweet_id, made.sha256)
        content = (laptop.library.root / made.path).read_bytes()
        try:
            reception.recall(label, header)
            standing = None
            if self.house.uploads.find(name) is None:
                try:
                    standing = reception.standing(name)
                except Problem as problem:
                    if isinstance(problem, Withdrawn):
                        raise
                    self.house.uploads.create(at_store.Upload(name, made.bytes, header))
            standing = standing if isinstance(standing, Arrived) else reception.standing(name)
            if not isinstance(standing, Arrived):
                end = made.bytes if whole else (standing.offset + made.bytes) // 2
                append = self.house.uploads.append(standing.upload, standing.offset, None)
                append.write(content[standing.offset : end])
                append.keep(whole=True)
                standing = reception.standing(name)
        except Withdrawn:
            laptop.journal.farewell.heard([Withdrawal(upload.take.tweet_id, upload.take.id)])
            return True
        laptop.journal.located(made.sha256, upload.take.tweet_id, STORE, f"{STORE}/files/{name}")
        if not isinstance(standing, Arrived):
            return False
        laptop.journal.received(Receipt(made.take, made.profile, made.sha256, STORE, self.at))
        return True

    def _at_store(self, withdrawal: Withdrawal) -> None:
        catalogue = self.house.catalogue
        with catalogue.writing() as connection:
            gone = withdrawing.withdraw(connection, withdrawal, catalogue.now(), "laptop")
        self._delete(gone)

    def _delete(self, gone: list[tuple[TweetId, Sha256]]) -> None:
        """What farewells.Farewells.finish does, whose turns need an event loop."""
        for tweet_id, sha256 in gone:
            self.house.media.delete(tweet_id, sha256)
        for name in self.house.reception.withdrawn_uploads():
            self.house.uploads.forget(name)
