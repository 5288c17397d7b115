"""Snapshot of a case that moves to the relationship of the right number, and the checks of a snapshot that arrives.

Nothing that a released record can say leads to a state that the aggregate does not know: what contradicts itself is
refused by the path of its field, and the case stands again in the relationship that it came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast, get_args
from uuid import UUID

import msgspec

from jinbao.platform import limits
from jinbao.platform.aggregates.clocks import ClockStarted
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.lump_sums import LumpSum
from jinbao.platform.aggregates.money import PaymentLine
from jinbao.platform.aggregates.state import FINAL, State
from jinbao.platform.aggregates.transfer import Mismatch, Transfer
from jinbao.rules.lump_sum_documents import DOCUMENT_KINDS
from jinbao.rules.money import NO_FEN
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.rules.procedures import MoneyWay, ProcedureError
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas import messages as m
from jinbao.schemas.derived_ids import transfer_id

_KINDS = ("application", "temporary_move", "temporary_collection", "supplement", "reversal")
_STATES = frozenset(State) - FINAL - {State.MOVING, State.UNASSIGNED}
_BEFORE_THE_LETTER = (State.APPLICATION_REVIEW,)
_REQUESTS = ("correct_sheet", "top_up", "take_back_excess")
_FREEZES = ("death", "nationality_lost", "pension_started")
_ARREARS = ("reported", "settled", "declined")
_MOST_NOTICES, _MOST_CLOCKS = 1_000, 100
"""Of each that a case can bring."""


def as_it_stands(t: Transfer, relationship: bytes) -> m.ContinuedCase:
    """The transfer as it travels; `relationship` is the one that it leaves."""
    began_under = t.began_under or relationship
    individual, pooling = t.split if t.split is not None else (None, None)
    letter_received_on = t.letter_received_on
    withheld = t.withheld or (0, NO_FEN)
    return m.ContinuedCase(
        kind=t.kind,
        origin=t.origin,
        destination=t.destination,
        application=t.application,
        state=t.stood[0] if t.stood else t.state,
        money=t.money,
        letter_version=t.letter_version,
        letter_received=t.letter_received,
        withdrawal_requested=t.withdrawal_requested,
        sheet_version=t.sheet_version,
        sheet_received=t.sheet_received,
        payments=[_payment(line) for line in t.payments],
        lump_sums=[_lump_sum(lump) for lump in t.lump_sums],
        clocks=[_clock(running.start) for running in t.clocks],
        runs=[m.ContinuedRun(clock=clock, run=run) for clock, run in t.runs.items()],
        informed=list(t.informed),
        covers=list(t.covers),
        withheld_months=withheld[0],
        withheld_amount=withheld[1],
        began_under=began_under if _derived(began_under, t) == t.transfer_id else None,
        letter_received_on=letter_received_on,
        return_reason=t.return_reason,
        individual_total=individual,
        pooling_total=pooling,
        mismatch=_mismatch(t.mismatch),
        arrears=t.arrears or None,
        frozen=t.frozen,
        frozen_by=t.frozen_by or None,
        names=t.names,
        account_number=t.account,
    )


def transfer_from(case: m.ContinuedCase, number: int, id_: bytes) -> Transfer:
    """The transfer as it goes on here, under its number; its clocks start again by the fact's consequences."""
    split = None if case.individual_total is None else (case.individual_total, case.pooling_total or NO_FEN)
    return Transfer(
        number,
        id_,
        case.origin,
        case.destination,
        case.application,
        state=State(case.state),
        letter_version=case.letter_version,
        letter_received=case.letter_received,
        withdrawal_requested=case.withdrawal_requested,
        return_reason=case.return_reason,
        sheet_version=case.sheet_version,
        sheet_received=case.sheet_received,
        split=split,
        payments=tuple(map(_line, case.payments)),
        mismatch=_reported(case.mismatch),
        runs={run.clock: run.run for run in case.runs},
        kind=case.kind,
        names=case.names,
        money=cast("MoneyWay", case.money),
        letter_received_on=case.letter_received_on,
        lump_sums=tuple(map(_lump, case.lump_sums)),
        arrears=case.arrears or "",
        withheld=(case.withheld_months, case.withheld_amount) if case.withheld_months else None,
        frozen=case.frozen,
        frozen_by=case.frozen_by or "",
        informed=tuple(case.informed),
        account=case.account_number,
        covers=tuple(case.covers),
        began_under=case.began_under or b"",
    )


