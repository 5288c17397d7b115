"""Messages that begin a transfer, or that are about the relationship itself: pure decisions, as in `decisions.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from jinbao.platform import limits
from jinbao.platform.aggregates.continuation import first_fault, is_derived_otherwise
from jinbao.platform.aggregates.decision import RECORDED, WAIT, Draft, Rejection
from jinbao.platform.aggregates.fact import Consequences, Fact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.lump_sums import LumpSums
from jinbao.platform.aggregates.money import PaymentLine
from jinbao.platform.aggregates.recorded_contributions import has_moved, sheet_is_out
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.same_money import MOVED_ON, moved_on
from jinbao.platform.aggregates.sheet_contradictions import months_contradict
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.subjects.application import ApplicationAccepted
from jinbao.platform.aggregates.subjects.certificate import CertificateIssued
from jinbao.platform.aggregates.subjects.identity_correction import CaseContinued
from jinbao.platform.aggregates.subjects.reversal import TransferReversed
from jinbao.platform.aggregates.subjects.temporary_account import (
    ContributionsRecorded,
    TemporaryAccountOpened,
    TemporaryAccountSealed,
)
from jinbao.platform.aggregates.subjects.transfer_offer import TransferOffered
from jinbao.platform.aggregates.subjects.unassigned_funds import UnassignedFundsReceived
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.rules.procedures import MoneyWay
from jinbao.rules.provinces import is_province
from jinbao.rules.special_cases import temporary_account_moves
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m
from jinbao.schemas.transfer_ids import transfer_id

NEVER_IN_THE_WAY = ("reversal", "unassigned")
"""Kinds of transfers beside which another may live."""
_LATER = Consequences()


_BEGINNINGS: Mapping[type[Fact], Callable[[Any], Transfer]] = {
    ApplicationAccepted: ApplicationAccepted.begin,
    TransferOffered: TransferOffered.begin,
    UnassignedFundsReceived: UnassignedFundsReceived.begin,
    CaseContinued: CaseContinued.begin,
}


def begun(fact: Fact) -> Transfer | None:
    """The transfer that a fact begins, or None where it begins none."""
    begin = _BEGINNINGS.get(type(fact))
    return None if begin is None else begin(fact)


def _misaddressed(sender: str, origin: str, destination: str, by: str) -> Rejection | None:
    """Why a message that begins a transfer is not taken from this sender for these provinces."""
    for name, province in (("origin", origin), ("destination", destination)):
        if not is_province(province):
            return Rejection("UNKNOWN_PROVINCE", name)
    if origin == destination:
        return Rejection("SAME_PROVINCE", "origin")
    if sender != by:
        return Rejection("ROLE_NOT_ALLOWED" if sender in (origin, destination) else "NOT_CASE_PARTY", "envelope.sender")
    return None


def too_many(r: Relationship, new: Fact) -> Rejection | None:
    """Whether the province that begins this transfer has begun as many of the relationship as one may."""
    transfer = begun(new)
    assert transfer is not None, "asked of facts that begin a transfer"
    province = _begun_by(transfer)
    if sum(_begun_by(other) == province for other in r.transfers) < limits.TRANSFERS.most:
        return None
    return Rejection(limits.CODE, limits.TRANSFERS.field)


def _begun_by(t: Transfer) -> str:
    """The destination applies and holds unknown money, the origin offers; a case that moved counts as it began."""
    return t.destination if t.kind in ("application", "unassigned") else t.origin


def clash(r: Relationship, origin: str, destination: str) -> Rejection | None:
    """One live destination, and one live transfer for each origin."""
    for other in r.transfers:
        if not other.live or other.kind in NEVER_IN_THE_WAY:
            continue
        if other.destination != destination:
            return Rejection("LIVE_TRANSFER_ELSEWHERE", "destination")
        if other.origin == origin:
            return Rejection("LIVE_TRANSFER_EXISTS", "origin")
    return None


def _not_to_begin(r: Relationship, message: m.Submission) -> Rejection | None:
    """Whether a transfer has this id already, or the id is not the one that belongs to this person and document."""
    envelope = message.envelope
    if r.transfer(envelope.transfer_id) is not None:
        return RECORDED
    derived = transfer_id(UUID(bytes=envelope.relationship_id), envelope.sender, envelope.local_document)
    return None if derived.bytes == envelope.transfer_id else Rejection("TRANSFER_ID_DIFFERS", "envelope.transfer_id")


def _start(r: Relationship, message: m.Submission) -> dict[str, Any]:
    return {
        "transfer": len(r.transfers) + 1,
        "occurred_at": message.envelope.occurred_at,
        "then": _LATER,
        "transfer_id": message.envelope.transfer_id,
    }


def _about(message: m.Submission) -> dict[str, Any]:
    return {"transfer": 0, "occurred_at": message.envelope.occurred_at, "then": _LATER}


def _accept_application(r: Relationship, message: m.ApplicationAccepted, at: int, law: Law) -> Draft:
    envelope = message.envelope
    trouble = _misaddressed(envelope.sender, message.origin, message.destination, message.destination)
    trouble = trouble or _not_to_begin(r, message)
    if trouble:
        return trouble
    taken = clash(r, message.origin, message.destination)
    if taken:
        return taken
    if _is_certificate_of_another(r, message):
        return Rejection("CERTIFICATE_OF_OTHER_ORIGIN", "certificate_number")
    way = law.procedures.money(message.origin, message.destination, day_of(at))
    return ApplicationAccepted(
        **_start(r, message),
        origin=message.origin,
        destination=message.destination,
        application=envelope.local_document,
        accepted_on=message.accepted_on,
        hukou_province=message.hukou_province,
        information_only=way == "none",
        certificate=message.certificate_number,
        by_period=way == "by_period",
    )


def _is_certificate_of_another(r: Relationship, message: m.ApplicationAccepted) -> bool:
    """Whether the origin reports its certificates, has none of that number, and another province has.

    Each province numbers its own: what another has issued says nothing of an origin that reports none.
    """
    number, issued = message.certificate_number, r.certificates
    if number is None or (message.origin, number) in issued:
        return False
    return any(p == message.origin for p, _ in issued) and any(n == number for _, n in issued)


def _offer_transfer(r: Relationship, message: m.TransferOffered, at: int, law: Law) -> Draft:
    envelope = message.envelope
    trouble = _misaddressed(envelope.sender, message.origin, message.destination, message.origin)
    trouble = trouble or _not_to_begin(r, message)
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
        **_start(r, message),
        kind=message.kind,
        origin=message.origin,
        destination=message.destination,
        letter=message.letter_number,
        offered_on=message.offered_on,
        names=message.names,
        account=message.account_number,
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


def _receive_unassigned_funds(r: Relationship, message: m.UnassignedFundsReceived, at: int, law: Law) -> Draft:
    sender = message.envelope.sender
    trouble = _misaddressed(sender, message.payer, sender, sender)
    trouble = trouble or _not_to_begin(r, message)
    if trouble:
        return trouble
    if not is_payment_reference(message.payment_reference):
        return Rejection("PAYMENT_REFERENCE_INVALID", "payment_reference")
    if message.amount == 0:
        return Rejection("AMOUNT_DIFFERS", "amount")
    return UnassignedFundsReceived(
        **_start(r, message),
        payer=message.payer,
        receiver=sender,
        voucher=message.envelope.local_document,
        payment=PaymentLine(message.payment_reference, message.payment_line, message.amount, arrived=True),
        day=message.received_on,
    )


def _continue_case(r: Relationship, message: m.CaseContinued, at: int, law: Law) -> Draft:
    if message.envelope.sender != m.PLATFORM:
        return Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    id_, case = message.envelope.transfer_id, message.case
    here = r.transfer(id_)
    if here is not None and here.state is not State.MOVED:
        return RECORDED
    if case is None:
        return Rejection("INVALID_REQUEST", "case")
    fault = first_fault(case, id_, law)
    if fault is not None:
        return Rejection("INVALID_REQUEST", fault)
    if is_derived_otherwise(case, id_):
        return Rejection("TRANSFER_ID_DIFFERS", "envelope.transfer_id")
    taken = None if case.kind in NEVER_IN_THE_WAY else clash(r, case.origin, case.destination)
    if taken is not None:
        return taken
    return CaseContinued(**_start(r, message), old_relationship=message.old_relationship_id, case=case)


def _issue_certificate(r: Relationship, message: m.CertificateIssued, at: int, law: Law) -> Draft:
    if not is_province(message.envelope.sender):
        return Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    province = message.envelope.sender
    version = r.certificates.get((province, message.certificate_number), 0)
    if message.certificate_version <= version:
        return RECORDED
    if message.certificate_version > version + 1:
        return WAIT
    return CertificateIssued(
        **_about(message),
        province=province,
        certificate=message.certificate_number,
        version=message.certificate_version,
        months=message.months,
    )


def _open_temporary_account(r: Relationship, message: m.TemporaryAccountOpened, at: int, law: Law) -> Draft:
    if not is_province(message.envelope.sender):
        return Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    if (message.envelope.sender, message.account_number) in r.temporary_accounts:
        return RECORDED
    return TemporaryAccountOpened(
        **_about(message),
        province=message.envelope.sender,
        account=message.account_number,
        opened_on=message.opened_on,
    )


def _held_by(r: Relationship, message: m.ContributionsRecorded | m.TemporaryAccountSealed) -> Draft | str:
    """State of the sender's own temporary account."""
    holder, number = message.envelope.sender, message.account_number
    state = r.temporary_accounts.get((holder, number))
    if state is None:
        return WAIT
    if has_moved(r, holder, number):
        return Rejection("TEMPORARY_ACCOUNT_MOVED", "account_number")
    return state


