"""What a dead recording left behind becomes an original; what holds nothing never does."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from support.footage import card

from fieldkit import disk
from fieldkit.capture.order import Order, new_take
from fieldkit.capture.parts import rolling
from fieldkit.capture.salvage import Measure, lock_of, roll, salvage, seal
from fieldkit.config import Library
from fieldkit.journal import Journal
from fieldkit.model import Take
from fieldkit.transcode.probe import probe

RECORDER = """
import sys, threading
from pathlib import Path
from fieldkit.capture.order import Order
from fieldkit.capture.record import record
from fieldkit.capture.rig import Shot
from fieldkit.config import Library
from fieldkit.journal import Journal
from fieldkit.model import Consent, ConsentState, TweetId
from fieldkit.transcode.ffmpeg import Ffmpeg

library = Library(Path(sys.argv[1]))
order = Order(TweetId("826412345678901234"), None, None, Consent(ConsentState.AGREED))
with Journal(library.journal) as journal:
    record(order, Shot("test:", seconds=60, size=(640, 360)), journal, library, Ffmpeg().start,
           measure=lambda _: None, stop=threading.Event(),
           tell=lambda moment: print(moment.phase, moment.seconds, flush=True))
"""


def begun(order: Order, journal: Journal) -> Take:
    return journal.begin(new_take(), order.tweet_id, order.place, order.operator, order.consent)


def kill_a_recorder(library: Library, after: float, *, with_ffmpeg: bool) -> None:
    """Starts a real recording and SIGKILLs it `after` seconds of picture."""
    crew = subprocess.Popen(
        [sys.executable, "-c", RECORDER, str(library.root)], stdout=subprocess.PIPE, text=True
    )
    assert crew.stdout is not None
    for line in crew.stdout:
        if float(line.split()[1]) >= after:
            break
    camera = int(Path(f"/proc/{crew.pid}/task/{crew.pid}/children").read_text().split()[0])
    if with_ffmpeg:
        os.kill(camera, signal.SIGKILL)
    crew.kill()
    crew.wait()
    crew.stdout.close()


@pytest.mark.parametrize(
    "with_ffmpeg", [False, True], ids=["fieldkit killed", "fieldkit and its ffmpeg killed"]
)
def test_a_recording_whose_process_was_killed_is_salvaged(
    with_ffmpeg: bool, journal: Journal, library: Library, measure: Measure
) -> None:
    kill_a_recorder(library, 2.0, with_ffmpeg=with_ffmpeg)
    until = time.monotonic() + 10
    while not (
        saved := salvage(journal, library, measure)
    ):  # until its ffmpeg has noticed and let go of the take
        assert time.monotonic() < until
        time.sleep(0.05)
    (original,) = saved
    assert original.recovered
    found = probe(library.root / original.path)
    assert found.video.seconds >= 1.0
    judged = journal.entries()[0].verdict
    assert judged is not None
    assert judged.sentence.startswith("The recording was cut off, after")
    assert not judged.good
    disk.verify(library.root / original.path, original.sha256)
    assert journal.unsealed() == []
    assert list(library.rolling.iterdir()) == []
    assert salvage(journal, library, measure) == []


def test_a_take_that_is_still_rolling_is_left_alone(
    order: Order, journal: Journal, library: Library, measure: Measure
) -> None:
    take = begun(order, journal)
    card(rolling(take.id, library))
    with lock_of(take.id, library) as held:
        held.take()
        assert salvage(journal, library, measure) == []
        assert journal.unsealed() == [take]
    assert [original.take for original in salvage(journal, library, measure)] == [take.id]


def test_the_bytes_are_adopted_as_they_are(
    order: Order, journal: Journal, library: Library, measure: Measure
) -> None:
    take = begun(order, journal)
    whole = card(rolling(take.id, library), seconds=3).read_bytes()
    cut = whole[: len(whole) * 2 // 3]
    rolling(take.id, library).write_bytes(cut)
    (original,) = salvage(journal, library, measure)
    assert (library.root / original.path).read_bytes() == cut


def test_a_seal_that_died_before_its_row_goes_on_from_there(
    order: Order, journal: Journal, library: Library, measure: Measure
) -> None:
    take = begun(order, journal)
    card(library.originals / f"{take.id}.mkv")
    (original,) = salvage(journal, library, measure)
    assert original.path == f"originals/{take.id}.mkv"
    assert journal.entries()[0].original == original


def test_sealing_twice_is_nothing(order: Order, journal: Journal, library: Library, measure: Measure) -> None:
    take = begun(order, journal)
    card(rolling(take.id, library))
    first = seal(take, library, journal, measure, recovered=False)
    assert seal(take, library, journal, measure, recovered=False) == first


def test_a_take_that_never_rolled_is_refused_once(
    order: Order, journal: Journal, library: Library, measure: Measure
) -> None:
    begun(order, journal)
    assert salvage(journal, library, measure) == []
    (entry,) = journal.entries()
    assert "nothing was recorded" in entry.refusals[0].why
    assert journal.unsealed() == []
    assert list(library.rolling.iterdir()) == []


def test_an_empty_recording_is_never_an_original(
    order: Order, journal: Journal, library: Library, measure: Measure
) -> None:
    take = begun(order, journal)
    rolling(take.id, library).touch()
    assert salvage(journal, library, measure) == []
    assert journal.entries()[0].original is None
    assert list(library.rolling.iterdir()) == []


def test_bytes_without_a_picture_are_kept_and_the_crew_is_told_where(
    order: Order, journal: Journal, library: Library, measure: Measure
) -> None:
    take = begun(order, journal)
    rolling(take.id, library).write_bytes(b"\x1a\x45\xdf\xa3 and no more")
    assert salvage(journal, library, measure) == []
    (entry,) = journal.entries()
    assert str(rolling(take.id, library)) in entry.refusals[0].why
    assert rolling(take.id, library).exists()


def test_one_bad_take_does_not_hide_a_good_one(
    order: Order, journal: Journal, library: Library, measure: Measure
) -> None:
    bad, good = begun(order, journal), begun(order, journal)
    rolling(bad.id, library).write_bytes(b"noise")
    card(rolling(good.id, library))
    assert [original.take for original in salvage(journal, library, measure)] == [good.id]


def test_locks_that_dead_recorders_left_are_tidied_up_and_held_ones_are_not(
    order: Order, journal: Journal, library: Library, measure: Measure
) -> None:
    take = begun(order, journal)
    card(rolling(take.id, library))
    seal(take, library, journal, measure, recovered=False)
    dead, living = library.rolling / f"{take.id}.lock", library.rolling / f"{new_take()}.lock"
    dead.touch()
    with disk.Lock(living) as held:
        held.take()
        salvage(journal, library, measure)
        assert list(library.rolling.iterdir()) == [living]


def test_a_lock_whose_file_was_removed_under_the_recorder_is_not_believed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = disk.Lock.take
    tidied: list[Path] = []

    def robbed(lock: disk.Lock) -> bool:
        taken = take(lock)
        if not tidied:
            tidied.append(lock._path)
            lock._path.unlink()
        return taken

    monkeypatch.setattr(disk.Lock, "take", robbed)
    take_id, lock = roll(library)
    with lock:
        assert tidied != [library.rolling / f"{take_id}.lock"]
        assert (library.rolling / f"{take_id}.lock").exists()


def test_two_salvages_at_once_seal_a_take_once(
    order: Order, journal: Journal, library: Library, measure: Measure
) -> None:
    for _ in range(3):
        card(rolling(begun(order, journal).id, library))
    results: list[str] = []

    def one() -> None:
        with Journal(library.journal) as mine:
            results.extend(original.take for original in salvage(mine, library, measure))

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(set(results)) == 3
    assert journal.unsealed() == []
    assert list(library.rolling.iterdir()) == []
