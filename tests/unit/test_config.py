"""Settings: flags > environment > file > default."""

import pytest

from fieldkit.config import Library, Settings, rate_of, seconds_of, size_of
from fieldkit.errors import NeedsCrew


@pytest.fixture
def library(tmp_path):
    made = Library(tmp_path / "library")
    made.make()
    return made


def test_what_is_typed_wins_over_the_environment_and_that_over_the_file(library):
    Settings(store="https://file.example", operator="file", language="ar").write(library)
    settings = Settings.read(
        library,
        {"FIELDKIT_STORE": "https://environment.example", "FIELDKIT_OPERATOR": "environment"},
        {"store": "https://flag.example/", "operator": None},
    )
    assert (settings.store, settings.operator, settings.language) == (
        "https://flag.example",
        "environment",
        "ar",
    )
    assert settings.patience == Settings().patience


def test_settings_survive_any_text(library):
    odd = Settings(token='a"b\\c', operator="عائشة", camera="C:\\cam")
    odd.write(library)
    assert Settings.read(library, {}, {}) == odd


def test_settings_are_readable_by_their_owner_only(library):
    Settings(token="secret").write(library)
    assert library.settings.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("store", "clips.example.org"),
        ("store", "file:///etc"),
        ("place", "3.71,34.86"),
        ("rate", "fast"),
        ("rate", "10"),
        ("patience", "0"),
        ("patience", "soon"),
    ],
)
def test_a_wrong_setting_is_a_sentence(library, name, value):
    with pytest.raises(NeedsCrew):
        Settings.read(library, {f"FIELDKIT_{name.upper()}": value}, {})


def test_an_unknown_setting_in_the_file_is_named(library):
    library.settings.write_text('stroe = "https://x"\n')
    with pytest.raises(NeedsCrew, match="stroe"):
        Settings.read(library, {}, {})


def test_a_broken_file_says_how_to_mend_it(library):
    library.settings.write_text("store = ")
    with pytest.raises(NeedsCrew, match="fieldkit init"):
        Settings.read(library, {}, {})


@pytest.mark.parametrize(
    ("text", "rate"), [("64k", 64_000), ("1M", 1_000_000), ("64000", 64_000), ("0.5m", 500_000)]
)
def test_rates_are_typed_as_people_say_them(text, rate):
    assert rate_of(text) == rate


@pytest.mark.parametrize(
    ("text", "size"), [("400k", 400_000), ("5M", 5_000_000), ("800000", 800_000), ("0.5MB", 500_000)]
)
def test_sizes_are_typed_as_people_say_them(text, size):
    assert size_of(text) == size


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("5m", 300), ("2min", 120)])
def test_times_are_typed_as_people_say_them(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "k", "-5k", "0", "nan", "inf", "1e999", "5 apples"])
def test_what_is_no_size_or_time_is_said(text):
    for read in (size_of, seconds_of):
        with pytest.raises(NeedsCrew, match="is not a"):
            read(text)
