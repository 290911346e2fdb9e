"""The crew's process is SIGKILLed around all that it writes; run once more, nothing is lost, nothing doubled."""

import contextlib
import hashlib
import json
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from crash.killer import Line, lines_of, run, run_killed_at, try_each
from support.facts import AGREED
from support.footage import clip, make
from support.store import StoreProcess

import fieldkit
from fieldkit import disk
from fieldkit.capture.desk import Desk
from fieldkit.capture.offload import pieces
from fieldkit.cli.rolling import Slate
from fieldkit.config import Library, Settings
from fieldkit.kit import Kit
from fieldkit.model import Rendition, Sha256, TweetId
from fieldkit.pipeline import Audience
from fieldkit.sync import parts
from fieldkit.sync.gauge import Gauge
from fieldkit.transcode.ffmpeg import Ffmpeg
from fieldkit.transcode.profiles import PROFILES

_HOME = Path(fieldkit.__file__).parent
WATCHED = [
    *(
        _HOME / name
        for name in ("disk.py", "pipeline.py", "renderer.py", "dispatch.py", "kit.py", "recorder.py")
    ),
    *(_HOME / "journal").glob("*.py"),
    *(
        _HOME / "capture" / name
        for name in ("ingest.py", "order.py", "record.py", "salvage.py", "watch.py", "parts.py")
    ),
    _HOME / "transcode" / "render.py",
    *(_HOME / "sync").glob("*.py"),
]


SEARCH = tuple(_HOME / "transcode" / name for name in ("studio.py", "lab.py", "render.py"))


SIDE_BY_SIDE = tuple(_HOME / "sync" / name for name in ("streams.py", "parts.py", "tus.py"))


def _quiet() -> Audience:
    return Audience(
        lambda _: lambda _done, _of: None, lambda _progress, _rate: None, lambda _: None, lambda _: None
    )


def _kit(root: Path, store: str) -> Kit:
    settings = Settings(store=store, camera="test:", patience=20.0)
    return Kit(Library(root), settings)


# ── the stations ────────────────────────────────────────────────────────────────────────────────────────


def ingest(kit: Kit, source: Path, tweet: TweetId) -> None:
    for _, result in kit.recorder.ingest(
        pieces([source]), lambda _: kit.recorder.order(tweet, AGREED), lambda _: None
    ):
        assert not isinstance(result, Exception), result


def record(kit: Kit, _: Path, tweet: TweetId) -> None:
    kit.recorder.record(
        kit.recorder.order(tweet, AGREED),
        seconds=0.6,
        size=(160, 120),
        fps=15,
        desk=Desk(),
        crew=Slate(0.6, keys=False),
    )


def render(kit: Kit, _: Path, __: TweetId) -> None:
    assert kit.render(threading.Event(), _quiet()).refused == []


def rendered(kit: Kit, _: Path, tweet: TweetId) -> None:
    """Two renditions of bytes that the store has not seen, made faster than ffmpeg could."""
    _made(kit, tweet, proxy=1000, tweet_=1000)


def rendered_large(kit: Kit, _: Path, tweet: TweetId) -> None:
    """As `rendered`, but one of them is worth several streams."""
    _made(kit, tweet, proxy=1, tweet_=16_000)


def _made(kit: Kit, tweet: TweetId, *, proxy: int, tweet_: int) -> None:
    with kit.journal() as journal:
        (entry,) = journal.entries()
        for profile, times in (("proxy", proxy), ("tweet", tweet_)):
            content = f"{tweet} {profile} ".encode() * times
            path = kit.library.renditions / f"{tweet}-{profile}.mp4"
            path.write_bytes(content)
            sha256 = Sha256(hashlib.sha256(content).hexdigest())
            relative = str(path.relative_to(kit.library.root))
            journal.rendered(Rendition(entry.take.id, profile, relative, sha256, len(content), 1.0, 160, 120))


