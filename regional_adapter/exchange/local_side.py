"""Local half of an adapter, which needs no bus: documents become messages in its outbox, messages become documents.

Everything here is kept in one transaction of the adapter's own store. One record that cannot be worked is set aside and
the others go on (`set_aside`); it is worked again by `retry`, in its place among those of its case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from typing import Any
from uuid import UUID

from jinbao.bus.interface import BusRecord
from jinbao.keys.key_ring import KeyMissing, KeyRing, KeyServiceWaits
from jinbao.keys.sealing import CannotOpen
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore, Outgoing, outgoing
from jinbao.regional_adapter.exchange.bank_messages import OF_BANKS, collect_bank, tell_bank
from jinbao.regional_adapter.exchange.mapping import (
    BEGINS_A_TRANSFER,
    EMBEDDED_FORMS,
    Answered,
    CannotMapError,
    FormMapping,
    not_asked,
    outcomes_of_documents,
    own_answer,
    receipt_for,
    to_incoming,
    to_submission,
)
from jinbao.regional_adapter.exchange.set_aside import (
    WAITS,
    Held,
    Kept,
    SetAside,
    Source,
    cases_of,
    concerns_everything,
    failed,
    message_aside,
    message_failed,
    wrong_digest,
)
from jinbao.regional_adapter.exchange.wanted_keys import prepare_documents, prepare_messages
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_system import DocumentOutcome, IncomingDocument, LocalDocument, LocalSystem
from jinbao.schemas import personal_fields
from jinbao.schemas.codec import InvalidMessage, Undecodable, decode, learned
from jinbao.schemas.messages import (
    FactAnnulled,
    Record,
    Submission,
    SubmissionAnswered,
    SubmissionOutcomes,
)
from jinbao.schemas.personal_fields import InvalidPersonalFieldsError, NewerPersonalFieldsError
from jinbao.schemas.registry import shipped_registry

BATCH = 1_000
"""Maximum number of documents or messages in one transaction."""
LOOK_EVERY_US = 60_000_000
"""How often it is looked whether a missing key has come."""
LOOK_FOR_SERVICE_EVERY_US = 5_000_000
"""How often it is looked whether the key service is back, while something waits for it."""
_WORKED_BY = "worked by"


def program_version() -> int:
    """Another number for each version of the program and each set of schemas that it knows."""
    return _version_with(learned())


@cache
def _version_with(learned: frozenset[bytes]) -> int:
    schemas = sorted([*(release.fingerprint for release in shipped_registry().releases), *learned])
    told = repr((version("jinbao"), personal_fields.VERSION, schemas))
    return int.from_bytes(blake2b(told.encode(), digest_size=7).digest())


@dataclass(frozen=True, slots=True)
class _Read:
    record: BusRecord
    message: Record
    document: IncomingDocument
    receipt: Outgoing | None

    @property
    def cases(self) -> tuple[str, ...]:
        """By what later ones of its case are known."""
        return cases_of(self.record, self.message)


@dataclass(frozen=True, slots=True)
class _Told:
    """What became of messages of ours."""

    record: BusRecord
    message: SubmissionOutcomes
    arrived_at: int


class LocalSide:
    """Works documents and messages between one province's local system and its adapter's store."""

    def __init__(
        self,
        province: str,
        *,
        local: LocalSystem,
        key_ring: KeyRing,
        store: AdapterStore,
        mappings: tuple[FormMapping, ...] = EMBEDDED_FORMS,
    ) -> None:
        assert local.province == province, "an adapter serves its own province"
        self.province = province
        self._local = local
        self._ring = key_ring
        self._store = store
        self._mappings = mappings
        self._distrust: Callable[[BusRecord], str | None] = wrong_digest
        self._answered: Answered = not_asked
        self._looked_at: int | None = None
        self._is_current = False
        """What was set aside was worked again by this version of the program."""
        self._waits_for_service = False
        """Something is set aside until the key service is back."""

    # --- documents ---

    def collect(self, now: int) -> int:
        """Map new local documents into the outbox; one that is no valid message is answered to the local system.

        One that follows an annulment is passed by until that is accepted.
        """
        documents, freed = self._local.outgoing(self._store.cursor(), BATCH), self._local.freed()
        if not documents and not freed:
            return 0
        with self._store.transaction():
            self._collect(
                [*freed, *(d for d in documents if d.follows is None)], now, self._store.set_aside.held("document")
            )
            if documents:
                self._store.advance_cursor(documents[-1].sequence)
        if freed:
            self._local.taken([d.sequence for d in freed])
        return len(documents) + len(freed)

    def collect_bank(self) -> int:
        """Queue what is new of bank accounts and statements, in its order; all of it waits for the key service."""
        bank = self._local.bank
        try:
            return collect_bank(bank, self._store, self.province, self._ring) if bank.waits() else 0
        except KeyServiceWaits:
            return 0

    def _collect(self, documents: Sequence[LocalDocument], now: int, held: Held) -> list[SetAside]:
        """Queue what can be sent, answer what is no valid message; what else cannot be worked is set aside."""
        ready, answers, refused, aside, begun = [], [], [], [], {}
        prepare_documents(self._ring, self.province, documents, self._mappings)
        for document in documents:
            if held.concerns((document.case,)):
                subject = str(document.sequence)
                aside.append(SetAside("document", subject, WAITS, kind=document.kind, cases=(document.case,)))
                continue
            try:
                message = self._message(document)
                ready.append(_outgoing_of(message, document))
            except CannotMapError as error:
                answers.append(own_answer(document, self.province, self._ring, error))
                refused.append(_not_sent(document, error))
            except KeyServiceWaits as error:
                aside.append(self._for_service(error, document))
                held.note(aside[-1])
            except Exception as error:
                subject = str(document.sequence)
                aside.append(failed(error, "document", subject, kind=document.kind, cases=(document.case,)))
                held.note(aside[-1])
            else:
                if document.kind in BEGINS_A_TRANSFER:
                    begun[document.case] = UUID(bytes=message.envelope.transfer_id)
        if begun:
            self._local.begun(begun)
        if answers:
            self._local.deliver(answers)
            self._local.note(refused)
        self._store.put(ready)
        self._store.set_aside.keep(aside, now)
        return aside

    # --- coming back ---

    def come_back(self, now: int) -> int:
        """Work again what was set aside: all after an upgrade, what lacked a key once that is here; how much went."""
        if not self._is_current and self._store.number(_WORKED_BY) != program_version():
            done = self.retry(now)
            self._store.set_number(_WORKED_BY, program_version())
            return done
        self._is_current = True
        every_us = LOOK_FOR_SERVICE_EVERY_US if self._waits_for_service else LOOK_EVERY_US
        if self._looked_at is not None and 0 <= now - self._looked_at < every_us:
            return 0
        self._looked_at = now
        self._waits_for_service = False
        if not self._store.set_aside.count():
            return 0
        return self.retry(now, self._has_its_key)

    def retry(self, now: int, wanted: Callable[[Kept], bool] = lambda _: True) -> int:
        """Work again what was set aside and is wanted, oldest first; how much could be worked.

        What waits for an earlier one of its case comes with it.
        """
        return sum(self._retry(source, now, wanted) for source in ("message", "document"))

    def _retry(self, source: Source, now: int, wanted: Callable[[Kept], bool]) -> int:
        done, last, held = 0, 0, Held()
        while True:
            with self._store.transaction():
                kept = self._store.set_aside.next(source, last)
                if kept is None:
                    return done
                last = kept.id
                is_due = kept.what.code == WAITS or wanted(kept)
                left = [kept.what]
                if is_due and not held.concerns(kept.what.cases):
                    left = self._work_again(kept.what, now)
                if not left:
                    self._store.set_aside.settle([kept.id])
                    done += 1
                for what in left:
                    held.note(what)

    def _work_again(self, what: SetAside, now: int) -> list[SetAside]:
        if what.record is not None:
            return self.work([what.record], now, Held())
        sequence = int(what.subject)
        documents = [d for d in self._local.outgoing(sequence - 1, 1) if d.sequence == sequence]
        return self._collect(documents, now, Held())

    def _has_its_key(self, kept: Kept) -> bool:
        if kept.what.code == "KEY_SERVICE":
            self._waits_for_service = True
            return self._ring.answers()
        if kept.what.code != "KEY_MISSING" or kept.what.record is None:
            return False
        try:
            message: Any = decode(kept.what.record.value)
            self._ring.key_by_id(message.personal.key_id)
        except (Undecodable, KeyMissing, KeyServiceWaits):
            return False
        return True

    def _for_service(self, error: KeyServiceWaits, document: LocalDocument) -> SetAside:
        self._waits_for_service = True
        cases = (document.case,)
        return SetAside("document", str(document.sequence), "KEY_SERVICE", str(error), document.kind, cases)

    # --- messages ---

    def work(self, records: Sequence[BusRecord], now: int, held: Held) -> list[SetAside]:
        """Deliver and receipt messages; what cannot be worked, and what must wait for that, is set aside and returned.

        To be called within a transaction of the store.
        """
        read: list[_Read] = []
        aside: list[SetAside] = []
        prepare_messages(self._ring, (record.value for record in records))
        for record in records:
            result = self._read(record)
            if held.cases and isinstance(result, _Read) and held.concerns(result.cases):
                result = message_aside(record, WAITS, message=result.message)
            if isinstance(result, _Told):
                result = self._tell(result)
            if isinstance(result, _Read):
                read.append(result)
            elif result is not None:
                aside.append(result)
                held.note(result)
        delivered, refused = self._deliver(read, held)
        aside += refused
        self._store.put([r.receipt for r in delivered if r.receipt is not None])
        place = {id(record): index for index, record in enumerate(records)}
        self._store.set_aside.keep(sorted(aside, key=lambda what: place[id(what.record)]), now)
        return aside

    def _tell(self, told: _Told) -> SetAside | None:
        """Note what became of documents of ours."""
        try:
            if any(outcome.type in OF_BANKS for outcome in told.message.outcomes):
                tell_bank(self._local.bank, told.message)
            ids = [outcome.event_id for outcome in told.message.outcomes]
            self._answered(ids)
            sequences = self._store.documents_of(ids)
            self._local.note(outcomes_of_documents(told.message, sequences, told.arrived_at))
        except Exception as error:
            return message_failed(error, told.record, told.message)
        return None

    def _deliver(self, read: Sequence[_Read], held: Held) -> tuple[Sequence[_Read], list[SetAside]]:
        """Deliver all at once, or one by one where the local system cannot take one of them."""
        if not read:
            return (), []
        try:
            self._local.deliver([r.document for r in read])
            return read, []
        except Exception as error:
            if concerns_everything(error):
                raise
        delivered, aside = [], []
        for one in read:
            if held.concerns(one.cases):
                aside.append(message_aside(one.record, WAITS, message=one.message))
                continue
            try:
                self._local.deliver([one.document])
                delivered.append(one)
            except Exception as error:
                aside.append(message_failed(error, one.record, one.message))
                held.note(aside[-1])
        return delivered, aside

    def _message(self, document: LocalDocument) -> Submission:
        return to_submission(document, self.province, self._ring, self._mappings, annulled=self._annulled_by(document))

    def _annulled_by(self, document: LocalDocument) -> Submission | None:
        """The message of the earlier document that this one takes back: derived again, as it was sent."""
        if document.kind != FactAnnulled.NAME:
            return None
        try:
            sequence = int(document.fields["annulled_document"]["sequence"])
        except (KeyError, TypeError, ValueError):
            raise CannotMapError(
                "annulled_document",
                ("应为所撤销文书的编号", "expected the sequence of the document that is taken back"),
            ) from None
        (found,) = self._local.outgoing(sequence - 1, 1) or (None,)
        if found is None or found.sequence != sequence or found.case != document.case:
            raise CannotMapError(
                "annulled_document.sequence", ("本业务没有此文书", "there is no such document of this case")
            )
        return to_submission(found, self.province, self._ring, self._mappings)

    def _read(self, record: BusRecord) -> _Read | _Told | SetAside | None:
        message = None
        try:
            if (why := self._distrust(record)) is not None:
                return message_aside(record, why)
            message = decode(record.value)
            if isinstance(message, SubmissionOutcomes):
                return _Told(record, message, record.appended_at)
            if isinstance(message, SubmissionAnswered) and message.answered_type in OF_BANKS:
                return None  # the outcomes say the same
            document = to_incoming(message, record.appended_at, self._ring)
            if isinstance(message, SubmissionAnswered):
                document = self._with_own_document(document)
            receipt = receipt_for(message, document.arrived_at, self.province)
            return _Read(record, message, document, None if receipt is None else outgoing(receipt, None))
        except Undecodable as error:
            return message_aside(record, error.code, str(error))
        except CannotOpen as error:
            code = "KEY_MISSING" if error.reason in ("key_unknown", "key_withheld") else "CANNOT_OPEN"
            return message_aside(record, code, str(error), message)
        except KeyServiceWaits as error:
            self._waits_for_service = True
            return message_aside(record, "KEY_SERVICE", str(error), message)
        except NewerPersonalFieldsError as error:
            return message_aside(record, "UNKNOWN_SCHEMA", str(error), message)
        except InvalidPersonalFieldsError as error:
            return message_aside(record, "INVALID_FIELD", _of_personal(error), message)
        except Exception as error:
            return message_failed(error, record, message)

    def _with_own_document(self, answer: IncomingDocument) -> IncomingDocument:
        """An answer, with the local document that it speaks of."""
        sent = self._store.document_of(answer.answers.bytes) if answer.answers else None
        if sent is None:
            return answer
        named: dict[str, Any] = {"kind": sent.kind, "key": sent.document, "sequence": sent.sequence}
        return replace(answer, fields={**answer.fields, "document": named})


def _of_personal(error: InvalidPersonalFieldsError) -> str:
    return " / ".join(f"personal: {words}" for words in error.words)


def _not_sent(document: LocalDocument, error: CannotMapError) -> DocumentOutcome:
    return DocumentOutcome(document.sequence, DocumentState.REJECTED, document.written_at, "INVALID_FIELD", error.field)


def _outgoing_of(message: Submission, document: LocalDocument) -> Outgoing:
    """The record of a local document's message. Raises CannotMapError."""
    try:
        return outgoing(message, document.sequence)
    except InvalidMessage as error:
        raise CannotMapError(error.field, error.fault) from None
