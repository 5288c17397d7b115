"""Payments as provinces report them, line by line: what each says that its bank moved. Matching reads them.

Sums of postings, so that what is annulled, assigned to another case or moved to another relationship comes out right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from jinbao.platform.aggregates.subjects.overlap import OverlapCleared
from jinbao.platform.aggregates.subjects.payment import (
    FundsReceived,
    FundsRemitted,
    FundsReturned,
    PaymentBounced,
    ReturnedFundsReceived,
)
from jinbao.platform.aggregates.subjects.settlement import SettlementPaid, SettlementReceived
from jinbao.platform.aggregates.subjects.unassigned_funds import UnassignedFundsReceived
from jinbao.platform.bank_matching.values import Payment, PaymentLine
from jinbao.platform.projections.logged import Logged
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.columns import text_column
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import day_of

payment_reports = Table(
    "payment_reports",
    read_models,
    Column("reference", text_column(25), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("province", text_column(2), primary_key=True),
    Column("case_id", BigInteger, nullable=False),
    Column("day", text_column(10), nullable=False),
    Column("cash", BigInteger, nullable=False),
    Column("bounced", BigInteger, nullable=False),
    Column("refunded", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("bounced_on", text_column(10), nullable=False),
    Index("payment_reports_by_position", "position"),
    Index("payment_reports_by_day", "day"),
)
"""What one province says of a payment line: fen that its bank gained, what of it came back (退汇), went to a person.

`position` is that of the last event about it; `bounced_on` the last day on which something came back, or empty."""

_REPORTS = Upsert(
    payment_reports,
    ("reference", "line", "province"),
    {
        "case_id": "greatest",
        "day": "least",
        "cash": "add",
        "bounced": "add",
        "refunded": "add",
        "position": "greatest",
        "bounced_on": "greatest",
    },
)
_Dated = (
    FundsRemitted | FundsReceived | FundsReturned | ReturnedFundsReceived | PaymentBounced | UnassignedFundsReceived
)


def fold(log: Iterable[Logged]) -> Iterator[Row]:
    """What each event adds, in the order of `_REPORTS.columns`."""
    for entry in log:
        fact = entry.fact
        if isinstance(fact, SettlementPaid | SettlementReceived):
            paid = fact.payment
            fen = -paid.amount if isinstance(fact, SettlementPaid) else paid.amount
            day = fact.day.isoformat()
            key = paid.payment_reference, paid.payment_line, entry.sender
            yield *key, entry.case_id, day, fen, 0, 0, entry.position, ""
        elif fact.then.postings:
            yield from _postings(entry)


def _postings(entry: Logged) -> Iterator[Row]:
    fact = entry.fact
    day = day_of(entry.received_at)
    if isinstance(fact, OverlapCleared):
        day = fact.paid_on
    elif isinstance(fact, _Dated):
        day = fact.day
    moved: dict[tuple[str, int, str], tuple[int, int]] = {}
    for p in fact.then.postings:
        if p.account == "in_transit" or not p.payment_reference.startswith("RF"):
            continue
        fen = p.personal_fen + p.pooling_fen + p.unallocated_fen
        key = (p.payment_reference, p.payment_line, p.province)
        cash_fen, refunded_fen = moved.get(key, (0, 0))
        is_refund = p.account == "refunded"
        moved[key] = (cash_fen + fen * (not is_refund), refunded_fen + fen * is_refund)
    for key, (cash_fen, refunded_fen) in moved.items():
        if cash_fen or refunded_fen:
            bounced_fen = cash_fen + refunded_fen if isinstance(fact, PaymentBounced) else 0
            bounced_on = day.isoformat() if bounced_fen else ""
            yield *key, entry.case_id, day.isoformat(), cash_fen, bounced_fen, refunded_fen, entry.position, bounced_on


PROJECTION = Projection("payment_reports", 4, (Part(_REPORTS, fold),))


class _Report(NamedTuple):
    reference: str
    line: int
    province: str
    day: str
    cash: int
    bounced: int
    refunded: int
    bounced_on: str
    transfer: bytes | None
    """None for a payment of a settlement by period."""
    parties: tuple[str | None, str | None]


def payments_reported(work: UnitOfWork, as_of: date, references: Collection[str] | None = None) -> Iterator[Payment]:
    """The payments that were ordered, or else credited, up to a day, in the order of their references; all or some.

    What a payee says came after that day is not yet said. A payee that nobody names, as a person to whom a refund goes,
    is the empty province: no bank account is its.
    """
    sql = (
        "SELECT r.reference, r.line, r.province, r.day, r.cash, r.bounced, r.refunded, r.bounced_on, "
        "b.transfer_id, b.origin, b.destination FROM payment_reports r LEFT JOIN case_board b ON b.case_id = r.case_id "
        f"WHERE r.day <= '{as_of.isoformat()}'"
    )
    order = " ORDER BY r.reference, r.line, r.province"
    if references is None:
        rows = work.bulk.stream(sql + order)
    else:
        rows = work.bulk.select_in(f"{sql} AND r.reference", sorted(references), order)
    reports = (_Report._make((*r[:8], r[8] and bytes(r[8]), (r[9], r[10]))) for r in rows)
    for reference, lines in groupby(reports, key=lambda report: report.reference):
        payment = _payment(reference, list(lines))
        if payment is not None:
            yield payment


def transfers_paid(work: UnitOfWork, references: Sequence[str]) -> dict[str, list[UUID]]:
    """Payment reference → the transfers of its lines, as far as provinces have reported them."""
    sql = (
        "SELECT DISTINCT r.reference, r.line, b.transfer_id FROM payment_reports r "
        "JOIN case_board b ON b.case_id = r.case_id WHERE r.reference"
    )
    found: dict[str, list[UUID]] = {}
    for reference, _, transfer in sorted(work.bulk.select_in(sql, references), key=lambda row: row[:2]):
        found.setdefault(reference, []).append(UUID(bytes=bytes(transfer)))
    return found


def _payment(reference: str, reports: list[_Report]) -> Payment | None:
    """None where nothing of it is left: all was annulled."""
    paid = [report for report in reports if report.cash < 0 or report.bounced]
    received = [report for report in reports if report.cash > 0 and not report.bounced]
    if not paid and not received:
        return None
    first = (paid or received)[0]
    others = [province for province in first.parties if province and province != first.province]
    other = received[0].province if paid and received else others[0] if others else ""
    if first.refunded:
        other = ""
    lines: dict[int, PaymentLine] = {}
    for report in paid:
        ordered_fen = report.bounced - report.cash
        lines[report.line] = PaymentLine(report.transfer or b"", ordered_fen, None, report.bounced)
    for report in received:
        line = lines.get(report.line, PaymentLine(report.transfer or b"", None))
        lines[report.line] = line._replace(received_fen=report.cash)
    payer, payee = (first.province, other) if paid else (other, first.province)
    ordered_on = date.fromisoformat(min(report.day for report in paid or received))
    received_on = max((date.fromisoformat(report.day) for report in received), default=None)
    bounced_on = max((date.fromisoformat(report.bounced_on) for report in paid if report.bounced_on), default=None)
    allocated = tuple(line for _, line in sorted(lines.items()))
    return Payment(reference, payer, payee, ordered_on, allocated, received_on, bounced_on)


def transfer_ids(payment: Payment) -> list[UUID]:
    """The transfers that a payment is for, in the order of its lines."""
    return [UUID(bytes=line.transfer) for line in payment.lines if line.transfer]
