"""Table of outcomes by state and message, made by deciding a canonical message in every situation of a transfer.

docs/states.md is this table. The one in the tests is written by hand and held against it cell by cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinbao.platform.aggregates.catalogue import WITHOUT_RULE, begun
from jinbao.platform.aggregates.decision import Waiting
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.state import State
from jinbao.platform.example_case import BEGINNING, ExampleCase, at_of
from jinbao.platform.example_messages import CANONICAL, DIFFERENCE, TOTAL
from jinbao.schemas import messages as m

NONE = "none"
"""Stands for the state of a transfer that has not begun."""
_BETWEEN_TWO = "about what two provinces owe each other, not about a transfer: their settlement decides it"
NOT_DECIDED_HERE: Mapping[type[m.Submission], str] = {
    m.SettlementStated: _BETWEEN_TWO,
    m.SettlementPaid: _BETWEEN_TWO,
    m.SettlementReceived: _BETWEEN_TWO,
    **WITHOUT_RULE,
}
"""Submissions without a row, and why."""

_Step = str | tuple[str, dict[str, Any]]
Steps = tuple[_Step, ...]
_MORE, _LESS = {"amount": TOTAL + DIFFERENCE}, {"amount": TOTAL - DIFFERENCE}
_LETTER: Steps = ("ApplicationAccepted", "ContactLetterIssued")
_REVIEW: Steps = (*_LETTER, "ContactLetterReceived")
_TRANSFER: Steps = (*_REVIEW, "OriginReviewPassed")
_RETURNED: Steps = (*_REVIEW, "TransferReturned")
_AGREED = ("TransferReturned", {"reason_code": "WITHDRAWAL_AGREED"})
_BOTH_IN: Steps = ("InformationSheetSent", "InformationSheetReceived", "FundsRemitted", "FundsReceived")
_CONFIRMATION: Steps = (*_TRANSFER, *_BOTH_IN)
_TOO_MUCH: Steps = (
    *_TRANSFER,
    "InformationSheetSent",
    "InformationSheetReceived",
    ("FundsRemitted", _MORE),
    "FundsReceived",
    "MismatchReported",
)
_TOO_LITTLE: Steps = (*_TOO_MUCH[:6], ("FundsRemitted", _LESS), "FundsReceived", "MismatchReported")
_COMPLETED: Steps = (*_CONFIRMATION, "TransferCompleted")
_PARTIAL: Steps = (*_TRANSFER, "LumpSumFound", "LumpSumNoticeSent", *_BOTH_IN, "TransferCompleted")
_UNDONE: Steps = (*_COMPLETED, "TransferOffered (reversal)", *_BOTH_IN, "TransferCompleted", "@first")
_OPEN_ACCOUNT: Steps = ("TemporaryAccountOpened",)

SITUATIONS: Mapping[tuple[str, str], Steps] = {
    (NONE, ""): (),
    (NONE, "temporary account"): _OPEN_ACCOUNT,
    (State.APPLICATION_REVIEW, ""): ("ApplicationAccepted",),
    (State.LETTER_ISSUED, ""): _LETTER,
    (State.ORIGIN_REVIEW, ""): _REVIEW,
    (State.ORIGIN_REVIEW, "lump sum found"): (*_REVIEW, "LumpSumFound"),
    (State.ORIGIN_REVIEW, "arrears reported"): (*_REVIEW, "ArrearsReported"),
    (State.ORIGIN_REVIEW, "withdrawal requested"): (*_REVIEW, "WithdrawalRequested"),
    (State.TRANSFER, ""): _TRANSFER,
    (State.TRANSFER, "lump sum found"): (*_TRANSFER, "LumpSumFound"),
    (State.TRANSFER, "lump sum noticed"): (*_TRANSFER, "LumpSumFound", "LumpSumNoticeSent"),
    (State.TRANSFER, "arrears reported"): (*_TRANSFER, "ArrearsReported"),
    (State.TRANSFER, "arrears declined"): (*_TRANSFER, "ArrearsReported", "ArrearsDeclined"),
    (State.TRANSFER, "sheet sent"): (*_TRANSFER, "InformationSheetSent"),
    (State.TRANSFER, "sheet received"): (*_TRANSFER, "InformationSheetSent", "InformationSheetReceived"),
    (State.TRANSFER, "money sent"): (*_TRANSFER, "FundsRemitted"),
    (State.TRANSFER, "sheet sent, money in"): (*_TRANSFER, "InformationSheetSent", "FundsRemitted", "FundsReceived"),
    (State.TRANSFER, "sheet received, money sent"): (*_CONFIRMATION[:-1],),
    (State.TRANSFER, "temporary account offered"): (*_OPEN_ACCOUNT, "TransferOffered (temporary_collection)"),
    (State.CONFIRMATION, ""): _CONFIRMATION,
    (State.CONFIRMATION, "too much"): _TOO_MUCH[:-1],
    (State.MISMATCH, ""): _TOO_MUCH,
    (State.MISMATCH, "sheet corrected"): (*_TOO_MUCH, "InformationSheetSent"),
    (State.MISMATCH, "too little"): _TOO_LITTLE,
    (State.MISMATCH, "topped up"): (*_TOO_LITTLE, "FundsRemitted"),
    (State.RETURNED, ""): _RETURNED,
    (State.RETURNED, "by agreement"): (*_REVIEW, "WithdrawalRequested", _AGREED),
    (State.LETTER_ISSUED, "earlier money on its way back"): (
        *_RETURNED,
        "FundsReceived",
        "FundsReturned",
        "ContactLetterIssued",
    ),
    (State.RETURNED, "money came"): (*_RETURNED, "FundsReceived"),
    (State.RETURNED, "money given back"): (*_RETURNED, "FundsReceived", "FundsReturned"),
    (State.FROZEN, ""): (*_TRANSFER, "TransferFrozen"),
    (State.FROZEN, "sheet sent"): (*_TRANSFER, "InformationSheetSent", "TransferFrozen"),
    (State.FROZEN, "money sent"): (*_TRANSFER, "FundsRemitted", "TransferFrozen"),
    (State.FROZEN, "money came"): (*_TRANSFER, "FundsRemitted", "FundsReceived", "TransferFrozen"),
    (State.FROZEN, "sheet and money in"): (*_CONFIRMATION, "TransferFrozen"),
    (State.UNASSIGNED, ""): ("UnassignedFundsReceived",),
    (State.UNASSIGNED, "its case known"): (*_TRANSFER, "UnassignedFundsReceived"),
    (State.UNASSIGNED, "given back"): ("UnassignedFundsReceived", "FundsReturned"),
    (State.REFUSED, ""): ("ApplicationAccepted", "ApplicationRefused"),
    (State.WITHDRAWN, ""): ("ApplicationAccepted", "TransferWithdrawn"),
    (State.CLOSED, ""): (*_RETURNED, "TransferClosed"),
    (State.CLOSED, "money came"): (*_RETURNED, "TransferClosed", "FundsReceived"),
    (State.CLOSED, "money sent"): (*_RETURNED, "TransferClosed", "FundsRemitted"),
    (State.CLOSED, "frozen before, money came"): (
        *_TRANSFER,
        "InformationSheetSent",
        "TransferFrozen",
        "TransferClosed",
        "FundsReceived",
    ),
    (State.COMPLETED, ""): _COMPLETED,
    (State.COMPLETED, "before the notice of payment"): (
        *_TRANSFER,
        "InformationSheetSent",
        "InformationSheetReceived",
        "FundsReceived",
        "TransferCompleted",
    ),
    (State.COMPLETED, "money came again"): (*_COMPLETED, "FundsReceived"),
    (State.COMPLETED, "excess on its way back"): (*_TOO_MUCH, "FundsReturned", "TransferCompleted"),
    (State.COMPLETED, "lump sum stayed behind"): _PARTIAL,
    (State.COMPLETED, "document found"): (*_PARTIAL, "LumpSumDocumentSupplied"),
    (State.COMPLETED, "opposite transfer completed"): _UNDONE,
    (State.REVERSED, ""): (*_UNDONE, "TransferReversed"),
    (State.MOVING, ""): (*_LETTER, "IdentityCorrected"),
    (State.MOVED, ""): (*_LETTER, "IdentityCorrected", "ContinuationConfirmed"),
}
"""(state, what else is so) → the messages that lead there; the plain situation of each state has no more words."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a message comes to in a situation."""

    outcome: str
    """`accepted`, `parked` or `rejected`."""
    code: str = ""
    """Why it is rejected, or waits."""
    event: str = ""
    """Stored name of the fact."""
    next_state: str = ""
    """State of the transfer after it (of the one that it begins); empty for a fact about the relationship."""
    started: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    """Clocks, each with how it ended, as `origin_transfer:met`."""
    ledger: tuple[str, ...] = ()
    """Accounts, in alphabetical order: `+` gains, `-` loses, `~` is only divided anew between the parts."""