def sync(kit: Kit, _: Path, __: TweetId) -> None:
    assert kit.dispatch.sync(threading.Event(), _quiet()).refused == []


def sync_side_by_side(kit: Kit, source: Path, tweet: TweetId) -> None:
    """As `sync`, over a line that is taken to be worth three streams."""
    begin = Gauge.__init__

    def several(gauge: Gauge) -> None:
        begin(gauge)
        gauge.streams = 3

    Gauge.__init__ = several  # type: ignore[method-assign]  # in a fork of its own
    parts.SMALLEST = 32 * 1024
    slow = Kit(kit.library, replace(kit.settings, rate=6_000_000))
    sync(slow, source, tweet)


def salvage(kit: Kit, source: Path, tweet: TweetId) -> None:
    """What the next `fieldkit render` does, once the dead recorder's ffmpeg has noticed that it is alone."""
    for path in kit.library.rolling.glob("*.lock"):
        while not _is_free(path):
            time.sleep(0.05)
    render(kit, source, tweet)


def _is_free(path: Path) -> bool:
    with disk.Lock(path) as lock:
        return lock.take()


@dataclass(frozen=True)
class Stage:
    """A station that is killed, what was done before it, and what must be true after it ran once more."""

    before: tuple[Callable[[Kit, Path, TweetId], None], ...]
    station: Callable[[Kit, Path, TweetId], None]
    again: Callable[[Kit, Path, TweetId], None]
    holds: Callable[[Kit, Path, TweetId], str | None]
    watched: tuple[Path, ...] = tuple(WATCHED)


# ── what must be true ───────────────────────────────────────────────────────────────────────────────────


def whole(kit: Kit) -> str | None:
    """Every row's bytes are on the disk, every file has its row, nothing half-written is left."""
    with contextlib.closing(sqlite3.connect(kit.library.journal)) as db:
        if db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            return "the journal is damaged"
    with kit.journal() as journal:
        entries = journal.entries()
    facts = [entry.original for entry in entries if entry.original]
    facts += [rendition for entry in entries for rendition in entry.renditions]
    for fact in facts:
        path = kit.library.root / fact.path
        if not path.is_file() or disk.hashed(path) != (fact.sha256, fact.bytes):
            return f"{fact.path} is not what its row says"
    files = [
        *kit.library.originals.iterdir(),
        *kit.library.renditions.iterdir(),
        *kit.library.rolling.iterdir(),
    ]
    known = {kit.library.root / fact.path for fact in facts}
    strays = sorted(path.name for path in files if path not in known)
    return f"left over: {strays}" if strays else None


def one_original(kit: Kit, source: Path, _: TweetId) -> str | None:
    with kit.journal() as journal:
        entries = journal.entries()
    if len(entries) != 1 or entries[0].original is None:
        return f"{len(entries)} takes"
    if entries[0].original.sha256 != hashlib.sha256(source.read_bytes()).hexdigest():
        return "the original is not the source"
    return whole(kit)


def every_take_is_settled(kit: Kit, _: Path, __: TweetId) -> str | None:
    """A take that was begun has its original, or a reason why there is nothing to have."""
    with kit.journal() as journal:
        entries, left = journal.entries(), journal.unsealed()
    if left or len(entries) > 1:
        return f"{len(left)} takes unsettled of {len(entries)}"
    for entry in entries:
        if (entry.original is None) != bool(entry.refusals):
            return f"{entry.original} and {entry.refusals}"
    return whole(kit)


def two_renditions(kit: Kit, _: Path, __: TweetId) -> str | None:
    with kit.journal() as journal:
        (entry,) = journal.entries()
    profiles = [rendition.profile for rendition in entry.renditions]
    return f"made {profiles}" if profiles != ["proxy", "tweet"] else whole(kit)


