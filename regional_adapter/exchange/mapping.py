"""Turns a local document into a submission and a message from the bus into a document for the local system.

Pure but for the key ring: every field comes from the local record or from the message it answers, never from the clock,
so that the same record always becomes the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from jinbao.keys.key_ring import KeyRing, MessageName
from jinbao.keys.message_seal import event_id
from jinbao.keys.sealing import NotSealable, encoded_fields, open_sealed
from jinbao.language.words import FieldError
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_system import DocumentOutcome, IncomingDocument, LocalDocument
from jinbao.rules.type_fault import fault_in
from jinbao.rules.working_days import day_of
from jinbao.schemas.derived_ids import receipt_id, transfer_id
from jinbao.schemas.messages import (
    BY_NAME,
    NO_TRANSFER,
    ApplicationAccepted,
    CertificateIssued,
    ContactLetterIssued,
    ContactLetterReceived,
    ContributionsRecorded,
    Envelope,
    IdentityCorrected,
    InformationSheetReceived,
    InformationSheetSent,
    Outcome,
    Record,
    Sealed,
    Submission,
    SubmissionAnswered,
    SubmissionOutcomes,
    TemporaryAccountOpened,
    TemporaryAccountSealed,
    TransferOffered,
    UnassignedFundsReceived,
)
from jinbao.schemas.personal_fields import (
    PERSONAL_FIELDS,
    InvalidPersonalFieldsError,
    NewerPersonalFieldsError,
    check_personal_fields,
)

Answered = Callable[[Sequence[bytes]], None]
"""Told, beside the local system, of our messages whose outcome came: their event ids."""


def not_asked(event_ids: Sequence[bytes]) -> None:
    """Nobody is told."""


class CannotMapError(FieldError):
    """A local document that is no valid message: which field, and what was expected there."""


@dataclass(frozen=True, slots=True)
class FormMapping:
    """How a province's own field names become the messages', from a day on."""

    version: int
    valid_from: date
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By kind of document: local name to the message's name; a name that is not listed is the message's own."""

    def apply(self, kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields under the message's names."""
        names = self.names.get(kind)
        return dict(fields) if names is None else {names.get(name, name): value for name, value in fields.items()}


EMBEDDED_FORMS: tuple[FormMapping, ...] = (FormMapping(version=1, valid_from=date.min),)
"""The embedded local system writes the messages' own names."""


def mapping_on(mappings: Sequence[FormMapping], day: date) -> FormMapping:
    """The mapping in force on that day. Raises CannotMapError where none is."""
    in_force = [m for m in mappings if m.valid_from <= day]
    if not in_force:
        raise CannotMapError(
            None,
            (f"本省表单在 {day} 没有有效的对照", f"no mapping of this province's forms is valid on {day}"),
        )
    return max(in_force, key=lambda m: m.valid_from)


ABOUT_THE_RELATIONSHIP = frozenset(
    kind.NAME for kind in (CertificateIssued, TemporaryAccountOpened, ContributionsRecorded, TemporaryAccountSealed)
)
"""Documents about the person's relationship itself: they belong to no transfer."""
BEGINS_A_TRANSFER = frozenset(kind.NAME for kind in (ApplicationAccepted, TransferOffered, UnassignedFundsReceived))
"""Documents whose number makes the transfer's id."""
_TRANSFER_ID = ("应为 32 位十六进制的转移业务 id", "expected a transfer id of 32 hexadecimal digits")
_IDS = ("names", "reversal", "assigned_to")
"""Fields that local systems hold as a transfer id in text."""


def case_ids(document: LocalDocument, province: str, ring: KeyRing) -> tuple[UUID, UUID]:
    """Relationship id and transfer id of the case that a local document belongs to. Raises CannotMapError.

    A transfer keeps the id of the relationship in which it began, also after the person's number was corrected.
    """
    if document.kind in ABOUT_THE_RELATIONSHIP:
        transfer = UUID(bytes=NO_TRANSFER)
    elif document.transfer is not None:
        transfer = document.transfer
    elif document.kind in BEGINS_A_TRANSFER and document.key != document.case:
        raise CannotMapError(
            "key", ("开始业务的文书应与业务同号", "the document that begins a case bears the case's number")
        )
    elif document.person is not None:
        transfer = transfer_id(ring.relationship_id(document.person, document.scheme), province, document.case)
    else:
        try:
            transfer = UUID(hex=document.case)
        except ValueError:
            raise CannotMapError("case", _TRANSFER_ID) from None
    if document.corrected is not None:
        return ring.relationship_id(document.corrected, document.scheme), transfer
    if document.relationship is not None:
        return document.relationship, transfer
    if document.person is None:
        raise CannotMapError(
            "person", ("文书未说明何人、何关系", "the document names neither a person nor a relationship")
        )
    return ring.relationship_id(document.person, document.scheme), transfer


class Draft(NamedTuple):
    """A document's message before it has its id."""

    relationship: UUID
    name: MessageName
    fields: dict[str, Any]
    """Under the message's names, without the personal ones."""
    content: bytes
    """Those fields in their canonical form."""
    personal: Any
    encoded: bytes
    """The personal fields as they are sealed; empty where there are none."""


def draft_of(document: LocalDocument, province: str, ring: KeyRing, mappings: Sequence[FormMapping]) -> Draft:
    """What is named and sealed for a document. Raises CannotMapError."""
    relationship, transfer = case_ids(document, province, ring)
    fields = mapping_on(mappings, day_of(document.written_at)).apply(document.kind, document.fields)
    personal = fields.pop("personal", None)
    content = msgspec.json.encode(fields, order="sorted")
    name = MessageName(province, document.kind, document.key, document.attempt, transfer)
    if personal is None:
        return Draft(relationship, name, fields, content, None, b"")
    _check_personal(document.kind, personal)
    return Draft(relationship, name, fields, content, personal, _encoded(personal))


def to_submission(
    document: LocalDocument,
    province: str,
    ring: KeyRing,
    mappings: Sequence[FormMapping] = EMBEDDED_FORMS,
    *,
    annulled: Submission | None = None,
) -> Submission:
    """The message that a local document becomes, personal fields sealed. Raises CannotMapError.

    The event id is derived from sender, kind, the record's key and attempt, the transfer and the content: the mapped
    fields, the personal ones under the person's own key, so that nobody can test guesses against the id.
    `annulled` is the message that a FactAnnulled takes back.
    """
    message_type = BY_NAME.get(document.kind)
    if message_type is None or message_type is SubmissionAnswered:
        raise CannotMapError(
            None, (f"各省不报送 {document.kind}", f"a province sends no message of type {document.kind}")
        )
    relationship, name, fields, content, personal, encoded = draft_of(document, province, ring, mappings)
    if personal is None:
        event = event_id(name, hashlib.sha256(content).hexdigest())
    else:
        event, sealed = ring.seal_message(relationship, name, content, encoded)
        fields["personal"] = Sealed(key_id=sealed.key_id, ciphertext=sealed.ciphertext)
    fields["envelope"] = Envelope(
        event_id=event.bytes,
        relationship_id=relationship.bytes,
        transfer_id=name.transfer.bytes,
        sender=province,
        operator=document.operator,
        local_document=document.key,
        occurred_at=document.written_at,
        causation_id=None if document.answers is None else document.answers.bytes,
    )
    fields |= _derived_ids(document, fields, personal, ring)
    if annulled is not None:
        del fields["annulled_document"]
        fields["annulled_event_id"] = annulled.envelope.event_id
    try:
        message: Submission = msgspec.convert(fields, type=message_type)
    except msgspec.ValidationError:
        fault = fault_in(fields, message_type)
        assert fault is not None, "msgspec found one"
        raise CannotMapError(fault.path or None, fault.words) from None
    return message


def _derived_ids(document: LocalDocument, fields: Mapping[str, Any], personal: Any, ring: KeyRing) -> dict[str, bytes]:
    """Ids as the message has them: of other transfers, and of the relationship that a right number leads to."""
    ids = {}
    for name in _IDS:
        if isinstance(fields.get(name), str):
            try:
                ids[name] = UUID(fields[name]).bytes
            except ValueError:
                raise CannotMapError(name, _TRANSFER_ID) from None
    if document.kind == IdentityCorrected.NAME and isinstance(personal, Mapping):
        try:
            ids["new_relationship_id"] = ring.relationship_id(str(personal.get("number", "")), document.scheme).bytes
        except ValueError:
            raise CannotMapError(
                "personal.number", ("应为正确的身份号码", "expected the right identity number")
            ) from None
    return ids


def _check_personal(kind: str, personal: Any) -> None:
    if not isinstance(personal, Mapping):
        raise CannotMapError("personal", ("应为个人信息", "expected a record of personal fields"))
    if kind not in PERSONAL_FIELDS:
        raise CannotMapError("personal", ("此类报文没有个人信息", "a message of this type has no personal fields"))
    try:
        check_personal_fields(kind, personal)
    except InvalidPersonalFieldsError as error:
        raise CannotMapError(f"personal.{error.field}" if error.field else "personal", error.fault) from None
    except NewerPersonalFieldsError as error:
        raise CannotMapError("personal.version", error.words) from None


def _encoded(personal: Any) -> bytes:
    try:
        return encoded_fields(personal)
    except NotSealable as error:
        raise CannotMapError("personal", error.words) from None


def to_incoming(message: Record, arrived_at: int, ring: KeyRing) -> IncomingDocument:
    """A message from the bus, opened, for the local system.

    Raises CannotOpen where the personal fields stay shut, and InvalidPersonalFieldsError or NewerPersonalFieldsError
    where they are not what such a message holds.
    """
    assert isinstance(message, Submission | SubmissionAnswered)
    envelope = message.envelope
    fields = msgspec.to_builtins(message, builtin_types=(bytes,))
    del fields["envelope"]
    sealed = getattr(message, "personal", None)
    if sealed is not None:
        relationship = UUID(bytes=envelope.relationship_id)
        opened = open_sealed(ring, relationship, envelope.event_id, sealed.key_id, sealed.ciphertext)
        check_personal_fields(message.NAME, opened)
        fields["personal"] = opened
    return IncomingDocument(
        event_id=UUID(bytes=envelope.event_id),
        kind=message.NAME,
        transfer_id=UUID(bytes=envelope.transfer_id),
        relationship_id=UUID(bytes=envelope.relationship_id),
        sender=envelope.sender,
        local_document=envelope.local_document,
        occurred_at=envelope.occurred_at,
        arrived_at=arrived_at,
        fields={name: _readable(value) for name, value in fields.items() if name not in _NOT_FOR_LOCAL_SYSTEMS},
        answers=None if envelope.causation_id is None else UUID(bytes=envelope.causation_id),
    )


_NOT_FOR_LOCAL_SYSTEMS = ("state", "case")
"""A transfer as the platform moves it to another relationship: the local system has its own documents of it."""


def _readable(value: Any) -> Any:
    return str(UUID(bytes=value)) if isinstance(value, bytes) else value


def receipt_for(message: Record, arrived_at: int, province: str) -> Submission | None:
    """回执: the receipt that this province's adapter gives for a letter or a sheet; None for other messages.

    It occurred when the bus took the message, and bears the letter's or sheet's own document number.
    """
    if isinstance(message, ContactLetterIssued):
        envelope = _receipt_envelope(ContactLetterReceived.NAME, message, arrived_at, province)
        return ContactLetterReceived(envelope=envelope, letter_version=message.letter_version)
    if isinstance(message, InformationSheetSent):
        envelope = _receipt_envelope(InformationSheetReceived.NAME, message, arrived_at, province)
        return InformationSheetReceived(envelope=envelope, sheet_version=message.sheet_version)
    return None


def _receipt_envelope(kind: str, received: Submission, arrived_at: int, province: str) -> Envelope:
    cause = received.envelope
    return Envelope(
        event_id=receipt_id(province, kind, UUID(bytes=cause.event_id)).bytes,
        relationship_id=cause.relationship_id,
        transfer_id=cause.transfer_id,
        sender=province,
        operator="adapter",
        local_document=cause.local_document,
        occurred_at=arrived_at,
        causation_id=cause.event_id,
    )


STATES: Mapping[Outcome, DocumentState] = {
    "accepted": DocumentState.ACCEPTED,
    "parked": DocumentState.PARKED,
    "rejected": DocumentState.REJECTED,
    "dead_letter": DocumentState.REJECTED,
}
"""A dead letter counts for nothing until somebody at the platform has it replayed; accepted then, it stands."""


def outcomes_of_documents(
    message: SubmissionOutcomes, sequences: Mapping[bytes, int], arrived_at: int
) -> list[DocumentOutcome]:
    """The outcomes of local documents, in the order told.

    `sequences`: event id → sequence of the document. A message of ours that was made from none, a receipt, has no
    outcome here; one that the platform knew before stands as the first one does, whatever came under its id later.
    """
    found = []
    for told in message.outcomes:
        sequence = sequences.get(told.event_id)
        state = STATES.get(told.first_outcome or told.outcome)
        if sequence is None or state is None:
            continue
        is_about_another = told.first_outcome is not None and told.outcome == "rejected"
        why = (None, None) if is_about_another else (told.code, told.field)
        found.append(DocumentOutcome(sequence, state, arrived_at, *why))
    return found


def own_answer(document: LocalDocument, province: str, ring: KeyRing, error: CannotMapError) -> IncomingDocument:
    """The adapter's own rejection, in the form of the platform's, so that the clerk finds both in one place."""
    try:
        relationship, transfer = case_ids(document, province, ring)
    except CannotMapError:
        relationship = transfer = UUID(int=0)
    record = UUID(int=document.sequence)
    return IncomingDocument(
        event_id=receipt_id(province, SubmissionAnswered.NAME, record),
        kind=SubmissionAnswered.NAME,
        transfer_id=transfer,
        relationship_id=relationship,
        sender=province,
        local_document=document.key,
        occurred_at=document.written_at,
        arrived_at=document.written_at,
        fields={
            "answered_type": document.kind,
            "outcome": "rejected",
            "code": "INVALID_FIELD",
            "text_zh": f"未发送：{error.fault[0]}",
            "text_en": f"not sent: {error.fault[1]}",
            "field": error.field,
            "document": {"kind": document.kind, "key": document.key, "sequence": document.sequence},
        },
    )
