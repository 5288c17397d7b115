"""A transfer that begins where the money lies: of a temporary account, a supplement, a reversal."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.decision import WAIT, Draft, Rejection
from jinbao.platform.aggregates.fact import BeginningFact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.lump_sums import LumpSums
from jinbao.platform.aggregates.recorded_contributions import has_moved
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.rule import (
    BeginningRule,
    Rule,
    base_of_beginning,
    clash,
    misaddressed,
    not_to_begin,
    to_destination,
)
from jinbao.platform.aggregates.same_money import MOVED_ON, moved_on
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import MoneyWay
from jinbao.rules.special_cases import temporary_account_moves
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m


class TransferOffered(BeginningFact, frozen=True, gc=False, kw_only=True):
    """A transfer began where the money lies."""

    TOPIC: ClassVar[str] = "transfer-offered"
    transfer_id: bytes
    kind: str
    origin: str
    destination: str
    letter_number: str
    offered_on: date
    names: bytes | None = None
    account_number: str | None = None
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
            self.letter_number,
            state=State.TRANSFER,
            letter_version=1,
            letter_received=True,
            kind=self.kind,
            names=self.names,
            account=self.account_number,
            money=self.money,
            covers=self.covers or ((1,) if self.kind == "supplement" else ()),
        )


def _offer_transfer(r: Relationship, message: m.TransferOffered, at: int, law: Law) -> Draft:
    envelope = message.envelope
    trouble = misaddressed(envelope.sender, message.origin, message.destination, message.origin)
    trouble = trouble or not_to_begin(r, message)
    if trouble:
        return trouble
    why_not = _offer_of_account(r, message) if message.account_number else _offer_after(r, message)
    if why_not is not None:
        return why_not
    if message.kind != "reversal":
        taken = clash(r, message.origin, message.destination)
        if taken:
            return taken
    return TransferOffered(
        **base_of_beginning(r, message),
        kind=message.kind,
        origin=message.origin,
        destination=message.destination,
        letter_number=message.letter_number,
        offered_on=message.offered_on,
        names=message.names,
        account_number=message.account_number,
        covers=_covered(r, message),
        money=_way_of_offer(r, message, day_of(at), law),
    )


def _offer_of_account(r: Relationship, message: m.TransferOffered) -> Draft | None:
    """A temporary account: known, held by the sender, and free to move by the rule of the day (5号)."""
    if message.kind not in ("temporary_move", "temporary_collection"):
        return Rejection("INVALID_REQUEST", "account_number")
    number = message.account_number or ""
    if (message.origin, number) not in r.temporary_accounts:
        return WAIT
    if has_moved(r, message.origin, number):
        return Rejection("TEMPORARY_ACCOUNT_MOVED", "account_number")
    if message.kind == "temporary_move" and not temporary_account_moves(message.offered_on):
        return Rejection("TEMPORARY_ACCOUNT_SEALED", "kind")
    return None


def _not_followed(r: Relationship, first: Transfer) -> LumpSums:
    """The back-payments that stayed behind and that no completed supplement has brought."""
    brought = {
        number
        for t in r.transfers
        if (t.kind, t.names, t.state) == ("supplement", first.transfer_id, State.COMPLETED)
        for number in t.covers
    }
    return tuple(lump for lump in first.lump_sums if lump.withheld and lump.number not in brought)


def _way_of_offer(r: Relationship, message: m.TransferOffered, day: date, law: Law) -> MoneyWay:
    """How money moves with an offer: a reversal undoes the first transfer in the way in which that was done."""
    first = r.transfer(message.names or b"")
    if message.kind == "reversal" and first is not None:
        return first.money
    return law.procedures.money(message.origin, message.destination, day)


def _covered(r: Relationship, message: m.TransferOffered) -> tuple[int, ...]:
    """Numbers of the back-payments that the supplement brings: all whose document has been found since."""
    first = r.transfer(message.names or b"")
    if message.kind != "supplement" or first is None:
        return ()
    return tuple(lump.number for lump in _not_followed(r, first) if lump.document)


def _offer_after(r: Relationship, message: m.TransferOffered) -> Draft | None:
    """A supplement or a reversal: names a completed transfer that gives it ground."""
    if message.kind not in ("supplement", "reversal"):
        return Rejection("INVALID_REQUEST", "account_number")
    first = r.transfer(message.names or b"")
    if first is None:
        return WAIT if message.names else Rejection("INVALID_REQUEST", "names")
    ways = (first.origin, first.destination)
    if (message.origin, message.destination) != (ways if message.kind == "supplement" else ways[::-1]):
        return Rejection("NOT_CASE_PARTY", "names")
    if first.state is State.MOVED:
        return Rejection("RELATIONSHIP_MOVED", "names")
    if first.state is not State.COMPLETED:
        return WAIT if first.live else Rejection("CASE_CLOSED", "names")
    if message.kind == "reversal" and moved_on(r, first):
        return Rejection(MOVED_ON, "names")
    if message.kind == "supplement":
        behind = _not_followed(r, first)
        if not behind:
            return Rejection("NOTHING_WITHHELD", "names")
        if not any(lump.document for lump in behind):
            return WAIT
    for other in r.transfers:
        if (other.names, other.kind) != (message.names, message.kind):
            continue
        if other.live:
            return Rejection("LIVE_TRANSFER_EXISTS", "names")
        if other.state is State.COMPLETED and message.kind == "reversal":
            return Rejection("CASE_CLOSED", "names")
    return None


RULES: tuple[Rule, ...] = (
    BeginningRule(message=m.TransferOffered, decide=_offer_transfer, fact=TransferOffered, readers=to_destination),
)
