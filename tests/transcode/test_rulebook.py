"""The rule book: what X changes next year is an edit of data, and a slip in it is one sentence."""

from dataclasses import fields
from importlib.resources import files
from math import isfinite
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.footage import card

from fieldkit.capture.rig import LONGEST
from fieldkit.errors import NeedsCrew
from fieldkit.transcode.bookfile import packaged, read
from fieldkit.transcode.check import check, rejections
from fieldkit.transcode.limits import LIMITS, AtLeast, AtMost, Floor, Kind, Rate, Ratio, plain
from fieldkit.transcode.measures import MEASURES
from fieldkit.transcode.profiles import PROFILES
from fieldkit.transcode.rulebook import Rule, RuleBook, Severity

BOOK = packaged()
EACH = [(tier.name, rule) for tier in BOOK.tiers.values() for rule in tier.rules]


def private(folder: Path, text: str, as_of: str = 'as_of = "2027-03"\n') -> Path:
    path = folder / "ours.toml"
    path.write_text(as_of + text, "utf-8")
    return path


def rule(book: RuleBook, name: str, tier: str = "free") -> Rule | None:
    return next((rule for rule in book.tier(tier).rules if rule.name == name), None)


def test_the_book_has_the_four_kinds_of_account() -> None:
    assert list(BOOK.tiers) == ["free", "premium", "ads", "api-v2"]
    assert BOOK.tier().name == "free"
    assert BOOK.as_of >= "2026-11"


@pytest.mark.parametrize(("tier", "rule"), EACH, ids=[f"{tier}-{rule.name}" for tier, rule in EACH])
def test_every_rule_has_all_that_the_crew_may_ask_about_it(tier: str, rule: Rule) -> None:
    assert rule.source.name
    assert rule.source.where
    assert "2015" <= rule.since <= BOOK.as_of
    assert rule.advice.endswith(".")
    assert rule.limit.text(rule.measure.unit)


def test_every_measurement_is_limited_by_a_rule_and_every_rule_measures() -> None:
    measured = {id(rule.measure) for _, rule in EACH}
    assert {name for name, measure in MEASURES.items() if id(measure) not in measured} == set()
    assert {fit for fits in LIMITS.values() for fit in fits.kinds} == set(Kind)


def test_every_source_is_named_by_something() -> None:
    text = files("fieldkit.transcode").joinpath("rulebook.toml").read_text("utf-8")
    named = [line[9:-1] for line in text.splitlines() if line.startswith("[sources.")]
    assert named
    assert [key for key in named if f'source = "{key}"' not in text] == []


CONTRADICTIONS = [
    ("longest", {"free": 140, "premium": 7500, "ads": 600, "api-v2": 120}),
    ("bytes", {"free": 512, "premium": 16_000, "ads": 500, "api-v2": 8000}),
    ("frame rate", {"free": 60, "premium": 60, "ads": 60, "api-v2": 60}),
    ("frame rate advised", {"free": 40, "premium": 40}),
    ("longest seen at post", {"free": 120}),
]


@pytest.mark.parametrize(("name", "limits"), CONTRADICTIONS)
def test_limits_that_x_contradicts_itself_about_stand_beside_one_another(
    name: str, limits: dict[str, float]
) -> None:
    held = {tier: found.limit for tier in BOOK.tiers if (found := rule(BOOK, name, tier))}
    assert held == {tier: AtMost(most) for tier, most in limits.items()}


def test_both_shapes_that_x_names_stand_beside_one_another() -> None:
    assert {rule(BOOK, "aspect", tier).limit for tier in BOOK.tiers} == {Ratio(3)}
    assert rule(BOOK, "aspect advised").limit == Ratio(2.39)
    assert rule(BOOK, "aspect advised").limit.text("") == "1:2.39 to 2.39:1"
    assert rule(BOOK, "aspect advised", "api-v2") is None


def test_what_other_texts_of_x_say_is_kept() -> None:
    disputed = " ".join(rule(BOOK, "longest").disputed)
    assert "30 s" in disputed
    assert "20 min" in disputed
    assert "2026-08-22" in disputed


