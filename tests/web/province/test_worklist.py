"""The desk's table of what waits: it says what the office says, however cases change, and costs by what is shown."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.office.office import Office
from jinbao.rules.working_days import day_of, load_working_days
from jinbao.service.province import Province
from jinbao.views.office import waiting_as_json
from jinbao.web.clock import Clock
from jinbao.web.province.desk_store import DeskStore
from jinbao.web.province.worklist import PILES, WorkList

SEVERE = 10
EVERYTHING = 10_000
DAY_US = 86_400_000_000
FEW = re.compile(r"changed_cases|waiting_made|SCAN \(|CONSTANT ROW")
"""Tables that hold only what is asked for."""


@pytest.fixture
def local(own_folder: Path) -> Iterator[EmbeddedLocalSystem]:
    with closing(Province(own_folder, "41").local_system()) as found:
        yield found


@pytest.fixture
def office(local: EmbeddedLocalSystem) -> Office:
    return Office(local)


@pytest.fixture
def desk(own_folder: Path) -> Iterator[DeskStore]:
    with closing(DeskStore(Province(own_folder, "41").desk_file)) as found:
        yield found


def agrees(office: Office, desk: DeskStore, now: int) -> list[str]:
    """The cases in the list's order; what it says of each and how many it counts is what the office says."""
    listed = WorkList(office, desk, now, SEVERE)
    found = listed.everything(EVERYTHING)
    said = {w.case.number: w for w in office.waiting(now)}
    assert sorted(item.number for item in found) == sorted(said)
    for item in found:
        told = msgspec.to_builtins(waiting_as_json(said[item.number]))
        assert {name: item.told[name] for name in told} == told
        assert item.pile == pile_of(item.told, said[item.number].case.today)
    places = [(PILES.index(item.pile), item.told["due"] or "9") for item in found if item.told["group"] != "ended"]
    assert places == sorted(places)
    assert listed.counts() == {pile: sum(item.pile == pile for item in found) for pile in PILES}
    return [item.number for item in found]


def pile_of(told, today) -> str:
    """The pile by what is said of a case."""
    if any(why["code"] == "rejected" for why in told["why"]):
        return "rejected"
    if told["age_days"] is not None:
        return "answered"
    if told["group"] == "overdue":
        severe = load_working_days().due(type(today).fromisoformat(told["due"]), SEVERE).date < today
        return "severe" if severe else "overdue"
    return "soon" if told["group"] == "soon" else "open"


def test_the_list_says_what_the_office_says_on_every_day(office: Office, desk: DeskStore, clock: Clock):
    now = clock.now_us()
    assert agrees(office, desk, now)
    for days in (1, 7, 40):
        agrees(office, desk, now + days * DAY_US)


def test_it_follows_whatever_changes_a_case(office, local, desk, clock):
    now = clock.now_us()
    first = agrees(office, desk, now)
    decided = 0
    for number in first:
        case = office.case(number, now)
        for action in ("issue-letter", "pass-review", "report-funds"):
            draft = office.draft_or_none(case, action)
            if draft is not None and not draft.missing():
                office.submit(case, action, {}, "li", now)
                agrees(office, desk, now)
                decided += 1
                break
    assert decided > 1
    local.leave_to_clerk([(number, "看看 / look") for number in local.live_cases()[:5]])
    more = agrees(office, desk, now)
    local.leave_to_clerk([])
    assert set(agrees(office, desk, now)) < set(more)


def test_only_what_has_changed_is_looked_at(office, desk, clock, monkeypatch):
    now = clock.now_us()
    (first, *_) = agrees(office, desk, now)
    looked: list[str] = []
    waits = office.waits
    monkeypatch.setattr(office, "waits", lambda number, at: looked.append(number) or waits(number, at))
    WorkList(office, desk, now, SEVERE)
    assert looked == []
    died = {"cause": "death", "happened_on": day_of(now - DAY_US).isoformat(), "document_number": "D-1"}
    office.submit(office.case(first, now), "freeze", died, "li", now)
    WorkList(office, desk, now, SEVERE)
    assert looked == [first]


def test_clerks_who_ask_at_once_never_get_the_same_case(
    own_folder: Path, office: Office, desk: DeskStore, clock: Clock
):
    waiting = agrees(office, desk, clock.now_us())
    got: dict[str, list[str]] = {name: [] for name in ("li", "wang", "zhao")}

    def work(name: str) -> None:
        place = Province(own_folder, "41")
        with closing(place.local_system()) as local, closing(DeskStore(place.desk_file)) as store:
            while item := WorkList(Office(local), store, clock.now_us(), SEVERE).take_next(name):
                got[name].append(item.number)
                store.waiting.drop(item.number)

    clerks = [threading.Thread(target=work, args=(name,)) for name in got]
    for thread in clerks:
        thread.start()
    for thread in clerks:
        thread.join()
    assert sorted(case for cases in got.values() for case in cases) == sorted(waiting)


def statements(db: sqlite3.Connection, asked: list[str]) -> None:
    """Note what is asked of a file."""
    db.set_trace_callback(asked.append)


def test_no_list_scans_or_sorts_and_a_case_is_found_by_an_index(office, local, desk, clock):
    now = clock.now_us()
    listed = WorkList(office, desk, now, SEVERE)

    def lists() -> None:
        listed.counts()
        listed.counts_of("li")
        listed.may_do("li", 100)
        listed.held_by_others("li", 100)
        listed.everything(100)
        listed.take_next("li")
        WorkList(office, desk, now, SEVERE)

    def cases() -> None:
        for name in local.live_cases()[:3]:
            office.find(name, now)
        office.changed()
        office.proposed_number("accept-application", now)
        office.search("合成甲")

    for db, use in ((desk._db, lists), (local._db, cases)):
        asked: list[str] = []
        statements(db, asked)
        use()
        db.set_trace_callback(None)
        queries = [sql for sql in asked if sql.startswith("SELECT") and "WITH known" not in sql]
        assert queries
        for sql in queries:
            plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
            scans = [step for step in plan if step.startswith("SCAN") and not FEW.search(step)]
            assert not scans, f"{sql}: {plan}"
            is_sorted = "LIMIT" in sql and "TEMP B-TREE FOR ORDER BY" in str(plan)
            assert not is_sorted, f"{sql}: {plan}"
