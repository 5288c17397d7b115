"""A whole person's transfers, driven at random through the real chain and held against the plain model after each step.

What is compared: every answer (outcome and code), states and turns, the board's row, every clock, every account. A
failure prints the story that led there; `jinbao case play FILE` replays it. JINBAO_MODEL_EXAMPLES and
JINBAO_MODEL_STEPS let it run longer than in `make test`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
from drawn_fields import Dice, DrawnFields, withheld
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from rehearsal import AMENDED, COURSES, FILE, WAYS_IN, Rehearsal, beginning

from jinbao.platform.aggregates.law import Law
from jinbao.platform.national_platform import law_in_force
from jinbao.simulator.stories.story_file import StoryError, story_of
from jinbao.simulator.stories.story_play import StoryPlayer
from jinbao.simulator.stories.story_writer import StoryWriter

EXAMPLES = int(os.environ.get("JINBAO_MODEL_EXAMPLES", "25"))
STEPS = int(os.environ.get("JINBAO_MODEL_STEPS", "35"))
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
KINDS += ["fitting"] * 8 + ["days pass", "days pass", "again", "other under its id", "of the person", "stop", "amended"]
MOSTLY_FIRST = [*["first"] * 8, *["second"] * 3, *list(COURSES)]
AFTER_THE_FIRST = ["reversal", "reversal", "onward", "onward", "temporary", "unknown", "stray", "first", "supplement"]
PROCEDURES = ["national-2009"] * 3 + ["information-only", "ministry-platform-2013"]
SEEDS = st.integers(0, 2**32 - 1)
WHOLE_SHEET = {"account_at_previous_year_end": 200, "pooling_total": 100}


class Walk:
    """A story told to the model alone, in a hundredth of the time: which turns are drawn at all."""

    sweeps = StoryPlayer.sweeps

    def __init__(self, model: Any, law: Law, amended: Sequence[Any], procedure: str, turns: set[str]) -> None:
        self.told = beginning(procedure)
        self.story = story_of(self.told, FILE)
        self.player = self
        self.model, self.law, self.amended, self.turns = model, law, list(amended), turns
        self.writer, self.messages = StoryWriter(self.story), {}
        self.ids: list[str] = []
        self.now = 0

    def tell(self, row: dict[str, Any]) -> None:
        """Let the model hear a step, and note every turn that it brings."""
        step = story_of({"name": "model", "step": [{"at": "2025-03-01"}, row]}, FILE).steps[-1]
        self.told["step"].append(row)
        for instant in self.sweeps(step.at):
            self.note(self.model.evening(instant))
        self.now = max(step.at, self.now + 1)
        if row.get("note_en") == AMENDED and self.amended:
            self.model.calendar = days = self.amended.pop(0)
            self.law = Law(self.law.procedures, days)
        if "say" in row or "again" in row:
            message = self.writer.write(step)
            self.messages[row.get("again") or row["id"]] = message
            self.ids += [] if "again" in row or row["id"] in self.ids else [row["id"]]
            t = self.model.transfer(message.envelope.relationship_id, message.envelope.transfer_id)
            state, kind = (t["state"], t["kind"]) if t else ("", "")
            self.note(self.model.hear(message, self.now), state, kind, message.envelope.sender)
            if t and t["late"]:
                self.turns.add("reported late")

    def note(self, rows: list[tuple[str, str, str | None]], state: str = "", kind: str = "", sender: str = "") -> None:
        for name, outcome, code in rows:
            self.turns |= {f"{name}: {outcome}", f"{name}: {code}", f"{name}: {outcome} in {state}"}
            self.turns |= {f"{name}: {outcome} of {kind}", f"{name}: {outcome} from {sender}"}

    def close(self) -> None:
        self.turns.add(self.told["procedure"])


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


def disagreement(rehearsal: Rehearsal, steps: list[dict[str, Any]]) -> str | None:
    """What goes wrong when these steps are told, or None where nothing does."""
    try:
        for row in steps:
            rehearsal.tell(row)
    except StoryError:
        rehearsal.player.close()
        return None
    except Exception as error:
        rehearsal.player.close()
        return f"{type(error).__name__}: {error}"
    try:
        rehearsal.close()
    except AssertionError as error:
        return str(error)
    return None


def shortest(rehearse: Callable[[], Rehearsal], steps: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """Steps left out, many at once and then one by one, as long as something still goes wrong."""
    found = disagreement(rehearse(), steps) or ""
    size = max(1, len(steps) // 2)
    while size:
        start = 0
        while start < len(steps):
            fewer = steps[:start] + steps[start + size :]
            wrong = disagreement(rehearse(), fewer)
            if wrong is None:
                start += size
            else:
                steps, found = fewer, wrong
        size //= 2
    return steps, found


@pytest.fixture
def rehearse(plain_model: Any, calendar: Any, amended: list[Any], tmp_path: Path) -> Callable[[str], Rehearsal]:
    empty = tmp_path / "empty"
    empty.mkdir()
    StoryPlayer(story_of({"name": "model", "transfer": {}, "step": []}, FILE), empty).close()
    return lambda procedure: Rehearsal(plain_model(calendar, procedure), tmp_path / "folder", empty, amended, procedure)


def test_a_whole_person_goes_as_the_plain_model_says(
    rehearse: Callable[[str], Rehearsal], tmp_path_factory: pytest.TempPathFactory
) -> None:
    class Wired(Machine):
        pass

    Wired.rehearse = staticmethod(rehearse)
    profile = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
        report_multiple_bugs=False,
        print_blob=False,
        database=None,
    )
    try:
        run_state_machine_as_test(Wired, settings=profile)
    except Exception as error:
        told = dict(Wired.last_told)
        again = partial(rehearse, told["procedure"])
        if disagreement(again(), told["step"]) is None:
            raise
        steps, wrong = shortest(again, list(told["step"]))
        story = json.dumps({**told, "step": steps}, ensure_ascii=False, indent=1)
        file = tmp_path_factory.mktemp("counter-example") / "story.json"
        file.write_text(story, encoding="utf-8")
        raise AssertionError(f"{wrong}\n{story}\nreplay it: jinbao case play {file}") from error


def test_a_counter_example_is_made_short(rehearse: Callable[[str], Rehearsal], monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is wrong about returns, and a long story with one return in it."""
    long = [
        {"at": "2025-03-03", "id": "a", "say": "ApplicationAccepted", "transfer": "second"},
        {"at": "2025-03-03", "id": "b", "say": "ApplicationAccepted", "transfer": "first"},
        {"at": "2025-03-04", "id": "c", "say": "ContactLetterIssued", "transfer": "first"},
        {"at": "2025-03-04", "id": "d", "say": "ContactLetterReceived", "transfer": "first"},
        {"at": "2025-03-05", "id": "e", "say": "PersonInformed", "transfer": "first", "about": "TransferReturned"},
        {
            "at": "2025-03-05",
            "id": "f",
            "say": "TransferReturned",
            "transfer": "first",
            "reason_code": "BANK_DATA_INVALID",
        },
        {"at": "2025-03-06", "id": "g", "say": "ContactLetterIssued", "transfer": "second"},
    ]
    again = partial(rehearse, "national-2009")
    stage = again()
    kind = type(stage.model)
    stage.player.close()
    monkeypatch.setattr(kind, "_hear_transfer_returned", lambda *_: "STATE_CONFLICT")
    steps, wrong = shortest(again, long)
    assert [row["id"] for row in steps] == ["b", "c", "d", "f"]
    assert "TransferReturned" in wrong