_MISMATCH_PLACES = (3, 4, 5, 6, 1)
"""Where the fields of a mismatch stood in earlier releases, which kept the fact that reported it."""


def transfer_from_snapshot(snapshot: bytes, number: int) -> Transfer:
    """The transfer as earlier releases kept it, as it goes on here."""
    fields = msgspec.msgpack.decode(snapshot)
    reported = fields.get("mismatch")
    if isinstance(reported, list):
        fields["mismatch"] = dict(zip(Mismatch.__struct_fields__, (reported[i] for i in _MISMATCH_PLACES), strict=True))
    transfer = msgspec.convert(fields, Transfer)
    transfer.number = number
    transfer.clocks = ()
    transfer.last = transfer.previous = None
    return transfer


def clocks_from(case: m.ContinuedCase) -> tuple[ClockStarted, ...]:
    """The clocks that run on, counted from 1, with their due days."""
    return tuple(
        ClockStarted(
            c.clock,
            c.run,
            number,
            c.responsible,
            c.limit_working_days,
            c.procedure,
            c.procedure_version,
            c.calendar,
            c.due,
            c.provisional,
            c.counted_from,
        )
        for number, c in enumerate(case.clocks, start=1)
    )


def first_fault(case: m.ContinuedCase, id_: bytes, law: Law) -> str | None:
    """Path of the first field that contradicts another or the law's data; None where the case can be one."""
    return next(_faults(case, id_, law), None)


def is_derived_otherwise(case: m.ContinuedCase, id_: bytes) -> bool:
    """Whether the id is not the one that follows from the relationship under which the case is said to have begun."""
    return case.began_under is not None and _derived(case.began_under, case) != id_


def _derived(relationship: bytes, t: Transfer | m.ContinuedCase) -> bytes:
    """Destinations apply, origins offer: whoever began the transfer made its id."""
    by = t.destination if t.kind == "application" else t.origin
    return transfer_id(UUID(bytes=relationship), by, t.application).bytes


# --- what must fit together ---


def _faults(case: m.ContinuedCase, id_: bytes, law: Law) -> Iterator[str]:
    checks = {
        "kind": case.kind in _KINDS,
        "origin": case.origin in PROVINCES and case.origin != case.destination,
        "destination": case.destination in PROVINCES,
        "state": case.state in _STATES,
        "money": case.money in get_args(MoneyWay),
        "letter_version": bool(case.letter_version) or case.state in (*_BEFORE_THE_LETTER, State.FROZEN),
        "letter_received": not case.letter_received or case.letter_version > 0,
        "sheet_received": not case.sheet_received or case.sheet_version > 0,
        "individual_total": (case.individual_total is None) == (case.sheet_version == 0),
        "pooling_total": (case.pooling_total is None) == (case.individual_total is None),
        "return_reason": case.state != State.RETURNED or case.return_reason is not None,
        "mismatch": (case.mismatch is not None) == (case.state == State.MISMATCH)
        and (case.mismatch is None or case.mismatch.request in _REQUESTS),
        "frozen": (case.frozen is not None) == (case.state == State.FROZEN)
        and (case.frozen is None or case.frozen in _FREEZES),
        "frozen_by": case.frozen_by in (None, case.origin, case.destination),
        "arrears": case.arrears is None or case.arrears in _ARREARS,
        "names": case.kind not in ("supplement", "reversal") or case.names is not None,
        "informed": len(case.informed) <= _MOST_NOTICES,
        "covers": len(case.covers) <= limits.LUMP_SUMS.most,
    }
    yield from (f"case.{name}" for name, fits in checks.items() if not fits)
    yield from _faults_of_payments(case.payments)
    yield from _faults_of_lump_sums(case.lump_sums)
    yield from _faults_of_clocks(case, law)