def two_clips(kit: Kit, _: Path, tweet: TweetId) -> str | None:
    with kit.journal() as journal:
        (entry,) = journal.entries()
    with urllib.request.urlopen(f"{kit.dispatch.store}/clips/{tweet}", timeout=20) as answer:
        clips = {clip["profile"]: clip for clip in json.load(answer)["clips"]}
    if {r.profile: r.sha256 for r in entry.renditions} != {p: c["sha256"] for p, c in clips.items()}:
        return f"the store has {clips}"
    if entry.receipted != {"proxy", "tweet"}:
        return f"receipts for {set(entry.receipted)}"
    for held in clips.values():
        with urllib.request.urlopen(held["url"], timeout=20) as answer:
            if hashlib.sha256(answer.read()).hexdigest() != held["sha256"]:
                return "the store's bytes differ"
    return whole(kit)


STAGES = {
    "ingest": Stage((), ingest, ingest, one_original),
    "record": Stage((), record, salvage, every_take_is_settled),
    "render": Stage((ingest,), render, render, two_renditions),
    "search": Stage((ingest,), render, render, two_renditions, SEARCH),
    "sync": Stage((ingest, rendered), sync, sync, two_clips),
    "parts": Stage((ingest, rendered_large), sync_side_by_side, sync, two_clips, SIDE_BY_SIDE),
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two thirds of a second of a real recording, made small, so that hundreds of encodes fit into the time."""
    assert Ffmpeg().tools  # asked once, here, and not in each of the forks
    folder = tmp_path_factory.mktemp("source")
    small = ("-vf", "scale=96:72", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "10")
    return make(folder / "carphone.mp4", "-i", str(clip("carphone_pristine")), "-t", "0.7", *small)


@pytest.mark.timeout(400)
@pytest.mark.xdist_group("crash")
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
@pytest.mark.parametrize("name", STAGES)
def test_nothing_is_lost_wherever_the_crew_side_is_killed(
    name: str,
    source: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = STAGES[name]
    if name != "search":  # hundreds of searches would take an hour
        plain = {each: replace(profile, vmaf=None, effort="quick") for each, profile in PROFILES.items()}
        monkeypatch.setattr("fieldkit.transcode.render.PROFILES", plain)
    with StoreProcess(tmp_path / "store") as store:

        def prepared(tweet: TweetId) -> Path:
            """A library in which everything before the station is done; each tweet is new to the store."""
            root = Path(tempfile.mkdtemp(dir=tmp_path))
            for action in stage.before:
                action(_kit(root, store.url), source, tweet)
            return root

        def killed_at(numbered: tuple[int, Line]) -> str | None:
            number, line = numbered
            tweet = TweetId(str(826412345678910000 + number))
            kit = _kit(prepared(tweet), store.url)
            code = run_killed_at(lambda: stage.station(kit, source, tweet), line)
            if code not in (-9, 0):
                return f"ended with {code}"
            if run(lambda: stage.again(kit, source, tweet)) != 0:
                return "did not go on"
            complaint = stage.holds(kit, source, tweet)
            shutil.rmtree(kit.library.root)
            return complaint or (None if code == -9 else "not reached")

        tweet = TweetId("826412345678909999")
        kit = _kit(prepared(tweet), store.url)
        folders = [kit.library.root, tmp_path / "store"]
        lines = lines_of(lambda: stage.station(kit, source, tweet), stage.watched, folders=folders)
        assert stage.holds(kit, source, tweet) is None
        began = time.monotonic()
        numbered = {line: number for number, line in enumerate(lines)}
        complaints = try_each(lines, lambda line: killed_at((numbered[line], line)))
    not_reached = [text for text in complaints if text.endswith(": not reached")]
    kills = len(lines) - len(not_reached)
    seconds = time.monotonic() - began
    record_property("kills", f"{name} was killed at {kills} of {len(lines)} lines in {seconds:.0f} s")
    assert [text for text in complaints if text not in not_reached] == []
    assert len(not_reached) <= len(lines) // 5, "moments that only a race reaches are few"
