"""Plants: irregularities that a nation is given on purpose, two of each kind, for auditors' tests to find.

They strike transfers that else go straight, in time and alone. What was planted where stands in the answer key under
`DIR/local/`, which nobody else reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from jinbao.language.words import BilingualError
from jinbao.simulator.scenario.plan import (
    INFORMATION_ONLY_ORIGIN,
    SETTLED_PAIR,
    Incident,
    Order,
    Path as Way,
    Plan,
    is_alone,
    make_plan,
)
from jinbao.simulator.scenario.seeded_random import draw
from jinbao.simulator.scenario.special_cases import SpecialCase
from jinbao.storage.sqlite_file import make_private

DEFAULT = "default"
FILE = Path("local") / "plants.json"
OF_EACH = 2


class Planted(StrEnum):
    """What is done on purpose; named as the test that finds it."""

    TWO_ROLES = "two_roles"
    """One clerk of the origin draws up the sheet and orders the payment."""
    TWO_AGENCIES = "two_agencies"
    """One operator's id acts for both provinces of a case."""
    OFF_HOURS = "off_hours"
    """The destination completes in the night."""
    LATE_POSTING = "late_posting"
    """The sheet is reported days after it was drawn up."""
    BACK_DATED = "back_dated"
    """The completion is dated before the money came."""
    CUT_OFF = "cut_off"
    """Money of one month is reported in the next one, long after."""
    SHARED_ACCOUNT = "shared_account"
    """A letter names the bank account of another province's agency."""
    CHANGED_ACCOUNT = "changed_account"
    """A letter names an account that the agency never had before or after."""
    SPLIT_PAYMENTS = "split_payments"
    """The origin pays in two orders what one would have paid."""
    DUPLICATE_PAYMENTS = "duplicate_payments"
    """The origin pays the same amount twice."""
    ROUND_TRIPS = "round_trips"
    """What was transferred goes back."""
    OVERRIDES = "overrides"
    """A return is taken back."""
    KEY_CHANGED = "key_changed"
    """An agency gets a further key while it has open cases."""
    RULE_CHANGED = "rule_changed"
    """A calendar that nobody released moves the due day of an open case."""
    BULK_READS = "bulk_reads"
    """Somebody opens a great many persons within an hour."""
    READS_WITHOUT_CASE = "reads_without_case"
    """Somebody opens a person for no case."""


_SPECIAL = {
    Planted.DUPLICATE_PAYMENTS: SpecialCase.PAID_TWICE,
    Planted.ROUND_TRIPS: SpecialCase.REVERSED,
    Planted.OVERRIDES: SpecialCase.RETURN_TAKEN_BACK,
}
BY_NO_CLERK = frozenset({Planted.KEY_CHANGED, Planted.RULE_CHANGED, Planted.BULK_READS, Planted.READS_WITHOUT_CASE})
"""Planted beside what clerks do."""


class TooFewTransfersError(BilingualError):
    """The nation has too few transfers that plants could strike."""


def planted(plans: Sequence[Plan], seed: int) -> list[Plan]:
    """The plans with two transfers of each kind struck. Raises TooFewTransfersError."""
    kinds = [kind for kind in Planted if kind not in BY_NO_CLERK for _ in range(OF_EACH)]
    free = sorted((p for p in plans if _is_free(p)), key=lambda p: (p.applied_on_day, p.index))
    early = free[: max(len(kinds), len(free) // 2)]
    draw(seed, "plants").shuffle(early)
    if len(early) < len(kinds):
        need = -(-len(kinds) * len(plans) // max(1, len(free)))
        raise TooFewTransfersError(
            f"埋设需要更多业务（约 {need} 笔）", f"plants need more transfers (about {need}) to strike"
        )
    struck = {plan.index: _struck(plan, kind) for plan, kind in zip(early, kinds, strict=False)}
    return [struck.get(plan.index, plan) for plan in plans]


def _is_free(plan: Plan) -> bool:
    is_plain = plan.path is Way.STRAIGHT and plan.late is None and plan.incident is None and plan.special is None
    pays = {plan.origin, plan.destination} != SETTLED_PAIR and plan.origin != INFORMATION_ONLY_ORIGIN
    return is_plain and pays and is_alone(plan) and plan.certificates == 0


def _struck(plan: Plan, kind: Planted) -> Plan:
    incident = Incident.LATE_REPORTING if kind is Planted.LATE_POSTING else None
    return replace(plan, planted=kind.value, special=_SPECIAL.get(kind), incident=incident, order=Order.SHEET_FIRST)


def plans_of(seed: int, transfers: int, days: int, plant: str | None) -> list[Plan]:
    """The scripts of a nation's transfers, with what is planted. Raises TooFewTransfersError."""
    plans = [make_plan(seed, index, days) for index in range(transfers)]
    return plans if plant is None else planted(plans, seed)


def write_key(folder: Path, found: Sequence[tuple[str, str]]) -> None:
    """Keep what was planted where: (kind, transfer id or user)."""
    path = folder / FILE
    make_private(path)
    path.write_text(json.dumps([{"test": kind, "about": about} for kind, about in found], indent=1), "utf-8")
