"""The platform's books beside those of the banks."""

from __future__ import annotations

from uuid import UUID

import pytest

from jinbao.platform.projections import fund_ledger
from jinbao.platform.projections.reconciliation import BankEntry, open_items

TOTAL = 3_309_425


class Books:
    """The platform's books beside those of the banks, which know what was really paid."""

    def __init__(self, platform):
        self.platform = platform
        self.banks = []

    def say(self, *messages):
        """What became of the messages: outcome and code of each."""
        before = len(self.platform.outcomes())
        self.platform.take(*messages)
        self.balanced()
        return [code or outcome.lower() for outcome, code in self.platform.outcomes()[before:]]

    def taken(self, *messages):
        assert set(self.say(*messages)) == {"accepted"}

    def bank(self, province, transfer, payment, amount):
        """A bank books a payment line: credit or debit."""
        self.banks.append(BankEntry(province, UUID(bytes=transfer.transfer_id), transfer.reference(payment), 1, amount))

    def paid(self, transfer, payment=1, amount=TOTAL, *, back=False):
        """Both banks book it."""
        payer, payee = (transfer.origin, transfer.destination)[:: -1 if back else 1]
        self.bank(payer, transfer, payment, -amount)
        self.bank(payee, transfer, payment, amount)

    def balanced(self):
        with self.platform.store.read() as work:
            assert fund_ledger.money(work).sum == 0
        entries = "SELECT SUM(personal), SUM(pooling), SUM(unallocated) FROM ledger_entries"
        assert set(self.platform.rows(entries)) <= {(0, 0, 0), (None, None, None)}, "each part sums to zero"

    def accounts(self):
        with self.platform.store.read() as work:
            rows = fund_ledger.ledger(work)
        return {(row.province, row.account): row.total for row in rows if row.total}

    def open(self, *provinces):
        """Causes of what differs between bank and ledger."""
        with self.platform.store.read() as work:
            found = [
                item
                for province in provinces or ("44", "41", "50")
                for item in open_items(work, province, [e for e in self.banks if e.province == province])
            ]
        return [(item.province, item.cause) for item in found]

    def state(self, transfer):
        sql = "SELECT state FROM case_board WHERE transfer_id = ? ORDER BY case_id DESC LIMIT 1"
        return self.platform.rows(sql, transfer.transfer_id)[0][0]


@pytest.fixture
def books(platform):
    return Books(platform)


@pytest.fixture
def books_of():
    """Books of a platform of one's own."""
    return Books
