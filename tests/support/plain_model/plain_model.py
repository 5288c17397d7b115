"""A plain model of a person's transfers: lists and dictionaries, written from the rules of the law and the order in
which the platform judges. It imports neither the aggregate nor the store nor the read models; a calendar is all it is
given."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from support.plain_model.plain_clocks import Clocks
from support.plain_model.plain_law import (
    _RECEIVED,
    CONFIRM,
    MISMATCH,
    NEW_STATE,
    OVER,
    PROCEDURES,
    RETURNED,
    RULES,
    TAKEN_BACK,
    TRANSFER,
    WAIT,
    meant_lumps,
    snake,
    untold,
)
from support.plain_model.plain_letters import Letters
from support.plain_model.plain_money import Money
from support.plain_model.plain_openings import Openings
from support.plain_model.plain_turns import Turns

from jinbao.rules.working_days import WorkingDays, day_of


class PlainModel(Openings, Letters, Money, Turns, Clocks):
    """What ought to happen, told plainly."""

    def __init__(self, calendar: WorkingDays, procedure: str = "national-2009") -> None:
        self.calendar, self.procedure, self.law = calendar, procedure, PROCEDURES[procedure]
        self.people: dict[bytes, dict[str, Any]] = {}
        self.now = 0
        self.elsewhere: list[tuple[bytes, dict[str, Any], dict[str, Any], dict[str, Any]]] = []
        """Cases on their way: (relationship, the transfer there, the person here, the transfer here)."""

    def person(self, relationship: bytes) -> dict[str, Any]:
        fresh = {"transfers": [], "certificates": {}, "accounts": {}, "recorded": {}, "seen": {}, "parked": []}
        return self.people.setdefault(relationship, fresh)

    def transfer(self, relationship: bytes, transfer_id: bytes) -> dict[str, Any] | None:
        found = [t for t in self.person(relationship)["transfers"] if t["id"] == transfer_id]
        return found[-1] if found else None

    def hear(self, msg: Any, now: int) -> list[tuple[str, str, str | None]]:
        """(message, outcome, code) of everything that follows when the bus brings the message."""
        self.now = now
        rows = self._hear(msg, now)
        while self.elsewhere:
            rows += self._go_on_elsewhere(*self.elsewhere.pop(0), now)
        return rows

    def _go_on_elsewhere(
        self, relationship: bytes, there: dict[str, Any], left: dict[str, Any], here: dict[str, Any], now: int
    ) -> list[tuple[str, str, str | None]]:
        """The case is taken under the right number, or stands again where it stood."""
        person = self.person(relationship)
        in_the_way = None
        if there["kind"] not in ("reversal", "unassigned"):
            in_the_way = self.in_the_way(person, there["origin"], there["destination"])
        if in_the_way is not None:
            here["state"] = there["state"]
            return [
                ("CaseContinued", "rejected", in_the_way),
                ("ContinuationRefused", "accepted", None),
                *self._try_parked(left),
            ]
        person["transfers"].append(there)
        there["owed"], there["receipt_since"] = self.outstanding(there), now
        rows: list[tuple[str, str, str | None]] = [("CaseContinued", "accepted", None), *self._try_parked(person)]
        here["state"], here["owed"] = "moved", ""
        for clock in here["clocks"]:
            clock["outcome"] = clock["outcome"] or "cancelled"
        return [*rows, ("ContinuationConfirmed", "accepted", None), *self._try_parked(left)]

    def _hear(self, msg: Any, at: int) -> list[tuple[str, str, str | None]]:
        person = self.person(msg.envelope.relationship_id)
        own = (msg.envelope.sender, msg.envelope.event_id)
        known = person["seen"].get(own)
        if known is not None:
            return [(msg.NAME, "duplicate", None) if known == msg else (msg.NAME, "rejected", "ID_REUSED")]
        person["seen"][own] = msg
        verdict = self.judge(person, msg, at)
        if verdict == WAIT:
            person["parked"].append((msg, at))
            return [(msg.NAME, "parked", "PREDECESSOR_MISSING")]
        if verdict is not None:
            return [(msg.NAME, "rejected", verdict)]
        return [(msg.NAME, "accepted", None), *self._try_parked(person)]

    def _try_parked(self, person: dict[str, Any]) -> list[tuple[str, str, str | None]]:
        rows: list[tuple[str, str, str | None]] = []
        moved = True
        while moved:
            moved = False
            for waiting in list(person["parked"]):
                msg, at = waiting
                verdict = self.judge(person, msg, at)
                if verdict == WAIT:
                    continue
                person["parked"].remove(waiting)
                moved = True
                rows.append((msg.NAME, "accepted", None) if verdict is None else (msg.NAME, "rejected", verdict))
        return rows

    def expire(self, relationship: bytes, event_id: bytes) -> list[tuple[str, str, str | None]]:
        person = self.person(relationship)
        for waiting in person["parked"]:
            if waiting[0].envelope.event_id == event_id:
                person["parked"].remove(waiting)
                late = (waiting[0].NAME, "rejected", "PREDECESSOR_MISSING")
                return [("ParkedMessageExpired", "accepted", None), late]
        return [("ParkedMessageExpired", "rejected", "ALREADY_RECORDED")]

    def judge(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        opening = getattr(self, f"_open_{snake(msg.NAME)}", None)
        if opening is not None:
            return opening(person, msg, at)
        t = self.transfer(msg.envelope.relationship_id, msg.envelope.transfer_id)
        sender = msg.envelope.sender
        if t is None:
            return "CLOCK_NOT_RUNNING" if sender == "00" else WAIT
        who, heard, early = RULES[msg.NAME]
        parties = {"destination": [t["destination"]], "origin": [t["origin"]], "platform": ["00"]}
        parties["party"] = [t["destination"], t["origin"]]
        parties["document-holder"] = [t["origin"], *(lump["paid_in"] for lump in t["lumps"])]
        if sender not in parties[who]:
            return "ROLE_NOT_ALLOWED" if sender in parties["party"] else "NOT_CASE_PARTY"
        if self.said_before(t, msg):
            return "ALREADY_RECORDED"
        if t["state"] == "moving":
            return WAIT
        if t["state"] in heard:
            before = deepcopy({k: v for k, v in t.items() if k not in ("undo", "clocks")})
            running = [i for i, c in enumerate(t["clocks"]) if c["outcome"] is None]
            verdict = getattr(self, f"_hear_{snake(msg.NAME)}")(person, t, msg, at)
            if verdict is None and msg.NAME != "FactAnnulled":
                self._afterwards(t, before, running, msg, at)
            return verdict
        if t["state"] in early:
            old = t["state"] == RETURNED and getattr(msg, "letter_version", 9_999) <= t["letter"]
            return "STATE_CONFLICT" if old else WAIT
        if t["state"] == "moved":
            return "RELATIONSHIP_MOVED"
        return "CASE_CLOSED" if t["state"] in OVER else "STATE_CONFLICT"

    def _afterwards(self, t: dict[str, Any], before: dict[str, Any], running: list[int], msg: Any, at: int) -> None:
        """State, clocks and what may be taken back, once a message about the transfer has been heard."""
        reached = {msg.NAME}
        was = t["state"]
        if msg.NAME in NEW_STATE:
            t["state"] = NEW_STATE[msg.NAME]
        elif (was == TRANSFER and self.all_in(t)) or (was == MISMATCH and self.fits(t) and not self.under_way(t)):
            t["state"] = CONFIRM
        if was == MISMATCH and t["state"] not in (MISMATCH, "moving"):
            t["mismatch"] = None
        if self.all_sent(t) and not self.all_sent(before):
            reached.add("everything sent")
        if msg.NAME in ("LumpSumNoticeSent", "LumpSumDocumentSupplied") and untold(t):
            reached.remove(msg.NAME)  # the notice of another back-payment is still due
        if t["state"] == CONFIRM and was != CONFIRM:
            reached.add("everything in")
        self.stop_clocks(t, reached, day_of(at))
        self.start_clocks(t, reached, day_of(at))
        if msg.NAME in _RECEIVED and untold(t):
            self.start(t, "lump_sum_notice", day_of(at))
        if msg.NAME == "LumpSumFound" and not untold(before):
            self.start(t, "lump_sum_notice", t["letter_day"] or day_of(at))
        t["late"] += self.reported_late(msg, at)
        if t["state"] in OVER:
            t["owed"] = ""
        if msg.NAME in TAKEN_BACK:
            goes_on = msg.NAME == "MismatchReported" and t["undo"] and t["undo"][4] != msg.NAME
            before["undo"] = t["undo"] if goes_on else None  # a mismatch is no act on what it finds
            t["undo"] = (msg.envelope.event_id, msg.envelope.sender, before, running, msg.NAME)
        elif msg.NAME != "IdentityCorrected":
            t["undo"] = None

    def said_before(self, t: dict[str, Any], msg: Any) -> bool:
        match msg.NAME:
            case "ApplicationRefused":
                return t["state"] == "refused"
            case "ContactLetterIssued":
                return msg.letter_version <= t["letter"]
            case "ContactLetterReceived" | "ContactLetterDeemedReceived":
                return msg.letter_version < t["letter"] or (msg.letter_version == t["letter"] and t["letter_in"])
            case "OriginReviewPassed":
                passed = t["state"] in (TRANSFER, CONFIRM, MISMATCH, "completed", "reversed")
                return msg.letter_version < t["letter"] or (msg.letter_version == t["letter"] and passed)
            case "TransferReturned":
                same = msg.letter_version == t["letter"]
                return msg.letter_version < t["letter"] or (same and t["return_reason"] != "")
            case "InformationSheetSent":
                return msg.sheet_version <= t["sheet"]
            case "InformationSheetReceived" | "InformationSheetDeemedReceived":
                return msg.sheet_version < t["sheet"] or (msg.sheet_version == t["sheet"] and t["sheet_in"])
            case "FundsRemitted" | "FundsReceived" | "FundsReturned" | "ReturnedFundsReceived":
                line = self.line(t, msg)
                back = msg.NAME in ("FundsReturned", "ReturnedFundsReceived")
                if line is None or (line["back"], line["amount"]) != (back, msg.amount):
                    return False
                return line["told"] if msg.NAME in ("FundsRemitted", "FundsReturned") else line["came"]
            case "PaymentBounced":
                line = self.line(t, msg)
                return line is not None and line["bounced"]
            case "TransferCompleted":
                return t["credited"]
        return self.said_of_exceptional_procedures(t, msg)

    def said_of_exceptional_procedures(self, t: dict[str, Any], msg: Any) -> bool:
        match msg.NAME:
            case "WithdrawalRequested":
                return t["withdrawal"] and msg.letter_version == t["letter"]
            case "TransferWithdrawn":
                return t["state"] == "withdrawn"
            case "TransferClosed":
                return t["state"] == "closed"
            case "TransferFrozen":
                return t["frozen"] != ""
            case "TransferReversed":
                return t["state"] == "reversed"
            case "IdentityCorrected":
                return t["state"] == "moved"
            case "LumpSumFound":
                if msg.lump_sum_number is not None:
                    return msg.lump_sum_number <= len(t["lumps"])
                names = ("months", "amount", "paid_on", "paid_in")
                return any(all(lump[n] == getattr(msg, n) for n in names) for lump in t["lumps"])
            case "LumpSumDocumentSupplied" | "LumpSumDocumentRequested":
                meant = meant_lumps(t, msg)
                return bool(meant) and all(lump["document"] for lump in meant)
            case "LumpSumNoticeSent":
                told = [lump["noticed"] for lump in t["lumps"] if msg.lump_sum_number in (None, lump["number"])]
                return bool(told) and all(told)
            case "ArrearsReported":
                return t["arrears"] != ""
            case "ArrearsSettled" | "ArrearsDeclined":
                return t["arrears"] == msg.NAME.removeprefix("Arrears").lower()
            case "UnassignedFundsAssigned":
                return t["kind"] == "unassigned" and t["state"] == "closed" and not t["lines"]
            case "OverlapCleared":
                return (msg.payment_reference, msg.payment_line) in [r[:2] for r in t["refunds"]]
            case "PersonInformed" | "EmployerInformed":
                return (msg.NAME, msg.about) in t["told"]
            case "DeadlineApproaching" | "DeadlineMissed":
                clock = self.clock(t, msg)
                return clock is not None and clock["missed" if msg.NAME == "DeadlineMissed" else "warned"]
        return False
