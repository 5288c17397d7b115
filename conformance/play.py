"""Plays one case: has each step done, and holds what the candidate sends against what the case expects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from jinbao.conformance.case_file import Case, Step
from jinbao.conformance.checks import CHECKS, Fault
from jinbao.conformance.driven_province import now_us
from jinbao.conformance.harness import Harness
from jinbao.conformance.instructions import Instruction, Party, ToldPerson
from jinbao.conformance.kit_steps import KIT_STEPS
from jinbao.conformance.observer import Seen
from jinbao.conformance.persons import HISTORIES, Persons
from jinbao.language.words import Words
from jinbao.rules.schemes import ENTERPRISE_EMPLOYEES
from jinbao.rules.working_days import day_of

_AMOUNT = re.compile(r"sheet(?: of (?P<person>[a-z]+))?(?: (?P<sign>[+-]) (?P<by>[0-9]+))?").fullmatch
_MONEY = {
    "destination": ("FundsRemitted", "FundsReceived"),
    "origin": ("FundsReturned", "ReturnedFundsReceived"),
}
"""Which message announces the money that a side's bank receives, and which one reports it."""


class NotMet(Exception):
    """The candidate did otherwise than the case expects."""

    def __init__(self, expected: Words, seen: Words) -> None:
        super().__init__(expected[1])
        self.expected, self.seen = expected, seen


class Unsupported(Exception):
    """The candidate's driver cannot do what the case needs."""


@dataclass(slots=True)
class Subject:
    """One of the case's persons, and the one transfer of theirs."""

    told: ToldPerson
    relationship: UUID
    number: str
    """The destination's number of the application."""
    expected: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def met_by(self, seen: Sequence[Seen]) -> int:
        """How many of the expectations are met."""
        met = 0
        for kind, fields in self.expected:
            ids = {s.event_id for s in seen if s.kind == kind and s.has(fields) and s.outcome in _STANDS}
            wanted = sum((k, f) == (kind, fields) for k, f in self.expected)
            met += len(ids) >= wanted
        return met


_STANDS = ("accepted", "duplicate")


