"""The adapter between a real local system and a real embedded bus."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from jinbao.bus.interface import BusError, OutgoingRecord
from jinbao.schemas.codec import decode, encode
from jinbao.schemas.derived_ids import transfer_id
from jinbao.schemas.headers import bus_key
from jinbao.schemas.messages import (
    ApplicationAccepted,
    ContactLetterIssued,
    ContactLetterReceived,
    DeadlineMissed,
    Envelope,
    SubmissionAnswered,
    inbox_topic,
)

WRITTEN_AT_US = 1_567_500_000_000_000


def _letter(nation: Any) -> ContactLetterIssued:
    (letter,) = (m for m in nation.submissions() if isinstance(m, ContactLetterIssued))
    return letter


def test_local_documents_become_submissions_keyed_by_relationship(nation: Any, apply: Any) -> None:
    henan = nation.province("41")
    case = apply(henan)

    henan.run()

    accepted, letter = nation.submissions()
    assert isinstance(accepted, ApplicationAccepted)
    assert isinstance(letter, ContactLetterIssued)
    assert accepted.envelope.transfer_id == letter.envelope.transfer_id
    whose = UUID(bytes=accepted.envelope.relationship_id)
    assert henan.local.transfer_of(case) == transfer_id(whose, "41", case) == UUID(bytes=accepted.envelope.transfer_id)
    assert accepted.envelope.sender == "41"
    assert accepted.envelope.occurred_at == 1_000
    assert letter.envelope.local_document == letter.letter_number
    assert {record.key for record in nation.records()} == {bus_key(accepted.envelope.relationship_id)}


def test_an_incoming_letter_is_opened_delivered_and_receipted_with_the_bus_time(nation: Any, apply: Any) -> None:
    henan, guangdong = nation.province("41"), nation.province("44")
    apply(henan)
    henan.run()
    letter = _letter(nation)
    nation.forward(letter, encode(letter), "44")
    (on_the_bus,) = nation.records(inbox_topic("44"))

    guangdong.run()

    (document,) = guangdong.local.incoming()
    assert document.kind == "ContactLetterIssued"
    assert document.fields["personal"]["name"] == "合成甲样本"
    assert document.arrived_at == on_the_bus.appended_at
    receipt = next(m for m in nation.submissions() if isinstance(m, ContactLetterReceived))
    assert receipt.envelope.sender == "44"
    assert receipt.envelope.occurred_at == on_the_bus.appended_at
    assert receipt.envelope.causation_id == letter.envelope.event_id
    assert receipt.envelope.local_document == letter.letter_number
    assert receipt.envelope.relationship_id == letter.envelope.relationship_id


def test_a_letter_that_comes_twice_is_delivered_and_receipted_once(nation: Any, apply: Any) -> None:
    henan, guangdong = nation.province("41"), nation.province("44")
    apply(henan)
    henan.run()
    letter = _letter(nation)

    for _ in range(2):
        nation.forward(letter, encode(letter), "44")
        guangdong.run()

    assert len(guangdong.local.incoming()) == 1
    assert sum(isinstance(m, ContactLetterReceived) for m in nation.submissions()) == 1


def test_an_adapter_that_lost_its_store_sends_the_same_bytes_again(nation: Any, apply: Any) -> None:
    henan, guangdong = nation.province("41"), nation.province("44")
    apply(henan)
    henan.run()
    letter = _letter(nation)
    nation.forward(letter, encode(letter), "44")
    guangdong.run()
    before = {(r.key, r.value) for r in nation.records()}

    henan.restart(lose_store=True)
    guangdong.restart(lose_store=True)
    henan.run()
    guangdong.run()

    after = nation.records()
    assert len(after) == 2 * len(before)
    assert {(r.key, r.value) for r in after} == before
    assert len(guangdong.local.incoming()) == 1


@pytest.mark.parametrize("lost", ["delivered", "sent"])
def test_a_crash_between_two_steps_repeats_the_same_bytes(nation: Any, apply: Any, monkeypatch: Any, lost: str) -> None:
    henan, guangdong = nation.province("41"), nation.province("44")
    apply(henan)
    henan.run()
    letter = _letter(nation)
    nation.forward(letter, encode(letter), "44")
    step = "advance_inbox" if lost == "delivered" else "sent"

    with monkeypatch.context() as crashing:

        def crash(*_: Any) -> None:
            raise KeyboardInterrupt

        crashing.setattr(guangdong.store, step, crash)
        with pytest.raises(KeyboardInterrupt):
            guangdong.run()
    guangdong.restart()
    guangdong.run()

    assert len(guangdong.local.incoming()) == 1
    receipts = [r.value for r in nation.records() if isinstance(decode(r.value), ContactLetterReceived)]
    assert len(receipts) == (2 if lost == "sent" else 1)
    assert len(set(receipts)) == 1


@pytest.mark.parametrize("part", ["local", "store"])
def test_what_was_read_and_not_kept_is_read_again_by_an_adapter_that_goes_on(
    nation: Any, apply: Any, monkeypatch: Any, part: str
) -> None:
    """A full disk refuses the letter; what comes after it must not pass it over."""
    henan, guangdong = nation.province("41"), nation.province("44")
    apply(henan)
    henan.run()
    letter = _letter(nation)
    nation.forward(letter, encode(letter), "44")
    full = sqlite3.OperationalError("database or disk is full")
    refusing, name = (guangdong.local, "deliver") if part == "local" else (guangdong.store, "advance_inbox")
    with monkeypatch.context() as patched:
        patched.setattr(refusing, name, lambda *_: (_ for _ in ()).throw(full))
        with pytest.raises(sqlite3.OperationalError):
            guangdong.adapter.step(WRITTEN_AT_US)

    guangdong.run()

    assert [document.kind for document in guangdong.local.incoming()] == ["ContactLetterIssued"]
    assert [type(m) for m in nation.submissions()].count(ContactLetterReceived) == 1


def test_a_corrected_record_is_a_new_message_and_the_same_record_is_none(nation: Any, apply: Any) -> None:
    henan = nation.province("41")
    apply(henan)
    henan.run()
    (document,) = henan.local.documents(kind="ApplicationAccepted")

    def write(fields: dict[str, Any]) -> None:
        henan.local.write_document(document.kind, document.key, document.case, fields, "clerk", 3_000)
        henan.run()

    write(dict(document.fields))
    assert len(nation.submissions()) == 2

    write({**document.fields, "origin": "32"})
    first, second = (m for m in nation.submissions() if isinstance(m, ApplicationAccepted))
    assert first.envelope.event_id != second.envelope.event_id
    assert first.envelope.transfer_id == second.envelope.transfer_id


def test_the_event_id_depends_on_personal_fields_but_two_persons_guesses_cannot_be_tested(
    nation: Any, apply: Any
) -> None:
    henan = nation.province("41")
    apply(henan)
    henan.run()
    (document,) = henan.local.documents(kind="ApplicationAccepted")
    personal = {**document.fields["personal"], "name": "合成乙样本"}
    henan.local.write_document(
        document.kind, document.key, document.case, {**document.fields, "personal": personal}, "clerk", 1_000
    )
    henan.run()

    first, second = (m for m in nation.submissions() if isinstance(m, ApplicationAccepted))
    assert first.envelope.event_id != second.envelope.event_id


def test_an_unreadable_message_is_kept_as_it_came_and_the_next_one_is_read(nation: Any, apply: Any) -> None:
    henan, guangdong = nation.province("41"), nation.province("44")
    apply(henan)
    henan.run()
    letter = _letter(nation)
    data = encode(letter)
    flipped = data[:-1] + bytes([data[-1] ^ 1])
    producer = nation.bus.producer()
    producer.send([OutgoingRecord(inbox_topic("44"), b"k", b"garbage", (("x", b"y"),))])
    producer.close()
    nation.forward(letter, data, "44", (("ce_sha256", b"00"),))
    nation.forward(letter, flipped, "44")
    nation.forward(letter, data, "44")

    guangdong.run()

    kept = [kept.what for kept in guangdong.store.set_aside.all()]
    assert [u.record.value for u in kept] == [b"garbage", data, flipped]
    assert [u.code for u in kept] == ["UNDECODABLE", "DIGEST_MISMATCH", "CANNOT_OPEN"]
    assert kept[0].record.headers == (("x", b"y"),)
    assert len(guangdong.local.incoming()) == 1


def test_an_answer_names_the_local_document_that_it_speaks_of(nation: Any, apply: Any) -> None:
    henan = nation.province("41")
    apply(henan)
    henan.run()
    letter = _letter(nation)
    answer = SubmissionAnswered(
        envelope=Envelope(
            event_id=bytes(range(16)),
            relationship_id=letter.envelope.relationship_id,
            transfer_id=letter.envelope.transfer_id,
            sender="00",
            operator="platform",
            local_document="-",
            occurred_at=5,
            causation_id=letter.envelope.event_id,
        ),
        answered_type="ContactLetterIssued",
        outcome="rejected",
        code="STATE_CONFLICT",
        text_zh="状态不符",
        text_en="state conflict",
        field="letter_version",
    )
    nation.forward(answer, encode(answer), "41")

    henan.run()

    (document,) = henan.local.incoming(kind="SubmissionAnswered")
    assert document.answers == UUID(bytes=letter.envelope.event_id)
    assert document.fields["code"] == "STATE_CONFLICT"
    assert document.fields["document"] == {"kind": "ContactLetterIssued", "key": letter.letter_number, "sequence": 2}


def test_a_notice_of_the_platform_is_delivered_without_a_receipt(nation: Any, apply: Any) -> None:
    henan = nation.province("41")
    apply(henan)
    henan.run()
    case = _letter(nation).envelope
    envelope = Envelope(
        event_id=bytes(range(16)),
        relationship_id=case.relationship_id,
        transfer_id=case.transfer_id,
        sender="00",
        operator="platform",
        local_document="-",
        occurred_at=5,
    )
    notice = DeadlineMissed(envelope=envelope, clock="application_review", clock_run=1, due=date(2019, 9, 24))
    nation.forward(notice, encode(notice), "41")
    before = len(nation.submissions())

    henan.run()

    (document,) = henan.local.incoming("DeadlineMissed")
    assert document.fields == {"clock": "application_review", "clock_run": 1, "due": "2019-09-24"}
    assert len(nation.submissions()) == before


def test_a_document_that_is_no_valid_message_is_answered_to_the_clerk_and_the_next_one_is_sent(
    nation: Any, apply: Any
) -> None:
    henan = nation.province("41")
    case = apply(henan)
    henan.local.write_document("TransferWithdrawn", "W1", case, {"reason_text": 5}, "clerk", WRITTEN_AT_US)
    henan.local.write_document("NoSuchMessage", "X1", case, {}, "clerk", WRITTEN_AT_US)
    henan.local.write_document("TransferWithdrawn", "W2", case, {"reason_text": "本人要求"}, "clerk", WRITTEN_AT_US)

    henan.run()

    wrong, unknown = henan.local.incoming(kind="SubmissionAnswered")
    assert wrong.fields["code"] == "INVALID_FIELD"
    assert wrong.fields["field"] == "reason_text"
    assert wrong.fields["document"]["key"] == "W1"
    assert unknown.fields["document"]["key"] == "X1"
    assert [m.envelope.local_document for m in nation.submissions()][-1] == "W2"


def test_an_origin_answers_under_the_ids_of_the_letter(nation: Any, apply: Any) -> None:
    henan, guangdong = nation.province("41"), nation.province("44")
    apply(henan)
    henan.run()
    letter = _letter(nation)
    nation.forward(letter, encode(letter), "44")
    guangdong.run()
    (document,) = guangdong.local.incoming()

    guangdong.local.write_document(
        "OriginReviewPassed",
        "R-1",
        document.transfer_id.hex,
        {"letter_version": 1},
        "clerk",
        WRITTEN_AT_US,
        answers=document.event_id,
    )
    guangdong.run()

    passed = nation.submissions()[-1]
    assert passed.envelope.transfer_id == letter.envelope.transfer_id
    assert passed.envelope.relationship_id == letter.envelope.relationship_id
    assert passed.envelope.causation_id == letter.envelope.event_id


def test_a_restarted_adapter_goes_on_where_it_was(nation: Any, apply: Any) -> None:
    henan, guangdong = nation.province("41"), nation.province("44")
    apply(henan)
    henan.run()
    letter = _letter(nation)
    nation.forward(letter, encode(letter), "44")
    guangdong.run()

    henan.restart()
    guangdong.restart()

    assert henan.adapter.step(0) == 0
    assert guangdong.adapter.step(0) == 0


def test_a_second_adapter_of_the_same_province_is_refused(nation: Any) -> None:
    henan = nation.province("41")
    with pytest.raises(BusError):
        nation.adapter_for(henan.local, henan.store)


def test_long_messages_are_published_in_pieces_and_in_order(
    nation: Any, apply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    henan = nation.province("41")
    apply(henan)
    henan.adapter.collect(1)
    monkeypatch.setattr("jinbao.regional_adapter.exchange.adapter_store.POLL_BYTES", 1)
    sent = []
    while henan.adapter.publish(1):
        sent.append(henan.store.numbers()[0])
    assert sent == [1, 0], "each piece ends with the message that reaches the bound"
    assert [message.NAME for message in nation.submissions()] == ["ApplicationAccepted", "ContactLetterIssued"]
