"""Effect: what a fact brings about by its kind alone, beside the change of its own fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jinbao.platform.aggregates.clocks import ClockStarted
from jinbao.platform.aggregates.money import Posting
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import Milestone

Postings = Callable[[Any, Transfer | None, Transfer], tuple[Posting, ...]]
"""(fact, transfer before it, transfer after it) → what it moves in the books of its case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Next state, milestones of the clocks, and ledger postings of a kind of fact."""

    state: State | None = None
    """The state that follows; None: unchanged. A fact that begins a transfer leaves that transfer's own."""
    milestones: tuple[Milestone, ...] = ()
    counted: bool = False
    """It begins or ends a transfer or returns it: of one that was applied for, whoever counts needs the parties."""
    sends: bool = False
    """Sheet and money may be sent with it (money that came was sent)."""
    arrives: bool = False
    """Sheet and money may be in with it."""
    completes: tuple[Milestone, ...] = ()
    """What it brings about where no back-payment is open any more."""
    postings: Postings | None = None
    starts: Callable[[Any], tuple[ClockStarted, ...]] | None = None
    """Clocks that the fact itself brings."""
    cancels_clocks: bool = False
    """Every clock of the transfer ends."""
    stands_again: bool = False
    """State and turn are again those from before the case was to move."""
    moves_due_day: bool = False

    @property
    def may_reach(self) -> frozenset[Milestone]:
        """The milestones that it brings about, by itself or by what it completes."""
        sent = (Milestone.sheet_and_funds_sent,) if self.sends else ()
        arrived = (Milestone.sheet_and_funds_in,) if self.arrives else ()
        return frozenset((*self.milestones, *self.completes, *sent, *arrived))


NO_EFFECT = Effect()
