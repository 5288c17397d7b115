"""Contributions recorded in a temporary account (临时缴费账户), and the check of the sheet that moves it.

All of the account moves, principal and interest, employer's and individual part (66号 art. 5(2)): never less than was
recorded, and more only by interest and by raising the employer's part to the rate of the pooling fund (domain.md §3).
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.relationship import Recorded, Relationship
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.transfer_parameters import load_transfer_parameters
from jinbao.schemas import messages as m

_EACH_MONTH_FEN = 2
"""Each monthly credit of either part is rounded once."""


def sheet_is_out(r: Relationship, holder: str, account: str) -> bool:
    """Whether a live transfer of the account has its sheet: what is recorded now would be left behind."""
    return any((t.origin, t.account) == (holder, account) and t.live and t.split is not None for t in r.transfers)


def has_moved(r: Relationship, holder: str, account: str) -> bool:
    """Whether the account was collected or moved."""
    return any((t.origin, t.account) == (holder, account) and t.state is State.COMPLETED for t in r.transfers)


def sheet_differs(r: Relationship, t: Transfer, sheet: m.InformationSheetSent, on: date) -> Rejection | None:
    """Why the sheet cannot be that of the account; `on`: the day on which it was sent."""
    recorded = r.contributions.get((t.origin, t.account or ""))
    if not recorded:
        return None  # the province has reported no contributions: there is nothing to hold it against
    individual, employer = (sum(part) for part in zip(*recorded.values(), strict=True))
    most = _most(recorded, on)
    if sheet.total < individual + employer or (most is not None and sheet.total > most):
        return Rejection("CONTRIBUTIONS_DIFFER", "total")
    return None


def _most(recorded: Recorded, on: date) -> int | None:
    """The most that the account can have come to, fen; None where a year's interest was not national."""
    parameters = load_transfer_parameters()
    total = Fraction(0)
    for (first, last), (individual, employer) in recorded.items():
        scale, pooling = parameters.scale(last // 100), parameters.pooling_rate(last // 100)
        if scale is None or pooling is None:
            return None
        rounding = _EACH_MONTH_FEN * (last - first + 1)
        grown = individual + max(Fraction(employer), individual * pooling.rate / scale.rate) + rounding
        for earning in range(first // 100, on.year):
            rate = parameters.interest_rate(earning, on)
            if rate is None:
                return None
            grown = (grown + rounding) * (1 + rate.rate)
        total += grown
    return int(total)
