"""Outcomes, flows and ledger worked out again in SQL alone, from the exported log and nothing of this program."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing

import pytest

from jinbao.platform.audit.export.export import export
from jinbao.platform.nation_figures import nation_figures

LEDGER = """
    SELECT province, account, SUM(personal_fen), SUM(pooling_fen), SUM(unallocated_fen)
    FROM postings GROUP BY province, account ORDER BY province, account
"""
FLOWS = """
    WITH counted AS (
        SELECT CASE topic WHEN 'fact-annulled' THEN undone ELSE topic END AS fact,
               CASE topic WHEN 'fact-annulled' THEN -1 ELSE 1 END AS one,
               substr(COALESCE(undone_on, received_at), 1, 7) AS month, origin, destination,
               CASE topic WHEN 'transfer-completed' THEN CAST(amount_fen AS INTEGER) ELSE 0 END AS amount
        FROM events WHERE origin <> ''
    )
    SELECT month, origin, destination, SUM(one * (fact = 'application-accepted')),
           SUM(one * (fact = 'transfer-completed')), SUM(one * (fact = 'application-refused')),
           SUM(one * (fact = 'transfer-returned')), SUM(one * (fact = 'transfer-withdrawn')), SUM(amount)
    FROM counted
    WHERE fact IN ('application-accepted', 'transfer-completed', 'application-refused', 'transfer-returned',
                   'transfer-withdrawn')
    GROUP BY month, origin, destination ORDER BY month, origin, destination
"""
OUTCOMES = """
    WITH applied AS (
        SELECT case_id FROM events
        WHERE topic = 'application-accepted'
           OR (topic = 'case-continued' AND json_extract(details, '$.case.kind') = 'application')
    ),
    newest AS (
        SELECT state FROM (
            SELECT case_id, state, ROW_NUMBER() OVER (PARTITION BY case_id ORDER BY position DESC) AS n
            FROM events WHERE state <> '' AND case_id IN (SELECT case_id FROM applied)
        ) WHERE n = 1 AND state <> 'moved'
    )
    SELECT CASE state WHEN 'closed' THEN 'returned' ELSE state END, COUNT(*) FROM newest
    WHERE state IN ('completed', 'refused', 'closed', 'withdrawn', 'reversed') GROUP BY state
"""


@pytest.fixture(scope="module")
def exported(recorded, tmp_path_factory):
    """The export, its tables in a database that knows nothing but text and whole numbers; and the store."""
    folder = tmp_path_factory.mktemp("recomputed") / "export"
    with closing(recorded.store()) as store, closing(sqlite3.connect(":memory:")) as database:
        made = export(store, folder, "csv", "auditor", 1_740_963_600_000_000)
        for table in made.tables:
            group, name = table.table.split("/")
            columns = ", ".join(f'"{column}" {type_}' for column, type_ in table.columns)
            title = f"{'read_' if group == 'read-models' else ''}{name}"
            database.execute(f"CREATE TABLE {title} ({columns})")
            for file in table.files:
                with (folder / file).open(encoding="utf-8-sig", newline="") as opened:
                    rows = [[cell.removeprefix("'") for cell in row] for row in csv.reader(opened)][1:]
                marks = ", ".join("?" * len(table.columns))
                database.executemany(
                    f"INSERT INTO {title} VALUES ({marks})", [[cell or None for cell in row] for row in rows]
                )
        yield database, store


def test_the_ledger_is_the_sum_of_the_exported_postings_and_sums_to_zero(exported):
    database, _ = exported
    read = "SELECT province, account, personal, pooling, unallocated FROM read_ledger_balances"
    own = database.execute(LEDGER).fetchall()
    assert len(own) > 5
    assert own == database.execute(f"{read} ORDER BY province, account").fetchall()
    assert sum(sum(row[2:]) for row in own) == 0


def test_flows_are_what_the_exported_events_say(exported):
    database, _ = exported
    own = database.execute(FLOWS).fetchall()
    assert len(own) > 1
    assert sum(row[-1] for row in own) > 0
    assert own == database.execute("SELECT * FROM read_flows ORDER BY month, origin, destination").fetchall()


def test_outcomes_are_the_newest_states_of_the_exported_events(exported):
    database, store = exported
    with store.read() as work:
        figures = nation_figures(work)["outcomes"]
    own = dict(database.execute(OUTCOMES).fetchall())
    assert len(own) >= 4
    assert own == {name: number for name, number in figures.items() if name != "open" and number}
