"""`jinbao audit what-if`: its contract, its text, and rule files that cannot be used."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from jinbao.platform.audit.what_if.amounts import funds_input, sheets
from jinbao.platform.audit.what_if.what_if import OtherRules, what_if
from jinbao.platform.store.store import Store
from jinbao.rules import procedures
from jinbao.rules.funds import compute_transfer
from jinbao.rules.transfer_parameters import load_transfer_parameters


def test_its_answer_has_the_keys_of_the_contract(answer, nation_folder):
    found = answer("audit", "what-if", "--limit", 10, "--pooling", "0.10", "--data", nation_folder)
    assert list(found) == ["clocks", "amounts", "by_province", "cases"]
    assert list(found["clocks"])[:4] == ["late_before", "late_after", "newly_late", "no_longer_late"]
    assert list(found["amounts"])[:4] == ["checked", "changed", "before_fen", "after_fen"]
    assert found["clocks"]["newly_late"] > 0
    assert found["amounts"]["after_fen"] < found["amounts"]["before_fen"]


def test_the_rules_in_force_change_nothing_and_late_is_what_counts_as_missed(answer, nation_folder):
    found = answer("audit", "what-if", "--data", nation_folder)
    overview = answer("audit", "as-of", "2099-01-01", "--data", nation_folder)["overview"]
    assert found["clocks"]["late_before"] == found["clocks"]["late_after"] == overview["deadlines"]["missed"] > 0
    assert (found["amounts"]["changed"], found["cases"]) == (0, [])


def test_it_says_in_words_what_changes(jinbao, nation_folder):
    told = jinbao("--lang", "en", "audit", "what-if", "--limit", 10, "--data", nation_folder)
    assert told.exit_code == 0
    assert "no longer 0" in told.stdout


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--procedure", "id = 1"),
        ("--rules", "pooling = 3"),
        ("--calendar", "2025-13-01,1"),
    ],
)
def test_a_file_that_is_no_rule_is_named(jinbao, nation_folder, tmp_path, option, text):
    (tmp_path / "wrong.toml").write_text(text)
    told = jinbao("audit", "what-if", option, tmp_path / "wrong.toml", "--data", nation_folder)
    assert (told.exit_code, "wrong.toml" in told.stderr) == (2, True)


def test_a_procedure_with_other_limits_is_played_and_one_with_other_clocks_refused(jinbao, answer, nation_folder):
    released = Path(procedures.__file__).parent / "data" / "procedures"
    shorter = ("audit", "what-if", "--procedure", released / "provincial-8-7.v1.toml", "--data", nation_folder)
    found = answer(*shorter)
    assert found["clocks"]["newly_late"] > 0
    assert {clock["clock"] for case in found["cases"] for clock in case["clocks"]} <= {
        "application_review",
        "origin_transfer",
        "confirmation",
    }
    other = released / "ministry-platform-2013.v1.toml"
    told = jinbao("--lang", "en", "audit", "what-if", "--procedure", other, "--data", nation_folder)
    assert told.exit_code == 2
    assert (
        "other clocks than national-2009 (application_review, origin_review, origin_transfer, transfer)" in told.stderr
    )


@pytest.mark.parametrize("option", ["--procedure", "--rules", "--calendar"])
def test_a_file_that_is_not_there_is_named_with_its_path(jinbao, nation_folder, tmp_path, option):
    told = jinbao("audit", "what-if", option, tmp_path / "missing", "--data", nation_folder)
    assert (told.exit_code, told.stderr) == (2, f"jinbao: {tmp_path / 'missing'}：没有这个文件或文件夹\n")


def test_a_rate_that_is_none_is_told(jinbao, nation_folder):
    told = jinbao("audit", "what-if", "--pooling", "12%", "--data", nation_folder)
    assert (told.exit_code, "--pooling 12%" in told.stderr) == (2, True)


@pytest.mark.parametrize("scale", [None, Fraction(7, 100)])
@pytest.mark.parametrize("pooling", [Fraction(12, 100), Fraction(1, 10), Fraction(0), Fraction(1999, 10_000)])
def test_other_rates_give_what_the_rules_give_sheet_by_sheet(nation_folder, pooling, scale):
    now = load_transfer_parameters()
    other = replace(now, pooling=tuple(replace(one, rate=pooling) for one in now.pooling))
    if scale:
        other = replace(other, account_scale=tuple(replace(one, rate=scale) for one in now.account_scale))
    with closing(Store(f"sqlite:///{nation_folder / 'platform.sqlite'}")) as store, store.read() as work:
        found = what_if(work.bulk, OtherRules(parameters=other), date(2026, 1, 15)).amounts
        changed = {one.transfer.bytes: one.after_fen - one.before_fen for one in found.changed}
        assert found.sum(lambda one: one.checked) > 20
        newest = {sheet.envelope.transfer_id: sheet for sheet in sheets(work.bulk)}
        for sheet in newest.values():
            difference = slowly(sheet, now, other)
            assert changed.get(sheet.envelope.transfer_id, 0) == difference, sheet.envelope.transfer_id.hex()


def slowly(sheet, now, other):
    """What the rules make of a sheet's rows, by the others less by those in force; 0 where they do not govern it."""
    try:
        before, after = (compute_transfer(funds_input(sheet), rules) for rules in (now, other))
    except ValueError:
        return 0
    return after.total - before.total if before.pooling_total == sheet.pooling_total and sheet.rows else 0


@pytest.mark.parametrize("option", ["--rules", "--procedure"])
def test_what_is_no_toml_is_told_with_its_place_in_the_readers_language(jinbao, tmp_path, option):
    (tmp_path / "bad.toml").write_text("[a\nx")
    told = jinbao("audit", "what-if", option, tmp_path / "bad.toml", "--data", tmp_path)
    assert (told.exit_code, told.stderr) == (2, "jinbao: bad.toml：不是有效的 TOML：第 1 行第 3 列不合语法\n")
