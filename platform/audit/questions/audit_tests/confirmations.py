"""Test of bank entries that an officer said by hand to be a payment, and of such words taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinbao.platform.aggregates.bank_account.account import BANK_ACCOUNTS
from jinbao.platform.aggregates.bank_account.facts import ConfirmationAnnulled, EntryConfirmed
from jinbao.platform.audit.questions.audit_tests.audit_test import Hit
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.event_log import decode, stored_topics

_TOPICS = (*stored_topics(EntryConfirmed), *stored_topics(ConfirmationAnnulled))
_SQL = (
    "SELECT e.position, e.topic, e.state FROM events e JOIN streams s ON s.stream = e.stream "
    f"WHERE s.kind = ? AND e.topic IN ({', '.join('?' * len(_TOPICS))}) "
    "AND e.received_at >= ? AND e.received_at < ? ORDER BY e.position"
)
_ALL = (
    "SELECT COUNT(*) FROM events e JOIN streams s ON s.stream = e.stream "
    "WHERE s.kind = ? AND e.received_at >= ? AND e.received_at < ?"
)


class BankConfirmations:
    """Entries of banks' statements that name no payment, and were confirmed by hand."""

    name = "bank_confirmed"
    words = ("人工认定流水", "bank entries confirmed by hand")

    def __init__(self, parameters: Mapping[str, Any], bulk: Bulk, since_us: int, until_us: int) -> None:
        self._bulk, self._window = bulk, (BANK_ACCOUNTS.number, since_us, until_us)
        self.population = 0

    def hits(self) -> Sequence[Hit]:
        """What was found: about a confirmed payment's reference, or the entry that is nobody's again."""
        kind, since_us, until_us = self._window
        self.population = int(self._bulk.execute(_ALL, *self._window).scalar_one())
        found = []
        for position, topic, state in self._bulk.stream(_SQL, kind, *_TOPICS, since_us, until_us):
            fact = decode(BANK_ACCOUNTS, topic, bytes(state))
            if isinstance(fact, EntryConfirmed):
                why = f"（{fact.reason_text}）" if fact.reason_text else ""
                zh = f"{fact.operator} 人工认定一笔流水就是付款 {fact.payment_reference}{why}"
                en = f"{fact.operator} confirmed by hand that an entry is payment {fact.payment_reference}"
                found.append(
                    Hit(fact.payment_reference, (position,), (zh, en + (f" ({fact.reason_text})" if why else "")))
                )
            elif isinstance(fact, ConfirmationAnnulled):
                zh, en = f"{fact.operator} 撤回了人工认定", f"{fact.operator} took a confirmation back"
                found.append(Hit(fact.entry.hex(), (position,), (zh, en)))
        return found
