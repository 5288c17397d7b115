"""What if the rules were others: clocks and amounts anew from what people did, beside what the rules in force gave."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

from jinbao.platform.audit.what_if.amounts import AmountsAnew, amounts_anew
from jinbao.platform.audit.what_if.clocks import ClocksAnew, OtherLimits, clocks_anew
from jinbao.platform.store.bulk import Bulk
from jinbao.rules.transfer_parameters import TransferParameters, load_transfer_parameters
from jinbao.rules.working_days import load_working_days


@dataclass(frozen=True, slots=True)
class OtherRules:
    """What is different; nothing: the rules in force."""

    limits: OtherLimits = field(default_factory=OtherLimits)
    pooling: Fraction | None = None
    """The part of the base that moves from the pooling fund, for every year from which one moves."""
    parameters: TransferParameters | None = None
    """Rates and scales in place of those in force."""

    def rates(self) -> TransferParameters:
        """The rates that amounts are reckoned by."""
        found = self.parameters or load_transfer_parameters()
        if self.pooling is None:
            return found
        return replace(found, pooling=tuple(replace(one, rate=self.pooling) for one in found.pooling))


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What other rules would have given."""

    clocks: ClocksAnew
    amounts: AmountsAnew

    def of(self, province: str) -> WhatIf:
        """What of it is a province's: clocks for which it is responsible, and sheets that it sent."""
        return WhatIf(self.clocks.of(province), self.amounts.of(province))


def what_if(bulk: Bulk, other: OtherRules, today: date) -> WhatIf:
    """Derive clocks and amounts anew, as things stand on a day. Raises CalendarError."""
    clocks = clocks_anew(bulk, other.limits, today, load_working_days())
    return WhatIf(clocks, amounts_anew(bulk, load_transfer_parameters(), other.rates()))


def as_json(found: WhatIf) -> dict[str, Any]:
    """As `jinbao audit what-if --json` and the pages tell it."""
    clocks, amounts = found.clocks, found.amounts
    ended = [one for one in clocks.judged if one.ended_on is not None]
    return {
        "clocks": {
            "late_before": clocks.sum(lambda one: one.late_before),
            "late_after": clocks.sum(lambda one: one.late_after),
            "newly_late": sum(one.late_after for one in ended),
            "no_longer_late": sum(not one.late_after for one in ended),
            "overdue_before": clocks.sum(lambda one: one.overdue_before),
            "overdue_after": clocks.sum(lambda one: one.overdue_after),
        },
        "amounts": {
            "checked": amounts.sum(lambda one: one.checked),
            "changed": len(amounts.changed),
            "before_fen": amounts.sum(lambda one: one.before_fen),
            "after_fen": amounts.sum(lambda one: one.after_fen),
            "under_other_rules": amounts.sum(lambda one: one.otherwise),
        },
        "by_province": _by_province(found),
        "cases": _cases(found),
    }


def _by_province(found: WhatIf) -> list[dict[str, Any]]:
    money: dict[str, int] = defaultdict(int)
    for one in found.amounts.changed:
        money[one.province] += one.after_fen - one.before_fen
    late = found.clocks.by_province
    return [
        {
            "province": code,
            "late_before": late[code].late_before if code in late else 0,
            "late_after": late[code].late_after if code in late else 0,
            "overdue_before": late[code].overdue_before if code in late else 0,
            "overdue_after": late[code].overdue_after if code in late else 0,
            "difference_fen": money.get(code, 0),
        }
        for code in sorted({*late, *money})
    ]


def _cases(found: WhatIf) -> list[dict[str, Any]]:
    """The cases that come out otherwise: their clocks that are judged otherwise, and their money."""
    cases: dict[Any, dict[str, Any]] = {}
    for judged in found.clocks.judged:
        case = cases.setdefault(judged.transfer, {"transfer": judged.transfer, "clocks": []})
        case["clocks"].append({name: value for name, value in judged._asdict().items() if name != "transfer"})
    for one in found.amounts.changed:
        case = cases.setdefault(one.transfer, {"transfer": one.transfer, "clocks": []})
        case |= {"origin": one.province, "before_fen": one.before_fen, "after_fen": one.after_fen}
    return list(cases.values())
