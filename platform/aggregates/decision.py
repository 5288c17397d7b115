"""Result of a decision: a fact whose consequences are still to be worked out, a rejection, or waiting.

Codes are those of `rules/reason_codes`.
"""

from __future__ import annotations

from typing import NamedTuple

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Transfer


class Rejection(NamedTuple):
    """The message is refused; the code says why, the field where."""

    code: str
    field: str | None = None


class Waiting(NamedTuple):
    """The message is legal, but one that must come first has not been seen."""

    code: str = "PREDECESSOR_MISSING"


Draft = Fact | Rejection | Waiting
"""A fact whose consequences are not yet worked out, or why there is none."""

WAIT = Waiting()
RECORDED = Rejection("ALREADY_RECORDED")
NOT_YET = Rejection("CLOCK_NOT_RUNNING")


def not_found(t: Transfer) -> Draft:
    """A lump sum or arrears that the origin has not reported: it may still do so until its sheet is out."""
    return WAIT if t.split is None else Rejection("STATE_CONFLICT")
