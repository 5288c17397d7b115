"""One break with both its sides: what the bank has booked, and what provinces have reported of the payments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from jinbao.platform.aggregates.bank_account.facts import Booked
from jinbao.platform.bank_matching.values import Payment, Side
from jinbao.platform.projections.bank_accounts import accounts, entries_of, officers_words
from jinbao.platform.projections.found_breaks import FoundBreak
from jinbao.platform.projections.payment_reports import payments_reported, transfer_ids
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import WorkingDays
from jinbao.views.breaks import break_as_json, references_of

COMPARED = ("amount_fen", "payer", "payee", "ordered_on", "lines")
"""What proposals are held against each other by; the numbers of payment and cases are never the same."""


def break_with_sides(work: UnitOfWork, found: FoundBreak, as_of: date, calendar: WorkingDays) -> dict[str, Any]:
    """A break as `jinbao breaks list` has it, its entries and sides, its proposals, and what tells those apart."""
    about = found.about
    references = {*references_of(found), *about.candidates}
    payments = {payment.reference: payment for payment in payments_reported(work, as_of, references)}
    owners = {row.account: (row.province, row.kind) for row in accounts(work)}
    province, kind = owners[found.account]
    booked = [one for _, one in entries_of(work, about.entries)]
    word = officers_words(work).get(about.entry or b"")
    entries = [_entry(one, owners) for one in sorted(booked, key=lambda one: (one.booked_on, one.entry))]
    day = booked[0].booked_on if booked else found.day
    proposals = [_proposal(side, day, calendar) for side in _candidates(found, payments, province, kind)]
    transfers = {reference: transfer_ids(payments[reference]) for reference in references if reference in payments}
    return {
        **break_as_json(found, transfers, as_of, calendar),
        "account_kind": kind,
        "operator": found.operator,
        "reason": found.reason,
        "entries": entries,
        "sides": [
            _side(payments[key.payment_reference].sides[key.role])
            for key in about.sides
            if key.payment_reference in payments and key.role in payments[key.payment_reference].sides
        ],
        "proposals": proposals,
        "proposals_differ": [name for name in COMPARED if len({one[name] for one in proposals}) > 1],
        "confirmed": word.payment_reference or None if word else None,
    }


def _candidates(found: FoundBreak, payments: Mapping[str, Payment], province: str, kind: str) -> Iterable[Side]:
    """The side of each candidate that the entry could be; else the one that is missed while its money is misplaced."""
    for reference in found.about.candidates:
        if reference in payments:
            sides = payments[reference].sides
            fitting = (s for s in sides.values() if s.at == (province, kind) and s.amount_fen == found.amount_fen)
            yield next(fitting, sides["credit"])


def _entry(booked: Booked, owners: Mapping[UUID, tuple[str, str]]) -> dict[str, Any]:
    others = {UUID(bytes=payment.counterpart) for payment in booked.payments if payment.counterpart}
    other = owners.get(others.pop()) if len(others) == 1 else None
    return {
        "entry": UUID(bytes=booked.entry),
        "booked_on": booked.booked_on,
        "amount_fen": booked.amount_fen,
        "payment_references": sorted({r for payment in booked.payments for r in payment.payment_references}),
        "other_province": other[0] if other else None,
        "other_kind": other[1] if other else None,
    }


def _side(side: Side) -> dict[str, Any]:
    payment = side.payment
    return {
        "payment_reference": payment.reference,
        "role": side.role,
        "amount_fen": side.amount_fen,
        "payer": payment.payer,
        "payee": payment.payee or None,
        "ordered_on": payment.ordered_on,
        "lines": len(payment.lines),
        "transfers": transfer_ids(payment),
    }


def _proposal(side: Side, booked_on: date, calendar: WorkingDays) -> dict[str, Any]:
    first, last = sorted((side.payment.ordered_on, booked_on))
    return {**_side(side), "working_days": calendar.between(first, last)}
