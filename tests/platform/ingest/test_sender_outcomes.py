"""Every sender learns, in its inbox, what became of each of its messages."""

from __future__ import annotations

from collections import Counter

import pytest

from jinbao.platform.ingest import batch
from jinbao.platform.projections.last_heard import last_heard
from jinbao.schemas import messages as m
from jinbao.schemas.codec import MAX_BYTES, encode


def _words(told):
    return [(t.type, t.outcome, t.code, t.first_outcome) for t in told]


def test_accepted_duplicate_and_rejected_are_told_to_their_sender_alone(platform, transfer):
    application, wrong = transfer.apply(), transfer.refuse("NO_SUCH_REASON")
    platform.take(application, wrong)
    platform.take(application, wrong)
    assert _words(platform.told("41")) == [
        ("ApplicationAccepted", "accepted", None, None),
        ("ApplicationRefused", "rejected", "UNKNOWN_REASON_CODE", None),
        ("ApplicationAccepted", "duplicate", None, "accepted"),
        ("ApplicationRefused", "duplicate", "UNKNOWN_REASON_CODE", "rejected"),
    ]
    first = platform.told("41")[0]
    assert (first.event_id, first.received_at) == (application.envelope.event_id, platform.now)
    assert platform.told("44") == []


def test_a_parked_message_is_told_to_wait_and_later_what_became_of_it(platform, transfer, at):
    received = transfer.letter_received()
    platform.take(received, now=at("2025-03-03"))
    assert _words(platform.told("44")) == [("ContactLetterReceived", "parked", "PREDECESSOR_MISSING", None)]
    platform.take(received)
    platform.take(transfer.apply(), transfer.letter(), now=at("2025-03-05"))
    assert _words(platform.told("44"))[1:] == [
        ("ContactLetterReceived", "duplicate", "PREDECESSOR_MISSING", "parked"),
        ("ContactLetterReceived", "accepted", None, None),
    ]


def test_a_parked_message_that_expires_is_told_as_rejected(platform, transfer, at):
    platform.take(transfer.letter_received(), now=at("2025-03-03"))
    platform.sweep(at("2025-03-20"))
    assert _words(platform.told("44")) == [
        ("ContactLetterReceived", "parked", "PREDECESSOR_MISSING", None),
        ("ContactLetterReceived", "rejected", "PREDECESSOR_MISSING", None),
    ]
    assert any(row.sender == "00" for row in platform.received()), "it speaks to itself"
    assert platform.rows("SELECT 1 FROM outbox WHERE province = '00'") == [], "the platform does not write to itself"


def test_of_the_same_id_with_other_content_the_sender_learns_how_the_first_stands(platform, transfer):
    application = transfer.apply()
    platform.take(application, transfer.apply(event_id=application.envelope.event_id, origin="45"))
    assert _words(platform.told("41"))[1] == ("ApplicationAccepted", "rejected", "ID_REUSED", "accepted")


def test_every_message_of_a_province_has_its_outcome_and_the_platform_writes_none_to_itself(platform, every_path):
    messages = every_path()
    platform.take(*messages)
    sent = Counter((one.envelope.sender, one.envelope.event_id) for one in messages)
    told = Counter((p, t.event_id) for p in {sender for sender, _ in sent} - {m.PLATFORM} for t in platform.told(p))
    assert {key for key in sent if key[0] != m.PLATFORM} == told.keys()
    assert all(told[key] >= count for key, count in sent.items() if key[0] != m.PLATFORM)
    assert all(province != m.PLATFORM for (province,) in platform.rows("SELECT DISTINCT province FROM outbox"))


def test_nobody_is_told_of_bytes_that_only_name_him(platform, transfer):
    platform.send_raw(b"garbage", headers=(("ce_source", b"/jinbao/province/41"), ("ce_id", b"x")))
    platform.run()
    assert platform.told("41") == []


def test_a_long_batch_is_told_in_several_records_each_short_enough_for_the_bus(platform, transfer, monkeypatch):
    monkeypatch.setattr(batch, "OUTCOMES_A_RECORD", 2)
    application = transfer.apply()
    platform.take(*[application] * 5)
    records = [r for r in platform.inbox_records("41") if b"SubmissionOutcomes" in r.packed_headers]
    assert len(records) == 3
    assert len(platform.told("41")) == 5


def test_the_longest_possible_record_is_short_enough():
    longest = m.SubmissionOutcome(
        event_id=bytes(16),
        type=max((kind.NAME for kind in m.SUBMISSIONS), key=len),
        outcome="dead_letter",
        received_at=32_503_679_999_999_999,
        code="A" * 40,
        field="\U00020000" * batch.LONGEST_FIELD,
        first_outcome="dead_letter",
    )
    record = m.SubmissionOutcomes(
        envelope=m.Envelope(
            event_id=bytes(16),
            relationship_id=bytes(16),
            transfer_id=bytes(16),
            sender="00",
            operator="platform",
            local_document="-",
            occurred_at=0,
        ),
        outcomes=[longest] * batch.OUTCOMES_A_RECORD,
    )
    assert len(encode(record)) < MAX_BYTES


@pytest.mark.parametrize("batch_size", [1, 2, 50])
def test_however_a_stream_is_cut_into_batches_each_message_ends_as_told(new_platform, transfer, batch_size):
    platform = new_platform(batch_size=batch_size)
    platform.take(transfer.letter_received(), transfer.apply(), transfer.letter())
    assert {t.type: t.outcome for t in platform.told("44")} == {"ContactLetterReceived": "accepted"}


def test_when_each_sender_was_last_heard_of_is_known(platform, transfer, transfer_of, at):
    platform.take(transfer.apply(), transfer_of(2, application="HA-2").apply(), now=at("2025-03-03"))
    platform.take(transfer.letter_received(), now=at("2025-03-04"))
    platform.take(transfer.letter(), now=at("2025-03-05"))
    with platform.store.read() as work:
        assert last_heard(work) == {"41": at("2025-03-05"), "44": at("2025-03-04")}
