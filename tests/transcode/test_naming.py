"""Names and keys: the same wish is recognised, another wish is another file, and any disk takes the name."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.transcode import machine, naming
from fieldkit.transcode.brief import NOTHING_MORE, Brief
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.reckoning import Reckoning

TWEET = PROFILES["tweet"]
HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)
NAMES = st.text(st.characters(codec=None, exclude_characters="/\0"), max_size=300)  # lone surrogates too


@given(NAMES, HASHES)
def test_any_disk_takes_any_name(stem: str, sha256: str) -> None:
    name = naming.file_name(stem, "tweet", naming.key(sha256, TWEET, NOTHING_MORE))
    assert len(name.encode("utf-8")) <= 200
    assert not name.startswith((".", "-"))
    assert not set(name) & set('<>:"/\\|?*\n')
    assert naming.ours(name)
    assert name.endswith(".mp4")
    folder = naming.plain(stem)
    assert folder not in ("", ".", "..")
    assert "/" not in folder


@given(HASHES, HASHES, st.booleans(), st.sampled_from(sorted(PROFILES)))
def test_the_key_is_a_function_of_what_was_asked(a: str, b: str, trim: bool, profile: str) -> None:
    key = naming.key(a, PROFILES[profile], Brief(trim=trim))
    assert key == naming.key(a, PROFILES[profile], Brief(trim=trim))
    assert (key == naming.key(b, PROFILES[profile], Brief(trim=trim))) == (a == b)
    assert key != naming.key(a, PROFILES[profile], Brief(trim=not trim))
    assert key != naming.key(a, replace(PROFILES[profile], effort="quick"), Brief(trim=trim))


def test_what_a_newer_fieldkit_can_be_asked_for_changes_no_old_key(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True, slots=True)
    class Newer:
        trim: bool = False
        loud: int | None = None
        link: float | None = field(default=None, metadata={"measured": True})

    old = [naming.key("a" * 64, TWEET, Brief(trim=trim)) for trim in (False, True)]
    monkeypatch.setattr(naming, "NOTHING_MORE", Newer())
    assert [naming.key("a" * 64, TWEET, Newer(trim=trim)) for trim in (False, True)] == old  # type: ignore[arg-type]
    assert naming.key("a" * 64, TWEET, Newer(loud=1)) not in old  # type: ignore[arg-type]
    assert naming.key("a" * 64, TWEET, Newer(link=5.0)) == old[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name", ["a.mp4", "a-tweet-0123456789a.mp4", "a-tweet-0123456789ab.mov", "tweet.mp4"]
)
def test_a_camera_file_is_not_taken_for_ours(name: str) -> None:
    assert not naming.ours(name)


@given(st.integers(1, 4096), st.none() | st.integers(0, 10**13))
def test_jobs_fit_processors_and_memory(cores: int, memory: int | None) -> None:
    jobs = machine.fitting(cores, memory)
    assert 1 <= jobs <= min(cores, 64)
    assert memory is None or jobs == 1 or jobs * 700_000_000 <= memory
    assert jobs >= machine.fitting(cores, 0 if memory is None else memory // 2)


def test_this_machine_tells_what_it_has() -> None:
    assert machine.cores() >= 1
    assert (machine.free_memory() or 10**9) > 10**7
    assert machine.jobs() >= 1


@given(
    st.dictionaries(st.integers(), st.tuples(st.integers(1, 10**9), st.floats(0.1, 9999)), min_size=1),
    st.data(),
)
def test_a_batch_is_never_more_than_done(clips: dict[int, tuple[int, float]], data: st.DataObject) -> None:
    reckoning = Reckoning({name: size for name, (size, _) in clips.items()})
    for name, (_, seconds) in clips.items():
        if data.draw(st.booleans()):
            reckoning.told(name, seconds)
        reckoning.at(name, data.draw(st.floats(-1, 2)))
        assert 0 <= reckoning.done <= reckoning.total * 1.0001
        reckoning.finished(name, worked=data.draw(st.booleans()))
    assert reckoning.done == pytest.approx(reckoning.total)
    assert reckoning.left(10.0) in (None, pytest.approx(0, abs=1e-3))
