"""What the software must refuse (facts/capture.md, section 6), as far as sealing and privacy go: 6, 7, 9, 12."""

import os
import sqlite3
import threading

import pytest
from safety.test_sealing import SECRET, sealed
from support import warm
from support.facts import take_id
from support.planted import MARKS, PLANTS, plain

from fieldkit import age
from fieldkit.errors import NeedsCrew, Refused, Unready
from fieldkit.kit import Kit
from fieldkit.transcode.privacy import cleared, tellings
from fieldkit.vault import unseal


def test_7_nothing_falls_back_to_plain_silently_where_no_key_is_set(laptop) -> None:
    laptop.take(SECRET)
    keyless = Kit(laptop.library, type(laptop.kit.settings)())
    with pytest.raises(Unready, match="No key is set"):
        keyless.seal(threading.Event())
    with pytest.raises(NeedsCrew, match="No key is set"):
        keyless.keys.keep(take_id(), age.new_pair())


def test_9_a_source_that_was_ingested_is_never_touched_by_sealing(laptop, tmp_path) -> None:
    card = tmp_path / "card.mp4"
    card.write_bytes(SECRET)
    laptop.take(card.read_bytes())
    before = card.stat()
    sealed(laptop)
    assert (card.read_bytes(), card.stat().st_mtime_ns) == (SECRET, before.st_mtime_ns)


def test_10_no_opened_original_is_ever_overwritten(laptop, tmp_path) -> None:
    take = laptop.take(SECRET)
    sealed(laptop)
    out = tmp_path / "out"
    out.mkdir()
    (out / f"{take}.mp4").write_bytes(b"mine")
    list(unseal.open_each(unseal.find([laptop.library.root]), laptop.identity, out))
    assert (out / f"{take}.mp4").read_bytes() == b"mine"


def test_12_nothing_goes_quietly_what_was_sealed_and_handed_over_stands_in_the_history(laptop) -> None:
    take = laptop.take(SECRET)
    sealed(laptop)
    with sqlite3.connect(laptop.library.journal) as db:
        told = [
            row[0] for row in db.execute("SELECT fact FROM history WHERE take = ? ORDER BY entered", (take,))
        ]
    assert told[-2:] == ["sealed at rest", "handed over: for headquarters alone"]


def test_12_a_wipe_says_first_how_many_takes_the_store_does_not_have(laptop) -> None:
    laptop.take(SECRET)
    laptop.take(SECRET[::-1], received=False)
    crew = warm.run(("wipe", "--library", str(laptop.library.root)), dict(os.environ))
    assert "1 of this laptop's takes" in crew.stderr
    assert laptop.library.journal.exists()


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_6_any_output_that_shows_place_maker_serial_title_or_a_data_stream_is_refused(
    plant, tmp_path
) -> None:
    planted = plant.make(tmp_path, plain(tmp_path))
    with pytest.raises(Refused) as refusal:
        cleared(planted, "the take")
    assert not any(mark.decode() in str(refusal.value) for mark in MARKS[:3])


@pytest.mark.parametrize("name", ["Amina Yusuf.mp4", "0712345678.mp4"])
def test_6_a_name_or_a_telephone_number_in_a_file_name_is_told(name, tmp_path) -> None:
    made = plain(tmp_path).rename(tmp_path / name)
    assert "file name" in {str(each.rule) for each in tellings(made)}