def test_the_encoder_and_the_camera_agree_with_the_book() -> None:
    """A clip as long as a profile allows is one that the default tier takes."""
    longest, shortest = rule(BOOK, "longest").limit, rule(BOOK, "shortest").limit
    for profile in PROFILES.values():
        assert AtMost(profile.longest) == longest
        assert AtLeast(profile.shortest) == shortest
    assert AtMost(LONGEST) == longest


# A private file


def test_what_x_changes_next_year_is_an_edit_of_data(tmp_path: Path) -> None:
    clip = card(tmp_path / "clip.mp4", size="160x90")
    assert "longest" not in {problem.rule for problem in check(clip)}
    path = private(
        tmp_path,
        """
        [sources.api-2027]
        name = "docs.x.com, as changed in 2027"
        where = "https://docs.x.com/"
        [rules.longest]
        at_most = 0.8
        source = "api-2027"
        since = 2027-02-01
        advice = "Be brief."
        """,
    )
    problems = {problem.rule: problem for problem in check(clip, read(path).tier())}
    longest = problems["longest"]
    assert (longest.severity, longest.limit) == (Severity.REJECT, "0.8 s")
    assert (longest.source, longest.since) == ("docs.x.com, as changed in 2027", "2027-02-01")
    assert (longest.advice, longest.disputed) == ("Be brief.", ())


def test_the_book_itself_is_not_touched_by_a_private_file(tmp_path: Path) -> None:
    before = packaged()
    read(private(tmp_path, "[rules.longest]\nat_most = 1\n[tiers.ads]\ndrop = true\n"))
    assert packaged() is before
    assert rule(packaged(), "longest").limit == AtMost(140)


def test_a_limit_without_a_source_is_the_private_files_own(tmp_path: Path) -> None:
    changed = rule(read(private(tmp_path, "[rules.longest]\nat_most = 90")), "longest")
    assert changed.source.where == str(tmp_path / "ours.toml")
    assert changed.since == "2027-03"


def test_a_severity_can_be_changed(tmp_path: Path) -> None:
    clip = card(tmp_path / "clip.mp4", size="160x90", more=("-an",))
    strict = read(private(tmp_path, '[rules.sound]\nseverity = "reject"'))
    assert rule(strict, "sound").source == rule(BOOK, "sound").source
    assert "sound" not in {problem.rule for problem in rejections(check(clip))}
    assert "sound" in {problem.rule for problem in rejections(check(clip, strict.tier()))}


def test_one_tier_can_be_changed_alone(tmp_path: Path) -> None:
    book = read(private(tmp_path, "[rules.longest.tier.premium]\nat_most = 14400"))
    assert rule(book, "longest", "premium").limit == AtMost(14400)
    assert rule(book, "longest").limit == AtMost(140)
    assert rule(book, "longest", "ads").limit == AtMost(600)


def test_a_rule_can_be_dropped_for_all_or_for_one(tmp_path: Path) -> None:
    book = read(private(tmp_path, "[rules.rotation]\ndrop = true\n[rules.longest.tier.ads]\ndrop = true"))
    assert rule(book, "rotation") is None
    assert rule(book, "longest", "ads") is None
    assert rule(book, "longest") is not None


def test_another_tier_can_be_the_default(tmp_path: Path) -> None:
    book = read(private(tmp_path, 'default = "ads"\n[tiers.free]\ndrop = true'))
    assert book.tier().name == "ads"


def test_a_tier_can_be_added_and_dropped(tmp_path: Path) -> None:
    book = read(
        private(
            tmp_path,
            """
            [tiers.ads]
            drop = true
            [tiers.radio]
            title = "the camp's radio"
            like = "premium"
            [rules.sound.tier.radio]
            severity = "reject"
            """,
        )
    )
    assert list(book.tiers) == ["free", "premium", "api-v2", "radio"]
    assert rule(book, "longest", "radio").limit == AtMost(7500)
    assert rule(book, "sound", "radio").severity is Severity.REJECT
    assert rule(book, "frame rate advised", "radio") is not None


def test_a_rule_can_be_added_for_what_is_measured(tmp_path: Path) -> None:
    book = read(
        private(
            tmp_path,
            """
            [rules.mono]
            measure = "channels"
            one_of = [1]
            severity = "advice"
            tiers = ["free"]
            advice = "Mix it down."
            """,
        )
    )
    assert rule(book, "mono").limit.text("") == "1"
    assert rule(book, "mono", "premium") is None


