"""Every query that a list or a page needs reads an index: no table of the nation is scanned, and none sorted."""

from __future__ import annotations

import re
from datetime import date

from support.listed_queries import SELECTED, statements_of

from jinbao.platform.projections.statement_matching import Scope
from jinbao.platform.reconciling.scope import touched

SMALL = re.compile(
    r"payments_several|last_accepted|projection_positions|SCAN p$|SCAN parked|SCAN (board|clock|handling)_counts|"
    r"SCAN ledger_balances|SCAN intake_counts|SCAN CONSTANT ROW"
)
"""Tables and partial indexes that hold only what is asked for: a row a sender or a sort, what waits now."""


def test_no_list_and_no_page_scans_or_sorts_the_nation(platform, every_path, subtests):
    platform.take(*every_path())
    with platform.store.read() as work:
        for name, question in SELECTED.items():
            with subtests.test(name):
                with statements_of(work) as asked:
                    question(work)
                assert asked
                for sql, values in asked:
                    need_index(work, sql, values)


def need_index(work, sql, values):
    plan = [row[3] for row in work.bulk.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    first_row = sql.endswith("FROM events ORDER BY position LIMIT 1")
    scans = [step for step in plan if step.startswith("SCAN") and not SMALL.search(step)]
    assert first_row or not scans, f"{sql}: {plan}"
    ordered = sql.endswith("LIMIT ?") and "TEMP B-TREE FOR ORDER BY" in str(plan)
    assert not ordered, f"{sql}: {plan}"


def test_what_came_since_the_last_pass_of_the_reconciler_is_found_by_an_index(platform, transfer):
    platform.take(*transfer.whole())
    with platform.store.read() as work:
        with statements_of(work) as asked:
            touched(work, Scope(set(), set()), 1, date(2025, 3, 3))
        plans = [str(work.bulk.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", of).all()) for sql, of in asked]
        assert sum("payment_reports_by_" in plan for plan in plans) == 2, plans
