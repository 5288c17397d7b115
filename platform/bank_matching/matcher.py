"""Matching of all entries with all payments: the result depends on nothing but what there is, as of a day.

The order of the rules: reference, batch, several entries, class, proposals. `docs/reconciliation.md` tells of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from jinbao.platform.bank_matching.by_reference import match_by_reference
from jinbao.platform.bank_matching.candidates import MOST_CANDIDATES, Candidates, Misplaced
from jinbao.platform.bank_matching.coverage import Coverage
from jinbao.platform.bank_matching.findings import Findings
from jinbao.platform.bank_matching.values import (
    BankAccount,
    BookedEntry,
    Break,
    Match,
    Matching,
    Payment,
    Side,
    SideKey,
)
from jinbao.rules.working_days import WorkingDays

TRANSIT_WORKING_DAYS = 3
"""What left the payer's bank reaches the payee's within so many working days (issue: `late_in_transit`)."""
DEBIT_WORKING_DAYS = 1
"""An order is booked on its day or, given late or on a day of rest, so many working days after it [assumed]."""
REPORT_WORKING_DAYS = 3
"""A payee reports what came within so many working days [assumed]."""


def match_entries(
    accounts: Iterable[BankAccount],
    payments: Iterable[Payment],
    entries: Iterable[BookedEntry],
    as_of: date,
    calendar: WorkingDays,
    confirmed: Mapping[bytes, str] | None = None,
) -> Matching:
    """Explain every entry and every side as of a day; what lies after it is left out.

    `confirmed` says which payment a person took an entry for, by entry id. Entries are of `accounts`, each id once.
    """
    coverage = Coverage(accounts, as_of, calendar)
    payments = [payment for payment in payments if payment.ordered_on <= as_of]
    found = Findings(payments, (entry for entry in entries if entry.booked_on <= as_of), coverage, confirmed or {})
    match_by_reference(found)
    for entry in list(found.open_entries.values()):
        if entry.entry_class != "other":
            found.classify(entry)
    proposed = _propose(found, calendar)
    debited = _debit_days(found)
    awaited = []
    for side in sorted(found.open_sides.values(), key=lambda side: side.key):
        if side.key not in proposed and not _is_late(found, side, debited, calendar):
            awaited.append(side.key)
    for account, days in coverage.missing.items():
        for day in days:
            found.break_on_day(account, day)
    _tell_unreported(found, calendar)
    return Matching(
        matches=tuple(sorted(found.matches, key=lambda match: match.sides)),
        classified=dict(sorted(found.classified.items())),
        breaks=tuple(sorted(found.breaks, key=_break_order)),
        awaited=tuple(awaited),
        proposed=tuple(sorted(proposed)),
    )


def _break_order(found: Break) -> tuple[date, str, str, bytes, str]:
    anchor = found.anchor
    by_bytes = anchor if isinstance(anchor, bytes) else (found.account or b"")
    return found.day, found.province, found.kind, by_bytes, "/".join(found.references)


def _propose(found: Findings, calendar: WorkingDays) -> set[SideKey]:
    """Make breaks of the entries that are left, each with its candidates; returns the sides that are one."""
    candidates = Candidates(found.open_sides.values(), found.coverage, calendar)
    misplaced = Misplaced(found, calendar)
    proposed: set[SideKey] = set()
    for entry in list(found.open_entries.values()):
        sides = candidates.of(entry)
        proposed.update(side.key for side in sides)
        found.break_on_entry("unmatched_bank", entry)
        references = [*(side.payment.reference for side in sides), *misplaced.of(entry)]
        found.breaks[-1] = replace(found.breaks[-1], candidates=tuple(dict.fromkeys(references))[:MOST_CANDIDATES])
    return proposed


def _debit_days(found: Findings) -> dict[str, date]:
    """The last day on which the payer's bank booked each payment, whether or not to the fen."""
    days: dict[str, date] = {}
    groups: list[Match | Break] = [*found.matches, *found.breaks]
    for group in groups:
        booked = [found.entries[entry].booked_on for entry in group.entries]
        for key in group.sides:
            if key.role == "debit" and booked:
                days[key.reference] = max(booked)
    return days


def _is_late(found: Findings, side: Side, debited: Mapping[str, date], calendar: WorkingDays) -> bool:
    """Make a break of a side that no entry names and whose time is over; returns whether it is one.

    What was due before an account's first statement is nobody's to compare. A payee waits while the payer's bank is
    known not to have paid, unless it says itself that the money came: then its bank should have it since that day.
    """
    coverage, payment = found.coverage, side.payment
    began = payment.ordered_on
    is_credit = side.role == "credit"
    in_transit = is_credit and payment.unreported_fen > 0
    if is_credit:
        began = debited.get(payment.reference, began)
        if payment.received_on is not None and not in_transit:
            began = max(began, payment.received_on)
    if side.role == "return" and payment.bounced_on is not None:
        began = max(began, payment.bounced_on)
    unpaid = in_transit and payment.reference not in debited and "debit" in payment.sides
    if unpaid and coverage.tells_of(payment.sides["debit"].at, began, began):
        return False
    if side.amount_fen == 0 or coverage.begins_after(side.at, began):
        return False
    limit = TRANSIT_WORKING_DAYS if in_transit else DEBIT_WORKING_DAYS
    if not coverage.tells_of(side.at, began, calendar.due(began, limit).date):
        return False
    found.break_on_side("late_in_transit" if in_transit else "unmatched_ledger", side)
    return True


def _tell_unreported(found: Findings, calendar: WorkingDays) -> None:
    """Make breaks of matches whose payee has not reported what came, once it is late: the bank has it, no ledger."""
    kept = []
    in_time_from = calendar.before(found.coverage.as_of, REPORT_WORKING_DAYS)
    for match in found.matches:
        payments = [found.payments[key.reference] for key in match.sides if key.role == "credit"]
        unreported_fen = sum(payment.unreported_fen for payment in payments)
        entries = [found.entries[entry] for entry in match.entries]
        if unreported_fen and entries and entries[-1].booked_on < in_time_from:
            found.breaks.append(_unreported(found, match, entries[0], unreported_fen))
        else:
            kept.append(match)
    found.matches = kept


def _unreported(found: Findings, match: Match, entry: BookedEntry, unreported_fen: int) -> Break:
    return Break(
        kind="unmatched_bank",
        anchor=entry.id,
        province=found.coverage.accounts[entry.account].province,
        account=entry.account,
        amount_fen=entry.amount_fen,
        difference_fen=unreported_fen,
        day=entry.booked_on,
        sides=match.sides,
        entries=match.entries,
        references=tuple(key.reference for key in match.sides),
    )
