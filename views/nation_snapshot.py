"""Snapshot of a simulated nation at the end of a day, read from the platform's own read models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from jinbao.platform.aggregates.state import FINAL
from jinbao.platform.aggregates.subjects.receipt import (
    ContactLetterDeemedReceived,
    ContactLetterReceived,
    InformationSheetDeemedReceived,
    InformationSheetReceived,
)
from jinbao.platform.projections.board_counts import state_counts, transfers_without_application
from jinbao.platform.projections.clocks import deadline_counts, running_clocks
from jinbao.platform.projections.flows import FlowRow, flows
from jinbao.platform.projections.fund_ledger import Money, money
from jinbao.platform.queries import RecentRow, number_of_events, recent
from jinbao.platform.store.store import Store
from jinbao.rules.working_days import load_working_days

NEWS_LIMIT = 40
FLOWS_LIMIT = 40
NO_NEWS = (
    ContactLetterReceived,
    ContactLetterDeemedReceived,
    InformationSheetReceived,
    InformationSheetDeemedReceived,
)
"""Receipts: every letter and sheet has one, so they are no news."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of a nation."""

    day: date
    number: int
    """Working days done."""
    days: int
    """Working days planned."""
    transfers: int
    """Applications planned."""
    others: int
    """Transfers that have begun without an application: of temporary accounts, supplements, reversals, money nobody
    knows, cases that went on under a corrected number."""
    messages: int
    """Messages that came in on this day."""
    events: int
    states: dict[str, int]
    running: dict[str, int]
    """Clocks that run: `running` in all, `due_soon`, `overdue`."""
    ended: dict[str, int]
    """Clocks that have ended: `met`, `missed`."""
    money: Money
    flows: list[FlowRow]
    """Those of the day's month, the biggest first."""
    news: list[RecentRow]
    """Newest first."""

    @property
    def in_hand(self) -> int:
        """Transfers that have begun and not ended."""
        return sum(count for state, count in self.states.items() if state not in FINAL)

    @property
    def ended_cases(self) -> int:
        """Transfers that have ended, one way or another."""
        return sum(count for state, count in self.states.items() if state in FINAL)


def take_snapshot(store: Store, *, day: date, number: int, days: int, transfers: int, messages: int = 0) -> Snapshot:
    """Look at everything in one transaction."""
    with store.read() as work:
        month = flows(work, day.isoformat()[:7])
        return Snapshot(
            day=day,
            number=number,
            days=days,
            transfers=transfers,
            others=transfers_without_application(work),
            messages=messages,
            events=number_of_events(work),
            states=state_counts(work),
            running=running_clocks(work, day, load_working_days()),
            ended=deadline_counts(work),
            money=money(work),
            flows=sorted(month, key=lambda f: (-f.applied, -f.amount, f.origin, f.destination))[:FLOWS_LIMIT],
            news=recent(work, NEWS_LIMIT, without=NO_NEWS),
        )
