"""The nation at a glance, as a value: stages, deadlines, money, intake, provinces, at one position of the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from jinbao.platform.projections.board_counts import open_cases, state_counts
from jinbao.platform.projections.clocks import ProvinceDeadlines, deadlines_by_province
from jinbao.platform.projections.daily_volume import volume_of
from jinbao.platform.projections.flows import flows
from jinbao.platform.projections.fund_ledger import in_transit_since_before, money
from jinbao.platform.projections.last_heard import last_heard
from jinbao.platform.projections.positions import followed_to
from jinbao.platform.projections.unexplained import unread_fen
from jinbao.platform.queries import first_received, ingest_counts
from jinbao.platform.reconciling.progress import reconciled_to
from jinbao.platform.store.store import UnitOfWork
from jinbao.presentation import case_labels, formatting
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import WorkingDays, day_of, end_of_day, load_working_days
from jinbao.views.alerts import AlertNow
from jinbao.views.ledger import nation_as_json

_SECOND_US, _MINUTE_US = 1_000_000, 60_000_000
LATE_AFTER_WORKING_DAYS = 3
"""Money that has been on its way for longer is late [assumed]."""


class Deadlines(msgspec.Struct, frozen=True):
    """Clocks, by how they ended or stand."""

    met: int
    at_risk: int
    """Running, and due within the days in which the agency is warned."""
    missed: int
    """Ended too late, or running past the due day."""


class ProvinceNow(msgspec.Struct, frozen=True):
    """One province."""

    province: str
    open: int
    """Cases that wait for it."""
    at_risk: int
    missed: int
    """Of the clocks for which it is responsible."""
    silent_minutes: int | None
    """Since the bus took its newest message; None where none ever came."""


class Flow(msgspec.Struct, frozen=True):
    """Transfers of the month from one province to another."""

    origin: str = msgspec.field(name="from")
    destination: str = msgspec.field(name="to")
    cases: int
    amount_fen: int


class Today(msgspec.Struct, frozen=True):
    """Transfers of the day, so far."""

    received: int
    """Applied for."""
    completed: int
    usual: float | None
    """Median of those applied for on the eight like days before; None where there is none."""


class Duty(msgspec.Struct, frozen=True):
    """What the duty officer looks at first."""

    due_today: int
    """Running clocks that are due today."""
    overdue: int
    """Running clocks whose due day has passed."""
    in_transit_late_fen: int
    """Of the money in transit, what left more than three working days ago."""
    silent_adapters: int
    """Provinces of which the alert `adapter_silent` stands."""
    newest_minutes: int | None
    """Since the bus took the newest message of any province."""
    behind_seconds: int
    """Since the oldest event was recorded that the figures do not hold yet; 0 where they hold all."""
    first_day: str | None
    """The first day of the log, from which past days can be replayed; None for an empty one."""
    last_day: str
    """The last day that has passed."""


class Overview(msgspec.Struct, frozen=True):
    """The nation at an instant."""

    as_of: str
    """The instant that the figures speak of, ISO in Shanghai's time."""
    position: int
    """Events of the log that they hold."""
    stages: dict[str, int]
    deadlines: Deadlines
    money_fen: dict[str, int]
    ingest: dict[str, int]
    today: Today
    provinces: list[ProvinceNow]
    flows: list[Flow]
    alerts: list[AlertNow]
    """Those that stand."""
    duty: Duty
    unexplained_fen: int
    """What banks have booked, in or out, and is not explained yet, by match, class or break."""


def nation_overview(
    work: UnitOfWork, now_us: int, alerts: Sequence[AlertNow] = (), month: str | None = None
) -> Overview:
    """The nation at the instant `now_us` (microseconds since 1970 UTC), from the read models alone, and its alerts.

    `month` (YYYY-MM) is that of the flows, the present one where none is given. Raises CalendarError.
    """
    position = followed_to(work)  # the models before the log: no figure speaks of what the log lacks
    today, days = day_of(now_us), load_working_days()
    by_province = deadlines_by_province(work, today, days)
    stages, waiting = state_counts(work), open_cases(work)
    heard = {sender: at for sender, at in last_heard(work).items() if sender in PROVINCES}
    met, at_risk, missed, due_today, overdue = (
        sum(column) for column in zip((0,) * 5, *by_province.values(), strict=True)
    )
    return Overview(
        as_of=formatting.iso(now_us),
        position=position,
        stages={state: stages[state] for state in case_labels.STATES if state in stages},
        deadlines=Deadlines(met, at_risk, missed),
        money_fen=nation_as_json(money(work)),
        ingest=ingest_counts(work),
        today=Today(*volume_of(work, today, days)),
        provinces=[
            _now(code, waiting.get(code, 0), by_province.get(code, ProvinceDeadlines()), heard.get(code), now_us)
            for code in PROVINCES
        ],
        flows=[
            Flow(row.origin, row.destination, row.applied, row.amount)
            for row in flows(work, month or today.isoformat()[:7])
        ],
        alerts=list(alerts),
        duty=Duty(
            due_today,
            overdue,
            in_transit_since_before(work, _late_before(today, days)),
            sum(alert.alert == "adapter_silent" for alert in alerts),
            _minutes(now_us, max(heard.values(), default=None)),
            _behind_seconds(work, position, now_us),
            first.isoformat() if (first := first_day(work)) else None,
            (today - timedelta(days=1)).isoformat(),
        ),
        unexplained_fen=unread_fen(work, reconciled_to(work)),
    )


def province_now(work: UnitOfWork, province: str, clocks: ProvinceDeadlines, now_us: int) -> ProvinceNow:
    """One province as the overview has it; `clocks` are its own."""
    return _now(province, open_cases(work).get(province, 0), clocks, last_heard(work).get(province), now_us)


def _now(province: str, waiting: int, clocks: ProvinceDeadlines, heard_us: int | None, now_us: int) -> ProvinceNow:
    return ProvinceNow(province, waiting, clocks.at_risk, clocks.missed, _minutes(now_us, heard_us))


def first_day(work: UnitOfWork) -> date | None:
    """The day on which the bus took the first message of the log; None for an empty one."""
    found = first_received(work)
    return None if found is None else day_of(found)


def _behind_seconds(work: UnitOfWork, position: int, now_us: int) -> int:
    sql = "SELECT recorded_at FROM events WHERE position > ? ORDER BY position LIMIT 1"
    recorded = work.bulk.execute(sql, position).scalar()
    return 0 if recorded is None else max(0, now_us - recorded) // _SECOND_US


def _late_before(today: date, days: WorkingDays) -> int:
    """The instant before which money that is still on its way today must have left to be late."""
    last = days.before(today, LATE_AFTER_WORKING_DAYS + (not days.is_working_day(today)))
    return end_of_day(last - timedelta(days=1))


def _minutes(now_us: int, heard_us: int | None) -> int | None:
    return None if heard_us is None else max(0, now_us - heard_us) // _MINUTE_US
