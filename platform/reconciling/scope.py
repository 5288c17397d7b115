"""What is to be matched anew: what is not settled, what the log has told since, and what is named together with it.

A payment is settled once each of its sides is matched or on no account that could be compared, and its payee has
reported it; an entry once it is matched or classed. Only a new word about it can change that: all else stays unread.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from jinbao.platform.aggregates.bank_account.facts import Payment as NamedPayment
from jinbao.platform.bank_matching.coverage import Coverage
from jinbao.platform.projections.bank_accounts import COUNTS
from jinbao.platform.projections.bank_findings import decode_sides
from jinbao.platform.projections.logged import ENTRY_BITS
from jinbao.platform.projections.statement_matching import Matched, Scope
from jinbao.platform.store.store import UnitOfWork

_decode_payments = msgspec.msgpack.Decoder(tuple[NamedPayment, ...]).decode
_NEAR = timedelta(days=40)
"""More than the working days by which an entry may follow the order whose candidate it is."""


def unsettled(matched: Matched, coverage: Coverage) -> Scope:
    """What may come to be something else without a word about it: as time passes, or by another's entry."""
    matching = matched.matching
    references = {key.reference for found in matching.breaks for key in found.sides}
    references.update(reference for found in matching.breaks for reference in (*found.references, *found.candidates))
    references.update(key.reference for key in matching.proposed)
    for key in matching.awaited:
        side = matched.payments[key.reference].sides[key.role]
        if coverage.compares(side.at, side.payment.ordered_on + _NEAR):
            references.add(key.reference)
    for match in matching.matches:
        references.update(k.reference for k in match.sides if matched.payments[k.reference].unreported_fen)
    entries = {entry for found in matching.breaks for entry in found.entries}
    return Scope(references & matched.payments.keys(), entries)


def touched(work: UnitOfWork, before: Scope, position: int, day: date) -> Scope:
    """What was not settled before, what the log has told of since that position, and all that is named with it.

    `day`: the one as of which was matched then; what is dated later was left out, and is looked at now.
    """
    references = {*before.references, *_reported_after(work, position), *_reported_of_later(work, day)}
    entries = {*before.entries, *_told_of_after(work, position), *_booked_later(work, day)}
    entries |= _replaced_after(work, position)
    fresh_references, fresh_entries = set(references), set(entries)
    while fresh_references or fresh_entries:
        named = _named_by(work, fresh_entries) - references
        naming = _naming(work, fresh_references | named) - entries
        references |= named
        entries |= naming
        fresh_references, fresh_entries = set(), naming
    return Scope(references, entries)


def _reported_after(work: UnitOfWork, position: int) -> set[str]:
    sql = "SELECT reference FROM payment_reports WHERE position > ?"
    return {row[0] for row in work.bulk.execute(sql, position)}


def _reported_of_later(work: UnitOfWork, day: date) -> set[str]:
    sql = "SELECT reference FROM payment_reports WHERE day > ?"
    return {row[0] for row in work.bulk.execute(sql, day.isoformat())}


def _booked_later(work: UnitOfWork, day: date) -> set[bytes]:
    sql = "SELECT entry FROM bank_entries WHERE booked_on > ?"
    return {bytes(row[0]) for row in work.bulk.execute(sql, day.isoformat())}


def _told_of_after(work: UnitOfWork, position: int) -> set[bytes]:
    """Entries booked since, and those of which an officer has said since what they are."""
    booked = work.bulk.execute("SELECT entry FROM bank_entries WHERE number >= ?", position + 1 << ENTRY_BITS)
    words = work.bulk.execute("SELECT about FROM bank_words WHERE position > ?", position)
    return {bytes(row[0]) for rows in (booked, words) for row in rows}


def _replaced_after(work: UnitOfWork, position: int) -> set[bytes]:
    """Entries whose statement another has taken the place of since: what they explained is open again."""
    sql = "SELECT e.entry FROM bank_entries e JOIN bank_replaced r ON r.statement = e.statement WHERE r.position > ?"
    return {bytes(row[0]) for row in work.bulk.execute(sql, position)}


def _named_by(work: UnitOfWork, entries: Iterable[bytes]) -> set[str]:
    """The payments that entries name, for which an officer took them, or that were ever last said to explain them."""
    keys = sorted(entries)
    matched = work.bulk.select_in("SELECT sides FROM bank_matches WHERE entry", keys)
    explaining = {side.payment_reference for row in matched for side in decode_sides(bytes(row[0]))}
    named = _references(row[0] for row in work.bulk.select_in("SELECT payments FROM bank_entries WHERE entry", keys))
    words = work.bulk.select_in("SELECT reference FROM bank_words WHERE reference <> '' AND about", keys)
    return named | explaining | {row[0] for row in words}


def _naming(work: UnitOfWork, references: Iterable[str]) -> set[bytes]:
    """The entries that name payments, or that an officer took for them."""
    keys = sorted(references)
    sql = (
        "SELECT e.entry FROM bank_named n JOIN bank_entries e ON e.number = n.number "
        f"WHERE {COUNTS.format('e')} AND n.reference"
    )
    words = work.bulk.select_in("SELECT about FROM bank_words WHERE reference", keys)
    return {bytes(row[0]) for rows in (work.bulk.select_in(sql, keys), words) for row in rows}


def _references(packed: Iterable[bytes]) -> set[str]:
    return {r for each in packed for payment in _decode_payments(bytes(each)) for r in payment.payment_references}
