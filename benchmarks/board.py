"""The board over a hundred thousand clips: `python benchmarks/board.py`. Prints medians as the browser has them.

Fills a catalogue with clips in every state (decided, waiting, approved, posted) and requests, serves it with the real
store on loopback, and asks in turn for the board's first page, a tweet's page, `GET /clips/{tweet_id}` and a page of
clips from the middle. Bytes of clips are not there, nor are they asked for.
"""

import argparse
import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import requests
from sqlalchemy import insert
from support.store import StoreProcess

from fieldkit.store import schema
from fieldkit.store.house import House

_PLACES = ("kakuma", "zaatari", "dadaab", "moria")
_FIRST = 1_990_000_000_000_000_000  # a tweet of November 2025
_APART = 10**11
_RENDITIONS = ("proxy", "tweet")
_OUTCOMES = (("posted",), ("approved", "posted"), ("retake",), ("rejected",))


def fill(root: Path, clips: int, waiting: int) -> int:
    """A catalogue with so many clips, of which the last `waiting` tweets wait; how many tweets there are."""
    luck = random.Random(7)
    tweets = clips // len(_RENDITIONS)
    rows: dict[str, list[dict[str, object]]] = {
        name: [] for name in ("clips", "latest", "decisions", "requests")
    }
    for tweet in range(tweets):
        tweet_id, place, at = str(_FIRST + tweet * _APART), luck.choice(_PLACES), "2026-11-23T01:00:00.000Z"
        open_one = tweet >= tweets - waiting
        if open_one or luck.random() < 0.5:
            answered = {} if open_one else {"answered_at": at, "answered_from": place}
            wish = {
                "tweet_id": tweet_id,
                "author": "amnesty",
                "text": "Who would you ask to let you in? " * 3,
            }
            more = {"place": place, "priority": luck.choice(("urgent", "normal", "low")), "added_at": at}
            rows["requests"].append(
                {"answered_at": None, "answered_from": None, "added_by": "b", **wish, **more, **answered}
            )
        said = () if open_one else luck.choice(_OUTCOMES)
        for profile in _RENDITIONS:
            number = len(rows["clips"]) + 1
            rows["clips"].append(
                {
                    "number": number,
                    "tweet_id": tweet_id,
                    "sha256": hashlib.sha256(f"{number}".encode()).hexdigest(),
                    "kind": "mp4",
                    "bytes": luck.randrange(100_000, 9_000_000),
                    "profile": profile,
                    "take": f"0190e5a0-0000-7000-8000-{tweet:012d}",
                    "place": place,
                    "received_at": at,
                    "recorded_at": at,
                    "seconds": 21.0,
                    "width": 640,
                    "height": 360,
                }
            )
            rows["latest"].append({"clip": number, "decision": said[-1] if said else None})
            for word in said:
                rows["decisions"].append({"clip": number, "decision": word, "by": "b", "why": "w", "at": at})
    with House(root) as house, house.catalogue.writing() as connection:
        for name, each in rows.items():
            connection.execute(insert(schema.tables.tables[name]), each)
    return tweets


def timed(ask: Callable[[], requests.Response], times: int) -> list[float]:
    """Milliseconds from the question to the last byte, for each of so many."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        answer = ask()
        taken.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, answer.text
    return taken


def main() -> None:
    """Fills, serves, asks, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--waiting", type=int, default=300, help="tweets that wait for an answer")
    parser.add_argument("--times", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        root.mkdir()
        tweets = fill(root, asked.clips, asked.waiting)
        middle = str(_FIRST + tweets // 2 * _APART)
        pages = {
            "board, first page": "/",
            "board of one place": "/?place=kakuma",
            "a tweet's page": f"/tweets/{middle}",
            "GET /clips/{tweet_id}": f"/clips/{middle}",
            "GET /clips?after (middle)": f"/clips?after={asked.clips // 2}",
            "approved clips": "/?decision=approved",
            "rejected clips": "/?decision=rejected",
        }
        with StoreProcess(root, cold=True) as store, requests.Session() as line:
            print(f"{asked.clips} clips, {asked.waiting} tweets wait; ms over {asked.times} questions")
            print(f"{'':28}{'median':>8}{'95th':>8}{'kB':>8}")
            for name, path in pages.items():
                line.get(store.url + path, timeout=60)
                taken = timed(lambda path=path: line.get(store.url + path, timeout=60), asked.times)
                size = len(line.get(store.url + path, timeout=60).content) / 1000
                print(f"{name:28}{median(taken):8.1f}{quantiles(taken, n=20)[-1]:8.1f}{size:8.1f}")


if __name__ == "__main__":
    main()
