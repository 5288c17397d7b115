"""Ingest on a real bus and database: every message has one of five outcomes, and whoever must know is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from jinbao.bus.interface import OutgoingRecord
from jinbao.platform import queries
from jinbao.platform.ingest.case_cache import Cases
from jinbao.schemas import messages as m
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.headers import bus_key


def test_the_five_outcomes_add_up_to_what_was_received(platform, every_path):
    messages = every_path()
    platform.take(*messages)
    platform.send_raw(b"garbage")
    platform.run()
    with platform.store.read() as work:
        counts = queries.ingest_counts(work)
    assert counts.pop("received") == len(messages) + 1 == sum(counts.values())
    assert all(counts.values()), f"every outcome occurs: {counts}"
    latest = {(row.partition, row.bus_offset): row.outcome.name.lower() for row in platform.received()}
    assert Counter(latest.values()) == counts, "all counts are a fold of log and intake"


def test_a_repeated_message_is_a_duplicate_and_leaves_one_row_without_bytes(platform, transfer):
    application = transfer.apply()
    platform.take(application)
    before = {name: platform.table(name) for name in ("streams", "events", "case_board", "clocks", "flows")}
    platform.take(application)
    assert platform.outcomes() == [("ACCEPTED", None), ("DUPLICATE", None)]
    assert platform.inbox("41") == platform.inbox("44") == []
    assert {name: platform.table(name) for name in before} == before
    assert platform.rows("SELECT bytes FROM intake WHERE outcome = 2") == [(None,)]


def test_the_same_id_with_other_content_is_refused_and_the_first_stays(platform, transfer):
    application = transfer.apply()
    other = transfer.apply(event_id=application.envelope.event_id, origin="45")
    platform.take(application, other, other, application)
    assert platform.outcomes() == [
        ("ACCEPTED", None),
        ("REJECTED", "ID_REUSED"),
        ("REJECTED", "ID_REUSED"),
        ("DUPLICATE", None),
    ]
    [answer, again] = platform.inbox(other.envelope.sender)
    assert (answer.code, answer.field, answer.envelope.causation_id) == (
        "ID_REUSED",
        "envelope.event_id",
        application.envelope.event_id,
    )
    assert again == answer


def test_the_same_id_in_another_persons_stream_is_another_message(platform, transfer_of):
    one, two = transfer_of(1), transfer_of(2, application="HA-2")
    first = one.apply()
    platform.take(first, two.apply(event_id=first.envelope.event_id))
    assert platform.outcomes() == [("ACCEPTED", None)] * 2


def test_what_is_applied_for_anew_under_another_identity_number_is_another_transfer(platform, transfer_of):
    mistaken, corrected = transfer_of(1), transfer_of(2, application="HA-1")
    assert mistaken.transfer_id != corrected.transfer_id
    platform.take(mistaken.apply(), mistaken.withdraw(), corrected.apply(), corrected.letter())
    assert {outcome for outcome, _ in platform.outcomes()} == {"ACCEPTED"}


def test_a_rejected_message_that_comes_again_gets_its_first_answer_again(platform, transfer):
    platform.take(transfer.apply())
    early = transfer.close()
    platform.take(early)
    platform.take(*transfer.until_origin_review()[1:], transfer.return_letter(), now=platform.now + 86_400_000_000)
    platform.take(early)
    assert platform.outcomes()[-1] == ("DUPLICATE", None)
    answers = [message for message in platform.inbox("41") if message.NAME == "SubmissionAnswered"]
    assert [a.code for a in answers] == ["STATE_CONFLICT"] * 2
    assert answers[0] == answers[1], "though by now the case could be closed"


def test_an_answer_says_what_why_and_where_in_both_languages(platform, transfer):
    wrong = transfer.refuse("NO_SUCH_REASON")
    platform.take(transfer.apply(), wrong)
    [answer] = platform.inbox("41")
    assert (answer.outcome, answer.code, answer.field) == ("rejected", "UNKNOWN_REASON_CODE", "reason_code")
    assert answer.answered_type == "ApplicationRefused"
    assert answer.envelope.causation_id == wrong.envelope.event_id
    assert answer.envelope.sender == m.PLATFORM
    assert answer.text_zh
    assert answer.text_en.isascii()


def test_a_message_that_came_too_early_waits_and_is_taken_after_its_predecessor(platform, transfer, at):
    received, letter = transfer.letter_received(), transfer.letter()
    platform.take(received, now=at("2025-03-03"))
    platform.take(transfer.apply(), now=at("2025-03-04"))
    assert platform.outcomes() == [("PARKED", "PREDECESSOR_MISSING"), ("ACCEPTED", None)]
    platform.take(letter, now=at("2025-03-05"))
    rows = platform.received()
    assert [(row.first, row.outcome, row.event) for row in rows] == [
        (None, 3, 0),
        (None, 1, 1),
        (None, 1, 2),
        (1, 1, 3),
    ]
    assert rows[3].received_at == at("2025-03-03"), "clocks count from when the bus took it, however long it was parked"
    assert platform.table("parked") == []
    assert platform.inbox("44") == [letter]
    assert platform.inbox("41") == [received]
    with platform.store.read() as work:
        assert queries.ingest_counts(work)["parked"] == 0


@pytest.mark.parametrize("restarted", [False, True])
def test_a_message_that_waited_travels_on_with_the_headers_that_it_came_with(platform, transfer, restarted):
    early = platform.record(transfer.letter())
    signed = (*early.headers, ("jinbao-signature", b"of somebody"))
    platform.producer.send([replace(early, headers=signed)])
    platform.run()
    assert platform.outcomes() == [("PARKED", "PREDECESSOR_MISSING")]
    if restarted:
        platform.ingest._start_over()
    platform.take(transfer.apply())
    [letter] = platform.inbox_records("44")
    assert letter.headers == signed


def test_a_waiting_message_that_came_again_is_a_duplicate(platform, transfer):
    letter = transfer.letter()
    platform.take(letter, letter)
    assert [outcome for outcome, _ in platform.outcomes()] == ["PARKED", "DUPLICATE"]


def test_a_waiting_message_is_refused_when_the_case_shows_it_wrong(platform, transfer):
    platform.take(transfer.letter(sender="11"), transfer.apply())
    assert platform.outcomes()[-1] == ("REJECTED", "NOT_CASE_PARTY")
    [answer] = platform.inbox("11")
    assert answer.code == "NOT_CASE_PARTY"
    assert platform.table("parked") == []


def test_a_message_that_waited_ten_working_days_is_refused_and_its_sender_told(platform, transfer, at):
    sheet = transfer.sheet()
    platform.take(sheet, now=at("2025-03-03"))
    assert platform.sweep(at("2025-03-17", 23)) == 0
    assert platform.sweep(at("2025-03-18", 1)) == 1
    assert platform.outcomes() == [
        ("PARKED", "PREDECESSOR_MISSING"),
        ("ACCEPTED", None),
        ("REJECTED", "PREDECESSOR_MISSING"),
    ]
    [answer] = platform.inbox("44")
    assert (answer.code, answer.envelope.causation_id) == ("PREDECESSOR_MISSING", sheet.envelope.event_id)
    assert platform.sweep(at("2025-03-19")) == 0
    platform.take(sheet)
    assert platform.inbox("44")[-1] == answer
    with platform.store.read() as work:
        assert queries.ingest_counts(work) == {
            "received": 3,
            "accepted": 1,
            "duplicate": 1,
            "parked": 0,
            "rejected": 1,
            "dead_letter": 0,
        }


def test_only_the_platform_can_let_a_parked_message_expire(platform, transfer):
    letter = transfer.letter()
    expiry = m.ParkedMessageExpired(
        envelope=msgspec.structs.replace(letter.envelope, event_id=b"e" * 16, sender="11"),
        parked_event_id=letter.envelope.event_id,
        parked_sender="41",
    )
    platform.take(letter, expiry)
    assert platform.outcomes()[-1] == ("REJECTED", "ROLE_NOT_ALLOWED")
    assert len(platform.table("parked")) == 1


def _dead_letters(transfer):
    letter = transfer.letter()
    data = encode(letter)
    headers = headers_for(letter, data)
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    key = bus_key(letter.envelope.relationship_id)
    without_digest = tuple(h for h in headers if h[0] != "ce_sha256")
    odd = (("ce_source", b"/jinbao/province/41"), ("ce_type", b"\x00\x1b[2J"), ("ce_id", b"\xff"))
    return {
        "garbage": (OutgoingRecord(m.SUBMISSIONS_TOPIC, key, b"garbage"), "UNDECODABLE", None),
        "nothing": (OutgoingRecord(m.SUBMISSIONS_TOPIC, key, b""), "UNDECODABLE", None),
        "a flipped bit": (OutgoingRecord(m.SUBMISSIONS_TOPIC, key, bytes(flipped), headers), "DIGEST_MISMATCH", None),
        "another schema": (
            OutgoingRecord(m.SUBMISSIONS_TOPIC, key, b"\xc3\x01" + b"f" * 8 + data[10:], without_digest),
            "UNKNOWN_SCHEMA",
            None,
        ),
        "another person's key": (
            OutgoingRecord(m.SUBMISSIONS_TOPIC, b"x" * 16, data, headers),
            "INVALID_FIELD",
            "envelope.relationship_id",
        ),
        "headers nobody would write": (OutgoingRecord(m.SUBMISSIONS_TOPIC, key, b"garbage", odd), "UNDECODABLE", None),
    }


UNREADABLE = (
    "garbage",
    "nothing",
    "a flipped bit",
    "another schema",
    "another person's key",
    "headers nobody would write",
)


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_cannot_be_read_is_a_dead_letter_with_its_bytes_and_the_loop_goes_on(platform, transfer, kind):
    record, code, field = _dead_letters(transfer)[kind]
    platform.producer.send([record])
    platform.take(transfer.apply())
    [(outcome, said, at_fault, data)] = platform.rows(
        "SELECT outcome, code, field, bytes FROM intake WHERE stream IS NULL"
    )
    assert (outcome, said, at_fault, data) == (5, code, field, record.value)
    assert len(platform.table("case_board")) == 1
    answers = platform.inbox("41")
    if kind == "another person's key":
        [answer] = answers
        assert (answer.outcome, answer.code, answer.field) == ("dead_letter", code, field)
    else:
        assert answers == [], "nobody is known to have sent it: a header only names somebody"


def test_a_message_under_another_persons_key_is_in_neither_persons_case(platform, transfer_of):
    """Both persons are known, and the key is a real one: the message belongs to neither stream."""
    one, two = transfer_of(1), transfer_of(2, application="HA-2")
    platform.take(one.apply(), two.apply())
    letter = platform.record(one.letter())
    platform.producer.send([replace(letter, key=bus_key(two.relationship_id))])
    platform.run()
    assert platform.rows("SELECT outcome, code, field, stream FROM intake ORDER BY position DESC LIMIT 1") == [
        (5, "INVALID_FIELD", "envelope.relationship_id", None)
    ]
    assert platform.rows("SELECT DISTINCT state FROM case_board") == [("application_review",)]
    platform.take(one.letter(), two.letter())
    assert platform.rows("SELECT DISTINCT state FROM case_board") == [("letter_issued",)]


def test_the_platforms_own_answers_are_no_submissions(platform, transfer):
    platform.take(transfer.apply(), transfer.close())
    [answer] = platform.inbox("41")
    platform.take(answer)
    assert platform.outcomes()[-1] == ("DEAD_LETTER", "INVALID_FIELD")


def test_a_foreign_message_without_headers_is_taken(platform, transfer):
    platform.send_raw(encode(transfer.apply()), key=bus_key(transfer.relationship_id))
    platform.run()
    assert platform.outcomes() == [("ACCEPTED", None)]


def test_no_header_says_when_a_message_came(platform, transfer):
    record = platform.record(transfer.apply())
    platform.producer.send([replace(record, headers=(*record.headers, ("jinbao-simulated-time", b"1")))])
    platform.run()
    assert platform.rows("SELECT received_at FROM events") == [(platform.now,)]


def test_the_other_side_gets_the_senders_own_bytes_and_headers(platform, transfer):
    platform.take(transfer.apply())
    record = platform.record(transfer.letter())
    signed = replace(record, headers=(*record.headers, ("ce_signature", b"signed")))
    platform.producer.send([signed])
    platform.run()
    [delivered] = platform.inbox_records("44")
    assert (delivered.key, delivered.value, delivered.headers) == (signed.key, signed.value, signed.headers)


def test_the_origin_hears_of_a_case_from_its_first_letter_on(platform, transfer_of):
    refused, withdrawn = transfer_of(1), transfer_of(2, application="HA-2")
    platform.take(refused.apply(), refused.refuse(), withdrawn.apply(), withdrawn.withdraw())
    assert platform.inbox("44") == []


def test_each_side_of_a_normal_transfer_is_told_what_the_other_did(platform, transfer):
    platform.take(*transfer.whole())
    to_origin = "ContactLetterIssued InformationSheetReceived FundsReceived TransferCompleted"
    to_destination = "ContactLetterReceived OriginReviewPassed InformationSheetSent FundsRemitted"
    assert [message.NAME for message in platform.inbox("44")] == to_origin.split()
    assert [message.NAME for message in platform.inbox("41")] == to_destination.split()


def test_the_size_of_a_batch_does_not_matter(new_platform, every_path, neighbours):
    messages = every_path(neighbours[:13])
    results = []
    for size in (1, 2, 7, 2_000):
        platform = new_platform(f"by {size}", batch_size=size)
        platform.take(*messages)
        tables = platform.but_for_batches()  # of the outbox what was delivered is compared instead
        inboxes = {p: (platform.inbox(p), platform.told(p)) for p in ("44", "41", "32", "11", "50")}
        results.append((tables, inboxes))
    for result in results[1:]:
        assert result == results[0]


def test_it_does_not_matter_which_cases_are_kept_in_memory(new_platform, every_path, neighbours):
    messages = every_path(neighbours[:13])
    mixed = [message for start in range(9) for message in messages[start::9]]
    remembering, forgetful = new_platform("remembering", batch_size=3), new_platform("forgetful", batch_size=3)
    forgetful.ingest._cases = Cases(kept=1)
    for platform in (remembering, forgetful):
        platform.take(*mixed)
    assert forgetful.everything() == remembering.everything()
    assert len(forgetful.ingest._cases) <= 1


def test_the_same_content_in_other_bytes_is_a_duplicate(platform, transfer):
    """Avro has two ways to write an array's blocks; a newer schema version would be other bytes, too."""
    row = m.YearRow(
        year=2017,
        first_month=201701,
        last_month=201712,
        months=12,
        province="44",
        contribution_base_total=4_800_000,
        account_rate_bp=800,
        account_credit=384_000,
        account_interest=14_810,
        account_balance=398_810,
        pooling=576_000,
    )
    sheet = transfer.sheet(1, (0, 398_810, 0, 576_000), rows=[row], last_month=201712, months=12)
    one, none = encode(sheet), encode(msgspec.structs.replace(sheet, rows=[]))
    start = next(i for i, (a, b) in enumerate(zip(one, none, strict=False)) if a != b)
    size = len(one) - len(none) - 1
    assert one[start] == 2, "one item, zigzag"
    length = bytes([size * 2]) if size < 64 else bytes([size * 2 & 0x7F | 0x80, size * 2 >> 7])
    other = one[:start] + b"\x01" + length + one[start + 1 :]
    assert other != one
    platform.take(*transfer.until_transfer(), sheet)
    platform.send_raw(other, key=bus_key(transfer.relationship_id))
    platform.run()
    assert platform.outcomes()[-1] == ("DUPLICATE", None)


def test_a_relay_that_dies_after_sending_sends_the_same_again(platform, transfer):
    platform.send(transfer.apply(), transfer.letter())
    platform.ingest.step(platform.now)

    def die(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE outbox"):
            raise InterruptedError

    event.listen(Engine, "before_cursor_execute", die)
    try:
        with pytest.raises(InterruptedError):
            platform.national.relay.step(platform.now)
    finally:
        event.remove(Engine, "before_cursor_execute", die)
    platform.run()
    first, again = platform.inbox_records("44")
    assert (first.key, first.value, first.headers) == (again.key, again.value, again.headers)
    platform.run()
    assert len(platform.inbox_records("44")) == 2
