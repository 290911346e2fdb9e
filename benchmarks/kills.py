"""The store and its PostgreSQL are SIGKILLed amid uploads and decisions: is all that was acknowledged there?

    PYTHONPATH=tests python benchmarks/kills.py [--rounds 50] [--seed 1]

Real `fieldkit store serve` over a real PostgreSQL and a real S3 (SeaweedFS), all on this machine. Each round kills the
store, PostgreSQL with all its processes, or both, while laptops upload and people decide; then all are brought back.
"""

import argparse
import hashlib
import os
import random
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests
from support.peers import seaweedfs_s3
from support.postgres import Postgres
from support.store import StoreProcess
from support.tus import Tus

from fieldkit.store.audit import differences
from fieldkit.store.house import House
from fieldkit.store.site import Site

LAPTOPS, PEOPLE = 4, 2
_PIECE = 40_000  # bytes of one PATCH
_RUNS = (0.15, 0.7)  # seconds between two kills
_LONGEST_WAIT = 60.0  # seconds for the first acknowledgement after a kill


@dataclass
class Told:
    """What the store has acknowledged, and what was lost of it."""

    clips: dict[str, str] = field(default_factory=dict)  # a tweet's clip
    decisions: set[str] = field(default_factory=set)  # tweets whose clip was approved
    kills: dict[str, int] = field(default_factory=lambda: {"store": 0, "postgresql": 0})
    cut: int = 0  # requests that a kill ended
    lost: list[str] = field(default_factory=list)


class Shift:
    """Laptops and people, at work until it is over."""

    def __init__(self, url: str, seed: int) -> None:
        self.told = Told()
        self._url = url
        self._seed = seed
        self._over = threading.Event()
        work = [*[self._laptop] * LAPTOPS, *[self._person] * PEOPLE]
        self._threads = [threading.Thread(target=each, args=(number,)) for number, each in enumerate(work)]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _laptop(self, number: int) -> None:
        chance, store, count = random.Random(self._seed * 100 + number), Tus(self._url), 0
        while not self._over.is_set():
            count += 1
            tweet = str(1_000_000 * (number + 1) + count)
            content = chance.randbytes(chance.randrange(20_000, 300_000))
            sha256 = hashlib.sha256(content).hexdigest()
            while not self._over.is_set():
                if self._sent(store, tweet, sha256, content):
                    self.told.clips[tweet] = sha256
                    break

    def _sent(self, store: Tus, tweet: str, sha256: str, content: bytes) -> bool:
        """Whether the receipt came; from wherever the store says that it stands."""
        try:
            answer = store.create(len(content), tweet_id=tweet, sha256=sha256)
            path = answer.headers.get("Location", "")
            while answer.ok and "Fieldkit-Receipt" not in answer.headers:
                offset = int(answer.headers["Upload-Offset"])
                answer = store.patch(path, offset, content[offset : offset + _PIECE])
            if answer.ok:
                return answer.headers["Fieldkit-Receipt"] == sha256
        except (requests.RequestException, KeyError):
            pass
        self.told.cut += 1
        time.sleep(0.02)
        return False

    def _person(self, number: int) -> None:
        chance, store = random.Random(self._seed * 100 + number), Tus(self._url)
        while not self._over.is_set():
            time.sleep(0.01)
            waiting = sorted(set(self.told.clips) - self.told.decisions)
            if not waiting:
                continue
            tweet = chance.choice(waiting)
            path = f"/clips/{tweet}/{self.told.clips[tweet]}/decisions"
            with suppress(requests.RequestException):
                if store.ask("POST", path, json={"decision": "approved", "by": "Amal"}).status_code == 201:
                    self.told.decisions.add(tweet)


def trial(rounds: int, seed: int, folder: Path) -> Told:
    """So many rounds; `lost` names what was acknowledged and is not there any more."""
    chance = random.Random(seed)
    with Postgres() as postgres, tempfile.TemporaryDirectory() as swamp, seaweedfs_s3(Path(swamp)) as s3:
        os.environ.update(s3)
        site = Site(folder / "root", postgres.url, "s3://clips/kills")
        where = ("--database", str(site.database), "--media", str(site.bucket))
        with StoreProcess(site.root, where=where) as store:
            shift = Shift(store.url, seed)
            shift.begin()
            try:
                for number in range(rounds):
                    _await_progress(shift.told)
                    time.sleep(chance.uniform(*_RUNS))
                    _kill(("store", "postgresql", "both")[number % 3], store, postgres, shift.told)
                _await_progress(shift.told)
            finally:
                shift.end()
            _look(Tus(store.url), shift.told)
        with House(site) as house:
            found = differences(house.catalogue, house.media, house.bucket)
            shift.told.lost += [each for each in found if "no clip speaks of it" not in each]
        return shift.told


def _kill(whom: str, store: StoreProcess, postgres: Postgres, told: Told) -> None:
    if whom != "store":
        postgres.kill()
        told.kills["postgresql"] += 1
    if whom != "postgresql":
        store.kill()
        told.kills["store"] += 1
    if whom != "store":
        postgres.start()
    if whom != "postgresql":
        store.start()


def _await_progress(told: Told) -> None:
    clips, until = len(told.clips), time.monotonic() + _LONGEST_WAIT
    while len(told.clips) == clips:
        if time.monotonic() > until:
            raise SystemExit("after a kill nothing was acknowledged any more")
        time.sleep(0.01)


def _look(store: Tus, told: Told) -> None:
    for tweet, sha256 in told.clips.items():
        content = store.ask("GET", f"/clips/{tweet}/{sha256}").content
        if hashlib.sha256(content).hexdigest() != sha256:
            told.lost.append(f"the clip of {tweet}")
        said = store.ask("GET", f"/clips/{tweet}/{sha256}/decisions").json()["decisions"]
        if tweet in told.decisions and "approved" not in [each["decision"] for each in said]:
            told.lost.append(f"the decision about {tweet}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        told = trial(asked.rounds, asked.seed, Path(folder))
    print(
        f"{asked.rounds} rounds in {time.monotonic() - began:.0f} s: the store killed {told.kills['store']} times, "
        f"PostgreSQL {told.kills['postgresql']}; {told.cut} requests cut or refused meanwhile"
    )
    print(f"acknowledged: {len(told.clips)} clips, {len(told.decisions)} decisions; lost: {len(told.lost)}")
    for each in told.lost:
        print(f"  {each}")
    raise SystemExit(bool(told.lost))


if __name__ == "__main__":
    main()
