"""The situation of a case by what its agency knows: state, whose turn, since when, due when. The platform decides.

States have the platform's names. Clocks are counted from the days on which the agency wrote or received; where the
platform has said another due day, that one counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

from jinbao.regional_adapter.office.case import ABOUT_CLOCKS, LETTER_RECEIPTS, Case, Document
from jinbao.rules.procedures import ClockRule, Milestone
from jinbao.rules.working_days import WorkingDays, day_of, load_working_days

Group = Literal["overdue", "soon", "open", "others", "ended"]
"""open: this agency's turn and not due soon; others: somebody else's turn."""
NONE = "none"

_STATES: Mapping[str, tuple[str, Milestone | None]] = {
    "ApplicationAccepted": ("application_review", Milestone.application_accepted),
    "ContactLetterIssued": ("letter_issued", Milestone.letter_issued),
    "OriginReviewPassed": ("transfer", Milestone.review_passed),
    "TransferReturned": ("returned", Milestone.returned),
    "MismatchReported": ("mismatch", Milestone.mismatch_reported),
    "TransferCompleted": ("completed", Milestone.completed),
    "ApplicationRefused": ("refused", Milestone.refused),
    "TransferWithdrawn": ("withdrawn", Milestone.withdrawn),
    "TransferClosed": ("closed", Milestone.closed),
    "TransferFrozen": ("frozen", Milestone.frozen),
    "TransferReversed": ("reversed", Milestone.reversed),
    "TransferOffered": ("transfer", None),
    "UnassignedFundsReceived": ("unassigned", None),
    "UnassignedFundsAssigned": ("closed", None),
}
"""The state and the milestone that a document brings."""
_MILESTONES: Mapping[str, Milestone] = {
    "LumpSumFound": Milestone.lump_sum_found,
    "LumpSumNoticeSent": Milestone.lump_sum_noticed,
    "LumpSumDocumentSupplied": Milestone.lump_sum_documented,
}
_RESTARTS: Mapping[str, Milestone] = {
    "TransferReturned": Milestone.letter_received,
    "ApplicationRefused": Milestone.application_accepted,
    "TransferWithdrawn": Milestone.application_accepted,
    "ContactLetterIssued": Milestone.application_accepted,
}
"""What begins anew when a document is taken back that had ended a clock."""
_LIFE = ("ApplicationAccepted", "ContactLetterIssued", "ContactLetterReceived", "OriginReviewPassed")
_AFTER_ALL_LETTERS = 10_000
ENDED = frozenset({"completed", "refused", "withdrawn", "closed", "reversed"})
_DESTINATION_ACTS = frozenset({"application_review", "returned", "confirmation", "frozen", "unassigned"})
_ORIGIN_ACTS = frozenset({"letter_issued", "origin_review"})


@dataclass(frozen=True)
class Situation:
    """How a case stands; its clocks are counted once they are asked for."""

    state: str
    turn: str
    """Code of the province whose turn it is; empty where it is nobody's."""
    since: int
    """Microseconds since 1970 UTC: when this state began; 0 where nothing has happened."""
    case: Case = field(repr=False)
    reached: Sequence[tuple[Milestone, int]] = field(repr=False)
    """The milestones passed, each with its instant."""

    @cached_property
    def due(self) -> date | None:
        """Day on which this agency's next step is due; None where no clock of its own runs."""
        return None if self.state in ENDED else _due(self.case, self.reached)

    @cached_property
    def group(self) -> Group:
        """How urgent the case is."""
        return group_of(self.state, self.turn, self.due, self.case.province, self.case.today)


def situation_of(case: Case) -> Situation:
    """The situation of a case."""
    state, since, reached = _history(case)
    return Situation(state, _turn(case, state), since, case, reached)


def _history(case: Case) -> tuple[str, int, list[tuple[Milestone, int]]]:
    """State, since when, and the milestones passed, each with its instant."""
    state, since = NONE, 0
    reached: list[tuple[Milestone, int]] = []
    for kind, at in _timeline(case):
        before = state
        if kind in _STATES:
            state, milestone = _STATES[kind]
            reached += [] if milestone is None else [(milestone, at)]
            if kind == "ContactLetterIssued" and case.role == "origin":
                state = "origin_review"
                reached.append((Milestone.letter_received, at))
        elif kind in LETTER_RECEIPTS and state == "letter_issued":
            state = "origin_review"
            reached.append((Milestone.letter_received, at))
        elif kind == "InformationSheetSent" and state in _ORIGIN_ACTS:
            state = "transfer"
        elif kind in _MILESTONES:
            reached.append((_MILESTONES[kind], at))
        if state != before:
            since = at
    reached += [(_RESTARTS[kind], at) for kind, at in case.taken_back() if kind in _RESTARTS]
    reached.sort(key=lambda passed: passed[1])
    if state in ("transfer", "mismatch"):
        arrived = _arrived_at(case, state)
        reached += [(Milestone.sheet_and_funds_sent, since)] if _sent(case) or arrived is not None else []
        if arrived is not None:
            state, since = "confirmation", max(since, arrived)
            reached.append((Milestone.sheet_and_funds_in, since))
    return state, since, reached


