"""A province's bank account: its statements follow each other without a gap, and no entry comes twice.

Each account is a stream of its own (`BANK_ACCOUNTS`). What is found in its statements is decided by
`platform/reconciling/`, which sees payments too; here it is held against what the account itself knows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

from jinbao.platform.aggregates.bank_account import findings, officers_words, seals, statements
from jinbao.platform.aggregates.bank_account.facts import FACTS, AccountFact
from jinbao.platform.aggregates.bank_account.state import AccountState
from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.stream_kind import StreamKind
from jinbao.schemas import messages as m
from jinbao.schemas.messages import bank_findings
from jinbao.schemas.messages.bank import BANK_ACCOUNT, BankMessage
from jinbao.schemas.messages.month_seal import MonthSealed

_Decide = Callable[[AccountState, Any], AccountFact | Rejection]
_DECIDED_BY: Mapping[type[BankMessage], _Decide] = {
    m.BankAccountOpened: statements.opened,
    m.StatementBooked: statements.booked,
    m.EntryConfirmed: officers_words.entry_confirmed,
    m.ConfirmationAnnulled: officers_words.confirmation_annulled,
    m.BreakInvestigated: officers_words.break_investigated,
    bank_findings.BreaksCleared: officers_words.breaks_cleared,
    bank_findings.EntriesMatched: findings.entries_matched,
    bank_findings.MatchesDissolved: findings.matches_dissolved,
    bank_findings.BreakOpened: findings.break_opened,
    bank_findings.BreakResolved: findings.break_resolved,
}
assert {*_DECIDED_BY, MonthSealed} == set(m.BANK_MESSAGES), "every message about an account is decided"


class BankAccount(AccountState):
    """A bank account as messages speak to it."""

    live = True

    @classmethod
    def begin(cls, account: UUID, recorded_at: int) -> BankAccount:
        """The account before its first fact."""
        return cls(account)

    def decide(self, message: BankMessage, received_at: int, law: Law) -> AccountFact | Rejection:
        """What a message means for the account; changes nothing."""
        if isinstance(message, MonthSealed):
            return seals.month_sealed(self, message, law)
        return _DECIDED_BY[type(message)](self, message)

    def advance(self, fact: AccountFact, submission: bytes, received_at: int) -> int:
        """Assign a decided fact that its caller writes; returns its version in the stream."""
        self.take(fact, submission, received_at)
        self.version += 1
        return self.version

    def brings(self, message: BankMessage, fact: AccountFact) -> tuple[m.StreamMessage | None, Collection[str]]:
        """Nobody else is told of an account."""
        return None, ()

    def known_names(self) -> Iterator[bytes]:
        """Nothing waits for an account: its messages come in their order."""
        yield from ()


BANK_ACCOUNTS: StreamKind[AccountFact] = StreamKind(2, BANK_ACCOUNT, FACTS, BankAccount.begin)
"""Bank accounts, keyed by account id."""
