"""Sealed at rest: what was sealed opens for the campaign alone, and the plain file goes last."""

import errno
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from safety.conftest import Sealed
from support.facts import NONE, WITHDRAWN

from fieldkit import age, disk
from fieldkit.age import WrongKey
from fieldkit.errors import Damaged, DiskFull, NeedsCrew
from fieldkit.pipeline import Audience
from fieldkit.sealer import Sealer
from fieldkit.vault import seal, unseal

SECRET = b"a voice that must not be heard " * 4000
QUIET = Audience(lambda _: lambda _a, _b: None, lambda _a, _b: None, lambda _: None, lambda _: None)


def sealed(laptop: Sealed) -> int:
    outcome = laptop.kit.seal(threading.Event())
    assert outcome.unsealed == []
    return len(outcome.sealed)


def test_an_original_is_sealed_once_the_store_has_its_renditions_and_nothing_of_it_stays(
    laptop, tmp_path
) -> None:
    take = laptop.take(SECRET, received=False)
    assert sealed(laptop) == 0
    laptop.receive(take)
    assert sealed(laptop) == 1
    assert SECRET[:31] not in laptop.plain()
    assert laptop.opened(tmp_path / "out") == {f"{take}.mp4": SECRET}
    with laptop.journal as journal:
        entry = journal.entry(take)
        assert (entry.sealed, entry.handed_over) == (f"sealed/{take}.mp4.age", True)
        assert journal.lineup.sendable("https://another.example.org") == []
    assert sealed(laptop) == 0


def test_with_a_passphrase_it_is_sealed_as_soon_as_nothing_waits_for_it(laptop, tmp_path) -> None:
    locked = laptop.locked("five quiet words")
    asked, waiting = locked.take(SECRET, NONE, made=False), locked.take(SECRET, made=False)
    sent = locked.take(b"sent" * 999, received=False)
    assert sealed(locked) == 2
    with locked.journal as journal:
        assert journal.entry(waiting).sealed is None
        assert not journal.entry(sent).handed_over
        assert len(journal.lineup.sendable("https://clips.example.org")) == 2
    assert locked.kit.keys.envelope(sent, "laptop").exists()
    locked.receive(sent)
    assert sealed(locked) == 0
    assert not locked.kit.keys.envelope(sent, "laptop").exists()
    assert set(locked.opened(tmp_path / "out")) == {f"{asked}.mp4", f"{sent}.mp4"}


def test_what_was_sealed_before_consent_is_rendered_with_the_passphrase_and_waits_without(laptop) -> None:
    locked = laptop.locked("five quiet words")
    take = locked.take(b"no video", NONE, made=False)
    sealed(locked)
    with locked.journal as journal:
        journal.consent(take, laptop_agreed())
    waits = laptop.kit.render(threading.Event(), QUIET)
    assert "FIELDKIT_PASSPHRASE" in (waits.held or "")
    assert waits.refused == []
    made = locked.kit.render(threading.Event(), QUIET)
    assert made.held is None
    assert {refusal.take for refusal in made.refused} == {take}  # it was opened, and is no video
    assert [path.name for path in locked.library.renditions.iterdir()] == []


def laptop_agreed():
    from support.facts import AGREED

    return AGREED


def test_a_take_that_headquarters_alone_can_open_says_so_when_something_is_wanted_of_it(laptop) -> None:
    take = laptop.take(SECRET)
    sealed(laptop)
    with laptop.journal as journal:
        journal.drop_rendition(take, "proxy")
    held = laptop.kit.render(threading.Event(), QUIET).held
    assert "headquarters" in (held or "")
    assert "`fieldkit unseal`" in (held or "")


def test_nothing_is_sealed_that_consent_was_withdrawn_for_and_its_key_goes(laptop) -> None:
    take = laptop.take(SECRET)
    sealed(laptop)
    with laptop.journal as journal:
        journal.consent(take, WITHDRAWN)
    assert sealed(laptop) == 0
    assert list(laptop.library.keys.iterdir()) == list(laptop.library.sealed.iterdir()) == []


