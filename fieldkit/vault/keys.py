"""The keys of a library: each take has its own, in envelopes that the campaign and this laptop can open.

`keys/TAKE.age` holds the take's key for the campaign, `keys/TAKE.laptop.age` for this laptop, whose own key lies
behind a passphrase in `keys/laptop.age`. Where both envelopes are gone, nobody ever opens the take again.
"""

import io
from dataclasses import dataclass
from pathlib import Path

from fieldkit import age, disk
from fieldkit.errors import Damaged, NeedsCrew
from fieldkit.model import TakeId

NO_KEY = (
    "No key is set to seal for, so the originals lie open on this laptop: `fieldkit init --seal age1…` with the "
    "campaign's public key, or `fieldkit init --passphrase`."
)
_SHORTEST = 12  # characters
_LARGEST = 64 * 1024  # bytes of an envelope, which holds 74


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys in `folder`; `campaign` is the public key that the campaign gave out, None where it gave none."""

    folder: Path
    campaign: str | None

    @property
    def laptop(self) -> str | None:
        """This laptop's public key; None where no passphrase was set. Raises NeedsCrew where it is none."""
        path = self.folder / "laptop.pub"
        with disk.translated(path):
            return age.known_recipient(path.read_text("utf-8")) if path.is_file() else None

    def make_laptop(self, words: str) -> None:
        """A key for this laptop, behind a passphrase. Raises NeedsCrew where there is one, or the words are too few."""
        if self.laptop is not None:
            raise NeedsCrew(
                "This laptop has a key behind a passphrase already; another one would leave its takes locked."
            )
        if len(words) < _SHORTEST:
            raise NeedsCrew(f"A passphrase has at least {_SHORTEST} characters; five words are good.")
        pair = age.new_pair()
        disk.make_folder(self.folder)
        disk.write(self._locked, age.lock(pair.identity.encode(), words))
        disk.write(self.folder / "laptop.pub", pair.recipient.encode())

    def unlock_laptop(self, words: str) -> str:
        """This laptop's secret key. Raises WrongKey, Damaged, NeedsCrew."""
        return age.unlock(_content(self._locked), words).decode()

    def keep(self, take: TakeId, pair: age.Pair) -> None:
        """Puts the take's key into its envelopes. Raises NeedsCrew where nobody could ever open them."""
        recipients = {self.envelope(take): self.campaign, self.envelope(take, "laptop"): self.laptop}
        if not any(recipients.values()):
            raise NeedsCrew(NO_KEY)
        disk.make_folder(self.folder)
        for path, recipient in recipients.items():
            if recipient is not None:
                box = io.BytesIO()
                age.seal(io.BytesIO(pair.identity.encode()), box, [recipient])
                disk.write(path, box.getvalue())

    def open(self, take: TakeId, identity: str, whose: str = "laptop") -> str:
        """The take's key, out of the envelope that `identity` opens. Raises WrongKey, Damaged, NeedsCrew."""
        return opened(self.envelope(take, whose), identity)

    def destroy(self, take: TakeId) -> None:
        """Nobody opens the take any more."""
        for path in (self.envelope(take), self.envelope(take, "laptop")):
            disk.destroy(path)

    def give_away(self, take: TakeId) -> None:
        """This laptop can't open the take any more, the campaign can; nothing where the campaign could not."""
        if self.envelope(take).is_file():
            disk.destroy(self.envelope(take, "laptop"))

    def envelope(self, take: TakeId, whose: str = "") -> Path:
        """Where the take's key lies for the campaign, or for the `laptop`."""
        return self.folder / f"{take}{f'.{whose}' if whose else ''}.age"

    @property
    def _locked(self) -> Path:
        return self.folder / "laptop.age"


def opened(envelope: Path, identity: str) -> str:
    """The key in an envelope. Raises WrongKey, Damaged where it holds none, NeedsCrew where there is none."""
    box = io.BytesIO()
    age.unseal(io.BytesIO(_content(envelope)), box, [identity])
    try:
        return age.known_identity(box.getvalue().decode("ascii", "replace"))
    except NeedsCrew as error:
        raise Damaged(f"{envelope.name} holds no key; it is not what fieldkit wrote.") from error


def _content(path: Path) -> bytes:
    with disk.translated(path), path.open("rb") as file:
        return file.read(_LARGEST)
