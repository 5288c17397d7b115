"""Cases at the command line: found by id, prefix or application number; work lists with the days left."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import Result

from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.projections.case_board import case_list, case_of
from jinbao.platform.projections.runner import read_log
from jinbao.platform.queries import timeline
from jinbao.platform.store.store import Store
from jinbao.rules.working_days import day_of, load_working_days
from jinbao.simulator.nation import DEFAULT_START, Nation

DAYS = 60
"""Of the small nation."""
Run = Callable[..., Result]
Answer = Callable[..., Any]


@pytest.fixture
def cases(nation_folder: Path, answer: Answer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer("case", "list", "--data", nation_folder)["cases"]
    return found


def completed(cases: list[dict[str, Any]]) -> dict[str, Any]:
    return next(case for case in cases if case["state"] == "completed")


def work_of(folder: Path) -> Any:
    return Store(f"sqlite:///{folder / 'platform.sqlite'}").read()


def test_a_case_is_found_by_id_prefix_and_application_number(
    nation_folder: Path, cases: list[dict[str, Any]], answer: Answer
) -> None:
    case = completed(cases)
    for name in (case["transfer"], case["transfer"].upper(), case["transfer"][:13], case["application"]):
        assert answer("case", "show", name, "--data", nation_folder)["transfer"] == case["transfer"]


def test_an_unknown_case_is_a_no(nation_folder: Path, jinbao: Run) -> None:
    for name in ("ffffffffffff", "no-such-number", ""):
        result = jinbao("case", "show", name, "--data", nation_folder)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "没有这笔业务" in result.stderr


def test_an_ambiguous_prefix_asks_for_more(nation_folder: Path, cases: list[dict[str, Any]], jinbao: Run) -> None:
    digits = [case["transfer"][0] for case in cases]
    twice = next(digit for digit in digits if digits.count(digit) > 1)
    result = jinbao("case", "show", twice, "--data", nation_folder)
    assert result.exit_code == 2
    assert "请多写几位" in result.stderr


def test_a_completed_case_tells_its_whole_history(
    nation_folder: Path, cases: list[dict[str, Any]], answer: Answer
) -> None:
    case = answer("case", "show", completed(cases)["transfer"], "--data", nation_folder)

    facts = [step["fact"] for step in case["timeline"]]
    assert facts[0] == "application-accepted"
    assert "transfer-completed" in facts
    assert {step["sender"] for step in case["timeline"]} <= {case["origin"], case["destination"], "00"}
    assert all(step["said"]["zh"] for step in case["timeline"])
    assert all(step["received_at"].endswith("+08:00") for step in case["timeline"])
    assert case["clocks"][0]["clock"] == "application_review"
    assert {clock["procedure"] for clock in case["clocks"]} <= {"national-2009"}
    assert (case["waiting_for"], case["due"], case["working_days_left"]) == (None, None, None)
    credited = next(s for s in case["timeline"] if s["fact"] == "transfer-completed")
    assert case["money_fen"]["destination_fund"] == sum(
        p["personal_fen"] + p["pooling_fen"] for p in credited["postings"] if p["account"] == "destination_fund"
    )
    assert sum(case["money_fen"].values()) == 0


def test_the_money_of_every_case_is_what_the_ledger_says(
    nation_folder: Path, cases: list[dict[str, Any]], answer: Answer
) -> None:
    sql = "SELECT account, SUM(personal + pooling + unallocated) FROM ledger_entries WHERE case_id = ? GROUP BY account"
    with work_of(nation_folder) as work:
        for case in cases[:20]:
            row = case_of(work, UUID(case["transfer"]))
            assert row is not None
            entries = dict(work.bulk.connection.exec_driver_sql(sql, (row.case_id,)).fetchall())
            shown = answer("case", "show", case["transfer"], "--data", nation_folder)["money_fen"]
            assert {account: fen for account, fen in shown.items() if fen} == {a: f for a, f in entries.items() if f}


def test_the_readable_page_says_whose_turn_it_is_and_what_was_said(
    nation_folder: Path, cases: list[dict[str, Any]], jinbao: Run
) -> None:
    case = completed(cases)
    page = jinbao("case", "show", case["application"], "--data", nation_folder).stdout
    for text in ("已办结", case["transfer"], case["application"], "受理申请", "按期", "national-2009 v1", "个人"):
        assert text in page
    english = jinbao("--lang", "en", "case", "show", case["application"], "--data", nation_folder).stdout
    for text in ("completed", "application accepted", "working days", "waiting for  nobody"):
        assert text in english


def test_a_refused_case_names_the_reason(nation_folder: Path, cases: list[dict[str, Any]], jinbao: Run) -> None:
    ended = [case for case in cases if case["state"] in ("refused", "closed", "returned")]
    assert ended, "the small nation refuses or returns somebody"
    for case in ended:
        assert case["reason"]["zh"] in jinbao("case", "show", case["transfer"], "--data", nation_folder).stdout


def test_a_work_list_holds_what_waits_for_the_province_and_the_days_left(nation_folder: Path, answer: Answer) -> None:
    with work_of(nation_folder) as work:
        waiting = case_list(work, waiting=True)
        last = load_working_days().due(DEFAULT_START, DAYS - 1).date
    assert waiting, "the small nation leaves something to do"
    days = load_working_days()
    for province in {row.waiting_for for row in waiting}:
        listed = answer("case", "list", "--province", province, "--waiting", "--data", nation_folder)
        assert listed["today"] == last.isoformat()
        assert {case["transfer"] for case in listed["cases"]} == {
            str(row.transfer_id) for row in waiting if row.waiting_for == province
        }
        for case in listed["cases"]:
            if case["due"] is not None and (left := case["working_days_left"]) > 0:
                assert days.due(last, left).date.isoformat() == case["due"]


def test_today_is_the_nations_own_day_though_nothing_happened_on_it(tmp_path: Path, answer: Answer) -> None:
    folder = tmp_path / "n"
    for days, day in ((0, "2025-01-02"), (1, "2025-01-02"), (40, "2025-03-04")):
        with (
            Nation.resume(folder)
            if folder.exists()
            else Nation.begin(folder, seed=7, transfers=1, days=40, start=DEFAULT_START) as nation
        ):
            while nation.run.day < days:
                nation.run_day()
        assert answer("case", "list", "--data", folder)["today"] == day
    with work_of(folder) as work:
        assert day_of(work.last_recorded_at()).isoformat() < day


def test_a_list_may_be_cut_and_says_so(nation_folder: Path, answer: Answer, jinbao: Run) -> None:
    listed = answer("case", "list", "--limit", 2, "--data", nation_folder)
    assert (len(listed["cases"]), listed["more"]) == (2, True)
    assert "还有更多" in jinbao("case", "list", "--limit", 2, "--data", nation_folder).stdout


def test_the_timeline_holds_the_facts_of_its_case_only(nation_folder: Path) -> None:
    """Each fact about a transfer is in one timeline; those about the relationship itself are in none."""
    with work_of(nation_folder) as work:
        positions = [step.position for row in case_list(work) for step in timeline(work, row.case_id)]
        log = read_log(work, 0, 100_000).of(RELATIONSHIPS)
    assert sorted(positions) == [entry.position for entry in log if entry.fact.transfer]


@pytest.mark.parametrize("words", [("case", "list", "--province", "99"), ("ledger", "--province", "4")])
def test_an_unknown_province_is_wrong_input(nation_folder: Path, jinbao: Run, words: tuple[str, ...]) -> None:
    result = jinbao(*words, "--data", nation_folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "没有这个省级代码" in result.stderr


@pytest.mark.parametrize(
    "words", [("case", "list"), ("case", "show", "a"), ("ledger",), ("projections", "rebuild")], ids=" ".join
)
def test_a_folder_without_a_platform_is_wrong_input_and_stays_empty(
    tmp_path: Path, jinbao: Run, words: tuple[str, ...]
) -> None:
    result = jinbao(*words, "--data", tmp_path)
    assert result.exit_code == 2
    assert "没有平台数据库" in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_wrong_input(tmp_path: Path, jinbao: Run) -> None:
    (tmp_path / "platform.sqlite").write_bytes(b"not a database at all" * 100)
    result = jinbao("ledger", "--data", tmp_path)
    assert result.exit_code == 2
    assert "platform.sqlite" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_case_whose_record_has_a_gap_says_so_in_one_line(
    nation_folder: Path, cases: list[dict[str, Any]], jinbao: Run, answer: Answer, tmp_path: Path
) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(nation_folder, folder)
    transfer = completed(cases)["transfer"]
    assert answer("case", "show", transfer, "--data", folder)["first_missing_version"] is None
    with closing(sqlite3.connect(folder / "platform.sqlite")) as database, database:
        database.execute("ATTACH ? AS projections", (str(folder / "platform-projections.sqlite"),))
        [stream] = database.execute(
            "SELECT case_id >> 12 FROM case_board WHERE transfer_id = ?", (UUID(transfer).bytes,)
        ).fetchone()
        database.execute("DELETE FROM events WHERE stream = ? AND version = 3", (stream,))
    result = jinbao("--lang", "en", "case", "show", transfer, "--data", folder)
    assert result.exit_code == 0
    assert "damaged: record 3 is missing, and the case stands still" in " ".join(result.output.split())
    assert answer("case", "show", transfer, "--data", folder)["first_missing_version"] == 3


def test_a_case_whose_last_record_is_lost_says_so_and_the_status_of_read_models_names_the_position(
    nation_folder: Path, cases: list[dict[str, Any]], jinbao: Run, answer: Answer, tmp_path: Path
) -> None:
    folder = tmp_path / "cut off"
    shutil.copytree(nation_folder, folder)
    transfer = completed(cases)["transfer"]
    assert answer("case", "show", transfer, "--data", folder)["lost_position"] is None
    assert answer("projections", "status", "--data", folder)["gaps"] == []
    with closing(sqlite3.connect(folder / "platform.sqlite")) as database, database:
        database.execute("ATTACH ? AS projections", (str(folder / "platform-projections.sqlite"),))
        [stream] = database.execute(
            "SELECT case_id >> 12 FROM case_board WHERE transfer_id = ?", (UUID(transfer).bytes,)
        ).fetchone()
        [lost] = database.execute("SELECT MAX(position) FROM events WHERE stream = ?", (stream,)).fetchone()
        database.execute("DELETE FROM events WHERE position = ?", (lost,))
    result = jinbao("--lang", "en", "case", "show", transfer, "--data", folder)
    said = f"damaged: the last record, at position {lost} of the log, is lost"
    assert said in " ".join(result.output.split())
    assert answer("case", "show", transfer, "--data", folder)["lost_position"] == lost
    status = answer("projections", "status", "--data", folder, code=1)
    assert status["gaps"] == [{"first": lost, "last": lost}]
    told = jinbao("--lang", "en", "projections", "status", "--data", folder)
    assert told.exit_code == 1
    assert f"the event log lacks position {lost}: the fact there is lost" in told.stderr
    assert jinbao("projections", "rebuild", "--data", folder).exit_code == 0
    result = jinbao("--lang", "en", "case", "show", transfer, "--data", folder)
    assert f"the event log lacks position {lost}" in result.stderr, "the board has not folded it, the runner missed it"


def test_a_list_says_where_it_stands_and_goes_on_after_a_transfer(nation_folder: Path, answer: Answer) -> None:
    whole = answer("case", "list", "--data", nation_folder)
    with work_of(nation_folder) as work:
        assert whole["position"] == work.events.max_notification_id()
    pages, after = [], []
    while True:
        page = answer("case", "list", "--limit", 7, *after, "--data", nation_folder)
        pages += page["cases"]
        if not page["more"]:
            break
        after = ["--after", pages[-1]["transfer"]]
    assert pages == whole["cases"]
    completed_ones = answer("case", "list", "--state", "completed", "--data", nation_folder)["cases"]
    assert completed_ones == [case for case in whole["cases"] if case["state"] == "completed"]
    for waiting in ([], ["--waiting"]):
        listed = answer("case", "list", "--province", "41", *waiting, "--data", nation_folder)["cases"]
        mine = ["waiting_for"] if waiting else ["origin", "destination"]
        assert listed == [case for case in whole["cases"] if "41" in [case[side] for side in mine]]
    assert answer("ledger", "--data", nation_folder)["position"] == whole["position"]
    assert answer("intake", "list", "--data", nation_folder)["position"] == whole["position"]
