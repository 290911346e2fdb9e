"""What happens to crews, told with real commands, a real store and real recordings."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from support.crew import AGREED, TWEET, Crew
from support.footage import clip, fill, make, small_disk
from support.laptop import Laptop, noise
from support.store import StoreProcess

from fieldkit.capture.offload import pieces
from fieldkit.config import Library
from fieldkit.demo.bad_link import BadLink
from fieldkit.journal import Journal
from fieldkit.kit import Kit
from fieldkit.model import Consent, ConsentState, TweetId


def test_a_clip_from_the_card_arrives_under_its_tweet(crew, clips, arrived, renditions):
    crew.done("ingest", str(clips[0]), "--tweet", f"https://x.com/i/status/{TWEET}?s=20", *AGREED)
    crew.done("render")
    crew.done("sync")
    assert [profile for profile, _ in arrived(TWEET)] == ["proxy", "tweet"]
    assert arrived(TWEET) == renditions(crew)
    (take,) = crew.takes()
    for rendition in take["renditions"]:
        assert json.loads(crew.done("check", rendition["path"], "--json"))[0]["ok"]
    assert crew.queue() == []


def test_a_week_offline_costs_nothing_but_time(tmp_path, clips, arrived, renditions):
    with StoreProcess(tmp_path / "central") as store:
        crew = Crew(tmp_path / "laptop", store)
        store.kill()
        for day, source in enumerate(clips):
            crew.done("ingest", str(source), "--tweet", str(int(TWEET) + day), *AGREED)
            crew.done("render")
            offline = crew.types("sync", FIELDKIT_PATIENCE="0.5")
            assert offline.returncode == 4
            assert "everything is kept" in offline.stderr
        assert [upload["state"] for upload in crew.queue()] == ["waiting"] * 6
        store.start()
        crew.done("sync")
        for day in range(3):
            assert [profile for profile, _ in arrived(int(TWEET) + day, store.url)] == ["proxy", "tweet"]
        renditions(crew)


def test_a_battery_pulled_in_the_middle_of_a_take(crew, arrived, renditions):
    recorder = crew.begins(
        "record",
        TWEET,
        "--camera",
        "test:",
        "--size",
        "320x240",
        "--no-preview",
        *AGREED,
        start_new_session=True,
    )
    rolling = crew.folder / "rolling"
    deadline = time.monotonic() + 30
    while not any(path.stat().st_size > 60_000 for path in rolling.glob("*.mkv")):
        assert time.monotonic() < deadline
        assert recorder.poll() is None
        time.sleep(0.05)
    for process in (*_children(recorder.pid), recorder.pid):  # ffmpeg too: the power is gone
        os.kill(process, signal.SIGKILL)
    recorder.communicate()
    (take,) = crew.takes()
    assert take["original"] is None
    crew.done("render")
    (take,) = crew.takes()
    assert take["recovered"]
    assert take["seconds"] > 0.5
    crew.done("sync")
    assert arrived(TWEET) == renditions(crew)


def test_two_laptops_answer_one_tweet(tmp_path, store, clips, arrived):
    laptops = [Crew(tmp_path / name, store, place=name) for name in ("kakuma", "zaatari")]
    for crew, source in zip(laptops, clips, strict=False):
        crew.done("ingest", str(source), "--tweet", TWEET, *AGREED)
    laptops[1].done("ingest", str(clips[0]), "--tweet", TWEET, *AGREED)
    for crew in laptops:
        crew.done("render")
        crew.done("sync")
    # the clip that both have is one clip at the store
    assert [profile for profile, _ in arrived(TWEET)] == ["proxy", "proxy", "tweet", "tweet"]


def test_the_store_is_reinstalled_from_its_files(tmp_path, clips, arrived):
    laptop = Laptop.at(tmp_path / "half")
    content = noise(3_000_000)
    with StoreProcess(tmp_path / "central") as store, BadLink(("127.0.0.1", store.port), rate=20e6) as link:
        crew = Crew(tmp_path / "laptop", store)
        crew.done("ingest", str(clips[0]), "--tweet", TWEET, *AGREED)
        crew.done("render")
        crew.done("sync")
        before, port = arrived(TWEET, store.url), store.port
        made = laptop.make(content, tweet=TweetId("7"))

        def reinstall(progress):
            if progress.acknowledged > len(content) / 2 and (tmp_path / "central").exists():
                store.kill()
                shutil.copytree(tmp_path / "central", tmp_path / "new disk")
                shutil.rmtree(tmp_path / "central")
                store.root = tmp_path / "new disk"
                store.start()

        laptop.push(link.url, tell=reinstall)(laptop.due(link.url)[0])
        assert not (tmp_path / "central").exists()
        assert store.port == port
        assert arrived(TWEET, store.url) == before
        assert arrived("7", store.url) == [("tweet", made.sha256)]
        assert link.up_bytes < len(content) + 300_000
    laptop.close()


def test_a_file_that_is_not_a_video_is_one_clear_sentence(crew, tmp_path):
    for name, content in {
        "notes.mp4": b"just text\n" * 100,
        "empty.mov": b"",
        "noise.mts": os.urandom(50_000),
    }.items():
        (tmp_path / name).write_bytes(content)
        refused = crew.types("ingest", str(tmp_path / name), "--tweet", TWEET, *AGREED)
        assert refused.returncode == 3
        assert name in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
    assert crew.takes() == []
    assert list((crew.folder / "originals").iterdir()) == []


def test_a_wrong_tweet_is_refused_before_anything_is_copied(crew, clips):
    refused = crew.types("ingest", str(clips[0]), "--tweet", "https://evil.example/status/1", *AGREED)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "not a tweet ID" in refused.stderr
    assert crew.takes() == []


def test_a_folder_with_a_bad_file_gives_the_rest(crew, clips, tmp_path):
    card = tmp_path / "card"
    card.mkdir()
    for source in clips[:2]:
        shutil.copy(source, card)
    (card / "DSC9.mp4").write_bytes(b"broken")
    result = crew.types("ingest", str(card), "--tweet", TWEET, *AGREED, "--json")
    assert result.returncode == 1
    assert [bool(each["error"]) for each in json.loads(result.stdout)] == [False, False, True]
    again = crew.types("ingest", str(card), "--tweet", TWEET, *AGREED, "--json")
    assert [each["fresh"] for each in json.loads(again.stdout)] == [False, False, False]
    assert len(crew.takes()) == 2


def test_nothing_leaves_without_consent(crew, clips, arrived):
    crew.done("ingest", str(clips[0]), "--tweet", TWEET)
    crew.done("render")
    crew.done("sync")
    (take,) = crew.takes()
    assert (take["consent"], take["renditions"]) == ("none", [])
    assert arrived(TWEET) == []
    crew.done("consent", take["take"], "--agree", "--language", "ar", "--written")
    crew.done("render")
    crew.done("sync")
    assert len(arrived(TWEET)) == 2


def test_what_is_withdrawn_on_one_laptop_goes_from_the_store_and_from_an_old_copy_of_the_library(
    crew, clips, arrived, tmp_path, store
):
    crew.done("ingest", str(clips[0]), "--tweet", TWEET, *AGREED)
    crew.done("render")
    shutil.copytree(crew.folder, tmp_path / "old")
    crew.done("sync")
    assert len(arrived(TWEET)) == 2
    told = crew.types("consent", crew.takes()[0]["take"], "--withdraw")
    assert (told.returncode, "The store has it" in told.stderr) == (0, True)
    assert [*(crew.folder / "originals").iterdir(), *(crew.folder / "renditions").iterdir()] == []
    crew.done("sync")
    assert arrived(TWEET) == []
    old = Crew(tmp_path / "old", store)
    result = old.types("sync")
    assert (result.returncode, "was withdrawn" in result.stderr) == (0, True)
    assert arrived(TWEET) == []
    assert [*(old.folder / "originals").iterdir(), *(old.folder / "renditions").iterdir()] == []
    assert [take["erased"] for take in old.takes()] == [True]


def test_a_clock_two_years_off_changes_only_the_times(tmp_path, store, clips, monkeypatch, arrived):
    then = datetime.now(UTC) - timedelta(days=730)
    monkeypatch.setattr("fieldkit.kit.Journal", partial(Journal, now=lambda: then))
    monkeypatch.setattr("time.time_ns", lambda: int(then.timestamp() * 1e9))
    monkeypatch.setenv("FIELDKIT_STORE", store.url)
    kit = Kit.open(str(tmp_path / "laptop"))
    order = kit.recorder.order(TweetId(TWEET), Consent(ConsentState.AGREED))
    list(kit.recorder.ingest(pieces(clips[:1]), lambda _: order, lambda _: None))
    monkeypatch.undo()  # the clock is set right in the middle of the work
    crew = Crew(tmp_path / "laptop", store)
    crew.done("ingest", str(clips[1]), "--tweet", TWEET, *AGREED)
    crew.done("render")
    crew.done("sync")
    assert len(arrived(TWEET)) == 4
    assert [(take["number"], take["circled"]) for take in crew.takes()] == [(1, False), (2, True)]


def test_what_a_crew_leaves_running_makes_and_sends_what_comes(crew, clips, arrived, renditions):
    worker = crew.begins("run")
    try:
        crew.done("ingest", str(clips[0]), "--tweet", TWEET, *AGREED)
        deadline = time.monotonic() + 60
        while len(arrived(TWEET)) < 2:
            assert time.monotonic() < deadline
            assert worker.poll() is None
            time.sleep(0.2)
    finally:
        worker.send_signal(signal.SIGINT)
        said = worker.communicate(timeout=30)[1].decode()
    assert worker.returncode == 130, said
    assert "goes on from here" in said
    assert arrived(TWEET) == renditions(crew)


def test_the_stores_disk_is_full_and_is_given_room(tmp_path, crew):
    content = noise(6_000_000)
    with small_disk(tmp_path / "small", "4m") as disk, StoreProcess(disk / "store") as store:
        laptop = Laptop.at(crew.folder)
        made = laptop.make(content)
        crew.done("init", "--store", store.url)
        full = crew.types("sync", FIELDKIT_PATIENCE="1")
        assert full.returncode == 4, full.stderr
        assert "everything is kept" in full.stderr
        subprocess.run(["mount", "-o", "remount,size=40m", disk], check=True)
        crew.done("sync")
        assert laptop.due(store.url) == []
        laptop.close()
        assert any(
            hashlib.sha256(p.read_bytes()).hexdigest() == made.sha256
            for p in disk.rglob("media/**/*")
            if p.is_file()
        )


def test_the_laptops_disk_is_full_while_it_sends(tmp_path, store, arrived):
    with small_disk(tmp_path / "small", "4m") as disk:
        crew = Crew(disk / "library", store)
        laptop = Laptop.at(crew.folder)
        made = laptop.make(noise(500_000))
        laptop.close()
        ballast = fill(disk, leave=0)
        result = crew.types("sync")
        # the log of the journal may still have had room: then it simply worked
        assert result.returncode in (0, 3), result.stderr
        assert result.returncode == 0 or "The disk is full (" in result.stderr
        for reading in ("takes", "queue", "status"):
            crew.done(reading)
        ballast.unlink()
        crew.done("sync")
        assert arrived(TWEET) == [("tweet", made.sha256)]
        assert crew.takes()[0]["renditions"][0]["receipt"]


def test_a_rendition_that_rots_on_the_disk_is_made_anew(crew, clips, arrived, renditions):
    crew.done("ingest", str(clips[0]), "--tweet", TWEET, *AGREED)
    crew.done("render")
    proxy, tweet = (Path(r["path"]) for r in crew.takes()[0]["renditions"])
    proxy.write_bytes(b"rotten")
    tweet.unlink()
    result = crew.types("sync")
    assert result.returncode == 5
    assert result.stderr.count("made anew") == 2
    crew.done("render")
    crew.done("sync")
    assert len(arrived(TWEET)) == 2
    assert arrived(TWEET) == renditions(crew)


def test_an_original_that_rots_on_the_disk_is_said_and_not_sent(crew, clips, arrived):
    crew.done("ingest", str(clips[0]), "--tweet", TWEET, *AGREED)
    Path(crew.takes()[0]["original"]["path"]).write_bytes(b"rotten")
    result = crew.types("render")
    assert result.returncode == 5
    assert "is not what was written" in result.stderr
    crew.done("sync")
    assert arrived(TWEET) == []
    assert "is not what was written" in crew.takes()[0]["refusal"]


def test_one_take_with_a_wrong_place_does_not_block_the_others(tmp_path, crew, clips, arrived):
    with StoreProcess(tmp_path / "central") as guarded:
        added = crew.done("store", "token", "add", "--root", str(guarded.root), "--place", "kakuma", "--json")
        guarded.restart()
        other = Crew(tmp_path / "other", guarded, place="kakoma")
        other.done("init", "--token", json.loads(added)["token"])
        other.done("ingest", str(clips[0]), "--tweet", "5", *AGREED)
        other.done("init", "--place", "kakuma")
        other.done("ingest", str(clips[1]), "--tweet", "6", *AGREED)
        other.done("render")
        assert other.types("sync").returncode == 1
        wrong, right = other.takes()
        assert [r["receipt"] for r in right["renditions"]] == [True, True]
        assert "kakuma" in wrong["refusal"]


def test_a_fault_of_the_laptop_is_not_blamed_on_the_takes(crew, clips):
    crew.done("ingest", str(clips[0]), "--tweet", TWEET, *AGREED)
    without = crew.types("render", FIELDKIT_FFMPEG="/nonexistent")
    assert without.returncode == 3
    assert "ffmpeg can't be started" in without.stderr
    (crew.folder / "originals").rename(crew.folder / "unplugged")
    (crew.folder / "originals").write_bytes(b"")
    away = crew.types("render")
    assert away.returncode in (3, 4)
    (crew.folder / "originals").unlink()
    (crew.folder / "unplugged").rename(crew.folder / "originals")
    crew.done("render")
    assert len(crew.takes()[0]["renditions"]) == 2


def test_consent_that_comes_with_a_second_ingest_counts(crew, clips):
    crew.done("ingest", str(clips[0]), "--tweet", TWEET)
    told = crew.types("ingest", str(clips[0]), "--tweet", TWEET, *AGREED)
    assert "Consent is now on record" in told.stderr
    (take,) = crew.takes()
    assert take["consent"] == "agreed"
    crew.done("void", take["take"])
    assert "takes it back" in crew.types("ingest", str(clips[0]), "--tweet", TWEET, *AGREED).stderr
    crew.done("circle", take["take"])
    assert not crew.takes()[0]["voided"]


def test_a_worker_that_can_t_open_its_journal_says_so_and_goes_on_when_it_can(crew, clips, arrived):
    crew.done("ingest", str(clips[0]), "--tweet", TWEET, *AGREED)
    journal = crew.folder / "journal.sqlite"
    for path in crew.folder.glob("journal.sqlite*"):
        path.rename(path.with_name(path.name.replace("journal", "away")))
    journal.mkdir()
    worker = crew.begins("run")
    line = worker.stderr.readline() + worker.stderr.readline()
    worker.send_signal(signal.SIGTERM)
    _, rest = worker.communicate(timeout=20)
    assert worker.returncode == 130, line + rest
    assert b"The journal can't be used" in line
    assert b"Traceback" not in line + rest


def test_what_is_refused_while_nobody_looks_is_said(tmp_path, crew):
    short = make(tmp_path / "short.mp4", "-i", str(clip("carphone_pristine")), "-t", "0.2", "-c", "copy")
    crew.done("ingest", str(short), "--tweet", TWEET, *AGREED)
    worker = crew.begins("run")
    said = b""
    while b"X takes none under" not in said:
        line = worker.stderr.readline()
        assert line, said
        said += line
    worker.send_signal(signal.SIGTERM)
    worker.communicate()


def test_one_worker_of_a_kind_is_at_work_in_a_library(crew):
    with Library(crew.folder).lock("sync") as lock:
        assert lock.take()
        busy = crew.types("sync")
    assert busy.returncode == 4
    assert "already at work" in busy.stderr


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as told:
        return [int(child) for child in told.read().split()]
