"""A person's transfers drawn at random: what is said next, by whom, and when days pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from support.plain_model.drawn_fields import Dice, DrawnFields, withheld
from support.plain_model.rehearsal import AMENDED, COURSES, WAYS_IN

FIRST_DAY = date(2025, 3, 3)


OF_THE_PERSON = (
    "CertificateIssued",
    "TemporaryAccountOpened",
    "ContributionsRecorded",
    "TemporaryAccountSealed",
)


NEXT: dict[str, list[str]] = {
    "": [],
    "application_review": ["ContactLetterIssued"] * 4 + ["ApplicationRefused", "TransferWithdrawn"],
    "letter_issued": ["ContactLetterReceived"] * 4 + ["WithdrawalRequested", "FundsReceived"],
    "origin_review": ["OriginReviewPassed"] * 4
    + ["TransferReturned", "LumpSumFound", "ArrearsReported", "WithdrawalRequested", "LumpSumNoticeSent"],
    "transfer": ["InformationSheetSent", "InformationSheetReceived", "FundsRemitted", "FundsReceived"] * 4
    + ["TransferReturned", "LumpSumFound", "LumpSumDocumentSupplied", "LumpSumNoticeSent", "ArrearsReported"]
    + ["ArrearsSettled", "ArrearsDeclined", "PaymentBounced", "LumpSumDocumentRequested"],
    "confirmation": ["TransferCompleted"] * 4
    + ["MismatchReported"] * 4
    + ["FundsReceived", "FundsRemitted", "InformationSheetSent"],
    "mismatch": ["InformationSheetSent", "InformationSheetReceived", "FundsRemitted", "FundsReceived"] * 2
    + ["FundsReturned", "ReturnedFundsReceived", "TransferCompleted", "MismatchReported", "PaymentBounced"] * 2,
    "returned": ["ContactLetterIssued"] * 3 + ["TransferClosed", "TransferWithdrawn", "FundsReceived"],
    "frozen": ["TransferCompleted", "FundsReturned", "ReturnedFundsReceived", "TransferClosed", "FundsReceived"],
    "unassigned": ["UnassignedFundsAssigned", "FundsReturned", "ReturnedFundsReceived", "TransferClosed"],
    "completed": ["OverlapCleared", "LumpSumDocumentSupplied", "TransferReversed", "FundsReceived", "FundsRemitted"],
    "closed": ["FundsReceived", "FundsRemitted"],
    "withdrawn": ["FundsReceived", "FundsRemitted"],
    "refused": ["FundsReceived", "FundsRemitted"],
    "reversed": ["FundsReceived", "FundsRemitted"],
    "moved": ["ContactLetterIssued", "FundsReceived"],
}
"""What is likely to be said in a state: half of what is drawn comes from here."""


WITH_MONEY = (
    ["FundsReturned"] * 3 + ["ReturnedFundsReceived"] * 2 + ["PaymentBounced", "FundsRemitted", "FundsReceived"]
)
"""And of a case whose money goes another way than straight in."""


AT_ANY_TIME = ["FactAnnulled", "TransferFrozen", "IdentityCorrected", "AgencyChanged", "PersonInformed"]


KINDS = ["go on", "go on", "go on further", "fitting", "fitting", "fitting", "fitting", "anything"]


MOSTLY_FIRST = [*["first"] * 8, *["second"] * 3, *list(COURSES)]


AFTER_THE_FIRST = ["reversal", "reversal", "onward", "onward", "temporary", "unknown", "stray", "first", "supplement"]


PROCEDURES = ["national-2009"] * 3 + ["information-only", "ministry-platform-2013"]


SEEDS = st.integers(0, 2**32 - 1)


WHOLE_SHEET = {"account_at_previous_year_end": 200, "pooling_total": 100}


class Machine(DrawnFields, RuleBasedStateMachine):
    """Says things, lets days pass, stops the platform; the model says what must come of it."""

    rehearse: Callable[[str], Any]
    last_told: ClassVar[dict[str, Any]] = {}
    day = FIRST_DAY
    stage: Any = None

    @property
    def ids(self) -> list[str]:
        return self.stage.ids

    def tell(self, **fields: Any) -> None:
        """A step of today; each message has a name of its own, by which later steps call it."""
        row = {"at": self.day.isoformat(), **fields}
        if "say" in row and "id" not in row:
            row["id"] = f"s{len(self.stage.told['step']) + 1}"
        self.stage.tell(row)

    def teardown(self) -> None:
        if self.stage is not None:
            type(self).last_told.update(self.stage.told)
            self.stage.close()

    # --- what is said ---

    def where(self, course: str, person: str) -> dict[str, Any] | None:
        return self.model.transfer(self.story.id_of("person", person), self.story.courses[course].transfer_id)

    @initialize(seed=SEEDS)
    def begin(self, seed: int) -> None:
        """One transfer has come some way already, perhaps another too; or it stands where few come by chance."""
        dice = Dice(seed)
        self.stage = type(self).rehearse(dice.draw(PROCEDURES))
        self.story, self.model = self.stage.story, self.stage.model
        if dice.randrange(3):
            for course, most in (("first", 11), ("second", 6)):
                for _ in range(dice.randrange(most + 1)):
                    self.go_on(course)
        else:
            self.begin_elsewhere(dice.draw(["returned", "ended", "account", "onward"]), dice)

    def begin_elsewhere(self, where: str, dice: Dice) -> None:
        """A letter returned with money here; an end with money to come; a temporary account; money on its way on."""
        match where:
            case "returned":
                for _ in range(3):
                    self.go_on("first")
                self.tell(say="TransferReturned", transfer="first", letter_version=1, reason_code="BANK_DATA_INVALID")
                self.tell(say="FundsReceived", transfer="first", payment="first1", amount=300)
                if dice.randrange(4):
                    back = {"payment": "b1", "amount": 300, "returned": "first1"}
                    self.tell(say="FundsReturned", transfer="first", **back)
                for _ in range(dice.randrange(1, 3)):
                    self.go_on("first")
            case "ended":
                self.go_on("first")
                frozen = {"say": "TransferFrozen", "cause": "death"}
                self.tell(transfer="first", **dice.draw([frozen, {"say": "TransferWithdrawn"}]))
                self.tell(say="TransferClosed", transfer="first")
                self.tell(say="FundsRemitted", transfer="first", payment="p1", amount=300)
            case "account":
                account = {"account_number": "T-1", "by": "32", "person": "person"}
                self.tell(say="TemporaryAccountOpened", **account)
                for _ in range(dice.randrange(1, 3)):
                    months = {"first_month": 202401, "last_month": 202403, "months": 3}
                    paid = {"individual": dice.draw([100, 50]), "employer": 200}
                    self.tell(say="ContributionsRecorded", **account, **months, **paid)
                for _ in range(dice.randrange(1, 4)):
                    self.go_on("temporary")
            case "onward":
                for _ in range(9):
                    self.go_on("first")
                for _ in range(dice.randrange(3, 7)):
                    self.go_on("onward")

    @rule(kind=st.sampled_from(KINDS), seed=SEEDS)
    def act(self, kind: str, seed: int) -> None:
        """The next step on the straight way; something that fits; anything; or the same again.

        Days pass, and the sweep speaks on every working evening; or the platform is stopped and started, and what is in
        memory is gone.
        """
        dice = Dice(f"{seed} {kind} {len(self.stage.told['step'])}")
        course = dice.draw(MOSTLY_FIRST)
        first = self.there("first")[1]
        if first is not None and first["state"] in ("completed", "reversed") and dice.randrange(3):
            course = dice.draw(AFTER_THE_FIRST)
        match kind:
            case "go on":
                self.go_on(course)
            case "go on further":
                for _ in range(dice.draw(range(2, 8))):
                    self.go_on(course)
            case "again" if self.ids:
                self.tell(again=self.ids[-min(dice.draw(range(1, 7)), len(self.ids))])
            case "other under its id" if self.ids:
                self.reuse_an_id(dice.draw(range(1, 5)))
            case "days pass":
                self.day += timedelta(days=dice.draw((1, 1, 2, 5, 12, 25)))
                self.tell()
            case "stop":
                self.tell(restart=True)
            case "amended":
                self.tell(restart=True, note_en=AMENDED)
            case "of the person":
                self.say_of_the_person(dice)
            case _:
                self.say(dice, course, likely=kind != "anything")

    def there(self, course: str) -> tuple[str, dict[str, Any] | None]:
        """Under which number a transfer lives now, and how it stands."""
        here, home = self.where(course, "right"), self.story.courses[course].person
        moved_back = here is not None and here["state"] == "moved"
        if here is None or (moved_back and self.where(course, home)["state"] != "moved"):
            return home, self.where(course, home)
        return "right", here

    def go_on(self, course: str) -> None:
        """What the law wants next, said as it should be."""
        person, t = self.there(course)
        step = self.straight(course, t)
        if step is not None:
            self.tell(transfer=course, **step, **({"person": person} if person == "right" else {}))

    def straight(self, course: str, t: dict[str, Any] | None) -> dict[str, Any] | None:
        if t is None:
            name = WAYS_IN.get(course, "ApplicationAccepted")
            more: dict[str, Any] = {"kind": course, "names": "first"} if name == "TransferOffered" else {}
            if course == "temporary":
                more = {"kind": "temporary_collection", "account_number": "T-1"}
            if name == "UnassignedFundsReceived":
                more = {"payer": "44", "payment": "p9", "amount": 300}
            return {"say": name, **more}
        held, total = self.model.held(t), self.model.expected(t)
        match t["state"]:
            case "application_review" | "returned":
                return {"say": "ContactLetterIssued", "letter_version": t["letter"] + 1}
            case "letter_issued":
                return {"say": "ContactLetterReceived", "letter_version": t["letter"]}
            case "origin_review":
                return {"say": "OriginReviewPassed", "letter_version": t["letter"]}
            case "transfer" if t["split"] is None:
                sheet = {"sheet_version": 1, "letter_version": t["letter"], **withheld(t)}
                return {"say": "InformationSheetSent", **sheet, **self.parts(course)}
            case "transfer" | "confirmation" | "mismatch" if not t["sheet_in"]:
                return {"say": "InformationSheetReceived", "sheet_version": t["sheet"]}
            case "transfer" if not t["lines"]:
                return {"say": "FundsRemitted", "payment": f"{course}1", "amount": (total or 30_000) / 100}
            case "transfer":
                return {"say": "FundsReceived", "payment": f"{course}1", "amount": (total or 30_000) / 100}
            case "confirmation" if held != total:
                request = "top_up" if held < total else "take_back_excess"
                sums = {"expected": total / 100, "received": held / 100}
                return {"say": "MismatchReported", "sheet_version": t["sheet"], "request": request, **sums}
            case "mismatch" if held < total:
                return {"say": "FundsReceived", "payment": f"t{len(t['lines'])}", "amount": (total - held) / 100}
            case "mismatch" if held > total:
                back = {"payment": f"g{len(t['lines'])}", "amount": (held - total) / 100, "returned": f"{course}1"}
                return {"say": "FundsReturned", **back}
            case "confirmation" | "mismatch":
                own, pooling = t["split"]
                sums = {"individual_total": own / 100, "pooling_total": pooling / 100}
                return {"say": "TransferCompleted", "sheet_version": t["sheet"], **sums}
            case "unassigned":
                return {"say": "UnassignedFundsAssigned", "assigned_to": "first"}
            case "completed" if course == "first":
                return {"say": "TransferReversed", "reversal": "reversal"}
        return None

    def parts(self, course: str) -> dict[str, float]:
        """A sheet's figures in yuan: of a reversal, what it has to take back."""
        first = self.there("first")[1]
        if course != "reversal" or first is None or first["split"] is None:
            return dict(WHOLE_SHEET)
        own, pooling = first["split"]
        refunded = sum(refund for _, _, refund in first["refunds"])
        return {"account_at_previous_year_end": (own - refunded) / 100, "pooling_total": pooling / 100}

    def say(self, dice: Dice, course: str, *, likely: bool) -> None:
        """Somebody says something about a transfer: what fits its state, or anything."""
        person, t = self.there(course)
        if t is None and likely:
            name = WAYS_IN.get(course, "ApplicationAccepted")
        else:
            fitting = NEXT[t["state"] if t else ""] * 2 + AT_ANY_TIME
            if t and t["lines"] and t["state"] not in ("confirmation", "mismatch"):
                waited_for = any(line["back"] and not line["came"] for line in t["lines"])
                fitting = fitting + WITH_MONEY + ["ReturnedFundsReceived"] * 8 * waited_for
            everything = sorted({n for names in NEXT.values() for n in names})
            name = dice.draw(fitting if likely else [*everything, *AT_ANY_TIME])
        fields = self.fields(dice, name, course, t)
        if person == "right":
            fields["person"] = person
        if dice.randrange(8) == 0:
            fields["happened"] = (self.day - timedelta(days=dice.draw((1, 2, 5, 40)))).isoformat()
        if dice.draw(range(20)) == 19:
            fields["by"] = dice.draw(["44", "32", "41", "11"])
        self.tell(say=name, transfer=course, **fields)

    def say_of_the_person(self, dice: Dice) -> None:
        """Certificates and temporary accounts."""
        name = dice.draw(OF_THE_PERSON)
        months = {"first_month": 202401, "last_month": 202403, "months": 3}
        fields: dict[str, Any] = {"by": dice.draw(["32", "32", "44"]), "person": "person"}
        if name == "CertificateIssued":
            version = dice.draw(range(1, 4))
            fields |= {**months, "certificate_number": "K-1", "certificate_version": version}
        else:
            fields |= {"account_number": "T-1"}
        if name == "ContributionsRecorded":
            fields |= {**months, "individual": dice.draw([100, 100, 50]), "employer": 200}
        self.tell(say=name, **fields)

    def reuse_an_id(self, back: int) -> None:
        """Another message under an id that was used."""
        last = self.ids[-min(back, len(self.ids))]
        first = self.stage.player.messages[last]
        self.tell(id=last, say="TransferClosed", transfer="first", reason_text="又一次", document="reused")
        self.stage.player.messages[last] = first