def test_another_kind_of_limit_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    book = read(private(tmp_path, "[rules.channels]\nat_most = 6"))
    assert rule(book, "channels").limit == AtMost(6)


# A private file that is wrong

WRONG = {
    "no TOML": ("[rules.longest\n", r"ours\.toml is not a rule file in TOML: .*line 2"),
    "a key twice": ("[tiers.free]\n[tiers.free]\n", r"not a rule file in TOML: .*line 3"),
    "an unknown part": ("[rule.longest]\nat_most = 3", r"the file has a key .*: rule\."),
    "an unknown key": ("[rules.longest]\nmost = 3", r"“longest” has a key .*: most\."),
    "an unknown key of a tier's": ("[rules.longest.tier.ads]\nmost = 3", r"“longest” for ads has a key .*: most"),
    "an unknown key of a tier": ("[tiers.free]\nlimits = 3", r"the tier “free” has a key"),
    "a rule that is no table": ("[rules]\nlongest = 3", r"“rules” that is no table of tables"),
    "a word for a number": ('[rules.longest]\nat_most = "long"', r"“longest” has a wrong at_most: it is a number"),
    "a truth for a number": ("[rules.longest]\nat_most = true", r"a wrong at_most: it is a number"),
    "no end": ("[rules.longest]\nat_most = inf", r"a wrong at_most: it is a number"),
    "not a number": ("[rules.longest]\nat_most = nan", r"a wrong at_most: it is a number"),
    "one side": ("[rules.size]\nwithin = [3]", r"a wrong within: it is a list of 2"),
    "no steps": ('[rules."video bitrate"]\nfloor = []', r"a wrong floor: it is a list"),
    "flat steps": ('[rules."video bitrate"]\nfloor = [1, 2]', r"a wrong floor: it is a list of 2"),
    "no choice": ("[rules.scan]\none_of = []", r"a wrong one_of: it is a list that is not empty"),
    "numbers for names": ("[rules.location]\nonly = [3]", r"a wrong only: it is a list of names"),
    "no multiple": ('[rules."even sides"]\nmultiple_of = 0', r"a wrong multiple_of: it is above 0"),
    "a ratio under one": ("[rules.aspect]\nratio = 0.3", r"a wrong ratio: it is 1 or above"),
    "two limits": ("[rules.longest]\nat_most = 3\nat_least = 1", r"“longest” measures a number and needs one limit"),
    "a limit that does not fit": ("[rules.scan]\nat_most = 3", r"“scan” measures a word and needs one limit: one_of"),
    "a severity nobody knows": ('[rules.scan]\nseverity = "bad"', r"“scan” needs a severity: reject or advice"),
    "a measurement nobody knows": ('[rules.scan]\nmeasure = "taste"', r"“scan” measures “taste”, which"),
    "a measurement that is no word": ("[rules.scan]\nmeasure = [1]", r"“scan” needs “measure” in words"),
    "a source nobody knows": ('[rules.scan]\nsource = "uncle"', r"“scan” names a source .* “uncle”"),
    "a source without an address": ('[sources.x]\nname = "x"', r"the source “x” needs “where”"),
    "a date that is none": ('[rules.scan]\nsince = "soon"', r"“scan” needs “since”: a date"),
    "a date to come": ("[rules.scan]\nsince = 2031-01-01", r"“scan” has a “since” later"),
    "no advice": ('[rules.scan]\nadvice = ""', r"“scan” needs “advice” in words"),
    "a new rule without anything": ("[rules.new]\nat_most = 3", r"“new” measures “new”, which"),
    "a tier nobody knows": ("[rules.scan.tier.gold]\ndrop = true", r"“scan” speaks of a tier .*: gold"),
    "tiers nobody knows": ('[rules.scan]\ntiers = ["gold"]', r"“scan” speaks of a tier .*: gold"),
    "tiers that are no list": ('[rules.scan]\ntiers = "free"', r"“scan” has “tiers” that are no list"),
    "a tier like none": ('[tiers.x]\ntitle = "x"\nlike = "y"', r"the tier “x” is like “y”, which is no other"),
    "a tier like itself": ('[tiers.x]\ntitle = "x"\nlike = "x"', r"the tier “x” is like “x”, which is no other"),
    "a tier without a title": ('[tiers.x]\nlike = "free"', r"the tier “x” needs “title”"),
    "no tier left": (
        "".join(f"[tiers.{name}]\ndrop = true\n" for name in BOOK.tiers),
        r"the file has no tier “free”, the default",
    ),
    "a drop of something": ('[rules.scan]\ndrop = "no"', r"“scan” has a “drop” that is neither"),
    "a tier dropped by a word": ('[tiers.ads]\ndrop = "no"', r"the tier “ads” has a “drop” that is neither"),
    "no default left": ("[tiers.free]\ndrop = true", r"the file has no tier “free”, the default; name another"),
    "a default nobody knows": ('default = "gold"', r"the file has no tier “gold”, the default"),
    "a dispute that is none": ("[rules.scan]\ndisputed = [1]", r"“scan” has a “disputed” that is no list"),
    "a dispute without a limit": ('[rules.scan]\ndisputed = [{source = "api"}]', r"“scan” needs “limit”"),
}  # fmt: skip


