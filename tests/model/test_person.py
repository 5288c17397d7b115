"""A whole person's transfers, driven at random through the real chain and held against the plain model after each step.

What is compared: every answer (outcome and code), states and turns, the board's row, every clock, every account. A
failure prints the story that led there; `jinbao case play FILE` replays it. JINBAO_MODEL_EXAMPLES and
JINBAO_MODEL_STEPS let it run longer than in `make test`.
"""

from __future__ import annotations

import json
import os
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, note, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from jinbao.platform.projections.all import TABLES, rebuild
from jinbao.simulator.story_file import story_of
from jinbao.simulator.story_play import StoryPlayer

EXAMPLES = int(os.environ.get("JINBAO_MODEL_EXAMPLES", "40"))
STEPS = int(os.environ.get("JINBAO_MODEL_STEPS", "35"))
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
}
WAYS_IN = {
    "supplement": "TransferOffered",
    "reversal": "TransferOffered",
    "temporary": "TransferOffered",
    "unknown": "UnassignedFundsReceived",
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
    "letter_issued": ["ContactLetterReceived"] * 4 + ["WithdrawalRequested"],
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
    "completed": [
        "OverlapCleared",
        "FundsReceived",
        "FundsReturned",
        "ReturnedFundsReceived",
        "LumpSumDocumentSupplied",
    ]
    + ["TransferReversed"] * 2,
    "closed": ["FundsReceived", "FundsReturned"],
    "withdrawn": ["FundsReceived"],
    "refused": ["FundsReceived"],
    "reversed": ["FundsReceived"],
    "moved": ["ContactLetterIssued", "FundsReceived"],
}
"""What is likely to be said in a state: half of what is drawn comes from here."""
AT_ANY_TIME = ["FactAnnulled", "TransferFrozen", "IdentityCorrected", "AgencyChanged", "PersonInformed"]
KINDS = ["go on", "go on", "go on further", "fitting", "fitting", "fitting", "fitting", "anything"]
KINDS += ["again", "other under its id", "of the person"]
MOSTLY_FIRST = st.sampled_from([*["first"] * 8, *["second"] * 3, *list(COURSES)])
ALMOST = st.sampled_from([0, 0, 0, 0, 0, 0, 1, -1])
PAYMENTS = st.sampled_from(["p1", "p2", "p3", "p4"])
WHOLE_SHEET = {"account_at_previous_year_end": 200, "pooling_total": 100}
YUAN = st.sampled_from([300, 300, 300, 100, 200, 400])