def test_where_an_original_is_erased_its_sealed_file_and_key_go_with_it(laptop) -> None:
    take = laptop.take(SECRET)
    sealed(laptop)
    with laptop.journal as journal:
        for profile in ("proxy", "tweet"):
            journal.drop_rendition(take, profile)
        journal._db.execute("DELETE FROM originals WHERE take = ?", (take,))
        assert journal.sealing.path(take) is None
    assert sealed(laptop) == 0
    assert list(laptop.library.keys.iterdir()) == list(laptop.library.sealed.iterdir()) == []


def test_consent_that_comes_while_it_is_sealed_leaves_the_plain_file_to_the_encoder(
    laptop, monkeypatch
) -> None:
    locked = laptop.locked("five quiet words")
    take = locked.take(SECRET, NONE, made=False)
    publish = disk.publish

    def slowly(part, final) -> None:
        publish(part, final)
        if final.parent == locked.library.sealed:
            with locked.journal as journal:
                journal.consent(take, laptop_agreed())

    monkeypatch.setattr(disk, "publish", slowly)
    assert sealed(locked) == 0
    assert (locked.library.originals / f"{take}.mp4").read_bytes() == SECRET
    assert list(locked.library.sealed.iterdir()) == []


def test_a_full_disk_is_named_and_the_plain_file_stays(laptop, monkeypatch) -> None:
    take = laptop.take(SECRET)

    class Full:
        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def flush(self) -> None: ...

    real = age.seal
    monkeypatch.setattr(age, "seal", lambda source, target, recipients: real(source, Full(), recipients))
    with pytest.raises(DiskFull):
        laptop.kit.seal(threading.Event())
    assert (laptop.library.originals / f"{take}.mp4").read_bytes() == SECRET
    assert list(laptop.library.sealed.iterdir()) == []


def test_what_comes_back_from_the_disk_changed_is_not_relied_on(laptop, monkeypatch) -> None:
    take = laptop.take(SECRET)
    real = age.seal

    def altered(source, target, recipients) -> None:
        real(source, target, recipients)
        target.seek(-1, 1)
        target.write(b"\0")

    monkeypatch.setattr(age, "seal", altered)
    outcome = laptop.kit.seal(threading.Event())
    assert (outcome.sealed, outcome.damaged, len(outcome.unsealed)) == ([], True, 1)
    assert (laptop.library.originals / f"{take}.mp4").read_bytes() == SECRET


def test_an_original_that_is_not_what_was_recorded_is_not_sealed(laptop) -> None:
    take = laptop.take(SECRET)
    (laptop.library.originals / f"{take}.mp4").write_bytes(SECRET[:-1])
    outcome = laptop.kit.seal(threading.Event())
    assert outcome.damaged
    assert "SHA-256" in outcome.unsealed[0]


def test_the_plain_file_stays_where_the_key_of_the_sealed_one_is_gone(laptop) -> None:
    take = laptop.take(SECRET)
    sealed(laptop)
    laptop.kit.keys.destroy(take)
    (laptop.library.originals / f"{take}.mp4").write_bytes(SECRET)
    assert laptop.kit.seal(threading.Event()).damaged
    assert (laptop.library.originals / f"{take}.mp4").exists()


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (lambda box: box[:-9], Damaged),
        (lambda box: box[:80_000] + bytes([box[80_000] ^ 1]) + box[80_001:], Damaged),
        (lambda box: b"no age file", Damaged),
    ],
    ids=["cut short", "altered", "another file"],
)
def test_at_headquarters_a_bad_file_is_a_clear_error_and_leaves_nothing(
    laptop, tmp_path, harm: Callable[[bytes], bytes], error
) -> None:
    laptop.take(SECRET)
    sealed(laptop)
    (box,) = laptop.library.sealed.iterdir()
    box.write_bytes(harm(box.read_bytes()))
    (done,) = unseal.open_each([box], laptop.identity, tmp_path / "out")
    assert isinstance(done.error, error)
    assert list((tmp_path / "out").iterdir()) == []


