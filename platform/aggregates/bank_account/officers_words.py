"""What finance officers say of an account: which payment an entry is, who looks into a break, what clears breaks."""

from __future__ import annotations

from jinbao.platform.aggregates.bank_account.facts import (
    BreakInvestigated,
    BreaksCleared,
    ConfirmationAnnulled,
    EntryConfirmed,
)
from jinbao.platform.aggregates.bank_account.state import AccountState
from jinbao.platform.aggregates.bank_account.statements import not_ours
from jinbao.platform.aggregates.decision import Rejection
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.schemas import messages as m
from jinbao.schemas.messages.bank_findings import BreaksCleared as BreaksClearedMessage


def entry_confirmed(account: AccountState, message: m.EntryConfirmed) -> EntryConfirmed | Rejection:
    """An officer's word for an entry that names no payment; of two that come at once the second is told so."""
    wrong = not_ours(account, message)
    if wrong is not None:
        return wrong
    if message.entry not in account.entries:
        return Rejection("BANK_ENTRY_UNKNOWN", "entry")
    if not is_payment_reference(message.payment_reference):
        return Rejection("PAYMENT_REFERENCE_INVALID", "payment_reference")
    if account.entries[message.entry] or message.entry in account.confirmed or message.entry in account.matched:
        return Rejection("BANK_ENTRY_TAKEN", "entry")
    found = [known for known in account.breaks.values() if known.entry == message.entry and known.is_open]
    if not any(message.payment_reference in known.candidates for known in found):
        return Rejection("NO_CANDIDATE", "payment_reference")
    if message.payment_reference in account.confirmed.values():
        return Rejection("BANK_ENTRY_TAKEN", "payment_reference")
    return EntryConfirmed(
        entry=message.entry,
        payment_reference=message.payment_reference,
        operator=message.envelope.operator,
        reason_text=message.reason_text,
    )


def confirmation_annulled(account: AccountState, message: m.ConfirmationAnnulled) -> ConfirmationAnnulled | Rejection:
    """The entry is nobody's again."""
    wrong = not_ours(account, message)
    if wrong is not None:
        return wrong
    if message.entry not in account.confirmed:
        return Rejection("BANK_ENTRY_UNKNOWN", "entry")
    if message.entry in account.frozen:
        return Rejection("MONTH_SEALED", "entry")
    operator = message.envelope.operator
    return ConfirmationAnnulled(entry=message.entry, operator=operator, reason_text=message.reason_text)


def break_investigated(account: AccountState, message: m.BreakInvestigated) -> BreakInvestigated | Rejection:
    """Who looks into a break, and why."""
    wrong = not_ours(account, message)
    if wrong is not None:
        return wrong
    known = account.breaks.get(message.break_id)
    if known is None or not known.is_open:
        return Rejection("BREAK_UNKNOWN", "break_id")
    operator = message.envelope.operator
    return BreakInvestigated(break_id=message.break_id, operator=operator, reason_text=message.reason_text)


def breaks_cleared(account: AccountState, message: BreaksClearedMessage) -> BreaksCleared | Rejection:
    """Open breaks whose differences come to nothing together, by an event that the officer names."""
    wrong = not_ours(account, message)
    if wrong is not None:
        return wrong
    found = [account.breaks.get(break_id) for break_id in dict.fromkeys(message.break_ids)]
    known = [each for each in found if each is not None and each.is_open]
    if len(known) != len(message.break_ids):
        return Rejection("BREAK_UNKNOWN", "break_ids")
    if message.cured_by not in {account.brought_by.get(each.entry) for each in known if each.entry}:
        return Rejection("DIFFERENCE_REMAINS", "cured_by")
    if sum(each.difference_fen for each in known) or len(known) < 2:
        return Rejection("DIFFERENCE_REMAINS", "break_ids")
    return BreaksCleared(
        break_ids=tuple(message.break_ids),
        cured_by=message.cured_by,
        operator=message.envelope.operator,
        reason_text=message.reason_text,
    )
