"""A whole person's transfers, driven at random through the real chain and held against the plain model after each step.

What is compared: every answer (outcome and code), states and turns, the board's row, every clock, every account. A
failure prints the story that led there; `jinbao case play FILE` replays it. JINBAO_MODEL_EXAMPLES and
JINBAO_MODEL_STEPS let it run longer than in `make test`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from jinbao.platform.aggregates.consequences import Law
from jinbao.platform.national_platform import law_in_force
from jinbao.platform.projections.all import TABLES, rebuild
from jinbao.simulator.story_file import StoryError, story_of
from jinbao.simulator.story_play import StoryPlayer
from jinbao.simulator.story_writer import StoryWriter

EXAMPLES = int(os.environ.get("JINBAO_MODEL_EXAMPLES", "25"))
STEPS = int(os.environ.get("JINBAO_MODEL_STEPS", "35"))
FILE = Path("model.json")
FIRST_DAY = date(2025, 3, 3)
COURSES = {
    "first": ("44", "41"),
    "second": ("32", "41"),
    "again": ("44", "41"),
    "elsewhere": ("44", "50"),
    "supplement": ("44", "41"),
    "reversal": ("41", "44"),
    "temporary": ("32", "41"),
    "unknown": ("44", "41"),
    "stray": ("44", "41"),
    "onward": ("41", "50"),
}
NAMELESS = "stray"
"""Money under nobody's name: its relationship holds nothing else."""
OFFERED = "TransferOffered"
WAYS_IN = {
    "supplement": OFFERED,
    "reversal": OFFERED,
    "temporary": OFFERED,
    "unknown": "UnassignedFundsReceived",
    "stray": "UnassignedFundsReceived",
}
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
AMENDED = "another release of the calendar"
SEEDS = st.integers(0, 2**32 - 1)
ALMOST = [0, 0, 0, 0, 0, 0, 1, -1]
PAYMENTS = ["p1", "p2", "p3", "p4"]
WHOLE_SHEET = {"account_at_previous_year_end": 200, "pooling_total": 100}
YUAN = [300, 300, 300, 100, 200, 400]


def withheld(t: dict[str, Any]) -> dict[str, Any]:
    """What a right sheet says stays behind."""
    behind = [lump for lump in t["lumps"] if not lump["document"]]
    if not behind:
        return {}
    return {
        "withheld_months": sum(lump["months"] for lump in behind),
        "withheld_amount": sum(lump["amount"] for lump in behind) / 100,
    }


def lump_number(dice: Dice) -> dict[str, Any]:
    """Mostly without a number, as there is mostly one back-payment."""
    number = dice.draw([None, None, None, 1, 1, 2, 2, 3])
    return {} if number is None else {"lump_sum_number": number}


class Dice(Random):
    """Everything that is left to chance in one step; the step itself is what hypothesis keeps or drops."""

    def draw(self, choices: Sequence[Any]) -> Any:
        return choices[self.randrange(len(choices))]


def beginning(procedure: str) -> dict[str, Any]:
    """A story that tells nothing yet."""
    courses = {
        name: {
            "origin": origin,
            "destination": destination,
            "begun_by": "origin" if WAYS_IN.get(name) == OFFERED else "destination",
            "person": "nobody" if name == NAMELESS else "person",
        }
        for name, (origin, destination) in COURSES.items()
    }
    return {"name": "model", "procedure": procedure, "transfer": courses, "step": []}