def test_another_key_opens_nothing_and_neither_does_a_missing_envelope(laptop, tmp_path) -> None:
    take = laptop.take(SECRET)
    sealed(laptop)
    files = unseal.find([laptop.library.root])
    (done,) = unseal.open_each(files, age.new_pair().identity, tmp_path / "out")
    assert isinstance(done.error, WrongKey)
    laptop.kit.keys.destroy(take)
    (done,) = unseal.open_each(files, laptop.identity, tmp_path / "out")
    assert isinstance(done.error, NeedsCrew)
    assert "destroyed" in str(done.error)


def test_an_envelope_beside_the_file_is_enough_and_what_is_open_stays(laptop, tmp_path) -> None:
    take = laptop.take(SECRET)
    sealed(laptop)
    stick = tmp_path / "stick"
    stick.mkdir()
    for path in (laptop.kit.keys.envelope(take), *laptop.library.sealed.iterdir()):
        (stick / path.name).write_bytes(path.read_bytes())
    out = tmp_path / "out"
    assert [each.fresh for each in unseal.open_each(unseal.find([stick]), laptop.identity, out)] == [True]
    assert [each.fresh for each in unseal.open_each(unseal.find([stick]), laptop.identity, out)] == [False]


def test_a_new_key_is_for_its_owner_alone_and_never_overwritten(tmp_path) -> None:
    path = tmp_path / "campaign.key"
    recipient = unseal.new_key(path)
    assert path.stat().st_mode & 0o077 == 0
    assert age.known_identity(path.read_text())
    with pytest.raises(NeedsCrew, match="never overwritten"):
        unseal.new_key(path)
    assert recipient.startswith("age1")


def test_a_second_passphrase_would_lock_out_what_the_first_one_opens(laptop) -> None:
    laptop.locked("five quiet words")
    with pytest.raises(NeedsCrew, match="already"):
        laptop.kit.keys.make_laptop("others")


def test_the_digest_that_stands_for_a_file_hashes_what_it_is_given() -> None:
    digest = seal.Digest()
    digest.write(b"ab")
    assert digest.end().startswith("fb8e20fc")


def test_a_passphrase_that_is_guessed_in_a_day_is_refused(laptop) -> None:
    with pytest.raises(NeedsCrew, match="at least"):
        laptop.kit.keys.make_laptop("short")


def test_a_copy_that_comes_in_again_goes_again_though_no_fact_changes(laptop) -> None:
    take = laptop.take(SECRET)
    with laptop.journal as journal:
        sealer = Sealer(journal, laptop.library, laptop.kit.keys)
        sealer(threading.Event())
        sealer(threading.Event())
        again = laptop.library.originals / f"{take}.mp4"
        again.write_bytes(SECRET)
        sealer(threading.Event())
    assert not again.exists()


def test_the_passphrase_shows_nowhere(laptop) -> None:
    assert "five quiet words" not in repr(laptop.locked("five quiet words").kit)


def test_what_a_crew_leaves_running_seals_by_itself(laptop) -> None:
    take = laptop.take(SECRET)
    kit = replace(laptop.kit, settings=laptop.kit.settings.changed(store="http://127.0.0.1:1"))
    stop = threading.Event()
    at_work = threading.Thread(target=kit.run, args=(stop, QUIET, kit.dispatch))
    at_work.start()
    try:
        with laptop.journal as journal:
            until = time.monotonic() + 60
            while not journal.entry(take).handed_over and time.monotonic() < until:
                at_work.join(0.05)
            assert journal.entry(take).handed_over
    finally:
        stop.set()
        at_work.join()
    assert SECRET[:31] not in laptop.plain()
