"""Turns the steps of a story into messages: finds ids, fills in what was left out, and names the field at fault."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import InvalidOperation
from typing import Any

from msgspec import inspect

from jinbao.platform.aggregates.catalogue import TRANSFER_RULES
from jinbao.rules.days import read_day, read_moment
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.reason_codes import REASON_CODES
from jinbao.rules.schemes import ENTERPRISE_EMPLOYEES
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m
from jinbao.schemas.codec import InvalidMessage, encode
from jinbao.schemas.derived_ids import settlement_id, settlement_relationship
from jinbao.simulator.stories.story_file import BEGINNINGS, Course, Step, Story, StoryError, instant_of, moment_of
from jinbao.simulator.stories.story_sheet import fen, fill_sheet

CONTROL = {"at", "say", "by", "id", "transfer", "person", "new_person", "happened", "document", "operator", "again"}
CONTROL |= {
    "payment",
    "line",
    "returned",
    "paid",
    "before_1998",
    "recorded",
    "temporary",
    "note_zh",
    "note_en",
    "restart",
}
"""Keys of a step that are no fields of a message."""
_ID_KINDS = {
    "names": "transfer",
    "assigned_to": "transfer",
    "reversal": "transfer",
    "new_relationship_id": "person",
    "old_relationship_id": "person",
    "annulled_event_id": "step",
    "parked_event_id": "step",
}
"""Fields that hold an id: what a short name in them names."""
_AMOUNT_END = m.MOST_FEN
_YEAR_MONTH_START = 190001
_BY_ORIGIN = (m.TransferOffered, m.CertificateIssued, m.PaymentBounced)
_ABOUT_RELATIONSHIP = (
    m.CertificateIssued,
    m.TemporaryAccountOpened,
    m.ContributionsRecorded,
    m.TemporaryAccountSealed,
)
_BETWEEN_TWO = (m.SettlementPaid, m.SettlementReceived)
"""Of a pair of provinces: `by` and `counterpart` name the two."""
_TEXTS = {
    "scheme": ENTERPRISE_EMPLOYEES,
    "purpose": "transfer",
    "means": "letter",
    "account_kind": "general",
    "reason": "renamed",
}


@dataclass(slots=True)
class _Said:
    """What a story has said of one transfer so far."""

    letters: int = 0
    sheets: int = 0
    sheet: m.InformationSheetSent | None = None
    payments: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    """Short name → (reference, line, amount)."""
    last_payment: str = ""


class StoryWriter:
    """Writes a story's messages in the order of its steps."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.messages: dict[str, m.Submission] = {}
        """By the step's own name."""
        self._said: dict[str, _Said] = {}

    def write(self, step: Step) -> m.Submission:
        """The message that a step says. Raises StoryError naming step and field."""
        again = step.fields.get("again")
        if again is not None:
            if again not in self.messages:
                raise self._error(step, "again", f"此前没有名为 {again} 的步骤 / no step above is called {again}")
            return self.messages[again]
        kind = self._kind(step)
        course = self._course(step, kind)
        said = self._said.setdefault(course.name if course else "", _Said())
        values = self._values(step, kind, course, said)
        for name, known in ((f.name, f) for f in _fields(kind)):
            if known.required and name not in values:
                raise self._error(step, name, "缺这一项 / is missing")
        try:
            message: m.Submission = kind(**values)
            encode(message)
        except InvalidMessage as error:
            raise self._error(step, error.field or "say", " / ".join(error.fault)) from error
        self._remember(step, message, said)
        return message

    # --- what is said, and of whom ---

    def _error(self, step: Step, where: str, text: str) -> StoryError:
        return self.story.error(step.number, where, text)

    def _kind(self, step: Step) -> type[m.Submission]:
        names = {kind.NAME: kind for kind in m.SUBMISSIONS}
        name = step.says
        if name not in names:
            near = difflib.get_close_matches(str(name), names, n=1)
            hint = f"，是否 {near[0]}？ / did you mean {near[0]}?" if near else " / the name of a message is needed"
            raise self._error(step, "say", f"没有这种报文 {name}{hint}")
        return names[name]

    def _course(self, step: Step, kind: type[m.Submission]) -> Course | None:
        courses = self.story.courses
        name = step.fields.get("transfer")
        if name is None:
            if kind in _ABOUT_RELATIONSHIP or kind in _BETWEEN_TWO:
                return None
            if len(courses) != 1:
                raise self._error(step, "transfer", f"应写明哪笔 / name one of {', '.join(courses)}")
            return next(iter(courses.values()))
        if name not in courses:
            raise self._error(step, "transfer", f"没有 {name} / there is no {name}, only {', '.join(courses)}")
        return courses[name]

    def _person(self, step: Step, course: Course | None) -> str:
        given = step.fields.get("person")
        if given is not None:
            return str(given)
        if course is not None:
            return course.person
        people = {c.person for c in self.story.courses.values()}
        if len(people) > 1:
            raise self._error(step, "person", f"应写明何人 / name one of {', '.join(sorted(people))}")
        return next(iter(people), "person")

    def _sender(self, step: Step, kind: type[m.Submission], course: Course | None) -> str:
        by = step.fields.get("by")
        if by is None:
            rule = TRANSFER_RULES.get(kind)
            role = "origin" if kind in _BY_ORIGIN else rule.role if rule else "destination"
            by = {"document_holder": "origin", "party": "destination"}.get(role, role)
        if course is not None and by in ("origin", "destination"):
            return course.origin if by == "origin" else course.destination
        if by == "platform":
            return m.PLATFORM
        if str(by) in PROVINCES or by == m.PLATFORM:
            return str(by)
        raise self._error(step, "by", "origin、destination、platform 或省级代码 / or a province code is needed")

    def _envelope(self, step: Step, kind: type[m.Submission], course: Course | None) -> m.Envelope:
        fields, person = step.fields, self._person(step, course)
        number = fields.get("id", f"step {step.number}")
        happened = step.at if "happened" not in fields else self._happened(step)
        document = f"{course.name if course else person}-{step.number}"
        if course is not None and kind.NAME in BEGINNINGS:
            document = course.document
        relationship, transfer = self.story.id_of("person", person), course.transfer_id if course else m.NO_TRANSFER
        sender = self._sender(step, kind, course)
        if kind in _BETWEEN_TWO:
            counterpart, year = str(fields.get("counterpart")), int(fields.get("year", 0))
            relationship = settlement_relationship(sender, counterpart).bytes
            transfer = settlement_id(sender, counterpart, year).bytes
        return m.Envelope(
            event_id=self.story.id_of("step", str(number)),
            relationship_id=relationship,
            transfer_id=transfer,
            sender=sender,
            operator=str(fields.get("operator", "clerk")),
            local_document=str(fields.get("document", document)),
            occurred_at=happened,
        )

    def _happened(self, step: Step) -> int:
        given = step.fields["happened"]
        try:
            if isinstance(given, str):
                given = read_moment(given) if len(given) > 10 else read_day(given)
            if not hasattr(given, "hour"):
                given = moment_of(step.at).replace(year=given.year, month=given.month, day=given.day)
            return instant_of(given)
        except (ValueError, AttributeError) as error:
            raise self._error(step, "happened", "应为日期或时间 / a day or a moment is needed") from error

    # --- the fields of the message ---

    def _values(self, step: Step, kind: type[m.Submission], course: Course | None, said: _Said) -> dict[str, Any]:
        known = {f.name: f for f in _fields(kind)}
        given = {key: value for key, value in step.fields.items() if key not in CONTROL or key in known}
        given.pop("transfer", None)
        for key in given:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                listed = ", ".join(known)
                zh, en = (
                    (f"是否 {near[0]}？", f"did you mean {near[0]}?") if near else (f"有 {listed}", f"known: {listed}")
                )
                raise self._error(step, key, f"{kind.NAME} 没有这一项；{zh} / {kind.NAME} has no such field; {en}")
        values: dict[str, Any] = {"envelope": self._envelope(step, kind, course)}
        values |= self._payment_fields(step, known, said)
        for name, value in given.items():
            values[name] = self._value(step, value, known[name].type, name)
        if "new_person" in step.fields and "new_relationship_id" in known:
            values["new_relationship_id"] = self.story.id_of("person", str(step.fields["new_person"]))
        if kind is m.InformationSheetSent:
            self._fill_sheet(step, course, values)
        for name, info in known.items():
            if name not in values and info.required:
                default = self._default(step, kind, course, said, name, info.type, values)
                if default is not None:
                    values[name] = default
        return values

    def _payment_fields(self, step: Step, known: Mapping[str, Any], said: _Said) -> dict[str, Any]:
        """Reference, line and amount of the payment that the step calls by a short name."""
        values: dict[str, Any] = {}
        if "payment_reference" in known and "payment_reference" not in step.fields:
            name = str(step.fields.get("payment", said.last_payment or "p1"))
            line = step.fields.get("line", 1)
            reference, amount = self._reference(name), None
            if name in said.payments:
                reference, line, amount = said.payments[name]
            values |= {"payment_reference": reference, "payment_line": line}
            if "amount" in known and amount is not None:
                values["amount"] = amount
        if "returned_reference" in known and "returned" in step.fields:
            name = str(step.fields["returned"])
            reference, line, _ = said.payments.get(name, (self._reference(name), 1, 0))
            values |= {"returned_reference": reference, "returned_line": line}
        return values

    def _reference(self, name: str) -> str:
        return make_payment_reference(str(int.from_bytes(self.story.id_of("payment", name)[:8]) % 10**18))

    def _value(self, step: Step, given: Any, kind: inspect.Type, where: str) -> Any:
        """A value as written in the story, in the type that the message needs."""
        try:
            match kind:
                case inspect.IntType() if kind.le == _AMOUNT_END:
                    return fen(given)
                case inspect.IntType() if kind.ge == _YEAR_MONTH_START and isinstance(given, str):
                    return int(given.replace("-", ""))
                case inspect.DateType() if isinstance(given, str):
                    return read_day(given)
                case inspect.BytesType():
                    return self._id(given, where)
                case inspect.UnionType():
                    return self._value(step, given, kind.types[0], where) if given is not None else None
                case inspect.ListType():
                    return [self._value(step, row, kind.item_type, f"{where}[{i}]") for i, row in enumerate(given)]
                case inspect.StructType():
                    inner = {f.name: f.type for f in kind.fields}
                    return kind.cls(**{k: self._value(step, v, inner[k], f"{where}.{k}") for k, v in given.items()})
        except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
            raise self._error(step, where, f"{given!r}: {error}") from error
        return given

    def _id(self, given: Any, where: str) -> bytes:
        """A short name, or the bytes themselves in hexadecimal."""
        if isinstance(given, bytes):
            return given
        kind = _ID_KINDS.get(where)
        if kind == "step" and given in self.messages:
            return self.messages[given].envelope.event_id
        if kind == "transfer" and given in self.story.courses:
            return self.story.courses[given].transfer_id
        if kind == "person":
            return self.story.id_of("person", str(given))
        return bytes.fromhex(given)

    def _default(
        self,
        step: Step,
        kind: type[m.Submission],
        course: Course | None,
        said: _Said,
        name: str,
        type_: inspect.Type,
        values: Mapping[str, Any],
    ) -> Any:
        """What a field that the step leaves out holds, or None where the step must say it."""
        sheet, place = said.sheet, course.name if course else self._person(step, course)
        versions = {"letter_version": said.letters, "sheet_version": said.sheets, "certificate_version": 1}
        if name in versions:
            new = (kind, name) in ((m.ContactLetterIssued, "letter_version"), (m.InformationSheetSent, "sheet_version"))
            return max(versions[name] + new, 1)
        if isinstance(type_, inspect.DateType):
            return day_of(step.at)
        if name in ("origin", "destination") and course is not None:
            return getattr(course, name)
        if name in ("individual_total", "pooling_total", "expected") and sheet is not None:
            return sheet.total if name == "expected" else getattr(sheet, name)
        if name == "amount" and kind is m.FundsRemitted and sheet is not None:
            return sheet.total
        if name == "agency":
            return synthetic_agency(values["envelope"].sender)
        if name == "personal":
            return synthetic_seal(self.story.id_of("key", self._person(step, course)))
        if name in _TEXTS:
            return _TEXTS[name]
        if name in ("reason_text", "text"):
            reason = REASON_CODES.get(str(values.get("reason_code")))
            return step.fields.get("note_zh") or (reason.text_zh if reason else "示例")
        if name.endswith("_number"):
            return f"{place}-{name.removesuffix('_number')}-{step.number if name != 'account_number' else 1}"
        return None

    def _fill_sheet(self, step: Step, course: Course | None, values: dict[str, Any]) -> None:
        try:
            fill_sheet(step, course.origin if course else "", values)
        except (ValueError, KeyError, TypeError, InvalidOperation) as error:
            raise self._error(step, "paid", f"{type(error).__name__}: {error}") from error

    def _remember(self, step: Step, message: m.Submission, said: _Said) -> None:
        self.messages[str(step.fields.get("id", f"step {step.number}"))] = message
        match message:
            case m.ContactLetterIssued():
                said.letters = max(said.letters, message.letter_version)
            case m.InformationSheetSent():
                said.sheets, said.sheet = max(said.sheets, message.sheet_version), message
            case (
                m.FundsRemitted()
                | m.FundsReceived()
                | m.FundsReturned()
                | m.UnassignedFundsReceived()
                | m.SettlementPaid()
                | m.SettlementReceived()
            ):
                name = str(step.fields.get("payment", said.last_payment or "p1"))
                said.payments[name] = (message.payment_reference, message.payment_line, message.amount)
                said.last_payment = name


def _fields(kind: type[m.Submission]) -> tuple[inspect.Field, ...]:
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return tuple(f for f in described.fields if f.name != "envelope")


def synthetic_agency(province: str) -> m.Agency:
    """An agency that is plainly invented."""
    return m.Agency(
        name=f"示例社保中心 {province}",
        telephone="000-00000000",
        address="示例路 1 号",
        postcode="000000",
        bank_name="示例银行",
        account_title="示例收入户",
        account_number=f"0000 0000 {province}00",
    )


def synthetic_seal(key_id: bytes) -> m.Sealed:
    """Stands where personal fields are sealed: a story has no person, so nothing is in it."""
    return m.Sealed(key_id=key_id, ciphertext=bytes(32))
