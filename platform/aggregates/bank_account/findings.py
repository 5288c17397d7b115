"""What the platform finds in an account's statements, held against what the account itself knows."""

from __future__ import annotations

from jinbao.platform.aggregates.bank_account.facts import (
    BreakOpened,
    BreakResolved,
    EntriesMatched,
    FoundMatch,
    MatchesDissolved,
    SideOf,
)
from jinbao.platform.aggregates.bank_account.state import AccountState
from jinbao.platform.aggregates.decision import RECORDED, Rejection
from jinbao.schemas.messages import PLATFORM, bank_findings as m
from jinbao.schemas.messages.bank import BankMessage


def entries_matched(account: AccountState, message: m.EntriesMatched) -> EntriesMatched | Rejection:
    """Entries that the account has and that nothing explains yet."""
    wrong = _not_the_platforms(account, message)
    if wrong is not None:
        return wrong
    found = [entry for match in message.matches for entry in match.entries]
    if any(entry not in account.entries for entry in found):
        return Rejection("BANK_ENTRY_UNKNOWN", "matches.entries")
    if len(set(found)) != len(found) or not account.matched.isdisjoint(found):
        return Rejection("BANK_ENTRY_TAKEN", "matches.entries")
    return EntriesMatched(
        matches=tuple(FoundMatch(each.rule, _sides(each.sides), tuple(each.entries)) for each in message.matches)
    )


def matches_dissolved(account: AccountState, message: m.MatchesDissolved) -> MatchesDissolved | Rejection:
    """Entries that something explained until now."""
    wrong = _not_the_platforms(account, message)
    if wrong is not None:
        return wrong
    if not account.matched.issuperset(message.entries):
        return Rejection("BANK_ENTRY_UNKNOWN", "entries")
    return MatchesDissolved(entries=tuple(message.entries))


def break_opened(account: AccountState, message: m.BreakOpened) -> BreakOpened | Rejection:
    """A break that is new, has become another, or is there again: findings of one break follow each other."""
    wrong = _not_the_platforms(account, message)
    if wrong is not None:
        return wrong
    known = account.breaks.get(message.break_id)
    last = known.finding if known else 0
    if message.finding != last + 1:
        return RECORDED if message.finding <= last else Rejection("INVALID_FIELD", "finding")
    return BreakOpened(
        break_id=message.break_id,
        finding=message.finding,
        break_kind=message.kind,
        day=message.day,
        amount_fen=message.amount,
        difference_fen=message.difference,
        entry=message.entry,
        side=SideOf(message.side.payment_reference, message.side.role) if message.side else None,
        sides=_sides(message.sides),
        entries=tuple(message.entries),
        payment_references=tuple(message.payment_references),
        candidates=tuple(message.candidates),
    )


def break_resolved(account: AccountState, message: m.BreakResolved) -> BreakResolved | Rejection:
    """A break of which nothing is left, as it was last found."""
    wrong = _not_the_platforms(account, message)
    if wrong is not None:
        return wrong
    known = account.breaks.get(message.break_id)
    if known is None or message.finding > known.finding:
        return Rejection("BREAK_UNKNOWN", "break_id")
    if message.finding < known.finding or not known.is_open:
        return RECORDED
    return BreakResolved(break_id=message.break_id, finding=message.finding, cured_by=message.cured_by)


def _not_the_platforms(account: AccountState, message: BankMessage) -> Rejection | None:
    if not account.province:
        return Rejection("BANK_ACCOUNT_UNKNOWN", "envelope.account_id")
    return Rejection("ROLE_NOT_ALLOWED", "envelope.sender") if message.envelope.sender != PLATFORM else None


def _sides(sides: list[m.PaymentSide]) -> tuple[SideOf, ...]:
    return tuple(SideOf(side.payment_reference, side.role) for side in sides)
