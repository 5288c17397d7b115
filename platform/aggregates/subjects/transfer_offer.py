"""A transfer that begins where the money lies: of a temporary account, a supplement, a reversal."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import MoneyWay


class TransferOffered(Fact, frozen=True, gc=False, kw_only=True):
    """A transfer began where the money lies."""

    TOPIC: ClassVar[str] = "transfer-offered"
    transfer_id: bytes
    kind: str
    origin: str
    destination: str
    letter: str
    offered_on: date
    names: bytes | None = None
    account: str | None = None
    covers: tuple[int, ...] = ()
    """Numbers of the back-payments that a supplement brings; () in what was stored when there was one at most."""
    money: MoneyWay = "per_person"

    def begin(self) -> Transfer:
        """The transfer that begins: its letter is the offer, and needs no review."""
        return Transfer(
            self.transfer,
            self.transfer_id,
            self.origin,
            self.destination,
            self.letter,
            state=State.TRANSFER,
            letter_version=1,
            letter_received=True,
            kind=self.kind,
            names=self.names,
            account=self.account,
            money=self.money,
            covers=self.covers or ((1,) if self.kind == "supplement" else ()),
        )
