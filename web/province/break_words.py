"""`POST /finance/breaks/B`: an officer's word about a break, written in the province's own system and sent from there.

What the platform answers is waited for shortly; the list is shown again at the place where the officer stood.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec

from jinbao.regional_adapter.local.bank_book import BankBook, Fields
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.schemas.messages import BreakInvestigated, ConfirmationAnnulled, EntryConfirmed
from jinbao.schemas.messages.bank_findings import BreaksCleared
from jinbao.web.access import Subject
from jinbao.web.finance import BREAKS_PATH, BreakAtHand, NationalBreaks, Word
from jinbao.web.page import About, Action, Asker, Done, Refused, not_found
from jinbao.web.province.offices import Offices

WAIT_S, _PAUSE_S = 2.0, 0.05
_KEPT = ("province", "kind", "state", "account", "age", "after", "at")
"""What of the list's address is kept."""


class Said(msgspec.Struct, frozen=True):
    """What an officer says of a break."""

    break_id: UUID
    word: Word
    payment: str = ""
    """To confirm: the candidate that it is."""
    event: str = ""
    """To resolve: position or id of the event that cured it."""
    reason: str = ""
    back: str = ""
    """Address of the list that the officer came from; empty: from the page of the break."""


class _Cannot(Exception):
    """A word that is not written, by the code of why."""


def say_of_a_break(offices: Offices) -> Action:
    """`POST /finance/breaks/{break_id}`."""

    def act(asker: Asker, said: Said) -> Done:
        national = nation_of(offices)
        province = asker.user.province or ""
        found = national.find(province, said.break_id)
        if found is None:
            raise not_found()
        try:
            kind, fields = _message(national, found, said)
            with offices.bank_of(asker) as bank:
                own = bank.account(str(found.account))
                if own is None:
                    raise not_found()
                sequence = bank.say(kind, own.number, fields, asker.user.name, offices.clock.now_us())
                code = answer_of(bank, sequence)
        except _Cannot as cannot:
            code = str(cannot)
        told = {"told": "accepted" if code == "" else "sent"} if code in ("", None) else {"refused": code}
        if code == "":
            _wait_for_effect(national, said.break_id, found)
        value = {"break": said.break_id, "state": told.get("told", "refused"), "code": told.get("refused")}
        return Done(_back(said, told), value, 409 if "refused" in told else 202)

    return Action(f"{BREAKS_PATH}/{{break_id}}", act, Said, about_the_break(offices))


def about_the_break(offices: Offices) -> About:
    """Whose break a query or form names."""

    def about(asker: Asker, asked: Any) -> Subject | None:
        found = nation_of(offices).find(asker.user.province or "", asked.break_id)
        return None if found is None else Subject(found.province)

    return about


def nation_of(offices: Offices) -> NationalBreaks:
    """Raises Refused where no nation is named."""
    if offices.breaks is None:
        raise Refused(
            "此处没有指明全国应用（--national-url）；请用 jinbao breaks",
            "no national application is named here (--national-url): use jinbao breaks",
            503,
        )
    return offices.breaks


def _message(national: NationalBreaks, found: BreakAtHand, said: Said) -> tuple[str, Fields]:
    """Name and fields of the message that says it. Raises _Cannot."""
    reason = said.reason.strip() or None
    if said.word == "annul":
        if not found.is_confirmed:
            raise _Cannot("NOT_CONFIRMED")
        return ConfirmationAnnulled.NAME, {"entry": found.entry, "reason_text": reason}
    if found.stands[0] == "resolved":
        raise _Cannot("RESOLVED_MEANWHILE")
    if said.word == "investigate":
        return BreakInvestigated.NAME, {"break_id": said.break_id.bytes, "reason_text": reason}
    if said.word == "confirm":
        if found.entry is None or said.payment not in found.candidates:
            raise _Cannot("NO_CANDIDATE")
        payment = {"payment_reference": said.payment}
        return EntryConfirmed.NAME, {"entry": found.entry, **payment, "reason_text": reason}
    cure = national.cure(found.province, said.break_id, said.event.strip())
    if cure is None:
        raise _Cannot("DIFFERENCE_REMAINS")
    return BreaksCleared.NAME, {"break_ids": cure.breaks, "cured_by": cure.event, "reason_text": reason}


def answer_of(bank: BankBook, sequence: int) -> str | None:
    """The code by which the platform refuses a message, empty where it has taken it; None where it has not said yet."""
    until = time.monotonic() + WAIT_S
    while True:
        (told,) = bank.told([sequence])
        if told.state is DocumentState.REJECTED:
            return told.code
        if told.state > DocumentState.REJECTED:
            return ""
        if time.monotonic() > until:
            return None
        time.sleep(_PAUSE_S)


def _wait_for_effect(national: NationalBreaks, break_id: UUID, before: BreakAtHand) -> None:
    """Wait shortly until the read models show what the word has changed."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        now = national.find(before.province, break_id)
        if now is None or now.stands != before.stands:
            return
        time.sleep(_PAUSE_S)


def _back(said: Said, told: dict[str, Any]) -> str:
    if not said.back:
        return f"{BREAKS_PATH}/{said.break_id}?{urlencode(told)}"
    kept = {name: text for name, text in parse_qsl(said.back.partition("?")[2]) if name in _KEPT}
    return f"{BREAKS_PATH}?{urlencode({**kept, **told})}"
