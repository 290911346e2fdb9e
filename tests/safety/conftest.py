"""Laptops with takes that are sealed, at little cost."""

import functools
import hashlib
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.facts import AGREED, take_id

from fieldkit.config import Library, Settings
from fieldkit.journal import Journal
from fieldkit.kit import Kit
from fieldkit.model import Consent, Original, Receipt, Rendition, Sha256, TakeId, TweetId
from fieldkit.transcode.profiles import DUE
from fieldkit.vault import unseal
from fieldkit.vault.keys import Keys

STORE = "https://clips.example.org"


def hashed(content: bytes) -> Sha256:
    return Sha256(hashlib.sha256(content).hexdigest())


@functools.cache  # a passphrase costs seconds, on purpose
def _laptop_key(words: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        Keys(Path(folder), None).make_laptop(words)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


@dataclass
class Sealed:
    """A library whose takes are bytes, with a campaign's key."""

    kit: Kit
    key: Path

    @property
    def library(self) -> Library:
        return self.kit.library

    @property
    def journal(self) -> Journal:
        self.library.make()
        return Journal(self.library.journal)

    @property
    def identity(self) -> str:
        return self.key.read_text().splitlines()[1]

    def take(
        self, content: bytes, consent: Consent = AGREED, *, made: bool = True, received: bool = True
    ) -> TakeId:
        take = take_id()
        tweet = TweetId(
            str(
                10**17 + len(list(self.library.originals.glob("*"))) if self.library.root.exists() else 10**17
            )
        )
        with self.journal as journal:
            journal.begin(take, tweet, None, None, consent)
            path = f"originals/{take}.mp4"
            (self.library.root / path).write_bytes(content)
            journal.seal(Original(take, path, hashed(content), len(content)))
            for profile in DUE if made else ():
                body = profile.encode() + content[:1000]
                name = f"renditions/{take}-{profile}.mp4"
                (self.library.root / name).write_bytes(body)
                journal.rendered(Rendition(take, profile, name, hashed(body), len(body), 1.0, 160, 120))
                if received:
                    journal.received(Receipt(take, profile, hashed(body), STORE, datetime.now(UTC)))
        return take

    def receive(self, take: TakeId) -> None:
        with self.journal as journal:
            for made in journal.entry(take).renditions:
                journal.received(Receipt(take, made.profile, made.sha256, STORE, datetime.now(UTC)))

    def plain(self) -> bytes:
        """All bytes that lie about in the library."""
        return b"".join(path.read_bytes() for path in sorted(self.library.root.rglob("*")) if path.is_file())

    def opened(self, folder: Path) -> dict[str, bytes]:
        done = list(unseal.open_each(unseal.find([self.library.root]), self.identity, folder))
        assert [each.error for each in done if each.error] == []
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    def locked(self, words: str, *, campaign: bool = True) -> "Sealed":
        """The same with a laptop's key behind these words."""
        settings = self.kit.settings if campaign else replace(self.kit.settings, seal=None)
        kit = replace(self.kit, settings=settings, passphrase=words)
        for name, content in _laptop_key(words).items():
            (self.library.keys / name).write_bytes(content)
        return Sealed(kit, self.key)


@pytest.fixture
def laptop(tmp_path: Path) -> Sealed:
    key = tmp_path / "campaign.key"
    recipient = unseal.new_key(key)
    library = Library(tmp_path / "library")
    settings = Settings(seal=recipient)
    library.make()
    settings.write(library)
    return Sealed(Kit(library, settings), key)
