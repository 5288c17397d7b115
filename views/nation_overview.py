"""The nation at a glance, as a value: stages, deadlines, money, intake, provinces, at one position of the log."""

from __future__ import annotations

import msgspec

from jinbao.platform.projections.case_board import open_cases, state_counts
from jinbao.platform.projections.clocks import deadlines_by_province
from jinbao.platform.projections.flows import flows
from jinbao.platform.projections.fund_ledger import money
from jinbao.platform.projections.last_heard import last_heard
from jinbao.platform.projections.positions import followed_to
from jinbao.platform.queries import ingest_counts
from jinbao.platform.store.store import UnitOfWork
from jinbao.presentation import case_labels, formatting
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import day_of, load_working_days
from jinbao.views.ledger import nation_as_json

_MINUTE_US = 60_000_000


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
    provinces: list[ProvinceNow]
    flows: list[Flow]


def nation_overview(work: UnitOfWork, now_us: int) -> Overview:
    """The nation at the instant `now_us` (microseconds since 1970 UTC), from the read models alone."""
    position = followed_to(work)  # the models before the log: no figure speaks of what the log lacks
    today = day_of(now_us)
    by_province = deadlines_by_province(work, today, load_working_days())
    stages = state_counts(work)
    heard, waiting = last_heard(work), open_cases(work)
    sums = [sum(column) for column in zip(*by_province.values(), strict=True)] or [0, 0, 0]
    return Overview(
        as_of=formatting.in_shanghai(now_us).isoformat(timespec="seconds"),
        position=position,
        stages={state: stages[state] for state in case_labels.STATES if state in stages},
        deadlines=Deadlines(*sums),
        money_fen=nation_as_json(money(work)),
        ingest=ingest_counts(work),
        provinces=[
            ProvinceNow(code, waiting.get(code, 0), *_late(by_province.get(code)), _minutes(now_us, heard.get(code)))
            for code in PROVINCES
        ],
        flows=[
            Flow(row.origin, row.destination, row.applied, row.amount) for row in flows(work, today.isoformat()[:7])
        ],
    )


def _late(found: tuple[int, int, int] | None) -> tuple[int, int]:
    return found[1:] if found else (0, 0)


def _minutes(now_us: int, heard_us: int | None) -> int | None:
    return None if heard_us is None else max(0, now_us - heard_us) // _MINUTE_US
