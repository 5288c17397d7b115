"""What an event brought that leaves nothing of a break's difference: a bank's own correction, here or elsewhere."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from jinbao.platform.aggregates.bank_account.account import BANK_ACCOUNTS
from jinbao.platform.projections.found_breaks import FoundBreak, found_breaks
from jinbao.platform.projections.logged import ENTRY_BITS
from jinbao.platform.store.store import UnitOfWork


class Clearing(NamedTuple):
    """Breaks that come to nothing together, and the message that brought the last of it."""

    breaks: list[bytes]
    event: bytes


class Elsewhere(NamedTuple):
    """An unnamed entry of another account of the province by which misplaced money left; it is the same payment's."""

    found: FoundBreak
    payment_reference: str


def clearing(work: UnitOfWork, found: FoundBreak, event: str) -> Clearing | None:
    """What an event brought to the account that leaves nothing of a break's difference; None where it does not.

    `event`: position in the log, or the id of its message.
    """
    cure = _event(work, found.account, event)
    if cure is None:
        return None
    position, submission = cure
    brought = _brought(work, position)
    others = [
        other
        for other in found_breaks(work, found.province)
        if other.account == found.account and other.break_id != found.break_id and other.about.entry in brought
    ]
    alone = [other for other in others if other.difference_fen == -found.difference_fen]
    if len(alone) == 1:
        others = alone
    if not others or sum(other.difference_fen for other in others) != -found.difference_fen:
        return None
    return Clearing([found.break_id.bytes, *(other.break_id.bytes for other in others)], submission)


def cured_elsewhere(work: UnitOfWork, found: FoundBreak, event: str) -> Elsewhere | None:
    """What an event brought to another account of the province that is the same payment's: that is its candidate.

    None where it is not just one: an officer then confirms the one that it is.
    """
    possible = []
    for other in found_breaks(work, found.province):
        named = [one for one in other.about.candidates if one in found.about.payment_references]
        if other.account != found.account and other.difference_fen == -found.difference_fen and named:
            cure = _event(work, other.account, event)
            if cure is not None and other.about.entry in _brought(work, cure[0]):
                possible.append(Elsewhere(other, named[0]))
    return possible[0] if len(possible) == 1 else None


def _brought(work: UnitOfWork, position: int) -> set[bytes]:
    sql = "SELECT entry FROM bank_entries WHERE number >= ? AND number < ?"
    return {bytes(row[0]) for row in work.bulk.execute(sql, position << ENTRY_BITS, position + 1 << ENTRY_BITS)}


def _event(work: UnitOfWork, account: UUID, event: str) -> tuple[int, bytes] | None:
    """(position, id of its message) of an event of the account."""
    sql = (
        "SELECT e.position, e.submission FROM events e JOIN streams s ON s.stream = e.stream "
        f"WHERE s.kind = {BANK_ACCOUNTS.number} AND s.key = ? AND "
    )
    if event.isdecimal():
        row = work.bulk.execute(sql + "e.position = ?", account.bytes, int(event)).first()
    else:
        try:
            row = work.bulk.execute(sql + "e.submission = ?", account.bytes, UUID(event).bytes).first()
        except ValueError:
            return None
    return (row[0], bytes(row[1])) if row is not None else None
