"""The table of states and messages: the code's own against one written by hand from the law, cell by cell."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from jinbao.platform.aggregates.state import FINAL, State
from jinbao.platform.example_messages import CANONICAL
from jinbao.platform.state_table import NONE, NOT_DECIDED_HERE, SITUATIONS, Cell, edges, state_table
from jinbao.schemas.messages import SUBMISSIONS

BY_HAND = Path(__file__).with_name("states_by_hand.csv")
"""`states`, and `given` where more is so than the state says, may name several, of which each is meant; a row without
`given` is meant for the whole state but for what other rows single out. `next_state`: `same`, or `-` where none is.
Of `said_by` see `test_who_may_say.py`."""


@pytest.fixture(scope="module")
def table(law):
    return state_table(law)


@pytest.fixture(scope="module")
def by_hand():
    """(state, given, message) → cell; "*" for the row of a whole state."""
    cells = {}
    with BY_HAND.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for state in row["states"].split():
                for given in row["given"].split(" | ") if row["given"] else ["*"]:
                    key = (state, given, row["message"])
                    assert key not in cells, f"two rows for {key}"
                    cells[key] = _cell(row, state)
    return cells


def _cell(row, state):
    next_state = {"same": state, "-": ""}.get(row["next_state"], row["next_state"])
    clocks = (tuple(sorted(row[name].split())) for name in ("clocks_started", "clocks_ended"))
    return Cell(row["outcome"], row["code"], "", next_state, *clocks, tuple(row["ledger"].split()))


def _told(cell):
    """What the table by hand says of a cell: all but the stored name of the fact, clocks in no order."""
    clocks = (tuple(sorted(cell.started)), tuple(sorted(cell.ended)))
    return Cell(cell.outcome, cell.code, "", cell.next_state, *clocks, cell.ledger)


def test_every_cell_is_as_the_law_has_it(table, by_hand):
    differ, unused = [], set(by_hand)
    for (state, given, message), cell in table.items():
        key = (state, given, message) if (state, given, message) in by_hand else (state, "*", message)
        expected = by_hand.get(key)
        unused.discard(key)
        if expected is None:
            differ.append(f"{state} ({given}) {message}: no row by hand")
        elif expected != _told(cell):
            differ.append(f"{state} ({given}) {message}:\n  by hand {expected}\n  code    {_told(cell)}")
    assert not differ, "\n".join(differ)
    assert not unused, f"rows by hand that stand for nothing: {sorted(unused)}"


def test_no_state_and_no_message_is_without_a_row():
    assert {state for state, given in SITUATIONS if not given} == {NONE, *State}
    told = {row.partition(" ")[0] for row in CANONICAL} | {kind.NAME for kind in NOT_DECIDED_HERE}
    assert told == {kind.NAME for kind in SUBMISSIONS}


def test_every_live_state_can_be_left_and_every_state_can_be_reached(table):
    drawn = edges(table)
    assert {after for _, after in drawn} == set(State)
    assert {before for before, _ in drawn} >= set(State) - FINAL


def test_every_clock_of_the_national_procedure_starts_and_ends_somewhere(table, law):
    clocks = {clock.name for clock in law.procedures.by_id("national-2009", 1).clocks}
    assert {name for cell in table.values() for name in cell.started} == clocks
    for outcome in ("met", "cancelled"):
        assert {name for cell in table.values() for name in cell.ended if name.endswith(outcome)} == {
            f"{name}:{outcome}" for name in clocks
        }