class CasePlay:
    """One run of one case."""

    def __init__(self, case: Case, harness: Harness, candidate: Party, persons: Persons) -> None:
        self.case = case
        self._harness = harness
        self._candidate = candidate
        self._persons = persons
        self._was_candidate = True
        """Who was told something last."""
        self.subjects: dict[str, Subject] = {}
        self.expected: list[Words] = []
        """What was expected so far, for the report."""

    # --- playing ---

    def play(self, steps: Sequence[Step]) -> None:
        """All steps and checks. Raises NotMet and Unsupported."""
        for step in steps:
            self._play(step)
        self._harness.settle()
        self._nothing_wrong()
        self._as_often_as_expected()
        for name in self.case.checks:
            for subject in self.subjects.values():
                for seen in self.seen(subject):
                    self._check(name, CHECKS[name], subject, seen)

    def _play(self, step: Step) -> None:
        subject = self._subject(step)
        before = len(self.seen(subject))
        if step.side == "kit":
            KIT_STEPS[step.do or ""](self._harness, step, subject.relationship.bytes)
        elif step.side is not None and step.do is not None:
            self._do(step, subject)
        for wanted in step.expect:
            fields = {name: value for name, value in wanted.items() if name != "kind"}
            subject.expected.append((wanted["kind"], fields))
            shown = _shown(wanted["kind"], fields)
            self.expected.append((shown, shown))
        if step.expect:
            self._await(subject, step)
        if step.quiet:
            self.expected.append(("此时不应报送", "nothing now"))
            self._harness.settle()
            if len(self.seen(subject)) > before:
                raise NotMet(("此时不应报送", "nothing now"), self._shown_seen(subject))

    def _do(self, step: Step, subject: Subject) -> None:
        """Have a province do it."""
        is_candidate = step.side == self.case.role
        if is_candidate != self._was_candidate:
            if is_candidate:
                self._harness.await_answers((subject.number, self._transfer(subject)))
            self._harness.settle()  # news of the other side reaches whoever acts now
            self._was_candidate = is_candidate
        party: Party = self._candidate if is_candidate else self._harness.counterpart
        instruction = self._until(lambda: self._instruction(step, subject))
        if instruction is None:
            raise NotMet(_BEFORE[step.do or ""], self._shown_seen(subject))
        answer = self._harness.tell(party, instruction)
        if answer.unsupported:
            raise Unsupported(step.do)
        if not answer.ok:
            who = ("本省" if is_candidate else "对方省", "the candidate" if is_candidate else "the other province")
            what = f"{step.do} {step.decision or ''}".strip()
            expected = (f"{who[0]}能够执行 {what}", f"{who[1]} can {what}")
            zh, en = self._shown_seen(subject)
            raise NotMet(expected, (f"{answer.error}；{zh}", f"{answer.error}; {en}"))

    def _until(self, made: Callable[[], Instruction | None]) -> Instruction | None:
        self._harness.until(lambda: made() is not None)
        return made()

    def _instruction(self, step: Step, subject: Subject) -> Instruction | None:
        """What a province is told; None while what it rests on was not seen yet."""
        if step.do == "start":
            return self._harness.start_instruction()
        if step.do == "upgrade":
            return Instruction(do="upgrade", schemas=str(self._harness.next_releases.folder))
        today = day_of(now_us())
        told: dict[str, Any] = {"do": step.do, "case": subject.number}
        if transfer := self._transfer(subject):
            told["transfer"] = transfer
        if step.do in ("register", "apply"):
            told["person"] = subject.told
        if step.do == "register":
            told["history"] = HISTORIES[step.history]
        elif step.do == "apply":
            told |= {"origin": self._province("origin"), "accepted_on": today}
        elif step.do == "decide":
            told |= {"decision": step.decision, "fields": dict(step.fields)}
        elif step.do == "pay" and step.amount is not None:
            told["amount"] = self._amount(step.amount, subject)
            if told["amount"] is None:
                return None
        elif step.do == "receive":
            paid = self._paid(step.side or "", subject)
            if paid is None:
                return None
            told |= {"reference": paid.payment_reference, "line": paid.payment_line, "amount": paid.amount, "on": today}
        return Instruction(**told)

    def _transfer(self, subject: Subject) -> str:
        """The transfer's id as 32 hexadecimal digits; empty before it has begun."""
        began = self._harness.observer.last(subject.relationship.bytes, "ApplicationAccepted")
        return "" if began is None else str(began.envelope.transfer_id.hex())

    def _amount(self, text: str, subject: Subject) -> int | None:
        """Fen: the total of the person's last sheet, or of another's, more or less by some; None before it was sent."""
        found = _AMOUNT(text)
        assert found is not None, f"{self.case.id}: amount {text}"
        whose = self.subjects[found["person"]] if found["person"] else subject
        sheet = self._harness.observer.last(whose.relationship.bytes, "InformationSheetSent")
        if sheet is None:
            return None
        by = int(found["by"] or 0)
        return int(sheet.total) + (-by if found["sign"] == "-" else by)

    def _paid(self, side: str, subject: Subject) -> Any | None:
        """The first announcement whose money the side's bank has not credited yet; None where there is none."""
        kind, reported = _MONEY[side]
        all_seen = self._harness.observer.about(subject.relationship.bytes)
        done = {_payment(seen.message) for seen in all_seen if seen.kind == reported}
        open_ = (seen.message for seen in all_seen if seen.kind == kind and _payment(seen.message) not in done)
        return next(open_, None)

    def _province(self, side: str) -> str:
        harness = self._harness
        return harness.province if side == self.case.role else harness.counterpart.province

    def _subject(self, step: Step) -> Subject:
        """The person that the step is about, invented when first named."""
        if step.person not in self.subjects:
            name = step.name or f"合成样本{len(self.subjects) + 1}"
            told = self._persons.another(name, self._province("destination"))
            relationship = self._harness.ring.relationship_id(told.number, ENTERPRISE_EMPLOYEES)
            self.subjects[step.person] = Subject(told, relationship, f"K-{uuid4().hex[:12].upper()}")
        return self.subjects[step.person]

    # --- looking ---

    def seen(self, subject: Subject) -> list[Seen]:
        """What the candidate has sent about a person."""
        return self._harness.observer.by_candidate(subject.relationship.bytes)

    def all_seen(self) -> list[Seen]:
        """What the candidate has sent about all persons of the case."""
        return [seen for subject in self.subjects.values() for seen in self.seen(subject)]

    def _await(self, subject: Subject, step: Step) -> None:
        wanted = len(subject.expected)
        if not self._harness.until(lambda: subject.met_by(self.seen(subject)) == wanted):
            expected = "; ".join(_shown(kind, fields) for kind, fields in subject.expected)
            raise NotMet((expected, expected), self._shown_seen(subject))

    def _nothing_wrong(self) -> None:
        """All that the candidate sent was a message, and nothing was refused: neither side's."""
        if unreadable := self._harness.observer.unreadable:
            unreadable.clear()
            raise NotMet(("只报送有效报文", "only valid messages"), ("有无法读取的记录", "a record that is no message"))
        for subject in self.subjects.values():
            for seen in self._harness.observer.about(subject.relationship.bytes):
                if seen.outcome in ("rejected", "dead_letter", "parked"):
                    _, code, path = seen.outcomes[-1]
                    sender = seen.message.envelope.sender
                    accepted = f"{sender} {seen.kind}: accepted"
                    shown = f"{sender} {seen.kind}: {seen.outcome} {code or ''} {path or ''}".strip()
                    raise NotMet((accepted, accepted), (shown, shown))

    def _as_often_as_expected(self) -> None:
        """Each expected message was sent once, under one event id."""
        for subject in self.subjects.values():
            wanted = Counter(kind for kind, _ in subject.expected)
            ids = {(seen.kind, seen.event_id) for seen in self.seen(subject)}
            for kind, count in Counter(kind for kind, _ in ids if kind in wanted).items():
                if count != wanted[kind]:
                    zh, en = f"{kind} {wanted[kind]} 次", f"{kind} {wanted[kind]} times"
                    raise NotMet((zh, en), (f"{count} 次", f"{count} times"))

    def _check(self, name: str, check: Callable[..., Fault | None], subject: Subject, seen: Seen) -> None:
        fault = check(seen, subject.told, self._harness)
        if fault is not None:
            expected, found = fault
            raise NotMet(_about(seen, expected), _about(seen, found))

    def _shown_seen(self, subject: Subject) -> Words:
        shown = "; ".join(f"{seen.kind}: {seen.outcome}" for seen in self.seen(subject))
        return (shown or "无", shown or "nothing")


_BEFORE: Mapping[str, Words] = {
    "pay": ("信息表在先", "the information sheet before"),
    "receive": ("款项通知在先", "the announcement of the money before"),
}


def _about(seen: Seen, words: Words) -> Words:
    return (f"{seen.kind}：{words[0]}", f"{seen.kind}: {words[1]}")


def _shown(kind: str, fields: Mapping[str, Any]) -> str:
    return " ".join([kind, *(f"{name}={value}" for name, value in fields.items())])


def _payment(message: Any) -> tuple[str, int]:
    return message.payment_reference, message.payment_line