def _timeline(case: Case) -> Iterator[tuple[str, int]]:
    """Kinds and instants of what counts, in order of time; a document written later counts as later."""
    entries: list[tuple[int, tuple[int, int], int, str]] = []
    latest = 0
    for document in case.outgoing:
        latest = max(latest, document.written_at)
        if case.stands(document):
            entries.append((latest, _rank(document), document.sequence, document.kind))
    entries += [(d.arrived_at, _rank(d), d.position, d.kind) for d in case.incoming if case.counts(d)]
    for at, _, _, kind in sorted(entries):
        yield kind, at


def _rank(document: Document) -> tuple[int, int]:
    """Place in a case's life, for what both sides say in the same instant: by letter, then by step."""
    step = _LIFE.index(document.kind) if document.kind in _LIFE else len(_LIFE)
    first = 0 if document.kind == "ApplicationAccepted" else _AFTER_ALL_LETTERS
    return int(document.fields.get("letter_version", first)), step


def _arrived_at(case: Case, state: str) -> int | None:
    """When sheet and money were both in, and nothing announced is on its way; None before.

    After a mismatch the two must agree too.
    """
    sheets = [d.arrived_at for d in case.received("InformationSheetSent")]
    sheets += [d.written_at for d in case.written("InformationSheetSent")]
    moved = ("FundsReceived", "PaymentBounced")
    money = [d.written_at for kind in moved for d in case.written(kind)]
    money += [d.arrived_at for kind in moved for d in case.received(kind)]
    if not sheets or case.announced():
        return None
    if case.kept() != case.expected() and (state == "mismatch" or case.kept() <= 0):
        return None
    return max([*sheets, *money])


def _sent(case: Case) -> bool:
    """Whether the origin has sent sheet and money."""
    return bool(case.documents("InformationSheetSent")) and (
        bool(case.documents("FundsRemitted")) or not case.is_paid()
    )


def _turn(case: Case, state: str) -> str:
    origin, destination = case.parties()
    if case.role == "document_holder":
        return "" if case.written("LumpSumDocumentSupplied") else case.province
    if case.role == "settlement":
        return case.province
    if state == NONE:
        return case.province if case.application else ""
    if state in _DESTINATION_ACTS:
        return destination
    if state in _ORIGIN_ACTS:
        return origin
    if state == "transfer":
        bounced = len(case.documents("PaymentBounced"))
        return (
            destination if _sent(case) and len(case.documents("FundsRemitted")) >= bounced + case.is_paid() else origin
        )
    if state == "mismatch":
        reported = case.documents("MismatchReported")[-1].fields
        version = max((int(d.fields["sheet_version"]) for d in case.documents("InformationSheetSent")), default=0)
        is_answered = (version, case.kept()) != (reported["sheet_version"], reported["received"]) or case.announced()
        return destination if is_answered or reported["request"] == "take_back_excess" else origin
    return ""


def _due(case: Case, reached: Sequence[tuple[Milestone, int]]) -> date | None:
    """The nearest due day of a clock of this agency that runs."""
    days = load_working_days()
    found = []
    for number, (milestone, at) in enumerate(reached):
        procedure = case.procedures.in_force(case.province, day_of(at), case.counterpart)
        for clock in procedure.started_by(milestone):
            later = {m for m, _ in reached[number + 1 :]}
            if clock.responsible == case.role and not later & (clock.stops | clock.cancelled_by | clock.starts):
                found.append(_told(case, clock.name, at) or _counted(clock, at, reached, days))
    return min(found, default=None)


def _counted(clock: ClockRule, at: int, reached: Sequence[tuple[Milestone, int]], days: WorkingDays) -> date:
    received = [instant for milestone, instant in reached if milestone is Milestone.letter_received]
    start = received[-1] if clock.counts_from == "letter_received" and received else at
    return days.due(day_of(start), clock.limit_working_days).date


def _told(case: Case, clock: str, since: int) -> date | None:
    """The newest due day that the platform has stated of a clock that runs since then."""
    stated = [
        d for d in case.incoming if d.kind in ABOUT_CLOCKS and d.fields["clock"] == clock and d.arrived_at >= since
    ]
    newest = max(stated, key=lambda d: d.arrived_at, default=None)
    return date.fromisoformat(str(newest.fields.get("new_due", newest.fields.get("due")))) if newest else None


def group_of(state: str, turn: str, due: date | None, province: str, today: date) -> Group:
    """How urgent a case is for the agency of a province on a day."""
    if state in ENDED or (state == NONE and not turn):
        return "ended"
    if due is not None and due < today:
        return "overdue"
    if due is not None and due <= load_working_days().due_soon_until(today):
        return "soon"
    return "open" if turn == province else "others"
