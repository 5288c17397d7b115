"""Procedures: which clocks are in force where and when, and how a bad file is refused."""

import itertools
import shutil
from datetime import date
from pathlib import Path

import pytest

import jinbao.rules.procedures as procedures_module
from jinbao.rules.procedures import Milestone, Procedure, ProcedureError, load_procedures
from jinbao.rules.provinces import PROVINCES

PROMISE = """
[[assignment]]
province = "64"
procedure = "provincial-8-7"
from = 2022-07-01
"""
"""An invented choice of a province: none is shipped, as no promise is law for a whole province."""
SHIPPED = Path(procedures_module.__file__).parent / "data"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A writable copy of the shipped files."""
    shutil.copytree(SHIPPED / "procedures", tmp_path / "procedures")
    (tmp_path / "provincial_procedures.toml").write_text(PROMISE, "utf-8")
    return tmp_path


def _limits(id: str) -> list[tuple[str, str, int]]:
    return [(c.name, c.responsible, c.limit_working_days) for c in load_procedures().by_id(id, 1).clocks]


def test_the_national_rule_gives_fifteen_days_to_each_of_three_stages() -> None:
    assert _limits("national-2009") == [
        ("application_review", "destination", 15),
        ("origin_transfer", "origin", 15),
        ("confirmation", "destination", 15),
        ("lump_sum_notice", "origin", 10),
    ]


def test_the_ministry_platform_words_the_stages_otherwise() -> None:
    assert _limits("ministry-platform-2013") == [
        ("origin_review", "origin", 15),
        ("transfer", "origin", 15),
        ("confirmation", "destination", 15),
        ("lump_sum_notice", "origin", 10),
    ]


def test_no_province_has_an_invented_limit_and_the_old_promise_still_resolves() -> None:
    limits = {name: limit for name, _, limit in _limits("provincial-8-7")}
    assert limits == {"application_review": 8, "origin_transfer": 7, "confirmation": 8, "lump_sum_notice": 10}
    procedures = load_procedures()
    for province, other in itertools.permutations(PROVINCES, 2):
        used = procedures.in_force(province, date(2026, 1, 5), other).id
        assert used == ("sichuan-chongqing" if {province, other} == {"50", "51"} else "national-2009")


def test_sichuan_and_chongqing_have_ten_days_for_the_case_and_settle_by_period() -> None:
    assert _limits("sichuan-chongqing") == [("case", "destination", 10), ("lump_sum_notice", "origin", 10)]
    procedures = load_procedures()
    for one, other in (("50", "51"), ("51", "50")):
        assert procedures.in_force(one, date(2021, 11, 30), other).id == "national-2009"
        assert procedures.in_force(one, date(2021, 12, 1), other).id == "sichuan-chongqing"
        assert procedures.in_force(one, date(2025, 1, 2), "44").id == "national-2009", "only between the two"
        assert procedures.in_force(one, date(2025, 1, 2)).id == "national-2009"
        assert procedures.money(one, other, date(2021, 11, 30)) == "per_person"
        assert procedures.money(one, other, date(2021, 12, 1)) == "by_period"


def test_a_pairs_choice_comes_before_a_provinces_own(data: Path) -> None:
    file = data / "provincial_procedures.toml"
    pair = '[[assignment]]\npair = ["64", "65"]\nprocedure = "information-only"\nfrom = 2022-01-01\n'
    file.write_text(pair + PROMISE, "utf-8")
    procedures = load_procedures(data)
    assert procedures.in_force("64", date(2025, 1, 2), "65").id == "information-only"
    assert procedures.in_force("65", date(2025, 1, 2), "64").id == "information-only"
    assert procedures.in_force("64", date(2025, 1, 2), "41").id == "provincial-8-7"


def test_the_notice_of_a_lump_sum_counts_from_the_letter_and_not_from_the_finding() -> None:
    for procedure in load_procedures():
        assert procedure.clock("lump_sum_notice").counts_from == "letter_received"
        assert {c.counts_from for c in procedure.clocks if c.name != "lump_sum_notice"} == {"start"}


def test_information_only_is_a_procedure_that_no_province_has_chosen() -> None:
    procedures = load_procedures()
    ways = {p.id: p.money for p in procedures if p.money != "per_person"}
    assert ways == {"information-only": "none", "sichuan-chongqing": "by_period"}
    for province, other in itertools.permutations(PROVINCES, 2):
        assert procedures.money(province, other, date(2026, 1, 5)) != "none"


def test_a_province_uses_its_own_choice_from_its_day_on(data: Path) -> None:
    procedures = load_procedures(data)
    assert procedures.in_force("64", date(2022, 6, 30)).id == "national-2009"
    assert procedures.in_force("64", date(2022, 7, 1)).id == "provincial-8-7"
    assert procedures.in_force("64", date(2022, 7, 1), "41").id == "provincial-8-7"
    assert procedures.in_force("41", date(2025, 1, 2), "64").id == "national-2009"


def test_another_default_may_be_chosen(data: Path) -> None:
    procedures = load_procedures(data, default="ministry-platform-2013")
    assert procedures.in_force("41", date(2025, 1, 2)).id == "ministry-platform-2013"
    assert procedures.in_force("64", date(2025, 1, 2)).id == "provincial-8-7"
    with pytest.raises(ProcedureError, match="there is no procedure nowhere"):
        load_procedures(default="nowhere")


def test_the_newest_version_in_force_on_the_day_applies(data: Path) -> None:
    text = (data / "procedures" / "national-2009.v1.toml").read_text("utf-8")
    newer = text.replace("version = 1", "version = 2").replace("2010-01-01", "2026-07-01").replace("= 15", "= 10")
    (data / "procedures" / "national-2009.v2.toml").write_text(newer, "utf-8")
    procedures = load_procedures(data)
    assert procedures.in_force("41", date(2026, 6, 30)).version == 1
    assert procedures.in_force("41", date(2026, 7, 1)).version == 2
    assert procedures.by_id("national-2009", 1).clocks[0].limit_working_days == 15, "a started clock keeps its version"


def test_a_choice_ends_with_its_last_day(data: Path) -> None:
    file = data / "provincial_procedures.toml"
    file.write_text(file.read_text("utf-8") + "until = 2024-12-31\n", "utf-8")
    procedures = load_procedures(data)
    assert procedures.in_force("64", date(2024, 12, 31)).id == "provincial-8-7"
    assert procedures.in_force("64", date(2025, 1, 1)).id == "national-2009"


def test_a_later_choice_replaces_an_earlier_one(data: Path) -> None:
    file = data / "provincial_procedures.toml"
    later = '[[assignment]]\nprovince = "64"\nprocedure = "ministry-platform-2013"\nfrom = 2025-01-01\n'
    file.write_text(later + file.read_text("utf-8") + later.replace("2025", "2024"), "utf-8")
    procedures = load_procedures(data)
    assert procedures.in_force("64", date(2023, 12, 31)).id == "provincial-8-7"
    assert procedures.in_force("64", date(2024, 1, 1)).id == "ministry-platform-2013"


def test_every_agency_has_the_same_procedure_since_the_day_that_is_told(data: Path) -> None:
    file = data / "provincial_procedures.toml"
    file.write_text(file.read_text("utf-8") + "until = 2024-12-31\n", "utf-8")
    procedures = load_procedures(data)
    for day in (date(2022, 6, 30), date(2022, 7, 1), date(2024, 12, 31), date(2025, 1, 1), date(2026, 3, 1)):
        since = procedures.unchanged_since(day)
        assert since <= day
        for province, other in itertools.product(("64", "50", "41"), ("51", "44")):
            assert procedures.in_force(province, since, other) is procedures.in_force(province, day, other)
    assert procedures.unchanged_since(date(2025, 1, 1)) == date(2025, 1, 1)
    assert procedures.unchanged_since(date(2009, 12, 31)) == date(2009, 12, 31)


def test_no_procedure_is_in_force_before_the_law() -> None:
    with pytest.raises(ProcedureError, match="not yet in force"):
        load_procedures().in_force("41", date(2009, 12, 31))
    with pytest.raises(ProcedureError, match="no procedure national-2009 version 9"):
        load_procedures().by_id("national-2009", 9)


def test_facts_start_their_clocks() -> None:
    national = load_procedures().by_id("national-2009", 1)
    assert [c.name for c in national.started_by(Milestone.letter_received)] == ["origin_transfer"]
    assert [c.name for c in national.started_by(Milestone.sheet_and_funds_in)] == ["confirmation"]
    assert national.started_by(Milestone.completed) == ()
    assert Milestone.mismatch_reported in national.clock("confirmation").cancelled_by


@pytest.mark.parametrize("procedure", list(load_procedures()), ids=lambda p: p.id)
def test_no_fact_both_starts_and_ends_a_clock(procedure: Procedure) -> None:
    for clock in procedure.clocks:
        assert not clock.starts & (clock.stops | clock.cancelled_by)
        assert not clock.stops & clock.cancelled_by


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"application_accepted"', '"application_eaten"', "clock[0].starts: "),
        ('responsible = "destination"', 'responsible = "neighbour"', "clock[0].responsible: "),
        ("limit_working_days = 15", "limit_working_days = 0", "clock[0].limit_working_days: "),
        ("limit_working_days = 15", "limit_working_dais = 15", "clock[0].limit_working_dais: "),
        ("valid_from = 2010-01-01", 'valid_from = "2010-01-01"', "valid_from: "),
        ('stops = ["letter_issued", "refused"]', "stops = []", "clock[0].stops: "),
        ('title_en = "application review"\n', "", "clock[0].title_en: "),
        ('name = "confirmation"', 'name = "origin_review"', "clock origin_review: "),
        ('counts_from = "letter_received"', 'counts_from = "yesterday"', "clock[3].counts_from: "),
        ("version = 1", 'version = 1\nmoney = "sometimes"', "money: "),
        ("version = 1", "version = ", "national-2009.v1.toml"),
    ],
)
def test_a_bad_procedure_names_file_and_key(data: Path, old: str, new: str, complaint: str) -> None:
    file = data / "procedures" / "national-2009.v1.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ProcedureError) as refused:
        load_procedures(data)
    assert "national-2009.v1.toml" in str(refused.value)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('province = "64"', 'province = "99"', "assignment[0].province"),
        ('procedure = "provincial-8-7"', 'procedure = "nowhere"', "assignment[0].procedure"),
        ("from = 2022-07-01", "since = 2022-07-01", "assignment[0].since"),
        ('province = "64"', 'pair = ["64", "64"]', "assignment[0].pair"),
        ('province = "64"', 'pair = ["64", "99"]', "assignment[0].pair"),
        ('province = "64"', 'pair = ["64"]', "assignment[0].pair"),
        ('province = "64"', 'province = "64"\npair = ["50", "51"]', "assignment[0].pair"),
    ],
)
def test_a_bad_assignment_names_file_and_key(data: Path, old: str, new: str, complaint: str) -> None:
    file = data / "provincial_procedures.toml"
    file.write_text(file.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(ProcedureError, match=r"provincial_procedures\.toml") as refused:
        load_procedures(data)
    assert complaint in str(refused.value)
