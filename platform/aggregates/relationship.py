"""State of one person's pension relationship: transfers, certificates, temporary accounts, settlements."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jinbao.platform.aggregates.pair_settlement import Settlement
from jinbao.platform.aggregates.state import FINAL
from jinbao.platform.aggregates.transfer import Transfer

Recorded = Mapping[tuple[int, int], tuple[int, int]]
"""(first month, last month) → (individual, employer) in fen; a later record of the same months takes its place."""
FindTransfer = Callable[[bytes], Transfer | None]
"""Transfer id → the transfer, in whatever relationship it is."""


def nowhere(_transfer_id: bytes) -> Transfer | None:
    """Finds nothing: for a relationship that is looked at alone."""
    return None


class Relationship:
    """State of one relationship, assigned by its facts."""

    transfers: list[Transfer]
    certificates: dict[tuple[str, str], int]
    """(Province that issued it, its number there) → latest version."""
    temporary_accounts: dict[tuple[str, str], str]
    """(Province that holds it, its number there) → `open` or `sealed`."""
    contributions: dict[tuple[str, str], Recorded]
    """(Province that holds the temporary account, its number there) → what was recorded in it."""
    settlements: dict[int, Settlement]
    """Year → what two provinces owe each other, in the stream of a pair of provinces."""
    elsewhere: FindTransfer
    """Finds a transfer of another relationship, for money that was found under none."""
    _by_id: dict[bytes, Transfer]

    def _begin_empty(self) -> None:
        """Nothing is known yet."""
        self.transfers = []
        self.certificates = {}
        self.temporary_accounts = {}
        self.contributions = {}
        self.settlements = {}
        self.elsewhere = nowhere
        self._by_id = {}

    def transfer(self, transfer_id: bytes) -> Transfer | None:
        """The transfer of that id."""
        return self._by_id.get(transfer_id)

    def add(self, transfer: Transfer) -> None:
        """A transfer begins."""
        self.transfers.append(transfer)
        self._by_id[transfer.transfer_id] = transfer

    def replace(self, transfer: Transfer) -> None:
        """Another state of a transfer takes its place."""
        self.transfers[transfer.number - 1] = self._by_id[transfer.transfer_id] = transfer

    @property
    def live(self) -> bool:
        """Whether any transfer has not ended."""
        for transfer in self.transfers:  # noqa: SIM110 (asked of every case of a batch: a generator costs more)
            if transfer.state not in FINAL:
                return True
        return False
