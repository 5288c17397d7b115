"""What waits for a clerk: which cases are live, and why one waits."""

from __future__ import annotations

from dataclasses import dataclass

from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import ENDING_KINDS
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.regional_adapter.office.actions import ACTIONS
from jinbao.regional_adapter.office.actions.person import notices_open
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.situation import NONE, Situation
from jinbao.rules.notices import TOLD


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a case waits for a clerk."""

    code: str
    """turn: it is this agency's turn; rejected: a document was refused and nothing has taken its place; desk: the
    automatic desk leaves it; asked: another agency asks for something; notice: somebody is to be told."""
    detail: str = ""
    """The code of the rejection, the desk's reason in both languages, the kind of what was asked or decided."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that waits for a clerk."""

    case: Case
    situation: Situation
    why: tuple[Reason, ...]


def is_live(case: Case) -> bool:
    """Whether nothing that stands has ended the case, or it ended without anybody's being told."""
    if not any(case.documents(kind) for kind in ENDING_KINDS):
        return True
    told = {d.fields["about"] for d in case.outgoing if d.kind in ("PersonInformed", "EmployerInformed")}
    return any(d.kind in TOLD and d.state is DocumentState.ACCEPTED and d.kind not in told for d in case.outgoing)


def reasons_of(case: Case, situation: Situation) -> tuple[Reason, ...]:
    """Why the case waits for a clerk; empty where it does not."""
    found = []
    is_over = situation.group == "ended"
    if situation.turn == case.province and not is_over and _is_asked_now(case, situation):
        found.append(Reason("turn"))
    found += [Reason("rejected", f"{d.kind} {d.code or ''}".strip()) for d in refused_of(case)]
    found += [Reason("desk", reason) for reason in case.local.reasons_left(case.number)]
    if case.received("WithdrawalRequested") and not case.written("TransferReturned") and not is_over:
        found.append(Reason("asked", "WithdrawalRequested"))
    found += [Reason("notice", notice.about) for notice in notices_open(case)]
    return tuple(dict.fromkeys(found))


def _is_asked_now(case: Case, situation: Situation) -> bool:
    """Of what is no transfer, whether something is still to be said."""
    if case.role == "settlement":
        return ACTIONS["pay-settlement"].is_possible(case, situation)
    return situation.state != NONE or not case.outgoing


def refused_of(case: Case) -> list[LocalDocument]:
    """Documents of ours that were refused, that nothing of the same kind has replaced, and that nobody let rest."""
    last = {d.kind: d for d in case.outgoing}
    return [d for d in last.values() if d.state is DocumentState.REJECTED and not d.is_dealt_with]
