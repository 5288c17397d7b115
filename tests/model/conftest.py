"""A plain model of a person's transfers: lists and dictionaries, written from the rules of the law and the order in
which the platform judges. It imports neither the aggregate nor the store nor the read models; a calendar is all it is
given."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from jinbao.rules import working_days
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import WorkingDays, day_of, load_working_days

OVER = {"refused", "withdrawn", "closed", "completed", "reversed", "moved"}
REVIEW, LETTER, ORIGIN, TRANSFER = "application_review", "letter_issued", "origin_review", "transfer"
CONFIRM, MISMATCH, RETURNED, FROZEN, UNKNOWN = "confirmation", "mismatch", "returned", "frozen", "unassigned"
TRANSFER_IDS = uuid5(NAMESPACE_URL, "urn:jinbao:transfer")
WAIT = "PREDECESSOR_MISSING, parked"

LETTERS = {
    "A": REVIEW,
    "L": LETTER,
    "O": ORIGIN,
    "T": TRANSFER,
    "C": CONFIRM,
    "M": MISMATCH,
    "R": RETURNED,
    "F": FROZEN,
    "U": UNKNOWN,
} | {"d": "completed", "c": "closed", "w": "withdrawn", "n": "refused", "v": "reversed", "m": "moved"}
# message, who says it, the states in which it is heard, the states in which it comes too early
TABLE = """
ApplicationRefused              destination     A               -
ContactLetterIssued             destination     AR              LOT
ContactLetterReceived           origin          L               AR
ContactLetterDeemedReceived     platform        L               -
OriginReviewPassed              origin          O               ALR
TransferReturned                origin          OT              AL
InformationSheetSent            origin          TCM             ALOR
InformationSheetReceived        destination     TCMF            ALOR
InformationSheetDeemedReceived  platform        TCMF            -
FundsRemitted                   origin          TCMRFUdcwnv     ALO
FundsReceived                   destination     LOTCMRFdcwnv    A
FundsReturned                   destination     LOTMRFUdcwnv    C
ReturnedFundsReceived           origin          LOTCMRFUdcwnv   -
PaymentBounced                  party           LOTCMRFUdcwnv   A
MismatchReported                destination     CM              ALOT
TransferCompleted               destination     CMF             ALOT
WithdrawalRequested             destination     LOT             A
TransferWithdrawn               destination     AR              -
TransferClosed                  destination     RFU             -
DeadlineApproaching             platform        ALOTCMRFU       -
DeadlineMissed                  platform        ALOTCMRFU       -
LumpSumFound                    origin          OT              ALR
LumpSumDocumentRequested        origin          OTd             AL
LumpSumDocumentSupplied         document-holder OTCMd           AL
LumpSumNoticeSent               origin          OT              AL
ArrearsReported                 origin          OT              ALR
ArrearsSettled                  origin          OT              AL
ArrearsDeclined                 origin          OT              AL
UnassignedFundsAssigned         destination     U               -
TransferFrozen                  party           ALOTCMR         -
TransferReversed                origin          d               -
IdentityCorrected               party           ALOTCMRF        -
FactAnnulled                    party           ALOTCMRFUdcwnv  -
AgencyChanged                   party           ALOTCMRF        -
OverlapCleared                  destination     d               TCM
PersonInformed                  party           ALOTCMRFdcwnv   -
EmployerInformed                party           ALOTCMRFdcwnv   -
"""
TAKEN_BACK = {
    *("ApplicationRefused", "ContactLetterIssued", "OriginReviewPassed", "TransferReturned", "InformationSheetSent"),
    *("FundsRemitted", "FundsReceived", "FundsReturned", "PaymentBounced", "MismatchReported", "WithdrawalRequested"),
    *("TransferWithdrawn", "TransferClosed", "LumpSumFound", "ArrearsReported", "ArrearsSettled", "ArrearsDeclined"),
    "TransferFrozen",
}
"""What its sender may take back while nobody has acted on it."""


def rules() -> dict[str, tuple[str, set[str], set[str]]]:
    found = {}
    for row in TABLE.strip().splitlines():
        name, who, heard, early = row.split()
        found[name] = (who, {LETTERS[c] for c in heard}, {LETTERS[c] for c in early.strip("-")})
    return found


RULES = rules()
NEW_STATE = {
    "ApplicationRefused": "refused",
    "ContactLetterIssued": LETTER,
    "ContactLetterReceived": ORIGIN,
    "ContactLetterDeemedReceived": ORIGIN,
    "OriginReviewPassed": TRANSFER,
    "TransferReturned": RETURNED,
    "MismatchReported": MISMATCH,
    "TransferCompleted": "completed",
    "TransferWithdrawn": "withdrawn",
    "TransferClosed": "closed",
    "UnassignedFundsAssigned": "closed",
    "TransferFrozen": FROZEN,
    "TransferReversed": "reversed",
    "IdentityCorrected": "moving",
}
# clock: (whose, working days, what starts it, what stops it, what cancels it)
_ENDS = {"TransferWithdrawn", "TransferClosed", "TransferFrozen"}
_TWICE = {"TransferReversed"}
_REVIEW = ("destination", 15, {"ApplicationAccepted"}, {"ContactLetterIssued", "ApplicationRefused"}, _ENDS)
_CONFIRMED = ("destination", 15, {"everything in"}, {"TransferCompleted"}, {"MismatchReported"} | _ENDS | _TWICE)
_RECEIVED = {"ContactLetterReceived", "ContactLetterDeemedReceived"}
_SENT = {"everything sent", "TransferReturned"}
_NOTICE = ("origin", 10, set(), {"LumpSumNoticeSent"}, {"LumpSumDocumentSupplied", "TransferReturned"} | _ENDS)
NATIONAL = {
    "application_review": _REVIEW,
    "origin_transfer": ("origin", 15, _RECEIVED, _SENT, _ENDS | _TWICE),
    "confirmation": _CONFIRMED,
    "lump_sum_notice": _NOTICE,
}
MINISTRY = {
    "origin_review": ("origin", 15, _RECEIVED, {"OriginReviewPassed", "TransferReturned"}, _ENDS | _TWICE),
    "transfer": ("origin", 15, {"OriginReviewPassed"}, _SENT, _ENDS | _TWICE),
    "confirmation": _CONFIRMED,
    "lump_sum_notice": _NOTICE,
}
PROCEDURES = {"national-2009": NATIONAL, "ministry-platform-2013": MINISTRY, "information-only": NATIONAL}
STOPPED_BY = {
    "application_review": {"ContactLetterIssued", "ApplicationRefused"},
    "origin_transfer": {"InformationSheetSent", "FundsRemitted", "FundsReceived", "TransferReturned"},
    "origin_review": {"OriginReviewPassed", "TransferReturned"},
    "transfer": {"InformationSheetSent", "FundsRemitted", "FundsReceived", "TransferReturned"},
    "confirmation": {"TransferCompleted"},
    "lump_sum_notice": {"LumpSumNoticeSent"},
}
"""What a province says that may stop a clock: money that came was sent."""


def untold(t: dict[str, Any]) -> bool:
    """Whether a back-payment has neither its document nor its notice."""
    return any(not lump["document"] and not lump["noticed"] for lump in t["lumps"])


def meant_lumps(t: dict[str, Any], msg: Any) -> list[dict[str, Any]]:
    """Those that a request (by its place) or a document (by its sender) can be about."""
    place = msg.paid_in if msg.NAME == "LumpSumDocumentRequested" else msg.envelope.sender
    anywhere = msg.NAME == "LumpSumDocumentSupplied" and place == t["origin"]
    return [
        lump
        for lump in t["lumps"]
        if (anywhere or lump["paid_in"] == place) and msg.lump_sum_number in (None, lump["number"])
    ]


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def new_transfer(msg: Any, kind: str, origin: str, destination: str, state: str) -> dict[str, Any]:
    return {
        "id": msg.envelope.transfer_id,
        "kind": kind,
        "origin": origin,
        "destination": destination,
        "state": state,
        "letter": 0,
        "letter_in": False,
        "letter_day": None,
        "withdrawal": False,
        "return_reason": "",
        "sheet": 0,
        "sheet_in": False,
        "split": None,
        "lines": [],
        "mismatch": None,
        "credited": False,
        "clocks": [],
        "names": None,
        "account": None,
        "lumps": [],
        "covers": [],
        "arrears": "",
        "withheld": False,
        "frozen": "",
        "refunds": [],
        "told": set(),
        "undo": None,
        "board_reason": "",
        "receipt_since": None,
        "owed": "",
        "info_only": False,
        "late": 0,
    }


class PlainModel:
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

    # --- hearing ---

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

    # --- judging: None means yes, and it is done ---

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

    # --- messages that begin something ---

    def misaddressed(self, msg: Any, origin: str, destination: str, by: str) -> str | None:
        if origin not in PROVINCES or destination not in PROVINCES:
            return "UNKNOWN_PROVINCE"
        if origin == destination:
            return "SAME_PROVINCE"
        if msg.envelope.sender != by:
            return "ROLE_NOT_ALLOWED" if msg.envelope.sender in (origin, destination) else "NOT_CASE_PARTY"
        return None

    def not_its_own(self, person: dict[str, Any], msg: Any) -> str | None:
        """A transfer begins once, under the id that belongs to person, province and document."""
        said = msg.envelope
        if any(t["id"] == said.transfer_id for t in person["transfers"]):
            return "ALREADY_RECORDED"
        name = f"{said.relationship_id.hex()}\x1f{said.sender}\x1f{said.local_document}"
        return None if uuid5(TRANSFER_IDS, name).bytes == said.transfer_id else "TRANSFER_ID_DIFFERS"

    def in_the_way(self, person: dict[str, Any], origin: str, destination: str) -> str | None:
        for other in person["transfers"]:
            if other["state"] in OVER or other["kind"] in ("reversal", "unassigned"):
                continue
            if other["destination"] != destination:
                return "LIVE_TRANSFER_ELSEWHERE"
            if other["origin"] == origin:
                return "LIVE_TRANSFER_EXISTS"
        return None

    def _open_application_accepted(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        trouble = self.misaddressed(msg, msg.origin, msg.destination, msg.destination)
        if trouble:
            return trouble
        if (trouble := self.not_its_own(person, msg)) is not None:
            return trouble
        trouble = self.in_the_way(person, msg.origin, msg.destination)
        if trouble:
            return trouble
        issuers = {issuer for issuer, number in person["certificates"] if number == msg.certificate_number}
        reporting = {issuer for issuer, _ in person["certificates"]}
        if msg.origin in reporting and issuers and msg.origin not in issuers:
            return "CERTIFICATE_OF_OTHER_ORIGIN"
        t = new_transfer(msg, "application", msg.origin, msg.destination, REVIEW)
        t |= {"info_only": self.procedure == "information-only", "late": self.reported_late(msg, at)}
        person["transfers"].append(t)
        self.start_clocks(t, {msg.NAME}, day_of(at))
        return None

    def _open_transfer_offered(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        trouble = self.misaddressed(msg, msg.origin, msg.destination, msg.origin)
        if trouble:
            return trouble
        if (trouble := self.not_its_own(person, msg)) is not None:
            return trouble
        trouble = self.offer_of_account(person, msg) if msg.account_number else self.offer_after(person, msg)
        if not trouble and msg.kind != "reversal":
            trouble = self.in_the_way(person, msg.origin, msg.destination)
        if trouble:
            return trouble
        t = new_transfer(msg, msg.kind, msg.origin, msg.destination, TRANSFER)
        t |= {"letter": 1, "letter_in": True, "names": msg.names, "account": msg.account_number}
        t |= {"late": self.reported_late(msg, at), "info_only": self.procedure == "information-only"}
        if msg.kind == "supplement":
            first = next(one for one in person["transfers"] if one["id"] == msg.names)
            t["covers"] = [lump["number"] for lump in self._behind(person, first) if lump["document"]]
        person["transfers"].append(t)
        return None

    def offer_of_account(self, person: dict[str, Any], msg: Any) -> str | None:
        if msg.kind not in ("temporary_move", "temporary_collection"):
            return "INVALID_REQUEST"
        if (msg.origin, msg.account_number) not in person["accounts"]:
            return WAIT
        if self.has_moved(person, msg.origin, msg.account_number):
            return "TEMPORARY_ACCOUNT_MOVED"
        late = msg.offered_on.isoformat() >= "2016-11-28"
        return "TEMPORARY_ACCOUNT_SEALED" if late and msg.kind == "temporary_move" else None

    def offer_after(self, person: dict[str, Any], msg: Any) -> str | None:
        if msg.kind not in ("supplement", "reversal"):
            return "INVALID_REQUEST"
        if msg.names is None:
            return "INVALID_REQUEST"
        first = self.transfer(msg.envelope.relationship_id, msg.names)
        if first is None:
            return WAIT
        way = (first["origin"], first["destination"])
        if (msg.origin, msg.destination) != (way if msg.kind == "supplement" else way[::-1]):
            return "NOT_CASE_PARTY"
        if first["state"] == "moved":
            return "RELATIONSHIP_MOVED"
        if first["state"] != "completed":
            return "CASE_CLOSED" if first["state"] in OVER else WAIT
        if msg.kind == "supplement":
            behind = self._behind(person, first)
            if not behind:
                return "NOTHING_WITHHELD"
            if not any(lump["document"] for lump in behind):
                return WAIT
        if msg.kind == "reversal" and self.moved_on(person, first):
            return "MONEY_MOVED_ON"
        for t in person["transfers"]:
            if t["names"] == msg.names and t["kind"] == msg.kind:
                if t["state"] not in OVER:
                    return "LIVE_TRANSFER_EXISTS"
                if t["state"] == "completed" and msg.kind == "reversal":
                    return "CASE_CLOSED"
        return None

    @staticmethod
    def _behind(person: Any, first: dict[str, Any]) -> list[dict[str, Any]]:
        """Back-payments that the last sheet left behind and that no completed supplement has brought."""
        brought: set[int] = set()
        for t in person["transfers"]:
            if t["kind"] == "supplement" and t["names"] == first["id"] and t["state"] == "completed":
                brought |= set(t["covers"])
        return [lump for lump in first["lumps"] if lump["behind"] and lump["number"] not in brought]

    def _open_unassigned_funds_received(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        me = msg.envelope.sender
        trouble = self.misaddressed(msg, msg.payer, me, me)
        if trouble:
            return trouble
        if (trouble := self.not_its_own(person, msg)) is not None:
            return trouble
        if msg.amount == 0:
            return "AMOUNT_DIFFERS"
        t = new_transfer(msg, "unassigned", msg.payer, me, UNKNOWN)
        t["lines"].append(self.new_line(msg, back=False, told=False, came=True))
        t["late"] = self.reported_late(msg, at)
        person["transfers"].append(t)
        return None

    def _open_certificate_issued(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        own = (msg.envelope.sender, msg.certificate_number)
        version = person["certificates"].get(own, 0)
        if msg.certificate_version <= version:
            return "ALREADY_RECORDED"
        if msg.certificate_version > version + 1:
            return WAIT
        person["certificates"][own] = msg.certificate_version
        return None

    def _open_temporary_account_opened(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        if (msg.envelope.sender, msg.account_number) in person["accounts"]:
            return "ALREADY_RECORDED"
        person["accounts"][msg.envelope.sender, msg.account_number] = "open"
        return None

    def has_moved(self, person: dict[str, Any], holder: str, account: str) -> bool:
        moved = [t for t in person["transfers"] if (t["origin"], t["account"]) == (holder, account)]
        return any(t["state"] == "completed" for t in moved)

    def own_account(self, person: dict[str, Any], msg: Any) -> tuple[str | None, str]:
        holder, number = msg.envelope.sender, msg.account_number
        state = person["accounts"].get((holder, number))
        if state is None:
            return WAIT, ""
        return ("TEMPORARY_ACCOUNT_MOVED" if self.has_moved(person, holder, number) else None), state

    def _open_contributions_recorded(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        trouble, state = self.own_account(person, msg)
        if trouble or state == "sealed":
            return trouble or "TEMPORARY_ACCOUNT_SEALED"
        if self.months_wrong(msg, day_of(at)):
            return "SHEET_MONTHS_WRONG"
        for t in person["transfers"]:
            if t["account"] == msg.account_number and t["state"] not in OVER and t["split"] is not None:
                return WAIT
        months = (msg.first_month, msg.last_month)
        person["recorded"].setdefault(msg.account_number, {})[months] = (msg.individual, msg.employer)
        return None

    def _open_temporary_account_sealed(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        trouble, state = self.own_account(person, msg)
        if trouble or state == "sealed":
            return trouble or "ALREADY_RECORDED"
        person["accounts"][msg.envelope.sender, msg.account_number] = "sealed"
        return None

    # --- the way of an application ---

    def _hear_application_refused(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        t["board_reason"] = msg.reason_code
        return None

    def _hear_contact_letter_issued(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.letter_version != t["letter"] + 1:
            return WAIT
        t |= {"letter": msg.letter_version, "letter_in": False, "withdrawal": False, "return_reason": ""}
        t |= {"owed": "letter", "receipt_since": self.now, "board_reason": ""}
        return None

    def _hear_contact_letter_received(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.letter_version > t["letter"]:
            return WAIT
        t |= {"letter_in": True, "letter_day": day_of(at), "owed": ""}
        return None

    _hear_contact_letter_deemed_received = _hear_contact_letter_received

    def _hear_origin_review_passed(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        return WAIT if msg.letter_version > t["letter"] else None

    def _hear_transfer_returned(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.letter_version > t["letter"]:
            return WAIT
        if msg.reason_code == "WITHDRAWAL_AGREED" and not t["withdrawal"]:
            return "WITHDRAWAL_NOT_AGREED"
        if t["split"] is not None or self.held(t) or self.under_way(t):
            return "STATE_CONFLICT"
        t |= {"return_reason": msg.reason_code, "board_reason": msg.reason_code}
        return None

    def of_the_same_money(self, person: dict[str, Any], t: dict[str, Any], msg: Any) -> str | None:
        """A collection, a reversal or an onward transfer is held against the person's other transfers."""
        if t["account"] is not None:
            recorded = person["recorded"].get(t["account"], {})
            paid = sum(sum(parts) for parts in recorded.values())
            own = sum(individual for individual, _ in recorded.values())
            most = paid and own + max(paid - own, own * 12 / 8) + 100
            return "CONTRIBUTIONS_DIFFER" if recorded and not paid <= msg.total <= most * 1.0262 else None
        if t["kind"] == "reversal":
            first = self.transfer(msg.envelope.relationship_id, t["names"])
            if first is None or first["state"] != "completed":
                return "CASE_CLOSED"
            own, pooling = first["split"]
            if not t["info_only"] and (msg.individual_total, msg.pooling_total) != (
                own - sum(x[2] for x in first["refunds"]),
                pooling,
            ):
                return "REVERSAL_DIFFERS"
            return "MONEY_MOVED_ON" if self.moved_on(person, first) else None
        if t["kind"] == "application":
            came = [x for x in person["transfers"] if x["destination"] == t["origin"]]
            if any(back["state"] not in OVER for x in came for back in self.reversals(person, x)):
                return WAIT
        return None

    def _hear_information_sheet_sent(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        trouble = self.of_the_same_money(person, t, msg)
        if trouble is not None:
            return trouble
        if msg.letter_version > t["letter"] or msg.sheet_version > t["sheet"] + 1:
            return WAIT
        if msg.letter_version < t["letter"]:
            return "VERSION_OUT_OF_ORDER"
        if t["arrears"] == "reported":
            return WAIT
        if untold(t):
            return WAIT
        without = [lump for lump in t["lumps"] if not lump["document"]]
        if without and not msg.withheld_months:
            return "LUMP_SUM_NOT_WITHHELD"
        exactly = (sum(lump["months"] for lump in without), sum(lump["amount"] for lump in without))
        if (msg.withheld_months or 0, msg.withheld_amount or 0) != exactly:
            return "WITHHELD_DIFFERS"
        own = msg.individual_before_1998 + msg.account_at_previous_year_end + msg.current_year_principal
        if msg.individual_total != own or msg.total != own + msg.pooling_total:
            return "SHEET_TOTALS_DIFFER"
        if self.months_wrong(msg, day_of(at)):
            return "SHEET_MONTHS_WRONG"
        t |= {"sheet": msg.sheet_version, "sheet_in": False, "split": (own, msg.pooling_total)}
        t |= {"withheld": bool(msg.withheld_months), "owed": "sheet", "receipt_since": self.now}
        for lump in t["lumps"]:
            lump["behind"] = not lump["document"]
        return None

    def months_wrong(self, msg: Any, today: Any) -> bool:
        """Months that do not exist, run backwards, have not come, or are fewer than those paid."""
        first, last = (divmod(month, 100) for month in (msg.first_month, msg.last_month))
        exist = 1 <= first[1] <= 12 and 1 <= last[1] <= 12 and max(first, last) <= (today.year, today.month)
        between = (last[0] - first[0]) * 12 + last[1] - first[1] + 1
        return not exist or between < 1 or msg.months > between

    def _hear_information_sheet_received(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.sheet_version > t["sheet"]:
            return WAIT
        t |= {"sheet_in": True, "owed": ""}
        return None

    _hear_information_sheet_deemed_received = _hear_information_sheet_received

    def _hear_mismatch_reported(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.sheet_version != t["sheet"]:
            return WAIT if msg.sheet_version > t["sheet"] else "VERSION_OUT_OF_ORDER"
        if msg.expected != self.expected(t) or msg.received != self.held(t):
            return "AMOUNT_DIFFERS"
        if msg.expected == msg.received:
            return "NO_MISMATCH"
        found = (msg.request, msg.sheet_version, msg.received)
        if t["mismatch"] == found:
            return "ALREADY_RECORDED"
        t["mismatch"] = found
        return None

    def _hear_transfer_completed(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.sheet_version != t["sheet"]:
            return WAIT if msg.sheet_version > t["sheet"] else "VERSION_OUT_OF_ORDER"
        if (msg.individual_total, msg.pooling_total) != t["split"]:
            return "AMOUNT_DIFFERS"
        if not t["sheet_in"]:
            return WAIT
        if self.held(t) != self.expected(t) or self.under_way(t):
            return "SHEET_FUNDS_MISMATCH"
        t["credited"] = True
        return None

    def _hear_withdrawal_requested(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.letter_version != t["letter"]:
            return "VERSION_OUT_OF_ORDER"
        if t["split"] is not None or self.held(t) or self.under_way(t):
            return "STATE_CONFLICT"
        t["withdrawal"] = True
        return None

    def _hear_transfer_withdrawn(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        agreed = t["state"] == REVIEW or t["return_reason"] == "WITHDRAWAL_AGREED"
        return None if agreed else "WITHDRAWAL_NOT_AGREED"

    def _hear_transfer_closed(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        return "MONEY_STILL_HELD" if self.held(t) or self.under_way(t) else None

    # --- money ---

    def line(self, t: dict[str, Any], msg: Any) -> dict[str, Any] | None:
        return self.line_of(t, msg.payment_reference, msg.payment_line)

    def line_of(self, t: dict[str, Any], reference: str, number: int) -> dict[str, Any] | None:
        for line in t["lines"]:
            if (line["reference"], line["line"]) == (reference, number):
                return line
        return None

    def new_line(self, msg: Any, *, back: bool, told: bool, came: bool, of: Any = None) -> dict[str, Any]:
        return {
            "reference": msg.payment_reference,
            "line": msg.payment_line,
            "amount": msg.amount,
            "back": back,
            "told": told,
            "came": came,
            "bounced": False,
            "of": of,
        }

    def held(self, t: dict[str, Any]) -> int:
        came = sum(line["amount"] for line in t["lines"] if line["came"] and not line["back"])
        return came - self.given_back(t)

    def given_back(self, t: dict[str, Any]) -> int:
        return sum(x["amount"] for x in t["lines"] if x["told"] and x["back"] and not x["bounced"])

    def under_way(self, t: dict[str, Any]) -> bool:
        return any(x["told"] and not x["came"] and not x["back"] and not x["bounced"] for x in t["lines"])

    def fits(self, t: dict[str, Any]) -> bool:
        return t["sheet_in"] and t["split"] is not None and self.held(t) == self.expected(t)

    def expected(self, t: dict[str, Any]) -> int:
        return 0 if t["info_only"] or t["split"] is None else sum(t["split"])

    def all_in(self, t: dict[str, Any]) -> bool:
        if not t["sheet_in"] or self.under_way(t):
            return False
        return self.fits(t) or self.held(t) > 0

    def all_sent(self, t: dict[str, Any]) -> bool:
        if t["split"] is None:
            return False
        paid = sum(x["amount"] for x in t["lines"] if not x["back"] and not x["bounced"])
        return self.expected(t) == 0 or paid > self.given_back(t)

    def pay(self, t: dict[str, Any], msg: Any, *, back: bool, sign: str, of: Any = None) -> str | None:
        """Put one side's word about a payment line down."""
        if msg.amount == 0:
            return "AMOUNT_DIFFERS"
        line = self.line(t, msg)
        if line is None:
            t["lines"].append(self.new_line(msg, back=back, told=sign == "told", came=sign == "came", of=of))
            return None
        if line["back"] != back or line["bounced"]:
            return "PAYMENT_UNKNOWN"
        if line["amount"] != msg.amount:
            return "AMOUNT_DIFFERS"
        line[sign] = True
        return None

    def _hear_funds_remitted(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if self.line(t, msg) is None:
            if t["kind"] == "unassigned":
                return "PAYMENT_UNKNOWN"
            if t["state"] == RETURNED:
                return WAIT
            if t["kind"].startswith("temporary") and t["state"] not in OVER and not t["sheet_in"]:
                return WAIT
            if t["info_only"]:
                return "INFORMATION_ONLY"
        return self.pay(t, msg, back=False, sign="told")

    def _hear_funds_received(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        for other in person["transfers"]:
            unknown = other["state"] == UNKNOWN and other["destination"] == t["destination"]
            if unknown and self.line(other, msg) is not None:
                return WAIT
        return self.pay(t, msg, back=False, sign="came")

    def _hear_funds_returned(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        first = self.line_of(t, msg.returned_reference, msg.returned_line)
        came = first is not None and not first["back"] and first["came"]
        if t["state"] == TRANSFER and (t["split"] is not None or not came):
            return WAIT
        if not came:
            return "PAYMENT_UNKNOWN"
        stays = self.expected(t) if t["credited"] or t["state"] == MISMATCH else 0
        returned = [x for x in t["lines"] if x["of"] == (first["reference"], first["line"]) and not x["bounced"]]
        if msg.amount > self.held(t) - stays or msg.amount > first["amount"] - sum(x["amount"] for x in returned):
            return "PAYMENT_EXCEEDS_EXCESS"
        return self.pay(t, msg, back=True, sign="told", of=(first["reference"], first["line"]))

    def _hear_returned_funds_received(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        return WAIT if self.line(t, msg) is None else self.pay(t, msg, back=True, sign="came")

    def _hear_payment_bounced(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        line = self.line(t, msg)
        if line is None:
            return "PAYMENT_UNKNOWN" if t["state"] in OVER or t["kind"] == "unassigned" else WAIT
        if msg.envelope.sender != t["destination" if line["back"] else "origin"]:
            return "ROLE_NOT_ALLOWED"
        if line["came"]:
            return "PAYMENT_UNKNOWN"
        if line["amount"] != msg.amount:
            return "AMOUNT_DIFFERS"
        line["bounced"] = True
        return None

    def _hear_unassigned_funds_assigned(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        case = self.transfer(msg.envelope.relationship_id, msg.assigned_to)
        nameless = all(x["kind"] == "unassigned" for x in person["transfers"])
        if case is None and nameless:
            found = [x for p in self.people.values() for x in p["transfers"] if x["id"] == msg.assigned_to]
            case = next((x for x in found if x["state"] != "moved"), found[0] if found else None)
        way = (t["origin"], t["destination"])
        if case is None or case["kind"] == "unassigned" or (case["origin"], case["destination"]) != way:
            return "MONEY_OF_ANOTHER_CASE"
        if case["state"] == "moved":
            return "RELATIONSHIP_MOVED"
        if case["state"] == REVIEW:
            return "STATE_CONFLICT" if nameless else WAIT
        mine = t["lines"][0]
        known = self.line_of(case, mine["reference"], mine["line"])
        if known and (known["bounced"] or known["back"] or known["amount"] != mine["amount"]):
            return "MONEY_OF_ANOTHER_CASE"
        if any(line["back"] and not line["bounced"] for line in t["lines"]):
            return "STATE_CONFLICT"
        t["lines"] = []
        return None

    def _hear_overlap_cleared(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        undone = any(x["split"] is not None for x in self.reversals(person, t))
        if msg.refund and (undone or self.moved_on(person, t)):
            return "MONEY_MOVED_ON"
        if msg.refund + sum(r[2] for r in t["refunds"]) > t["split"][0]:
            return "PAYMENT_EXCEEDS_EXCESS"
        t["refunds"].append((msg.payment_reference, msg.payment_line, msg.refund))
        return None

    def reversals(self, person: dict[str, Any], t: dict[str, Any]) -> list[dict[str, Any]]:
        """Those that took the transfer's money back, or may still."""
        named = [x for x in person["transfers"] if x["kind"] == "reversal" and x["names"] == t["id"]]
        return [x for x in named if x["state"] == "completed" or x["state"] not in OVER]

    def moved_on(self, person: dict[str, Any], t: dict[str, Any]) -> bool:
        """The sheet of an onward transfer is out, and it has not come to nothing."""
        later = person["transfers"][person["transfers"].index(t) + 1 :]
        onward = [x for x in later if x["kind"] == "application" and x["origin"] == t["destination"]]
        gone = [x for x in onward if x["state"] in ("completed", "moved") or x["state"] not in OVER]
        return any(x["split"] is not None for x in gone)

    def books(self, t: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
        """What stands on each account: personal, pooling, and money that no sheet explains."""
        accounts: dict[str, list[int]] = {}

        def book(account: str, parts: list[int], sign: int) -> None:
            sums = accounts.setdefault(account, [0, 0, 0])
            for i in range(3):
                sums[i] += sign * parts[i]

        if t["state"] == "moved":
            return {}
        here = "destination_fund" if t["credited"] else "suspense"
        open_own, open_pool = (0, 0) if t["info_only"] else t["split"] or (0, 0)
        inside = [0, 0, 0]
        for line in t["lines"]:
            if line["bounced"] and line["back"]:
                continue
            if line["bounced"]:
                parts = [0, 0, line["amount"]]
            elif line["back"]:
                free = min(line["amount"], inside[2])
                pool = min(line["amount"] - free, inside[1])
                parts = [line["amount"] - free - pool, pool, free]
                open_own, open_pool = open_own + parts[0], open_pool + parts[1]
                inside = [inside[i] - parts[i] for i in range(3)]
            else:
                own = min(line["amount"], open_own)
                pool = min(line["amount"] - own, open_pool)
                parts = [own, pool, line["amount"] - own - pool]
                open_own, open_pool = open_own - own, open_pool - pool
                inside = [inside[i] + parts[i] for i in range(3)]
            explained, loose = [*parts[:2], 0], [0, 0, parts[2]]
            if line["told"] and line["back"]:
                book(here, explained, -1)
                book("suspense", loose, -1)
            elif line["told"]:
                book("origin_fund", parts, -1)
            if line["came"] and line["back"]:
                book("returned", parts, 1)
            elif line["came"]:
                book(here, explained, 1)
                book("suspense", loose, 1)
            if line["bounced"]:
                book("returned", parts, 1)
            else:
                book("in_transit", parts, line["told"] - line["came"])
        for _, _, refund in t["refunds"]:
            book("destination_fund", [refund, 0, 0], -1)
            book("refunded", [refund, 0, 0], 1)
        return {account: (sums[0], sums[1], sums[2]) for account, sums in accounts.items() if any(sums)}

    # --- the rarer turns ---

    def _hear_lump_sum_found(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.letter_version > t["letter"]:
            return WAIT
        if t["split"] is not None:
            return "STATE_CONFLICT"
        number = len(t["lumps"]) + 1
        if (msg.lump_sum_number or 0) > number:
            return WAIT
        if number > 32:
            return "STATE_CONFLICT"
        paid = {name: getattr(msg, name) for name in ("months", "amount", "paid_on", "paid_in")}
        t["lumps"].append({**paid, "number": number, "document": False, "noticed": False, "behind": False})
        return None

    def unheard_of(self, t: dict[str, Any]) -> str:
        """Nobody has reported a lump sum or arrears; until the sheet is out that may still come."""
        return WAIT if t["split"] is None else "STATE_CONFLICT"

    def _hear_lump_sum_document_requested(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        open_ = [lump for lump in meant_lumps(t, msg) if not lump["document"]]
        if not open_:
            return self.unheard_of(t)
        return None if len(open_) == 1 else "LUMP_SUM_NOT_NAMED"

    def _hear_lump_sum_document_supplied(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        open_ = [lump for lump in meant_lumps(t, msg) if not lump["document"]]
        if not open_:
            return self.unheard_of(t)
        if len(open_) > 1:
            return "LUMP_SUM_NOT_NAMED"
        paid_on = open_[0]["paid_on"]
        enough = paid_on.isoformat() < "2016-11-28" or (msg.document != "commitment" and msg.document_date < paid_on)
        if not enough:
            return "LUMP_SUM_DOCUMENT_INVALID"
        open_[0]["document"] = True
        return None

    def _hear_lump_sum_notice_sent(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if (msg.lump_sum_number or 1) > len(t["lumps"]):
            return self.unheard_of(t)
        for lump in t["lumps"]:
            lump["noticed"] = lump["noticed"] or msg.lump_sum_number in (None, lump["number"])
        return None

    def _hear_arrears_reported(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.letter_version > t["letter"]:
            return WAIT
        if t["split"] is not None:
            return "STATE_CONFLICT"
        t["arrears"] = "reported"
        return None

    def _hear_arrears_settled(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if not t["arrears"]:
            return self.unheard_of(t)
        if t["arrears"] != "reported":
            return "STATE_CONFLICT"
        t["arrears"] = msg.NAME.removeprefix("Arrears").lower()
        return None

    _hear_arrears_declined = _hear_arrears_settled

    def _hear_transfer_frozen(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        t |= {"frozen": msg.cause, "board_reason": msg.cause, "owed": "sheet" if t["owed"] == "sheet" else ""}
        return None

    def _hear_transfer_reversed(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        other = self.transfer(msg.envelope.relationship_id, msg.reversal)
        if other is None:
            return WAIT
        if other["kind"] != "reversal" or other["names"] != t["id"]:
            return "REVERSAL_OF_ANOTHER"
        if other["state"] != "completed":
            return "REVERSAL_OF_ANOTHER" if other["state"] in OVER else WAIT
        return None

    def _hear_identity_corrected(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.new_relationship_id == msg.envelope.relationship_id:
            return "INVALID_REQUEST"
        there = deepcopy(t)
        there |= {"undo": None, "late": 0}
        there["runs_before"] = self.runs(t)
        there["clocks"] = [dict(c, warned=False, missed=False) for c in there["clocks"] if c["outcome"] is None]
        there["board_reason"] = there["frozen"] or there["return_reason"]
        self.elsewhere.append((msg.new_relationship_id, there, person, t))
        return None

    def _hear_fact_annulled(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if t["undo"] is None:
            return "CANNOT_ANNUL"
        event_id, said_by, before, ran, _ = t["undo"]
        if event_id != msg.annulled_event_id or said_by != msg.envelope.sender:
            return "CANNOT_ANNUL"
        comes_back = t["state"] in OVER and before["state"] not in OVER
        if (
            comes_back
            and t["kind"] not in ("reversal", "unassigned")
            and self.in_the_way(person, t["origin"], t["destination"])
        ):
            return "CANNOT_ANNUL"
        clocks, runs, late = t["clocks"], self.runs(t), t["late"] + self.reported_late(msg, at)
        since = t["receipt_since"]
        for i, clock in enumerate(clocks):
            if clock["outcome"] is None and i not in ran:
                clock["outcome"] = "cancelled"
        for i in ran:
            if clocks[i]["outcome"] is not None:
                name = clocks[i]["clock"]
                clocks.append(dict(clocks[i], run=runs[name] + 1, outcome=None, warned=False, missed=False))
        t.clear()
        t |= {**before, "clocks": clocks, "receipt_since": since, "late": late}
        t["board_reason"] = t["frozen"] or t["return_reason"]
        t["owed"] = self.outstanding(t)
        return None

    def _hear_agency_changed(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        return None

    def _hear_person_informed(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        """After a death the heirs are told, and neither person nor employer."""
        if (getattr(msg, "reader", "employer") == "heirs") != (t["frozen"] == "death"):
            return "WRONG_READER"
        t["told"].add((msg.NAME, msg.about))
        return None

    _hear_employer_informed = _hear_person_informed

    # --- clocks ---

    def runs(self, t: dict[str, Any]) -> dict[str, int]:
        runs = dict(t.get("runs_before", {}))
        for clock in t["clocks"]:
            runs[clock["clock"]] = max(runs.get(clock["clock"], 0), clock["run"])
        return runs

    def reported_late(self, msg: Any, at: int) -> int:
        """1 where a province reports it later than one working day after it happened."""
        by_province = msg.envelope.sender != "00"
        return int(by_province and day_of(at) > self.calendar.due(day_of(msg.envelope.occurred_at), 1).date)

    def start_clocks(self, t: dict[str, Any], reached: set[str], day: Any) -> None:
        for name, (_, _, starts, _, _) in self.law.items():
            if reached & starts:
                self.start(t, name, day)

    def start(self, t: dict[str, Any], name: str, day: Any) -> None:
        whose, limit = self.law[name][:2]
        t["clocks"].append(
            {
                "clock": name,
                "run": self.runs(t).get(name, 0) + 1,
                "whose": t[whose],
                "due": self.calendar.due(day, limit).date,
                "from": day,
                "limit": limit,
                "calendar": self.calendar.version,
                "warned": False,
                "missed": False,
                "outcome": None,
            }
        )

    def stop_clocks(self, t: dict[str, Any], reached: set[str], day: Any) -> None:
        for clock in t["clocks"]:
            _, _, _, stops, cancels = self.law[clock["clock"]]
            if clock["outcome"] is None and reached & stops:
                clock["outcome"] = "missed" if day > clock["due"] else "met"
            elif clock["outcome"] is None and reached & cancels:
                clock["outcome"] = "cancelled"

    def clock(self, t: dict[str, Any], msg: Any) -> dict[str, Any] | None:
        for clock in t["clocks"]:
            if clock["outcome"] is None and (clock["clock"], clock["run"]) == (msg.clock, msg.clock_run):
                return clock
        return None

    def first_due(self, t: dict[str, Any]) -> str:
        running = [clock["due"].isoformat() for clock in t["clocks"] if clock["outcome"] is None]
        return min(running, default="")

    def outstanding(self, t: dict[str, Any]) -> str:
        if t["state"] == LETTER and not t["letter_in"]:
            return "letter"
        return "sheet" if t["split"] is not None and not t["sheet_in"] and t["state"] not in OVER else ""

    def turn(self, t: dict[str, Any]) -> str:
        match t["state"]:
            case "application_review" | "returned" | "confirmation" | "frozen" | "unassigned":
                return t["destination"]
            case "letter_issued" | "origin_review":
                return t["origin"]
            case "transfer":
                return t["destination"] if self.all_sent(t) else t["origin"]
            case "mismatch":
                request, sheet, received = t["mismatch"]
                answered = (sheet, received) != (t["sheet"], self.held(t)) or self.under_way(t)
                return t["destination"] if answered or request == "take_back_excess" else t["origin"]
        return ""

    # --- an evening's sweep ---

    def evening(self, now: int) -> list[tuple[str, str, str | None]]:
        """What the platform itself says on the evening of a working day, and what comes of it."""
        self.now, today = now, day_of(now)
        soon = self.calendar.due(today, 3).date
        said: list[tuple[Any, ...]] = []
        for person in self.people.values():
            for t in person["transfers"]:
                for clock in t["clocks"]:
                    if clock["outcome"] is None and clock["calendar"] != self.calendar.version:
                        new = self.calendar.due(clock["from"], clock["limit"]).date
                        if new != clock["due"]:
                            said.append(("ClockRedated", t, clock, new))
        for relationship, person in self.people.items():
            for msg, at in person["parked"]:
                if self.expired(at, today):
                    said.append(("ParkedMessageExpired", relationship, msg.envelope.event_id))
        due: list[tuple[Any, ...]] = []
        for person in self.people.values():
            for t in person["transfers"]:
                for clock in t["clocks"]:
                    if clock["outcome"] or clock["missed"] or clock["due"] > soon:
                        continue
                    late = clock["due"] < today
                    if self.stopped_soon(person, t, clock, late, today) or (clock["warned"] and not late):
                        continue
                    due.append(("DeadlineMissed" if late else "DeadlineApproaching", t, clock, clock["due"]))
        said += sorted(due, key=lambda words: words[2]["due"])
        for relationship, person in self.people.items():
            for t in person["transfers"]:
                if t["owed"] and self.calendar.due(day_of(t["receipt_since"]), 1).date < today:
                    name = "ContactLetterDeemedReceived" if t["owed"] == "letter" else "InformationSheetDeemedReceived"
                    said.append((name, relationship, person, t))
        return [row for words in said for row in self._say(words, now)]

    def expired(self, at: int, today: Any) -> bool:
        return bool(self.calendar.due(day_of(at), 10).date < today)

    def stopped_soon(self, person: dict[str, Any], t: dict[str, Any], clock: Any, late: bool, today: Any) -> bool:
        """A message that would stop the clock came in time and waits, and has not waited too long."""
        last = clock["due"] if late else self.calendar.before(clock["due"], 3) - timedelta(days=1)
        return any(
            p.envelope.transfer_id == t["id"]
            and p.NAME in STOPPED_BY[clock["clock"]]
            and day_of(at) <= last
            and not self.expired(at, today)
            for p, at in person["parked"]
        )

    def _say(self, words: tuple[Any, ...], now: int) -> list[tuple[str, str, str | None]]:
        name, *rest = words
        if name == "ParkedMessageExpired":
            return self.expire(*rest)
        if name.startswith("Deadline") or name == "ClockRedated":
            t, clock, day = rest
            if clock["outcome"] or (name != "ClockRedated" and clock["due"] != day):
                return [(name, "rejected", "CLOCK_NOT_RUNNING")]
            if name == "ClockRedated":
                later = day > clock["due"]
                clock |= {"due": day, "calendar": self.calendar.version}
                clock |= {"warned": False, "missed": False} if later else {}
            else:
                clock |= {"warned": True, "missed": name == "DeadlineMissed"}
            person = next(p for p in self.people.values() if any(x is t for x in p["transfers"]))
            return [(name, "accepted", None), *self._try_parked(person)]
        _, person, t = rest

        class Deemed:
            NAME = name
            letter_version, sheet_version = t["letter"], t["sheet"]

            class envelope:  # noqa: N801
                relationship_id, transfer_id, sender, event_id = rest[0], t["id"], "00", name.encode()

        verdict = self.judge(person, Deemed, now)
        if verdict is not None:
            return [(name, "rejected", verdict)]
        return [(name, "accepted", None), *self._try_parked(person)]


@pytest.fixture(scope="session")
def plain_model() -> type[PlainModel]:
    return PlainModel


@pytest.fixture(scope="session")
def calendar() -> WorkingDays:
    return load_working_days()


@pytest.fixture(scope="session")
def amended(tmp_path_factory: pytest.TempPathFactory) -> list[WorkingDays]:
    """Later releases of the calendar, each with two more days off, as in 2019 and 2020; the last takes them back."""
    shipped = Path(working_days.__file__).parent / "data" / "working_days.csv"
    table, found = shipped.read_text("utf-8"), []
    for number, days in enumerate(("2025-03-13,2025-03-14", "2025-04-08,2025-04-09", ""), start=1):
        file = tmp_path_factory.mktemp("calendar") / "amended.csv"
        table += f"{days},holiday,example,invented for this test\n" if days else ""
        text = table if days else shipped.read_text("utf-8")
        file.write_text(text.replace("# version: ", f"# version: amended-{number}-", 1), "utf-8")
        found.append(load_working_days(file))
    return found