Key = tuple[str, str, str]
"""(state, what else is so, message)."""


def situation(law: Law, state: str, given: str, person: str = "") -> ExampleCase:
    """A case in that situation; `person`: whose, where several are told."""
    case = ExampleCase(law, person)
    first = case.current
    for step in SITUATIONS[state, given]:
        if step == "@first":
            case.current = first
        elif isinstance(step, str):
            case.tell(step)
        else:
            case.tell(step[0], **step[1])
    known = case.relationship.transfer(case.current)
    assert (known.state if known else NONE) == state, f"{state}, {given}: is {known}"
    return case


def state_table(law: Law) -> dict[Key, Cell]:
    """Every cell, by situation and then by message."""
    table: dict[Key, Cell] = {}
    for state, given in SITUATIONS:
        case = situation(law, state, given)
        for row in CANONICAL:
            table[state, given, row] = _cell(case, row)
    return table


def _cell(case: ExampleCase, row: str) -> Cell:
    message = case.say(row)
    decision = case.decide(message, at_of(message))
    if not isinstance(decision, Fact):
        return Cell("parked" if isinstance(decision, Waiting) else "rejected", decision.code)
    then = decision.then
    state = "" if decision.transfer == 0 else then.state or _state_of(case, decision)
    return Cell(
        "accepted",
        event=decision.TOPIC,
        next_state=str(state),
        started=tuple(clock.clock for clock in then.started),
        ended=tuple(f"{clock.clock}:{clock.outcome}" for clock in then.ended),
        ledger=_ledger(decision),
    )


def _state_of(case: ExampleCase, fact: Fact) -> State:
    new = begun(fact)
    return new.state if new is not None else case.relationship.transfers[fact.transfer - 1].state


def _ledger(fact: Fact) -> tuple[str, ...]:
    totals: dict[str, int] = {}
    for p in fact.then.postings:
        totals[p.account] = totals.get(p.account, 0) + p.personal_fen + p.pooling_fen + p.unallocated_fen
    return tuple(f"{account}{'+' if n > 0 else '-' if n < 0 else '~'}" for account, n in sorted(totals.items()))


def edges(table: Mapping[Key, Cell]) -> dict[tuple[str, str], list[str]]:
    """(state, another state) → the messages that lead from one to the other; the drawing of the states."""
    drawn: dict[tuple[str, str], list[str]] = {}
    for (state, _, row), cell in table.items():
        begins = row.startswith(BEGINNING)
        if cell.outcome != "accepted" or not cell.next_state or (begins and state != NONE):
            continue
        if cell.next_state != state:
            messages = drawn.setdefault((state, cell.next_state), [])
            if row not in messages:
                messages.append(row)
    return drawn