class Rehearsal:
    """One story, told step by step to the real chain and to the model at once."""

    def __init__(self, model: Any, folder: Path, empty: Path, amended: Sequence[Any], procedure: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(empty, folder)
        self.told = beginning(procedure)
        self.story = story_of(self.told, FILE)
        self.model = model
        self.player = StoryPlayer(self.story, folder)
        self.amended = list(amended)
        self.ids: list[str] = []

    def tell(self, row: dict[str, Any]) -> None:
        """Let the chain and the model hear a step, and compare. Raises AssertionError, or StoryError for no message."""
        self.told["step"].append(row)
        step = story_of(self.told, FILE).steps[-1]
        expected = []
        for instant in self.player.sweeps(step.at):
            expected += self.model.evening(instant)
        if row.get("note_en") == AMENDED and self.amended:
            self.model.calendar = days = self.amended.pop(0)
            self.player.law = Law(self.player.law.procedures, days)
        played = self.player.take(step)
        key = row.get("again") or row.get("id")
        if key is not None:
            message = self.player.messages[key]
            expected += self.model.hear(message, step.at)
            if key not in self.ids:
                self.ids.append(key)
        heard = sorted(((p.type, p.outcome, p.code) for p in played), key=str)
        expected.sort(key=str)  # two relationships lie in two partitions, which are read in any order
        assert heard == expected, f"answers: the platform {heard}, the model {expected}"
        self.compare()

    def close(self) -> None:
        """Rebuilding the read models changes nothing, and the nation's books sum to zero."""
        try:
            before = [sorted(self.select(f"SELECT * FROM {t.name}"), key=repr) for t in TABLES]
            rebuild(self.player.store)
            after = [sorted(self.select(f"SELECT * FROM {t.name}"), key=repr) for t in TABLES]
            assert before == after, "rebuilding changes the read models"
            sums = "SELECT COALESCE(SUM(personal + pooling + unallocated), 0) FROM ledger_entries"
            assert self.select(sums) == [(0,)]
        finally:
            self.player.close()

    def compare(self) -> None:
        """Board, clocks and accounts of every case."""
        board, clocks, books = self.on_the_board(), self.running(), self.in_the_books()
        for name in self.people():
            relationship = self.story.id_of("person", name)
            for number, t in enumerate(self.model.person(relationship)["transfers"], start=1):
                case = (relationship, number)
                expected = {
                    "kind": t["kind"],
                    "state": t["state"],
                    "turn": self.model.turn(t),
                    "due": self.model.first_due(t),
                    "letter": t["letter"],
                    "sheet": t["sheet"],
                    "total": sum(t["split"] or (0,)),
                    "reason": t["board_reason"],
                    "owed": t["owed"],
                    "late": t["late"],
                }
                shown = board.pop(case)
                assert shown == expected, f"board of {name}, {number}: the platform {shown}, the model {expected}"
                mine = [
                    (c["clock"], c["run"], c["whose"], c["due"].isoformat(), c["outcome"], c["warned"], c["missed"])
                    for c in t["clocks"]
                ]
                running = clocks.pop(case, [])
                assert running == mine, f"clocks of {name}, {number}: the platform {running}, the model {mine}"
                booked, due = books.pop(case, {}), self.model.books(t)
                assert booked == due, f"accounts of {name}, {number}: the platform {booked}, the model {due}"
        assert not board
        assert not clocks
        assert not books

    def people(self) -> list[str]:
        return ["person", "right", "nobody"]

    def select(self, sql: str) -> list[tuple[Any, ...]]:
        with self.player.store.read() as work:
            return [tuple(row) for row in work.bulk.connection.exec_driver_sql(sql)]

    def on_the_board(self) -> dict[tuple[bytes, int], dict[str, Any]]:
        sql = (
            "SELECT s.relationship_id, b.case_id & 4095, b.kind, b.state, b.waiting_for, b.due, b.letter_version, "
            "b.sheet_version, b.sheet_total, b.reason, b.awaiting, b.late_reports FROM case_board b "
            "JOIN streams s ON s.stream = b.case_id >> 12"
        )
        names = ("kind", "state", "turn", "due", "letter", "sheet", "total", "reason", "owed", "late")
        empty = {"letter": 0, "sheet": 0, "total": 0, "reason": "", "owed": ""}
        return {
            (r[0], r[1]): {n: empty[n] if v is None and n in empty else v for n, v in zip(names, r[2:], strict=True)}
            for r in self.select(sql)
        }

    def running(self) -> dict[tuple[bytes, int], list[tuple[Any, ...]]]:
        sql = (
            "SELECT s.relationship_id, c.case_id & 4095, c.clock, c.run, c.responsible, c.due, c.outcome, "
            "c.warned_at IS NOT NULL OR c.missed_at IS NOT NULL, c.missed_at IS NOT NULL FROM clocks c "
            "JOIN streams s ON s.stream = c.case_id >> 12 ORDER BY c.clock_id"
        )
        found: dict[tuple[bytes, int], list[tuple[Any, ...]]] = {}
        for r in self.select(sql):
            found.setdefault((r[0], r[1]), []).append((*r[2:7], bool(r[7]), bool(r[8])))
        return found

    def in_the_books(self) -> dict[tuple[bytes, int], dict[str, tuple[int, int, int]]]:
        sql = (
            "SELECT s.relationship_id, l.case_id & 4095, l.account, SUM(l.personal), SUM(l.pooling), "
            "SUM(l.unallocated) FROM ledger_entries l JOIN streams s ON s.stream = l.case_id >> 12 "
            "GROUP BY s.relationship_id, l.case_id, l.account"
        )
        found: dict[tuple[bytes, int], dict[str, tuple[int, int, int]]] = {}
        for relationship, number, account, *parts in self.select(sql):
            if any(parts):
                found.setdefault((relationship, number), {})[account] = tuple(parts)
        return found


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


class Machine(RuleBasedStateMachine):
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

    def fields(self, dice: Dice, name: str, course: str, t: dict[str, Any] | None) -> dict[str, Any]:
        letter, sheet, split = (t["letter"], t["sheet"], t["split"]) if t else (0, 0, None)

        def almost(number: int) -> int:
            return max(1, number + dice.draw(ALMOST))

        own, pooling = split or (20_000, 10_000)
        match name:
            case "ContactLetterIssued":
                return {"letter_version": almost(letter + 1)}
            case "ContactLetterReceived" | "OriginReviewPassed" | "WithdrawalRequested":
                return {"letter_version": almost(letter)}
            case "TransferReturned":
                reasons = ["BANK_DATA_INVALID", "WITHDRAWAL_AGREED"]
                return {"letter_version": almost(letter), "reason_code": dice.draw(reasons)}
            case "ApplicationRefused":
                return {"reason_code": "NOT_INSURED_HERE"}
            case "InformationSheetSent":
                parts: dict[str, Any] = {"account_at_previous_year_end": dice.draw([200, 100, 0])}
                parts["pooling_total"] = dice.draw([100, 200, 0])
                if dice.draw((True, False)):
                    parts = self.parts(course)
                if dice.randrange(6) == 0:
                    wrong = [("first_month", 202413), ("last_month", 202312), ("last_month", 203001), ("months", 13)]
                    parts |= dict([dice.draw(wrong)])
                versions = {"letter_version": almost(letter), "sheet_version": almost(sheet + 1)}
                if dice.draw((True, False)):
                    parts |= {"withheld_months": 36, "withheld_amount": 50}
                elif t:
                    parts |= withheld(t)
                return {**versions, **parts}
            case "InformationSheetReceived":
                return {"sheet_version": almost(sheet)}
            case "FundsRemitted" | "FundsReceived":
                return self.payment(dice, t, PAYMENTS, YUAN, back=False)
            case "PaymentBounced":
                back = dice.draw((True, False))
                under_way = [x for x in (t["lines"] if t else []) if x["told"] and not x["came"] and not x["bounced"]]
                line = self.payment(dice, t, PAYMENTS, YUAN, back=back)
                if under_way and dice.randrange(4):
                    chosen = dice.draw(under_way)
                    line, back = self.same(chosen), chosen["back"]
                by = "destination" if back == (dice.randrange(6) > 0) else "origin"
                return line | {"reason_text": "账号不符", "by": by}
            case "FundsReturned":
                fields = self.payment(dice, t, ["b1", "b2", "b3", "p1"], [100, 300, 50], back=True)
                came = [x for x in (t["lines"] if t else []) if x["came"] and not x["back"]]
                first = self.payment(dice, t, PAYMENTS, YUAN, back=False)
                if t and came and dice.randrange(4):
                    chosen = dice.draw(came)
                    stays = self.model.expected(t) if t["credited"] or t["state"] == "mismatch" else 0
                    excess = max(self.model.held(t) - stays, 0)
                    amount = min(chosen["amount"], excess) + 100 * abs(dice.draw(ALMOST))
                    fields = {"payment": f"b{len(t['lines'])}", "amount": amount / 100}
                    first = self.same(chosen)
                if "payment" in first:
                    return fields | {"returned": first["payment"]}
                returned = {"returned_reference": first["payment_reference"], "returned_line": first["payment_line"]}
                return fields | returned
            case "ReturnedFundsReceived":
                waited_for = [x for x in (t["lines"] if t else []) if x["back"] and not x["came"] and not x["bounced"]]
                if waited_for and dice.randrange(4):
                    return self.same(dice.draw(waited_for))
                return self.payment(dice, t, ["b1", "b2"], [100, 300, 50], back=True)
            case "MismatchReported":
                held = self.model.held(t) if t else 0
                requests = ["top_up", "take_back_excess", "correct_sheet"]
                return {
                    "sheet_version": almost(sheet),
                    "expected": (self.model.expected(t) if t else own + pooling) / 100,
                    "received": (held + 100 * abs(dice.draw(ALMOST))) / 100,
                    "request": dice.draw(requests),
                }
            case "TransferCompleted":
                off = 100 * abs(dice.draw(ALMOST))
                return {
                    "sheet_version": almost(sheet),
                    "individual_total": (own + off) / 100,
                    "pooling_total": pooling / 100,
                }
            case "LumpSumFound":
                day, place = dice.draw(["2015-05-05", "2018-05-05"]), dice.draw(["32", "33"])
                found = {"letter_version": almost(letter), "months": 36, "amount": 50, "paid_on": day, "paid_in": place}
                return found | lump_number(dice)
            case "LumpSumDocumentRequested":
                return {"paid_in": dice.draw(["32", "33"])} | lump_number(dice)
            case "LumpSumNoticeSent":
                return lump_number(dice)
            case "LumpSumDocumentSupplied":
                kinds = ["commitment", "court"]
                day = dice.draw(["2014-01-01", "2020-01-01"])
                by = dice.draw(["origin", "32"])
                return {"document": dice.draw(kinds), "document_date": day, "by": by} | lump_number(dice)
            case "ArrearsReported":
                return {"letter_version": almost(letter), "months": 3, "own_part": 80}
            case "ArrearsSettled":
                return {"amount": 80}
            case "UnassignedFundsReceived":
                return {"payer": "44", "payment": dice.draw(PAYMENTS), "amount": dice.draw(YUAN)}
            case "UnassignedFundsAssigned":
                return {
                    "assigned_to": dice.draw(["first", "first", "first", "second", "elsewhere", "unknown", "00" * 16])
                }
            case "OverlapCleared":
                refund = dice.draw([50, 100, 0])
                payment = dice.draw(["r1", "r2"])
                return {
                    "payment": payment,
                    "refund": refund,
                    "months": 2,
                    "first_month": 202401,
                    "last_month": 202402,
                    "kept_province": "41",
                }
            case "TransferFrozen":
                return {"cause": dice.draw(["death", "pension_started"])} | self.either(dice)
            case "TransferReversed":
                return {"reversal": dice.draw(["reversal", "second"])}
            case "IdentityCorrected":
                return {"reason": "wrong_digit", "new_person": dice.draw(["right", "person"])}
            case "FactAnnulled":
                last = dice.draw(self.ids[-3:] or ["00" * 16])
                undo = t["undo"] if t else None
                if undo and dice.draw((True, False)):
                    return {"annulled_event_id": self.named(undo[0]), "by": undo[1]}
                return {"annulled_event_id": last} | self.either(dice)
            case "TransferOffered":
                fields = {"kind": dice.draw(self.kinds(course))}
                if fields["kind"].startswith("temporary"):
                    fields["account_number"] = "T-1"
                else:
                    fields["names"] = "first"
                return fields
            case "AgencyChanged":
                return {"reason": "merged"} | self.either(dice)
            case "PersonInformed":
                return {"about": "TransferCompleted", "reader": dice.draw(["person", "person", "heirs"])}
            case "ApplicationAccepted":
                number = dice.draw([None, "K-1"])
                return {} if number is None else {"certificate_number": number}
        return {}

    def payment(
        self, dice: Dice, t: dict[str, Any] | None, names: list[str], amounts: list[int], *, back: bool
    ) -> dict[str, Any]:
        """A payment line that the case knows, or a new one."""
        known = [line for line in (t["lines"] if t else []) if line["back"] == back]
        if known and dice.randrange(3):
            line = dice.draw(known)
            amount = line["amount"] + 100 * abs(dice.draw(ALMOST))
            return {"payment_reference": line["reference"], "payment_line": line["line"], "amount": amount / 100}
        return {"payment": dice.draw(names), "amount": dice.draw(amounts)}

    def same(self, line: dict[str, Any]) -> dict[str, Any]:
        return {
            "payment_reference": line["reference"],
            "payment_line": line["line"],
            "amount": line["amount"] / 100,
        }

    def named(self, event_id: bytes) -> str:
        return next(name for name in self.ids if self.stage.player.messages[name].envelope.event_id == event_id)

    def either(self, dice: Dice) -> dict[str, Any]:
        return {"by": dice.draw(["destination", "origin"])}

    def kinds(self, course: str) -> list[str]:
        return {"temporary": ["temporary_collection", "temporary_collection", "temporary_move"]}.get(
            course, [course] if course in ("supplement", "reversal") else ["supplement"]
        )

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
