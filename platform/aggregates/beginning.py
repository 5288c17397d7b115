"""Checks of every message that begins a transfer: its sender, its id, and the transfers that are live already."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from jinbao.platform import limits
from jinbao.platform.aggregates.decision import LATER, RECORDED, Rejection
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.provinces import is_province
from jinbao.schemas import messages as m
from jinbao.schemas.derived_ids import transfer_id

NON_BLOCKING_KINDS = ("reversal", "unassigned")
"""Kinds of transfers beside which another may live."""


def misaddressed(sender: str, origin: str, destination: str, by: str) -> Rejection | None:
    """Why a message that begins a transfer is not taken from this sender for these provinces."""
    for name, province in (("origin", origin), ("destination", destination)):
        if not is_province(province):
            return Rejection("UNKNOWN_PROVINCE", name)
    if origin == destination:
        return Rejection("SAME_PROVINCE", "origin")
    if sender != by:
        return Rejection("ROLE_NOT_ALLOWED" if sender in (origin, destination) else "NOT_CASE_PARTY", "envelope.sender")
    return None


def too_many(r: Relationship, new: Transfer) -> Rejection | None:
    """Whether the province that begins this transfer has begun as many of the relationship as one may."""
    province = _begun_by(new)
    if sum(_begun_by(other) == province for other in r.transfers) < limits.TRANSFERS.most:
        return None
    return Rejection(limits.CODE, limits.TRANSFERS.field)


def _begun_by(t: Transfer) -> str:
    """The destination applies and holds unknown money, the origin offers; a case that moved counts as it began."""
    return t.destination if t.kind in ("application", "unassigned") else t.origin


def clash(r: Relationship, origin: str, destination: str) -> Rejection | None:
    """One live destination, and one live transfer for each origin."""
    for other in r.transfers:
        if not other.live or other.kind in NON_BLOCKING_KINDS:
            continue
        if other.destination != destination:
            return Rejection("LIVE_TRANSFER_ELSEWHERE", "destination")
        if other.origin == origin:
            return Rejection("LIVE_TRANSFER_EXISTS", "origin")
    return None


def not_to_begin(r: Relationship, message: m.Submission) -> Rejection | None:
    """Whether a transfer has this id already, or the id is not the one that belongs to this person and document."""
    envelope = message.envelope
    if r.transfer(envelope.transfer_id) is not None:
        return RECORDED
    derived = transfer_id(UUID(bytes=envelope.relationship_id), envelope.sender, envelope.local_document)
    return None if derived.bytes == envelope.transfer_id else Rejection("TRANSFER_ID_DIFFERS", "envelope.transfer_id")


def base_of_beginning(r: Relationship, message: m.Submission) -> dict[str, Any]:
    """What every fact that begins a transfer takes from its message."""
    return {
        "transfer": len(r.transfers) + 1,
        "occurred_at": message.envelope.occurred_at,
        "then": LATER,
        "transfer_id": message.envelope.transfer_id,
    }


def base_of_relationship(message: m.Submission) -> dict[str, Any]:
    """What every fact about the relationship takes from its message."""
    return {"transfer": 0, "occurred_at": message.envelope.occurred_at, "then": LATER}