TURNS = """
UnassignedFundsAssigned: accepted | UnassignedFundsAssigned: MONEY_OF_ANOTHER_CASE
FundsReceived: parked in transfer | FundsRemitted: PAYMENT_UNKNOWN
FundsRemitted: accepted in closed | FundsRemitted: accepted in completed | FundsReturned: accepted in closed
FundsReturned: accepted in letter_issued | ReturnedFundsReceived: accepted in letter_issued
ReturnedFundsReceived: accepted in transfer | FundsReturned: accepted in transfer
PaymentBounced: accepted from 41 | PaymentBounced: accepted in closed | PaymentBounced: ROLE_NOT_ALLOWED
InformationSheetSent: REVERSAL_DIFFERS | InformationSheetSent: accepted of reversal | TransferReversed: accepted
TransferOffered: MONEY_MOVED_ON | OverlapCleared: MONEY_MOVED_ON
InformationSheetSent: CONTRIBUTIONS_DIFFER | InformationSheetSent: accepted of temporary_collection
ContributionsRecorded: parked | InformationSheetSent: SHEET_MONTHS_WRONG
ClockRedated: accepted | FundsRemitted: INFORMATION_ONLY | reported late
information-only | ministry-platform-2013 | national-2009
"""
WALKS, WALK_STEPS = 150, 40


def test_every_turn_of_money_and_law_is_drawn(plain_model: Any, calendar: Any, amended: list[Any]) -> None:
    """The same stories every time, told to the model alone."""
    turns: set[str] = set()

    class Walking(Machine):
        @staticmethod
        def rehearse(procedure: str) -> Walk:
            law = Law(law_in_force(procedure).procedures, calendar)
            return Walk(plain_model(calendar, procedure), law, amended, procedure, turns)

    for number in range(WALKS):
        dice, walking = Dice(number), Walking()
        walking.begin(seed=number)
        for _ in range(WALK_STEPS):
            with suppress(StoryError):
                walking.act(kind=dice.draw(KINDS), seed=dice.randrange(2**32))
        walking.teardown()
    wanted = {turn.strip() for line in TURNS.strip().splitlines() for turn in line.split("|")}
    missing = wanted - turns
    assert not missing, ", ".join(sorted(missing))
