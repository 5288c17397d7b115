"""Adapters that are broken in one place each, around our own: what the conformance kit must find."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import msgspec
from support.altered_adapters import OfOwnAdapter, SaysOtherwise, SendsOtherwise, with_envelope

from jinbao.bus import embedded
from jinbao.bus.interface import OutgoingRecord, partition_of
from jinbao.conformance.driven_province import DrivenProvince, now_us
from jinbao.conformance.instructions import Answer, Instruction
from jinbao.keys.sealing import seal
from jinbao.regional_adapter.exchange.adapter import RegionalAdapter
from jinbao.regional_adapter.exchange.set_aside import SetAside
from jinbao.regional_adapter.office.draft import OfficeError
from jinbao.schemas.codec import decode, encode, headers_for
from jinbao.schemas.headers import DIGEST, bus_key
from jinbao.schemas.messages import inbox_topic

Broken = Callable[..., DrivenProvince]
BROKEN: dict[str, tuple[type[DrivenProvince], set[str]]] = {}
"""By what is wrong: the adapter, and the cases that it must fail."""
RECEIPTS = ("ContactLetterReceived", "InformationSheetReceived")


def fails(*cases: str) -> Callable[[type[DrivenProvince]], type[DrivenProvince]]:
    def keep(broken: type[DrivenProvince]) -> type[DrivenProvince]:
        BROKEN[broken.__name__] = (broken, set(cases))
        return broken

    return keep


def both(case: str) -> tuple[str, str]:
    return f"destination-{case}", f"origin-{case}"


@fails(*both("partition"), *both("upgrade"))
class PutsRecordsElsewhere(SendsOtherwise):
    def around(self) -> Any:
        return patch.object(embedded, "partition_of", lambda key, count: (partition_of(key, count) + 1) % count)


@fails(*both("headers"))
class NamesAnotherSource(SendsOtherwise):
    def alter(self, record: OutgoingRecord) -> OutgoingRecord | None:
        return replace(record, headers=tuple((n, b"/other" if n == "ce_source" else v) for n, v in record.headers))


@fails(*both("digest"))
class LeavesTheDigestOut(SendsOtherwise):
    def alter(self, record: OutgoingRecord) -> OutgoingRecord | None:
        return replace(record, headers=tuple(one for one in record.headers if one[0] != DIGEST))


@fails("destination-sealing", "destination-rare-names")
class SealsUnderAnothersKey(SaysOtherwise):
    def said(self, message: Any) -> Any:
        if message.NAME != "ApplicationAccepted":
            return message
        sealed = seal(self.ring.key_for(UUID(int=1)), message.envelope.event_id, {"name": "合成"})
        personal = msgspec.structs.replace(message.personal, key_id=sealed.key_id, ciphertext=sealed.ciphertext)
        return msgspec.structs.replace(message, personal=personal)


@fails(*both("sealing"), *both("rare-names"))
class NamesThePersonInClear(SaysOtherwise):
    name = ""

    def tell(self, instruction: Instruction) -> Answer:
        self.name = instruction.person.name if instruction.person else self.name
        return super().tell(instruction)

    def said(self, message: Any) -> Any:
        return with_envelope(message, operator=self.name) if hasattr(message, "personal") else message


@fails("destination-rare-names")
class NormalizesNames(DrivenProvince):
    def tell(self, instruction: Instruction) -> Answer:
        person = instruction.person
        if person is not None:
            person = msgspec.structs.replace(person, name=self.written(person.name))
            instruction = msgspec.structs.replace(instruction, person=person)
        return super().tell(instruction)

    def written(self, name: str) -> str:
        return unicodedata.normalize("NFC", name)


@fails("destination-rare-names")
class WritesNamesInGbk(NormalizesNames):
    def written(self, name: str) -> str:
        return name.encode("gbk", "replace").decode("gbk")


class _ReadsNamesInGbk(RegionalAdapter):
    def _read(self, record: Any) -> Any:
        read = super()._read(record)
        personal = getattr(getattr(read, "document", None), "fields", {}).get("personal")
        if personal is None:
            return read
        name = personal["name"].encode("gbk", "replace").decode("gbk")
        document = replace(read.document, fields={**read.document.fields, "personal": {**personal, "name": name}})
        return replace(read, document=document)


@fails("origin-rare-names")
class ReadsNamesInGbk(OfOwnAdapter):
    kind = _ReadsNamesInGbk


@fails("destination-receipt", "origin-receipt")
class GivesNoReceipt(SendsOtherwise):
    def alter(self, record: OutgoingRecord) -> OutgoingRecord | None:
        return None if decode(record.value).NAME in RECEIPTS else record


@fails("destination-receipt", "origin-receipt")
class SaysNotWhatAReceiptIsFor(SaysOtherwise):
    def said(self, message: Any) -> Any:
        return with_envelope(message, causation_id=None) if message.NAME in RECEIPTS else message


class _NewIdForEachReceipt(RegionalAdapter):
    def _read(self, record: Any) -> Any:
        read = super()._read(record)
        receipt = getattr(read, "receipt", None)
        if receipt is None:
            return read
        message = with_envelope(decode(receipt.record.value), event_id=uuid4().bytes)
        value = encode(message)
        sent = replace(receipt.record, value=value, headers=headers_for(message, value))
        return replace(read, receipt=replace(receipt, event_id=message.envelope.event_id, record=sent))


@fails(*both("duplicate"), *both("out-of-order"), *both("lost-memory"), *both("upgrade"))
class ReceiptsUnderNewIds(OfOwnAdapter):
    kind = _NewIdForEachReceipt


class _DoesNotCompareDigests(RegionalAdapter):
    def _read(self, record: Any) -> Any:
        with patch("jinbao.regional_adapter.exchange.set_aside.digest_matches", lambda headers, data: True):
            return super()._read(record)


@fails(*both("poison"))
class BelievesDamagedMessages(OfOwnAdapter):
    kind = _DoesNotCompareDigests


class _StopsAt(RegionalAdapter):
    """Reads no more, until it is started again, once something of that code comes; what was there before it leaves."""

    code = ""
    is_up = stopped = False

    def work(self, records: Any, now: int, held: Any) -> list[SetAside]:
        aside = super().work(records, now, held)
        self.stopped = self.is_up and any(what.code == self.code for what in aside)
        return aside

    def receive(self, now: int) -> int:
        read = 0 if self.stopped else super().receive(now)
        self.is_up = self.is_up or read == 0
        return read


class _StopsAtNoise(_StopsAt):
    code = "UNDECODABLE"


@fails(*both("poison"))
class StopsAtNoise(OfOwnAdapter):
    kind = _StopsAtNoise


class _Died(Exception):
    pass


class _DiesOfNoise(RegionalAdapter):
    def work(self, records: Any, now: int, held: Any) -> list[SetAside]:
        aside = super().work(records, now, held)
        if any(what.code == "UNDECODABLE" for what in aside):
            raise _Died
        return aside


@fails(*both("poison"), *both("upgrade"))
class DiesOfNoiseWheneverItIsStarted(OfOwnAdapter):
    kind = _DiesOfNoise

    def work(self) -> bool:
        try:
            return super().work()
        except _Died:
            self.stop()
            return False


class _StopsAtNewerSchemas(_StopsAt):
    code = "UNKNOWN_SCHEMA"


@fails(*both("newer-schema"))
class StopsAtNewerSchemas(OfOwnAdapter):
    kind = _StopsAtNewerSchemas


class _KnowsFirstLettersOnly(RegionalAdapter):
    def _read(self, record: Any) -> Any:
        read = super()._read(record)
        is_later = getattr(getattr(read, "message", None), "letter_version", 1) > 1
        return replace(read, receipt=None) if is_later else read


@fails("origin-new-letter-version")
class KnowsFirstLettersOnly(OfOwnAdapter):
    kind = _KnowsFirstLettersOnly


@fails("destination-new-letter-version")
class NumbersEveryLetterOne(SaysOtherwise):
    def said(self, message: Any) -> Any:
        is_letter = message.NAME == "ContactLetterIssued"
        return msgspec.structs.replace(message, letter_version=1) if is_letter else message


@fails(*both("deadline"))
class ClosesCasesAtTheDeadline(DrivenProvince):
    def _act(self, said: Instruction, action: str, given: dict[str, Any]) -> None:
        if self.local.incoming("DeadlineMissed", transfer=UUID(said.transfer)):
            raise OfficeError("NOT_POSSIBLE", action)
        super()._act(said, action, given)


@fails("origin-outage", "origin-bus-outage")
class DecidesNothingBeforeTheAnswer(DrivenProvince):
    def _decide(self, said: Instruction) -> None:
        if any(document.is_open for document in self.local.documents(case=said.transfer or "")):
            raise OfficeError("NOT_POSSIBLE", said.decision or "")
        super()._decide(said)


@fails(*both("restart"))
class LosesItsOutboxWhenKilled(DrivenProvince):
    def stop(self) -> None:
        if self.adapter is not None and self.adapter.collect(now_us()):
            self.adapter._store._db.execute("DELETE FROM outbox")
        super().stop()


@fails("destination-again")
class SaysTheSameAgain(DrivenProvince):
    def _apply(self, said: Instruction) -> None:
        before = self.local.documents(case=said.case or "")
        if not before:
            super()._apply(said)
            return
        first = before[0]
        self.local.write_document(first.kind, first.key, first.case, first.fields, "again", now_us(), attempt=2)


@fails("destination-refusal")
class RefusesWithoutAKnownReason(SaysOtherwise):
    def said(self, message: Any) -> Any:
        is_refusal = message.NAME == "ApplicationRefused"
        return msgspec.structs.replace(message, reason_code="OTHER") if is_refusal else message


@fails("origin-mismatch-top-up")
class PaysAllAgain(DrivenProvince):
    def _pay(self, said: Instruction) -> None:
        case = self.office.find(said.transfer or "", now_us())
        sheet = case.written("InformationSheetSent")[-1]
        super()._pay(msgspec.structs.replace(said, amount=said.amount or sheet.fields["total"]))


@fails("destination-mismatch-excess")
class GivesAllBack(SaysOtherwise):
    def said(self, message: Any) -> Any:
        is_back = message.NAME == "FundsReturned"
        return msgspec.structs.replace(message, amount=message.amount + 1) if is_back else message


@fails("origin-mismatch-corrected-sheet")
class CorrectsNoSheet(SaysOtherwise):
    def said(self, message: Any) -> Any:
        is_sheet = message.NAME == "InformationSheetSent"
        return msgspec.structs.replace(message, sheet_version=1) if is_sheet else message


@fails(*both("lost-memory"))
class DatesReceiptsByItsOwnClock(SaysOtherwise):
    def said(self, message: Any) -> Any:
        return with_envelope(message, occurred_at=now_us()) if message.NAME in RECEIPTS else message


def _innermost(bus: Any) -> Any:
    """The bus itself, without what stands around it."""
    while "_real" in vars(bus):
        bus = vars(bus)["_real"]
    return bus


class WritesMore(SendsOtherwise):
    """With each receipt it sends another record besides."""

    def alter(self, record: OutgoingRecord) -> OutgoingRecord | None:
        if decode(record.value).NAME in RECEIPTS:
            with closing(_innermost(self.bus).producer()) as producer:
                producer.send([self.more(record)])
        return record

    def more(self, record: OutgoingRecord) -> OutgoingRecord:
        return record


@fails(*both("own-name"))
class SpeaksAsAnotherProvince(WritesMore):
    def more(self, record: OutgoingRecord) -> OutgoingRecord:
        relationship = uuid4().bytes
        said = with_envelope(decode(record.value), sender="37", relationship_id=relationship, event_id=uuid4().bytes)
        value = encode(said)
        return OutgoingRecord(record.topic, bus_key(relationship), value, headers_for(said, value))


@fails(*both("own-name"))
class WritesIntoAnothersInbox(WritesMore):
    def more(self, record: OutgoingRecord) -> OutgoingRecord:
        return replace(record, topic=inbox_topic("37"))


@fails(*both("upgrade"))
class DropsWhatItHasSetAside(DrivenProvince):
    def stop(self) -> None:
        if self.adapter is not None:
            self.adapter._store._db.execute("DELETE FROM set_aside")
        super().stop()


class _ForgetsWhatWasNotTaken(RegionalAdapter):
    def publish(self, now: int) -> int:
        last_position, records, _ = self._store.waiting(1_000)
        self._store.sent(last_position)
        if records:
            self._producer.send(records)
        return len(records)


@fails(*both("bus-outage"))
class ForgetsWhatTheBusDidNotTake(OfOwnAdapter):
    kind = _ForgetsWhatWasNotTaken


@fails(*both("bus-outage"))
class NeverComesBackToTheBus(DrivenProvince):
    """Its connection is gone for good once it has failed; started again it has another."""

    def tell(self, instruction: Instruction) -> Answer:
        return Answer(ok=True) if instruction.do == "restore-bus" else super().tell(instruction)