def _record_contributions(r: Relationship, message: m.ContributionsRecorded, at: int, law: Law) -> Draft:
    state = _held_by(r, message)
    if not isinstance(state, str):
        return state
    if state == "sealed":
        return Rejection("TEMPORARY_ACCOUNT_SEALED", "account_number")
    wrong = months_contradict(message.first_month, message.last_month, message.months, day_of(at))
    if wrong is not None:
        return Rejection(*wrong)
    if sheet_is_out(r, message.envelope.sender, message.account_number):
        return WAIT
    return ContributionsRecorded(
        **_about(message),
        account=message.account_number,
        months=message.months,
        individual=message.individual,
        employer=message.employer,
        first_month=message.first_month,
        last_month=message.last_month,
        province=message.envelope.sender,
    )


def _seal_temporary_account(r: Relationship, message: m.TemporaryAccountSealed, at: int, law: Law) -> Draft:
    state = _held_by(r, message)
    if not isinstance(state, str):
        return state
    if state == "sealed":
        return RECORDED
    return TemporaryAccountSealed(
        **_about(message),
        province=message.envelope.sender,
        account=message.account_number,
        sealed_on=message.sealed_on,
    )


def reverse_transfer(r: Relationship, t: Transfer, message: m.TransferReversed) -> Draft:
    """A completed transfer is undone by a completed opposite one that names it."""
    reversal = r.transfer(message.reversal)
    if reversal is None:
        return WAIT
    if reversal.kind != "reversal" or reversal.names != t.transfer_id:
        return Rejection("REVERSAL_OF_ANOTHER", "reversal")
    if reversal.state is not State.COMPLETED:
        return WAIT if reversal.live else Rejection("REVERSAL_OF_ANOTHER", "reversal")
    return TransferReversed(
        transfer=t.number, occurred_at=message.envelope.occurred_at, then=_LATER, reversal=message.reversal
    )


_Opening = Callable[[Relationship, Any, int, Law], Draft]

OPENINGS: Mapping[type[m.Submission], _Opening] = {
    m.ApplicationAccepted: _accept_application,
    m.TransferOffered: _offer_transfer,
    m.UnassignedFundsReceived: _receive_unassigned_funds,
    m.CaseContinued: _continue_case,
    m.CertificateIssued: _issue_certificate,
    m.TemporaryAccountOpened: _open_temporary_account,
    m.ContributionsRecorded: _record_contributions,
    m.TemporaryAccountSealed: _seal_temporary_account,
}
