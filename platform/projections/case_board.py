"""The case board: one row a transfer, what waits for which agency, since when and due when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinbao.platform.aggregates import facts
from jinbao.platform.aggregates import rare_facts as rare
from jinbao.platform.projections.logged import Logged
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.tables import case_board

BOARD = Upsert(
    case_board,
    ("case_id",),
    {
        "transfer_id": "first",
        "origin": "first",
        "destination": "first",
        "application": "first",
        "kind": "first",
        "state": "keep",
        "waiting_for": "keep",
        "waiting_since": "keep",
        "due": "keep",
        "provisional": "keep",
        "letter_version": "keep",
        "sheet_version": "keep",
        "sheet_total": "keep",
        "reason": "keep",
        "awaiting": "keep",
        "awaiting_position": "keep",
        "opened_at": "first",
        "changed_at": "set",
        "late_reports": "add",
    },
)


def _first_due(then: facts.Consequences) -> tuple[str, int]:
    """The due day shown; facts of the first release name only the clocks that they start."""
    if then.due is not None:
        return then.due.isoformat(), int(then.due_provisional)
    first = min(then.started, key=lambda clock: clock.due, default=None)
    return ("", 0) if first is None else (first.due.isoformat(), int(first.provisional))


def fold(log: Iterable[Logged]) -> Iterator[Row]:
    """What each event changes on the board, in the order of `BOARD.columns`."""
    for entry in log:
        fact, then = entry.fact, entry.fact.then
        if fact.transfer == 0:
            continue
        transfer_id = origin = destination = application = kind = opened_at = None
        letter = sheet = total = reason = awaiting = awaiting_position = None
        due = provisional = None
        match fact:
            case facts.ApplicationAccepted():
                transfer_id, origin, destination = fact.transfer_id, fact.origin, fact.destination
                application, kind, opened_at = fact.application, "application", entry.received_at
            case rare.TransferOffered() | rare.UnassignedFundsReceived() | rare.CaseContinued():
                begun = fact.begin()
                transfer_id, origin, destination = begun.transfer_id, begun.origin, begun.destination
                application, kind, opened_at = begun.application, begun.kind, entry.received_at
                letter, sheet, total = begun.letter_version, begun.sheet_version, begun.sheet_total
                awaiting, awaiting_position = begun.awaiting, entry.position
                reason = begun.frozen or begun.return_reason
            case facts.ContactLetterIssued():
                letter, awaiting, awaiting_position = fact.version, "letter", entry.position
            case facts.InformationSheetSent():
                sheet, total = fact.version, fact.individual_total + fact.pooling_total
                awaiting, awaiting_position = "sheet", entry.position
            case facts.ContactLetterReceived() | facts.InformationSheetReceived():
                awaiting = ""
            case rare.FactAnnulled():
                letter, sheet, total = fact.letter_version, fact.sheet_version, fact.sheet_total
                reason, awaiting = fact.reason, fact.awaiting
            case rare.TransferFrozen():
                reason, awaiting = fact.cause, fact.awaiting
            case facts.ApplicationRefused() | facts.TransferReturned():
                reason = fact.reason
        if then.started or then.ended or opened_at is not None or isinstance(fact, rare.ClockRedated):
            due, provisional = _first_due(then)
        if then.state in facts.FINAL:
            awaiting = ""
        yield (
            entry.case_id,
            transfer_id,
            origin,
            destination,
            application,
            kind,
            then.state,
            then.waiting_for,
            entry.received_at if then.state is not None or then.waiting_for is not None else None,
            due,
            provisional,
            letter,
            sheet,
            total,
            reason,
            awaiting,
            awaiting_position,
            opened_at,
            entry.received_at,
            int(then.late),
        )
