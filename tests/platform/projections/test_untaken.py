"""Messages that were not taken: listed with their outcome, code, sender and transfer, each in its present state."""

from __future__ import annotations

from uuid import UUID

from jinbao.platform import queries
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections import case_board
from jinbao.platform.projections.untaken import NO_DUPLICATES, NOT_TAKEN, SELECTIONS, untaken, untaken_of


def listed(platform, **wanted):
    with platform.store.read() as work:
        return untaken(work, **{"limit": 1_000, **wanted})


def of_case(platform, transfer):
    with platform.store.read() as work:
        case = case_board.case_of(work, UUID(bytes=transfer.transfer_id))
        return untaken_of(work, case.case_id, case.transfer_id)


def told(messages):
    return [(m.outcome.name, m.code, m.sender, m.type) for m in messages]


def test_the_lists_agree_with_the_counts(platform, every_path):
    platform.take(*every_path())
    platform.send_raw(b"garbage")
    platform.run()
    with platform.store.read() as work:
        counts = queries.ingest_counts(work)
    for name, outcome in NOT_TAKEN.items():
        assert len(listed(platform, outcomes=(outcome,))) == counts[name] > 0
    assert len(listed(platform)) == sum(counts[name] for name in NOT_TAKEN)
    to_look_at = listed(platform, outcomes=SELECTIONS[NO_DUPLICATES])
    assert len(to_look_at) == sum(counts[name] for name in NOT_TAKEN if name != "duplicate")


def test_a_message_is_listed_in_its_present_state_only(platform, transfer):
    received, early = transfer.letter_received(), transfer.review(version=3)
    platform.take(transfer.apply(), received, early)
    assert told(listed(platform)) == [
        ("PARKED", "PREDECESSOR_MISSING", "44", "OriginReviewPassed"),
        ("PARKED", "PREDECESSOR_MISSING", "44", "ContactLetterReceived"),
    ]
    platform.take(transfer.letter())
    assert told(listed(platform)) == [("PARKED", "PREDECESSOR_MISSING", "44", "OriginReviewPassed")]


def test_a_message_that_waited_in_vain_is_a_rejection_of_its_transfer(platform, transfer, at):
    platform.take(transfer.apply(), transfer.review())
    platform.sweep(at("2025-03-18"))
    rejected = [m for m in of_case(platform, transfer) if m.type == "OriginReviewPassed"]
    assert told(rejected) == [("REJECTED", "PREDECESSOR_MISSING", "44", "OriginReviewPassed")]


def test_the_cases_own_messages_are_listed_in_order_and_no_others(platform, transfer_of):
    one, other = transfer_of(1, "44", "41", "HA-1"), transfer_of(1, "32", "41", "HA-2")
    letter = one.letter()
    forged = other.refuse(event_id=letter.envelope.event_id)
    platform.take(one.apply(), other.apply(), letter, letter, one.close(sender="11"), other.close(), forged)
    assert told(of_case(platform, one)) == [
        ("DUPLICATE", None, "41", "ContactLetterIssued"),
        ("REJECTED", "NOT_CASE_PARTY", "11", "TransferClosed"),
    ]
    assert [(m.code, m.field) for m in of_case(platform, other)] == [
        ("STATE_CONFLICT", None),
        ("ID_REUSED", "envelope.event_id"),
    ]
    [refused] = listed(platform, sender="11")
    assert refused.event_id is not None
    assert (refused.transfer_id, refused.received_at) == (UUID(bytes=one.transfer_id), platform.now)


def test_a_list_has_the_newest_first_and_is_cut(platform, transfer):
    application = transfer.apply()
    platform.take(application, application, transfer.close(), application)
    assert [m.outcome for m in listed(platform, limit=2)] == [Outcome.DUPLICATE, Outcome.REJECTED]
    assert {m.transfer_id for m in listed(platform)} == {UUID(bytes=transfer.transfer_id)}


def test_what_cannot_be_read_has_neither_sender_nor_transfer(platform):
    platform.send_raw(b"garbage")
    platform.run()
    [dead] = listed(platform, outcomes=(Outcome.DEAD_LETTER,))
    assert (dead.code, dead.sender, dead.type, dead.event_id, dead.transfer_id) == ("UNDECODABLE", *[None] * 4)