def _faults_of_payments(payments: list[m.ContinuedPayment]) -> Iterator[str]:
    if len({(p.payment_reference, p.payment_line) for p in payments}) != len(payments):
        yield "case.payments"
    if len(payments) > limits.PAYMENT_LINES.most:
        yield "case.payments"
    for i, p in enumerate(payments):
        if not is_payment_reference(p.payment_reference):
            yield f"case.payments[{i}].payment_reference"
        if not (p.announced or p.arrived):
            yield f"case.payments[{i}].announced"
        if p.bounced and (p.arrived or not p.announced):
            yield f"case.payments[{i}].bounced"
        if (p.returned_reference is None) != (p.returned_line is None):
            yield f"case.payments[{i}].returned_line"


def _faults_of_lump_sums(lump_sums: list[m.ContinuedLumpSum]) -> Iterator[str]:
    if len(lump_sums) > limits.LUMP_SUMS.most:
        yield "case.lump_sums"
    for i, lump in enumerate(lump_sums):
        if lump.number != i + 1:
            yield f"case.lump_sums[{i}].number"
        if lump.paid_in not in PROVINCES:
            yield f"case.lump_sums[{i}].paid_in"
        if lump.document_kind is not None and lump.document_kind not in DOCUMENT_KINDS:
            yield f"case.lump_sums[{i}].document_kind"


def _faults_of_clocks(case: m.ContinuedCase, law: Law) -> Iterator[str]:
    runs = {run.clock: run.run for run in case.runs}
    if len(runs) != len(case.runs) or len(runs) > _MOST_CLOCKS:
        yield "case.runs"
    if len({(c.clock, c.run) for c in case.clocks}) != len(case.clocks):
        yield "case.clocks"
    for i, clock in enumerate(case.clocks):
        if clock.run > runs.get(clock.clock, 0):
            yield f"case.clocks[{i}].run"
        if clock.responsible not in (case.origin, case.destination):
            yield f"case.clocks[{i}].responsible"
        try:
            law.rule(clock.procedure, clock.procedure_version, clock.clock)
        except (KeyError, ProcedureError):
            yield f"case.clocks[{i}].procedure"


# --- parts ---


def _payment(line: PaymentLine) -> m.ContinuedPayment:
    reference, number = line.of or (None, None)
    return m.ContinuedPayment(
        payment_reference=line.payment_reference,
        payment_line=line.payment_line,
        amount=line.amount,
        backwards=line.backwards,
        announced=line.announced,
        arrived=line.arrived,
        bounced=line.bounced,
        returned_reference=reference,
        returned_line=number,
    )


def _line(p: m.ContinuedPayment) -> PaymentLine:
    of = None if p.returned_reference is None or p.returned_line is None else (p.returned_reference, p.returned_line)
    return PaymentLine(
        p.payment_reference, p.payment_line, p.amount, p.backwards, p.announced, p.arrived, of, p.bounced
    )


def _lump_sum(lump: LumpSum) -> m.ContinuedLumpSum:
    return m.ContinuedLumpSum(
        number=lump.number,
        months=lump.months,
        amount=lump.amount,
        paid_on=lump.paid_on,
        paid_in=lump.paid_in,
        noticed=lump.noticed,
        withheld=lump.withheld,
        document_kind=lump.document,
    )


def _lump(p: m.ContinuedLumpSum) -> LumpSum:
    return LumpSum(p.months, p.amount, p.paid_on, p.paid_in, p.document_kind, p.noticed, p.number, p.withheld)


def _clock(start: ClockStarted) -> m.ContinuedClock:
    return m.ContinuedClock(
        clock=start.clock,
        run=start.run,
        responsible=start.responsible,
        limit_working_days=start.limit_working_days,
        procedure=start.procedure,
        procedure_version=start.procedure_version,
        calendar=start.calendar,
        due=start.due,
        provisional=start.provisional,
        counted_from=start.counted_from,
    )


def _mismatch(reported: Mismatch | None) -> m.ContinuedMismatch | None:
    if reported is None:
        return None
    return m.ContinuedMismatch(
        sheet_version=reported.sheet_version,
        expected=reported.expected,
        received=reported.received,
        request=reported.request,
        occurred_at=reported.occurred_at,
    )


def _reported(p: m.ContinuedMismatch | None) -> Mismatch | None:
    return None if p is None else Mismatch(p.sheet_version, p.expected, p.received, p.request, p.occurred_at)
