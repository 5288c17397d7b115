"""What provinces say about one transfer: each method of `Transfer` makes one message. All persons are synthetic."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import msgspec

from jinbao.platform.example_fields import example_fields
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.rules.working_days import end_of_day
from jinbao.schemas import messages as m
from jinbao.schemas.derived_ids import transfer_id

NAMESPACE = UUID("3b0e5c53-6f0f-5c12-8c0b-0a3c5d0f9e11")
DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
SHEET = (0, 933_425, 432_000, 1_944_000)
"""Example A of the rules: before 1998, account, current year, pooling; 33 094.25 yuan in all."""
TOTAL = sum(SHEET)
AGENCY = m.Agency(
    name="示例社保中心",
    telephone="010-00000000",
    address="示例路1号",
    postcode="450000",
    bank_name="示例银行",
    account_title="示例收入户",
    account_number="0000 0000 0001",
)
SEALED = m.Sealed(key_id=b"k" * 16, ciphertext=b"c" * 64)


def instant(day: str, hour: int = 10) -> int:
    """Microseconds since 1970 UTC of an hour of a day in Shanghai."""
    return end_of_day(date.fromisoformat(day)) - DAY_US + hour * HOUR_US


@dataclass
class Transfer:
    """What is said about one transfer: every method makes one message, with an id of its own each time."""

    person: int = 1
    origin: str = "44"
    destination: str = "41"
    application: str = ""
    happened: int = instant("2025-03-03", 9)
    said: int = 0
    began_as: int | None = None
    """The person under whose number it began, if it was another one."""
    relationship_id: bytes = field(init=False)
    transfer_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.application = self.application or f"HA-{self.person}"
        self.relationship_id = uuid5(NAMESPACE, f"person {self.person}").bytes
        self._begin(self.destination)

    def _begin(self, province: str) -> None:
        whose = uuid5(NAMESPACE, f"person {self.person if self.began_as is None else self.began_as}")
        self.transfer_id = transfer_id(whose, province, self.application).bytes

    def _say(self, kind: type[m.Submission], sender: str, values: dict[str, Any], over: dict[str, Any]) -> Any:
        self.said += 1
        over = dict(over)
        envelope = m.Envelope(
            event_id=over.pop("event_id", None)
            or uuid5(NAMESPACE, f"{self.relationship_id.hex()} {self.application} {self.said}").bytes,
            relationship_id=self.relationship_id,
            transfer_id=self.transfer_id,
            sender=over.pop("sender", sender),
            operator="clerk-1",
            local_document=self.application,
            occurred_at=over.pop("occurred_at", self.happened),
        )
        return kind(envelope=envelope, **{**values, **over})

    def say(self, kind: type[m.Submission], sender: str | None = None, **over: Any) -> Any:
        """Any other message, by the origin if nobody else is named; what is not given is made from its type."""
        values = example_fields(kind, {"letter_version": 1, "sheet_version": 1})
        return self._say(kind, sender or self.origin, values, over)

    def apply(self, **over: Any) -> Any:
        values = {
            "scheme": "110",
            "origin": self.origin,
            "destination": self.destination,
            "accepted_on": date(2025, 3, 3),
            "personal": SEALED,
        }
        return self._say(m.ApplicationAccepted, self.destination, values, over)

    def refuse(self, reason: str = "NOT_INSURED_HERE", **over: Any) -> Any:
        values = {"reason_code": reason, "reason_text": "本地无参保关系"}
        return self._say(m.ApplicationRefused, self.destination, values, over)

    def letter(self, version: int = 1, **over: Any) -> Any:
        values = {"letter_version": version, "letter_number": f"L{version}", "agency": AGENCY, "personal": SEALED}
        return self._say(m.ContactLetterIssued, self.destination, values, over)

    def letter_received(self, version: int = 1, **over: Any) -> Any:
        return self._say(m.ContactLetterReceived, self.origin, {"letter_version": version}, over)

    def letter_deemed(self, version: int = 1, **over: Any) -> Any:
        return self._say(m.ContactLetterDeemedReceived, m.PLATFORM, {"letter_version": version}, over)

    def review(self, version: int = 1, **over: Any) -> Any:
        return self._say(m.OriginReviewPassed, self.origin, {"letter_version": version}, over)

    def return_letter(self, reason: str = "BANK_DATA_INVALID", version: int = 1, **over: Any) -> Any:
        values = {"letter_version": version, "reason_code": reason, "reason_text": "账户信息有误"}
        return self._say(m.TransferReturned, self.origin, values, over)

    def sheet(self, version: int = 1, parts: tuple[int, int, int, int] = SHEET, letter: int = 1, **over: Any) -> Any:
        individual = sum(parts[:3])
        values = {
            "sheet_version": version,
            "letter_version": letter,
            "individual_before_1998": parts[0],
            "account_at_previous_year_end": parts[1],
            "current_year_principal": parts[2],
            "individual_total": individual,
            "pooling_total": parts[3],
            "total": individual + parts[3],
            "first_month": 201701,
            "last_month": 201909,
            "months": 33,
            "rows": [],
            "agency": AGENCY,
            "personal": SEALED,
        }
        return self._say(m.InformationSheetSent, self.origin, values, over)

    def sheet_received(self, version: int = 1, **over: Any) -> Any:
        return self._say(m.InformationSheetReceived, self.destination, {"sheet_version": version}, over)

    def sheet_deemed(self, version: int = 1, **over: Any) -> Any:
        return self._say(m.InformationSheetDeemedReceived, m.PLATFORM, {"sheet_version": version}, over)

    def reference(self, payment: int) -> str:
        return make_payment_reference(f"{self.person}X{self.origin}{self.application.replace('-', '')}P{payment}")

    def _payment(self, payment: int, amount: int) -> dict[str, Any]:
        return {"payment_reference": self.reference(payment), "payment_line": 1, "amount": amount}

    def remit(self, payment: int = 1, amount: int = TOTAL, **over: Any) -> Any:
        purpose = "transfer" if payment == 1 else "top_up"
        values = {**self._payment(payment, amount), "purpose": purpose, "remitted_on": date(2025, 3, 3)}
        return self._say(m.FundsRemitted, self.origin, values, over)

    def receive(self, payment: int = 1, amount: int = TOTAL, **over: Any) -> Any:
        values = {**self._payment(payment, amount), "received_on": date(2025, 3, 4)}
        return self._say(m.FundsReceived, self.destination, values, over)

    def mismatch(
        self, received: int, request: str = "top_up", version: int = 1, expected: int = TOTAL, **over: Any
    ) -> Any:
        values = {
            "sheet_version": version,
            "expected": expected,
            "received": received,
            "request": request,
            "text": "金额与信息表不符",
        }
        return self._say(m.MismatchReported, self.destination, values, over)

    def give_back(self, amount: int, payment: int = 9, of: int = 1, **over: Any) -> Any:
        values = {
            **self._payment(payment, amount),
            "returned_reference": self.reference(of),
            "returned_line": 1,
            "returned_on": date(2025, 3, 5),
        }
        return self._say(m.FundsReturned, self.destination, values, over)

    def got_back(self, amount: int, payment: int = 9, **over: Any) -> Any:
        values = {**self._payment(payment, amount), "received_on": date(2025, 3, 6)}
        return self._say(m.ReturnedFundsReceived, self.origin, values, over)

    def complete(self, version: int = 1, parts: tuple[int, int, int, int] = SHEET, **over: Any) -> Any:
        values = {
            "sheet_version": version,
            "individual_total": sum(parts[:3]),
            "pooling_total": parts[3],
            "completed_on": date(2025, 3, 7),
        }
        return self._say(m.TransferCompleted, self.destination, values, over)

    def ask_withdrawal(self, version: int = 1, **over: Any) -> Any:
        values = {"letter_version": version, "reason_text": "本人申请"}
        return self._say(m.WithdrawalRequested, self.destination, values, over)

    def withdraw(self, **over: Any) -> Any:
        return self._say(m.TransferWithdrawn, self.destination, {"reason_text": "本人申请"}, over)

    def close(self, **over: Any) -> Any:
        return self._say(m.TransferClosed, self.destination, {"reason_text": "不再办理"}, over)

    def warn(self, clock: str, due: str, run: int = 1, **over: Any) -> Any:
        values = {"clock": clock, "clock_run": run, "due": date.fromisoformat(due)}
        return self._say(m.DeadlineApproaching, m.PLATFORM, values, over)

    def miss(self, clock: str, due: str, run: int = 1, **over: Any) -> Any:
        values = {"clock": clock, "clock_run": run, "due": date.fromisoformat(due)}
        return self._say(m.DeadlineMissed, m.PLATFORM, values, over)

    def lump_sum(self, months: int = 40, paid_on: str = "2015-05-04", paid_in: str = "44", **over: Any) -> Any:
        values = {
            "letter_version": 1,
            "months": months,
            "amount": 1_200_000,
            "paid_on": date.fromisoformat(paid_on),
            "paid_in": paid_in,
        }
        return self._say(m.LumpSumFound, self.origin, values, over)

    def ask_document(self, paid_in: str = "44", **over: Any) -> Any:
        return self._say(m.LumpSumDocumentRequested, self.origin, {"paid_in": paid_in}, over)

    def document(self, kind: str = "commitment", day: str = "2025-03-05", **over: Any) -> Any:
        values = {"document": kind, "document_number": "W-1", "document_date": date.fromisoformat(day)}
        return self._say(m.LumpSumDocumentSupplied, self.origin, values, over)

    def notice(self, **over: Any) -> Any:
        values = {"notice_number": "G-1", "notified_on": date(2025, 3, 5), "text": "告知内容"}
        return self._say(m.LumpSumNoticeSent, self.origin, values, over)

    def arrears(self, months: int = 3, own_part: int = 96_000, **over: Any) -> Any:
        values = {"letter_version": 1, "months": months, "own_part": own_part}
        return self._say(m.ArrearsReported, self.origin, values, over)

    def settle(self, amount: int = 96_000, **over: Any) -> Any:
        return self._say(m.ArrearsSettled, self.origin, {"paid_on": date(2025, 3, 6), "amount": amount}, over)

    def decline(self, **over: Any) -> Any:
        return self._say(m.ArrearsDeclined, self.origin, {"declined_on": date(2025, 3, 6)}, over)

    def bounce(self, payment: int = 1, amount: int = TOTAL, **over: Any) -> Any:
        values = {**self._payment(payment, amount), "bounced_on": date(2025, 3, 5), "reason_text": "账号有误"}
        return self._say(m.PaymentBounced, self.origin, values, over)

    def unknown_money(self, payment: int = 1, amount: int = TOTAL, **over: Any) -> Any:
        values = {**self._payment(payment, amount), "payer": self.origin, "received_on": date(2025, 3, 4)}
        return self._say(m.UnassignedFundsReceived, self.destination, values, over)

    def assign_money(self, to: bytes, **over: Any) -> Any:
        values = {"assigned_to": to, "reason_text": "已查明"}
        return self._say(m.UnassignedFundsAssigned, self.destination, values, over)

    def freeze(self, cause: str = "death", **over: Any) -> Any:
        values = {"cause": cause, "happened_on": date(2025, 3, 5), "document_number": "S-1"}
        return self._say(m.TransferFrozen, self.destination, values, over)

    def offer(self, kind: str, names: bytes | None = None, account: str | None = None, **over: Any) -> Any:
        self._begin(self.origin)
        values = {
            "kind": kind,
            "origin": self.origin,
            "destination": self.destination,
            "offered_on": date(2025, 3, 3),
            "letter_number": "Z-1",
            "agency": AGENCY,
            "personal": SEALED,
            "names": names,
            "account_number": account,
        }
        return self._say(m.TransferOffered, self.origin, values, over)

    def reverse(self, reversal: bytes, **over: Any) -> Any:
        return self._say(m.TransferReversed, self.origin, {"reversal": reversal, "reason_text": "误转"}, over)

    def correct_identity(self, to: bytes, reason: str = "upgraded_15_to_18", **over: Any) -> Any:
        values = {"reason": reason, "new_relationship_id": to, "personal": SEALED}
        return self._say(m.IdentityCorrected, self.destination, values, over)

    def annul(self, message: Any, **over: Any) -> Any:
        values = {"annulled_event_id": message.envelope.event_id, "reason_text": "登记有误"}
        return self._say(m.FactAnnulled, message.envelope.sender, values, over)

    def change_agency(self, **over: Any) -> Any:
        values = {"reason": "merged", "valid_from": date(2025, 3, 5), "agency": AGENCY}
        return self._say(m.AgencyChanged, self.origin, values, over)

    def clear_overlap(self, refund: int = 96_000, payment: int = 20, months: int = 3, **over: Any) -> Any:
        line = self._payment(payment, refund)
        values = {
            "first_month": 201701,
            "last_month": 201703,
            "months": months,
            "kept_province": self.destination,
            "payment_reference": line["payment_reference"],
            "payment_line": 1,
            "refund": refund,
            "paid_on": date(2025, 3, 10),
        }
        return self._say(m.OverlapCleared, self.destination, values, over)

    def redate(self, clock: str, old: str, new: str, run: int = 1, calendar: str = "amended", **over: Any) -> Any:
        days = {"old_due": date.fromisoformat(old), "new_due": date.fromisoformat(new)}
        values = {"clock": clock, "clock_run": run, "calendar": calendar, **days}
        return self._say(m.ClockRedated, m.PLATFORM, values, over)

    def tell_person(self, about: str = "TransferCompleted", **over: Any) -> Any:
        values = {"about": about, "informed_on": date(2025, 3, 10), "means": "letter", "text": "告知内容"}
        return self._say(m.PersonInformed, self.destination, values, over)

    def tell_employer(self, about: str = "TransferCompleted", **over: Any) -> Any:
        values = {"about": about, "informed_on": date(2025, 3, 10), "means": "letter", "text": "告知内容"}
        return self._say(m.EmployerInformed, self.destination, values, over)

    def certificate(self, number: str = "PZ-1", version: int = 1, **over: Any) -> Any:
        values = {
            "certificate_number": number,
            "certificate_version": version,
            "first_month": 201701,
            "last_month": 201909,
            "months": 33,
            "account_kind": "general",
            "agency": AGENCY,
            "personal": SEALED,
        }
        return self._about_the_person(m.CertificateIssued, values, over)

    def open_account(self, number: str = "LS-1", **over: Any) -> Any:
        values = {"account_number": number, "opened_on": date(2015, 1, 5), "personal": SEALED}
        return self._about_the_person(m.TemporaryAccountOpened, values, over)

    def contribute(self, number: str = "LS-1", individual: int = 384_000, employer: int = 960_000, **over: Any) -> Any:
        months = {"first_month": 201501, "last_month": 201512, "months": 12}
        values = {"account_number": number, **months, "individual": individual, "employer": employer}
        return self._about_the_person(m.ContributionsRecorded, values, over)

    def seal_account(self, number: str = "LS-1", **over: Any) -> Any:
        values = {"account_number": number, "sealed_on": date(2020, 1, 6)}
        return self._about_the_person(m.TemporaryAccountSealed, values, over)

    def _about_the_person(self, kind: type[m.Submission], values: dict[str, Any], over: dict[str, Any]) -> Any:
        message = self._say(kind, self.origin, values, over)
        envelope = msgspec.structs.replace(message.envelope, transfer_id=m.NO_TRANSFER)
        return msgspec.structs.replace(message, envelope=envelope)

    def until_origin_review(self) -> list[Any]:
        return [self.apply(), self.letter(), self.letter_received()]

    def until_transfer(self) -> list[Any]:
        return [*self.until_origin_review(), self.review()]

    def until_confirmation(self, amount: int = TOTAL) -> list[Any]:
        return [
            *self.until_transfer(),
            self.sheet(),
            self.remit(1, amount),
            self.sheet_received(),
            self.receive(1, amount),
        ]

    def until_mismatch(self, amount: int, request: str) -> list[Any]:
        return [*self.until_confirmation(amount), self.mismatch(amount, request)]

    def both_in(self, amount: int = TOTAL, **sheet: Any) -> list[Any]:
        """Sheet and money, each sent and received."""
        return [self.sheet(**sheet), self.sheet_received(), self.remit(1, amount), self.receive(1, amount)]

    def whole(self) -> list[Any]:
        return [*self.until_confirmation(), self.complete()]