@pytest.mark.parametrize("slip", WRONG)
def test_a_slip_in_a_private_file_is_one_sentence_that_names_the_place(slip: str, tmp_path: Path) -> None:
    text, sentence = WRONG[slip]
    with pytest.raises(NeedsCrew, match=sentence) as wrong:
        read(private(tmp_path, text))
    assert str(wrong.value).startswith(str(tmp_path / "ours.toml"))
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize("as_of", ["", "as_of = 3\n", 'as_of = "today"\n', "as_of = 2027-01-01T00:00:00\n"])
def test_a_private_file_says_of_when_it_is(as_of: str, tmp_path: Path) -> None:
    with pytest.raises(NeedsCrew, match="the file needs “as_of”"):
        read(private(tmp_path, "", as_of))


def test_a_private_file_that_is_missing_or_no_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(NeedsCrew, match=r"none\.toml can't be read"):
        read(tmp_path / "none.toml")
    with pytest.raises(NeedsCrew, match="can't be read"):
        read(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NeedsCrew, match="not a rule file in TOML"):
        read(tmp_path / "bytes.toml")


def test_a_tier_that_is_not_there_is_said_with_those_that_are() -> None:
    with pytest.raises(NeedsCrew, match=r"no tier “gold”; choose one of free, premium, ads, api-v2"):
        BOOK.tier("gold")


toml = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
keys = st.sampled_from(
    ["severity", "measure", "source", "since", "advice", "tiers", "tier", "disputed", "drop", *LIMITS]
)


@given(st.sampled_from([rule.name for _, rule in EACH]), st.dictionaries(keys, toml, min_size=1, max_size=3))
def test_no_change_of_a_rule_escapes_as_anything_but_a_sentence(name: str, change: dict[str, object]) -> None:
    from fieldkit.transcode.bookfile import _packaged, _Reader

    reader = _Reader("ours.toml")
    try:
        book = reader.book(reader.laid_over(_packaged(), {"as_of": "2027", "rules": {name: change}}))
    except NeedsCrew as error:
        assert str(error).startswith("ours.toml: ")  # noqa: PT017
    else:
        assert list(book.tiers) == list(BOOK.tiers)


@given(st.floats(0, 1e9))
def test_numbers_are_written_plainly(number: float) -> None:
    assert "e" not in plain(number)
    assert isfinite(float(plain(number)))
    assert float(plain(number)) == pytest.approx(number, abs=0.0051)


@pytest.mark.parametrize(("side", "kbits", "broken"), [(1080, 2000, True), (720, 2048, False), (719, 768, False), (359, 255, True), (100, 1, False)])  # fmt: skip
def test_the_least_rate_depends_on_the_picture(side: int, kbits: int, broken: bool) -> None:
    assert Floor.read([[180, 256], [720, 2048], [360, 768]]).broken(Rate(kbits, side)) is broken


def test_rules_are_values() -> None:
    with pytest.raises(AttributeError):
        EACH[0][1].since = "2030"
    assert {field.name for field in fields(Rule)} >= {"limit", "severity", "source", "since", "advice"}
