"""The questions of lists and pages, and the statements that each asks of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import event

from jinbao.platform.aggregates.state import State
from jinbao.platform.audit.history.closes import closes, last_close
from jinbao.platform.audit.questions.findings import findings
from jinbao.platform.audit.statements import accesses
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections import board_counts, case_board, clocks, daily_volume, fund_ledger
from jinbao.platform.projections.forecast import forecast
from jinbao.platform.projections.handling_index import handling_index
from jinbao.platform.projections.last_heard import last_heard
from jinbao.platform.projections.untaken import untaken, untaken_of
from jinbao.platform.queries import ingest_counts, timeline
from jinbao.platform.store.key_register import KeyRegister, follow, has_more
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import load_working_days
from jinbao.views.nation_overview import nation_overview

TODAY, DAYS = date(2025, 4, 1), load_working_days()
AFTER = ("2025-03-24", 4_097)
SELECTED: dict[str, Callable[[UnitOfWork], object]] = {
    "cases of the nation": lambda work: case_board.case_list(work, limit=5),
    "cases of a province": lambda work: case_board.case_list(work, province="41", limit=5),
    "its next page": lambda work: case_board.case_list(work, province="41", after=AFTER, limit=5),
    "cases of a state": lambda work: case_board.case_list(work, state=State.TRANSFER, limit=5),
    "what waits for a province": lambda work: case_board.case_list(work, province="41", waiting=True, limit=5),
    "its next page of those": lambda work: case_board.case_list(
        work, province="41", waiting=True, after=AFTER, limit=5
    ),
    "what waits in the nation": lambda work: case_board.case_list(work, waiting=True, limit=5),
    "cases of a flow": lambda work: case_board.flow_list(work, "44", "41", (0, 9 * 10**15), limit=5),
    "its next page of cases": lambda work: case_board.flow_list(
        work, "44", "41", (0, 9 * 10**15), after=UUID(int=1), limit=5
    ),
    "application number": lambda work: case_board.transfers_like(work, "HA-1"),
    "first digits of a transfer": lambda work: case_board.transfers_like(work, "aaaa"),
    "one case": lambda work: case_board.case_of(work, UUID(int=1)),
    "clocks of a case": lambda work: clocks.clocks_of(work, 4_097),
    "timeline of a case": lambda work: timeline(work, 4_097),
    "ledger of a case": lambda work: fund_ledger.entries_of(work, 4_097),
    "what was not taken": lambda work: untaken(work, limit=5),
    "the next page of what was not taken": lambda work: untaken(work, before=4_097, limit=5),
    "what was rejected of a sender": lambda work: untaken(work, outcomes=(Outcome.REJECTED,), sender="41", limit=5),
    "what waits of a sender": lambda work: untaken(work, outcomes=(Outcome.PARKED,), sender="41", limit=5),
    "what was not taken of a case": lambda work: untaken_of(work, 4_097, UUID(int=1)),
    "when senders were last heard of": last_heard,
    "how long each province takes": lambda work: handling_index(work, TODAY, DAYS),
    "how long one province takes": lambda work: handling_index(work, TODAY, DAYS, "41"),
    "what is expected": lambda work: forecast(work, TODAY, DAYS, past=False),
    "deadlines by province": lambda work: clocks.deadlines_by_province(work, TODAY, DAYS),
    "deadlines of one province": lambda work: clocks.deadlines_by_province(work, TODAY, DAYS, "41"),
    "running clocks": lambda work: clocks.running_clocks(work, TODAY, DAYS),
    "ended clocks": clocks.deadline_counts,
    "cases by state": board_counts.state_counts,
    "cases that no application began": board_counts.transfers_without_application,
    "messages by outcome": ingest_counts,
    "the overview": lambda work: nation_overview(work, 1_743_500_000_000_000),
    "money that is late": lambda work: fund_ledger.in_transit_since_before(work, 9 * 10**15),
    "volume of a day": lambda work: daily_volume.volume_of(work, TODAY, DAYS),
    "payments in several cases": fund_ledger.payments_in_several_cases,
    "keys of agencies": lambda work: follow(work.bulk, KeyRegister()),
    "whether anything was said of keys": lambda work: has_more(work.bulk, 4_097),
    "the last access that a place has told": lambda work: accesses.last_number(work.bulk, "41"),
    "who looked": lambda work: list(accesses.listed(work.bulk)),
    "the last close": lambda work: last_close(work.bulk),
    "all closes": lambda work: list(closes(work.bulk)),
    "findings": lambda work: findings(work.bulk),
}
"""A page's or a list's question → how it is asked."""


@contextmanager
def statements_of(work: UnitOfWork) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile, with its values."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, _context: Any, _many: bool) -> None:
        asked.append((sql, values))

    engine = work.bulk.connection.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)