class Machine(RuleBasedStateMachine):
    """Says things, lets days pass, stops the platform; the model says what must come of it."""

    model_of: Any
    calendar: Any
    empty: Path
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.empty, self.folder)
        self.told: dict[str, Any] = {
            "name": "model",
            "transfer": {n: {"origin": o, "destination": d} for n, (o, d) in COURSES.items()},
            "step": [],
        }
        self.story = story_of(self.told, Path("model.json"))
        self.model = self.model_of(self.calendar)
        self.player = StoryPlayer(self.story, self.folder)
        self.day = FIRST_DAY
        self.ids: list[str] = []

    # --- how things are said ---

    def tell(self, **fields: Any) -> None:
        """Let the chain and the model hear a step, and compare."""
        row = {"at": self.day.isoformat(), **fields}
        self.told["step"].append(row)
        number = len(self.told["step"])
        step = story_of({**self.told, "step": [*self.told["step"]]}, Path("model.json")).steps[-1]
        expected = []
        for instant in self.player._sweeps(self.player.now, step.at):
            expected += self.model.evening(instant)
        played = self.player.take(step)
        if "say" in fields or "again" in fields:
            key = fields.get("again") or fields.get("id") or f"step {number}"
            message = self.player._writer.messages[key]
            expected += self.model.hear(message, step.at)
            if "again" not in fields and key not in self.ids:
                self.ids.append(key)
        heard = [(p.type, p.outcome, p.code) for p in played]
        assert heard == expected, f"answers: the platform {heard}, the model {expected}"
        self.compare()

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
                }
                assert board.pop(case) == expected, f"board of {case}"
                mine = [
                    (c["clock"], c["run"], c["whose"], c["due"].isoformat(), c["outcome"], c["warned"], c["missed"])
                    for c in t["clocks"]
                ]
                assert clocks.pop(case, []) == mine, f"clocks of {case}"
                assert books.pop(case, {}) == self.model.books(t), f"accounts of {case}"
        assert not board
        assert not clocks
        assert not books

    def people(self) -> list[str]:
        return ["person", "right"]

    def select(self, sql: str) -> list[tuple[Any, ...]]:
        with self.player.store.read() as work:
            return [tuple(row) for row in work.bulk.connection.exec_driver_sql(sql)]

    def on_the_board(self) -> dict[tuple[bytes, int], dict[str, Any]]:
        sql = (
            "SELECT s.relationship_id, b.case_id & 4095, b.kind, b.state, b.waiting_for, b.due, b.letter_version, "
            "b.sheet_version, b.sheet_total, b.reason, b.awaiting FROM case_board b "
            "JOIN streams s ON s.stream = b.case_id >> 12"
        )
        names = ("kind", "state", "turn", "due", "letter", "sheet", "total", "reason", "owed")
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

    # --- what is said ---

    def where(self, course: str, person: str) -> dict[str, Any] | None:
        return self.model.transfer(self.story.id_of("person", person), self.story.id_of("transfer", course))

    @initialize(first=st.integers(0, 11), second=st.integers(0, 6))
    def begin(self, first: int, second: int) -> None:
        """One transfer has come some way already, perhaps another too."""
        for course, steps in (("first", first), ("second", second)):
            for _ in range(steps):
                self.go_on(course)

    @rule(data=st.data(), course=MOSTLY_FIRST, kind=st.sampled_from(KINDS))
    def act(self, data: st.DataObject, course: str, kind: str) -> None:
        """The next step on the straight way; something that fits; anything; or the same again."""
        match kind:
            case "go on":
                self.go_on(course)
            case "go on further":
                for _ in range(data.draw(st.integers(2, 5), label="steps")):
                    self.go_on(course)
            case "again" if self.ids:
                self.tell(again=self.ids[-min(data.draw(st.integers(1, 6), label="back"), len(self.ids))])
            case "other under its id" if self.ids:
                self.reuse_an_id(data.draw(st.integers(1, 4), label="back"))
            case "of the person":
                self.say_of_the_person(data)
            case _:
                self.say(data, course, likely=kind != "anything")

    def there(self, course: str) -> tuple[str, dict[str, Any] | None]:
        """Under which number a transfer lives now, and how it stands."""
        here = self.where(course, "right")
        moved_back = here is not None and here["state"] == "moved"
        if here is None or (moved_back and self.where(course, "person")["state"] != "moved"):
            return "person", self.where(course, "person")
        return "right", here

    def go_on(self, course: str) -> None:
        """What the law wants next, said as it should be."""
        person, t = self.there(course)
        step = self.straight(course, t)
        if step is not None:
            self.tell(transfer=course, **step, **({} if person == "person" else {"person": person}))

    def straight(self, course: str, t: dict[str, Any] | None) -> dict[str, Any] | None:
        if t is None:
            name = WAYS_IN.get(course, "ApplicationAccepted")
            more: dict[str, Any] = {"kind": course, "names": "first"} if name == "TransferOffered" else {}
            if course == "temporary":
                more = {"kind": "temporary_collection", "account_number": "T-1"}
            if name == "UnassignedFundsReceived":
                more = {"payer": "44", "payment": "p9", "amount": 300}
            return {"say": name, **more}
        held, total = self.model.held(t), sum(t["split"] or (0,))
        match t["state"]:
            case "application_review" | "returned":
                return {"say": "ContactLetterIssued", "letter_version": t["letter"] + 1}
            case "letter_issued":
                return {"say": "ContactLetterReceived", "letter_version": t["letter"]}
            case "origin_review":
                return {"say": "OriginReviewPassed", "letter_version": t["letter"]}
            case "transfer" if t["split"] is None:
                sheet = {"sheet_version": 1, "letter_version": t["letter"], "withheld_months": 36}
                return {
                    "say": "InformationSheetSent",
                    **sheet,
                    "account_at_previous_year_end": 200,
                    "pooling_total": 100,
                }
            case "transfer" | "confirmation" | "mismatch" if not t["sheet_in"]:
                return {"say": "InformationSheetReceived", "sheet_version": t["sheet"]}
            case "transfer" if not t["lines"]:
                return {"say": "FundsRemitted", "payment": "p1", "amount": 300}
            case "transfer":
                return {"say": "FundsReceived", "payment": "p1", "amount": 300}
            case "confirmation" if held != total:
                request = "top_up" if held < total else "take_back_excess"
                sums = {"expected": total / 100, "received": held / 100}
                return {"say": "MismatchReported", "sheet_version": t["sheet"], "request": request, **sums}
            case "mismatch" if held < total:
                return {"say": "FundsReceived", "payment": f"t{len(t['lines'])}", "amount": (total - held) / 100}
            case "mismatch" if held > total:
                back = {"payment": f"g{len(t['lines'])}", "amount": (held - total) / 100, "returned": "p1"}
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

    def say(self, data: st.DataObject, course: str, *, likely: bool) -> None:
        """Somebody says something about a transfer: what fits its state, or anything."""
        person, t = self.there(course)
        if t is None and likely:
            name = WAYS_IN.get(course, "ApplicationAccepted")
        else:
            fitting = NEXT[t["state"] if t else ""] * 2 + AT_ANY_TIME
            everything = sorted({n for names in NEXT.values() for n in names})
            name = data.draw(st.sampled_from(fitting if likely else [*everything, *AT_ANY_TIME]), label="message")
        fields = self.fields(data, name, course, t)
        if person != "person":
            fields["person"] = person
        if data.draw(st.integers(0, 19), label="another sender") == 19:
            fields["by"] = data.draw(st.sampled_from(["44", "32", "41", "11"]))
        self.tell(say=name, transfer=course, **fields)

    def fields(self, data: st.DataObject, name: str, course: str, t: dict[str, Any] | None) -> dict[str, Any]:
        letter, sheet, split = (t["letter"], t["sheet"], t["split"]) if t else (0, 0, None)

        def almost(number: int) -> int:
            return max(1, number + data.draw(ALMOST, label="off by"))

        own, pooling = split or (20_000, 10_000)
        match name:
            case "ContactLetterIssued":
                return {"letter_version": almost(letter + 1)}
            case "ContactLetterReceived" | "OriginReviewPassed" | "WithdrawalRequested":
                return {"letter_version": almost(letter)}
            case "TransferReturned":
                reasons = ["BANK_DATA_INVALID", "WITHDRAWAL_AGREED"]
                return {"letter_version": almost(letter), "reason_code": data.draw(st.sampled_from(reasons))}
            case "ApplicationRefused":
                return {"reason_code": "NOT_INSURED_HERE"}
            case "InformationSheetSent":
                parts = {"account_at_previous_year_end": data.draw(st.sampled_from([200, 100, 0]))}
                parts["pooling_total"] = data.draw(st.sampled_from([100, 200, 0]))
                versions = {"letter_version": almost(letter), "sheet_version": almost(sheet + 1)}
                if data.draw(st.booleans(), label="partial"):
                    parts |= {"withheld_months": 36}
                return {**versions, **parts}
            case "InformationSheetReceived":
                return {"sheet_version": almost(sheet)}
            case "FundsRemitted" | "FundsReceived":
                return {"payment": data.draw(PAYMENTS), "amount": data.draw(YUAN)}
            case "PaymentBounced":
                return {"payment": data.draw(PAYMENTS), "amount": data.draw(YUAN), "reason_text": "账号不符"}
            case "FundsReturned":
                amount = data.draw(st.sampled_from([100, 300, 50]))
                return {"payment": data.draw(st.sampled_from(["b1", "b2", "p1"])), "amount": amount} | {
                    "returned": data.draw(PAYMENTS)
                }
            case "ReturnedFundsReceived":
                amount = data.draw(st.sampled_from([100, 300, 50]))
                return {"payment": data.draw(st.sampled_from(["b1", "b2"])), "amount": amount}
            case "MismatchReported":
                held = self.model.held(t) if t else 0
                requests = ["top_up", "take_back_excess", "correct_sheet"]
                return {
                    "sheet_version": almost(sheet),
                    "expected": (own + pooling) / 100,
                    "received": (held + 100 * abs(data.draw(ALMOST))) / 100,
                    "request": data.draw(st.sampled_from(requests)),
                }
            case "TransferCompleted":
                off = 100 * abs(data.draw(ALMOST))
                return {
                    "sheet_version": almost(sheet),
                    "individual_total": (own + off) / 100,
                    "pooling_total": pooling / 100,
                }
            case "LumpSumFound":
                day = data.draw(st.sampled_from(["2015-05-05", "2018-05-05"]))
                return {"letter_version": almost(letter), "months": 36, "amount": 50, "paid_on": day, "paid_in": "32"}
            case "LumpSumDocumentRequested":
                return {"paid_in": "32"}
            case "LumpSumDocumentSupplied":
                kinds = ["commitment", "court"]
                day = data.draw(st.sampled_from(["2014-01-01", "2020-01-01"]))
                by = data.draw(st.sampled_from(["origin", "32"]))
                return {"document": data.draw(st.sampled_from(kinds)), "document_date": day, "by": by}
            case "ArrearsReported":
                return {"letter_version": almost(letter), "months": 3, "own_part": 80}
            case "ArrearsSettled":
                return {"amount": 80}
            case "UnassignedFundsReceived":
                return {"payer": "44", "payment": data.draw(PAYMENTS), "amount": data.draw(YUAN)}
            case "UnassignedFundsAssigned":
                return {"assigned_to": "first"}
            case "OverlapCleared":
                refund = data.draw(st.sampled_from([50, 100, 0]))
                payment = data.draw(st.sampled_from(["r1", "r2"]))
                return {
                    "payment": payment,
                    "refund": refund,
                    "months": 2,
                    "first_month": 202401,
                    "last_month": 202402,
                    "kept_province": "41",
                }
            case "TransferFrozen":
                return {"cause": data.draw(st.sampled_from(["death", "pension_started"]))} | self.either(data)
            case "TransferReversed":
                return {"reversal": data.draw(st.sampled_from(["reversal", "second"]))}
            case "IdentityCorrected":
                return {"reason": "wrong_digit", "new_person": data.draw(st.sampled_from(["right", "person"]))}
            case "FactAnnulled":
                last = data.draw(st.sampled_from((self.ids[-3:] or ["step 1"])[::-1]), label="annulled")
                undo = t["undo"] if t else None
                if undo and data.draw(st.booleans(), label="as it should be"):
                    return {"annulled_event_id": undo[0].hex(), "by": undo[1]}
                return {"annulled_event_id": self.story.id_of("step", last).hex()} | self.either(data)
            case "TransferOffered":
                fields = {"kind": data.draw(st.sampled_from(self.kinds(course)))}
                if fields["kind"].startswith("temporary"):
                    fields["account_number"] = "T-1"
                else:
                    fields["names"] = "first"
                return fields
            case "AgencyChanged":
                return {"reason": "merged"} | self.either(data)
            case "PersonInformed":
                return {"about": "TransferCompleted"}
            case "ApplicationAccepted":
                number = data.draw(st.sampled_from([None, "K-1"]))
                return {} if number is None else {"certificate_number": number}
        return {}

    def either(self, data: st.DataObject) -> dict[str, Any]:
        return {"by": data.draw(st.sampled_from(["destination", "origin"]), label="by")}

    def kinds(self, course: str) -> list[str]:
        return {"temporary": ["temporary_collection", "temporary_collection", "temporary_move"]}.get(
            course, [course] if course in ("supplement", "reversal") else ["supplement"]
        )

    def say_of_the_person(self, data: st.DataObject) -> None:
        """Certificates and temporary accounts."""
        name = data.draw(st.sampled_from(OF_THE_PERSON), label="message")
        months = {"first_month": 202401, "last_month": 202403, "months": 3}
        fields: dict[str, Any] = {"by": data.draw(st.sampled_from(["32", "32", "44"])), "person": "person"}
        if name == "CertificateIssued":
            version = data.draw(st.integers(1, 3), label="version")
            fields |= {**months, "certificate_number": "K-1", "certificate_version": version}
        else:
            fields |= {"account_number": "T-1"}
        if name == "ContributionsRecorded":
            fields |= {**months, "individual": 100, "employer": 200}
        self.tell(say=name, **fields)

    def reuse_an_id(self, back: int) -> None:
        """Another message under an id that was used."""
        last = self.ids[-min(back, len(self.ids))]
        first = self.player._writer.messages[last]
        self.tell(id=last, say="TransferClosed", transfer="first", reason_text="又一次", document="reused")
        self.player._writer.messages[last] = first

    @rule(days=st.sampled_from([1, 1, 2, 5, 12, 25]))
    def let_days_pass(self, days: int) -> None:
        """The sweep speaks on the evening of every working day."""
        self.day += timedelta(days=days)
        self.tell()

    @rule()
    def stop_and_start(self) -> None:
        """The platform is stopped and started: what is in memory is gone."""
        self.tell(restart=True)

    def teardown(self) -> None:
        """Rebuilding the read models changes nothing, and the nation's books sum to zero."""
        try:
            before = [sorted(self.select(f"SELECT * FROM {t.name}"), key=repr) for t in TABLES]
            rebuild(self.player.store)
            after = [sorted(self.select(f"SELECT * FROM {t.name}"), key=repr) for t in TABLES]
            assert before == after, "rebuilding changes the read models"
            assert self.select("SELECT COALESCE(SUM(personal + pooling + unallocated), 0) FROM ledger_entries") == [
                (0,)
            ]
        finally:
            self.player.close()
            note(f"story, for `jinbao case play FILE.json`:\n{json.dumps(self.told, ensure_ascii=False)}")


@pytest.fixture
def machine(plain_model: Any, calendar: Any, tmp_path: Path) -> type[Machine]:
    empty = tmp_path / "empty"
    empty.mkdir()
    one = {"name": "model", "transfer": {}, "step": []}
    StoryPlayer(story_of(one, Path("model.json")), empty).close()

    class Wired(Machine):
        model_of = plain_model

    Wired.calendar, Wired.empty, Wired.folder = calendar, empty, tmp_path / "folder"
    return Wired


def test_a_whole_person_goes_as_the_plain_model_says(machine: type[Machine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
            print_blob=False,
        ),
    )
