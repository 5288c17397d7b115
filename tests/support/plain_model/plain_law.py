"""The rules of the law and the order in which the platform judges, as tables of the plain model."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

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
