"""Limits: what one case holds and one sender fills is bounded, in numbers and bytes, and nobody pays for another's."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from support.bank_messages import booked, opened

from jinbao.platform import limits
from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.limits import Limit
from jinbao.schemas.codec import MAX_BYTES

DOCS = Path(__file__).parents[3] / "docs"


def reached(limit: Limit) -> Rejection:
    return Rejection("LIMIT_REACHED", limit.field)


def small(monkeypatch, name, most):
    """The limit of that name, lowered for a test."""
    limit = getattr(limits, name)._replace(most=most)
    monkeypatch.setattr(limits, name, limit)
    return reached(limit)


def test_the_table_of_limits_is_that_of_the_program():
    known = {name: limit for name, limit in vars(limits).items() if isinstance(limit, Limit)}
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \| `(\S+)` \|", (DOCS / "limits.md").read_text(encoding="utf-8"), re.M)
    assert {name: Limit(int(most.replace(",", "")), field) for name, most, field in rows} == known


def test_unknown_money_without_end_stops_neither_the_nation_nor_another_province(platform, transfer_of):
    notices = [transfer_of(1, application=f"U-{n}").unknown_money(1, 100) for n in range(4_200)]
    platform.take(*notices, transfer_of(1, "33", "32", "JS-1").apply(), *transfer_of(2, application="HA-2").whole())
    counted = Counter((row.outcome, row.code, row.field) for row in platform.received() if row.sender == "41")
    assert counted[4, "LIMIT_REACHED", "envelope.transfer_id"] == 4_200 - limits.TRANSFERS.most
    assert ("32",) in platform.rows("SELECT destination FROM case_board")
    assert platform.rows("SELECT state FROM case_board WHERE application = 'HA-2'") == [("completed",)]
    assert {answer.code for answer in platform.inbox("41") if answer.NAME == "SubmissionAnswered"} == {"LIMIT_REACHED"}


@pytest.mark.parametrize("begin", ["apply", "offer", "unknown_money"])
def test_every_fact_that_begins_a_transfer_asks_for_room(relationship, transfer_of, monkeypatch, begin):
    def next_one(number):
        transfer = transfer_of(application=f"HA-{number}")
        if begin == "offer":
            relationship.hear(transfer.open_account(f"LS-{number}"))
            return transfer, transfer.offer("temporary_collection", account=f"LS-{number}")
        return transfer, getattr(transfer, begin)()

    refused = small(monkeypatch, "TRANSFERS", 3)
    for number in range(3):
        transfer, message = next_one(number)
        relationship.hear_all([message])
        if begin == "apply":
            relationship.hear_all([transfer.withdraw()])
        elif begin == "offer":
            relationship.hear_all([transfer.return_letter(), transfer.close()])
    assert relationship.hear(next_one(3)[1]) == refused
    assert isinstance(relationship.hear(transfer_of(origin="33", destination="32").apply()), Fact), "another's own room"


def test_a_case_that_moves_asks_for_room_too(platform, transfer_of, monkeypatch):
    small(monkeypatch, "TRANSFERS", 1)
    before, after = transfer_of(1), transfer_of(2, application="HA-1")
    there = transfer_of(2, application="HA-0")
    platform.take(there.apply(), there.withdraw(), before.apply(), before.letter())
    platform.take(before.correct_identity(after.relationship_id))
    assert ("REJECTED", "LIMIT_REACHED") in platform.outcomes()


def test_taking_back_without_end_is_refused_and_the_case_goes_on(relationship, transfer, monkeypatch):
    refused = small(monkeypatch, "ANNULMENTS", 3)
    relationship.hear_all([transfer.apply()])
    for _ in range(3):
        letter = transfer.letter()
        relationship.hear_all([letter, transfer.annul(letter)])
    letter = transfer.letter()
    relationship.hear_all([letter])
    assert relationship.hear(transfer.annul(letter)) == refused
    relationship.hear_all([transfer.letter_received(), transfer.review(), *transfer.both_in(), transfer.complete()])


@pytest.mark.parametrize("last", ["an annulment", "a receipt", "a deemed receipt"])
def test_every_fact_that_starts_a_clock_asks_for_room(relationship, transfer, monkeypatch, last):
    relationship.hear_all([transfer.apply()])
    letter = transfer.letter()
    relationship.hear_all([letter])
    refused = small(monkeypatch, "CLOCKS", relationship.of(transfer).clocks_started)
    message = {
        "an annulment": transfer.annul(letter),
        "a receipt": transfer.letter_received(),
        "a deemed receipt": transfer.letter_deemed(),
    }[last]
    assert relationship.hear(message) == refused


def test_refunds_of_a_case_are_bounded(relationship, transfer, monkeypatch):
    relationship.hear_all(transfer.whole())
    refused = small(monkeypatch, "PAYMENT_LINES", 1)
    relationship.hear_all([transfer.clear_overlap(0, 20)])
    assert relationship.hear(transfer.clear_overlap(0, 21)) == refused


def test_a_case_remembers_so_many_messages_of_a_sender_and_of_the_others_too(platform, transfer, monkeypatch):
    small(monkeypatch, "KNOWN_IDS", 3)
    strangers = [transfer.close(sender="11") for _ in range(5)]
    platform.take(transfer.apply(), *strangers, transfer.letter(), transfer.letter_received())
    codes = [row.code for row in platform.received() if row.sender == "11"]
    assert codes == ["NOT_CASE_PARTY"] * 3 + ["LIMIT_REACHED"] * 2
    assert platform.rows("SELECT state FROM case_board") == [("origin_review",)]
    platform.ingest._start_over()
    platform.take(*strangers)
    assert [outcome for outcome, _ in platform.outcomes()[-5:]] == ["DUPLICATE"] * 3 + ["REJECTED"] * 2


def test_an_account_is_told_of_for_longer_than_a_relationship(platform, monkeypatch):
    small(monkeypatch, "KNOWN_IDS", 3)
    platform.take(opened(), *(booked(number, 0) for number in range(1, 6)))
    assert [outcome for outcome, _ in platform.outcomes()] == ["ACCEPTED"] * 6
    small(monkeypatch, "KNOWN_IDS_OF_ACCOUNT", 6)
    platform.take(booked(7, 0))
    assert platform.received()[-1].code == "LIMIT_REACHED"


def test_what_a_sender_may_park_in_a_case_is_bounded_and_may_come_again(platform, transfer, monkeypatch):
    small(monkeypatch, "PARKED", 2)
    letters = [transfer.letter(version) for version in (1, 2, 3)]
    platform.take(*letters, transfer.letter_received(), now=platform.now)
    assert platform.outcomes() == [
        *[("PARKED", "PREDECESSOR_MISSING")] * 2,
        ("REJECTED", "LIMIT_REACHED"),
        ("PARKED", "PREDECESSOR_MISSING"),
    ]
    platform.ingest._start_over()
    platform.take(transfer.apply(), letters[2])
    assert platform.outcomes()[-1] == ("PARKED", "PREDECESSOR_MISSING"), "there is room again, under the same id"


@pytest.mark.parametrize("restarted", [False, True])
def test_what_a_sender_may_park_in_a_partition_is_bounded(platform, transfer_of, neighbours, monkeypatch, restarted):
    small(monkeypatch, "PARKED_IN_PARTITION", 3)
    transfers = [transfer_of(person, application=f"HA-{person}") for person in neighbours[:5]]
    letters = [transfer.letter() for transfer in transfers]
    platform.take(*letters[:3])
    if restarted:
        platform.ingest._start_over()
    platform.take(letters[3], transfers[3].letter_received())
    assert platform.outcomes()[-2:] == [("REJECTED", "LIMIT_REACHED"), ("PARKED", "PREDECESSOR_MISSING")]
    platform.take(transfers[0].apply(), letters[4])
    assert platform.outcomes()[-1] == ("PARKED", "PREDECESSOR_MISSING")


@pytest.mark.parametrize("name", ["PARKED_BYTES", "PARKED_IN_PARTITION_BYTES"])
def test_the_bytes_that_a_sender_may_park_are_bounded(platform, transfer, monkeypatch, name):
    first, second = transfer.letter(), transfer.letter(2)
    small(monkeypatch, name, len(platform.record(first).value) + 10)
    platform.take(first, second)
    assert platform.outcomes() == [("PARKED", "PREDECESSOR_MISSING"), ("REJECTED", "LIMIT_REACHED")]


def test_a_case_in_which_many_wait_costs_no_more(new_platform, transfer_of, monkeypatch):
    """Decisions are counted: a message tries again what waits for its own transfer, and nothing else."""
    monkeypatch.setattr(limits, "PARKED", limits.PARKED._replace(most=30_000))
    monkeypatch.setattr(limits, "KNOWN_IDS", limits.KNOWN_IDS._replace(most=30_000))
    platform, transfer = new_platform(), transfer_of()
    strangers = []
    for number in range(5_000):
        other = transfer_of(application=f"XX-{number}")
        strangers.append(other.letter())
    platform.take(*strangers)
    assert len(platform.table("parked")) == 5_000
    decided = []
    decide = PensionRelationship.decide
    monkeypatch.setattr(PensionRelationship, "decide", lambda *a: decided.append(a) or decide(*a))
    whole = transfer.whole()
    platform.take(*whole)
    assert platform.rows("SELECT state FROM case_board") == [("completed",)]
    assert len(decided) == len(whole)


def test_what_waits_waits_for_something(platform, every_path, every_exceptional_path):
    """Nothing that could move is left waiting, whatever it waited for."""
    platform.take(*every_path(), *every_exceptional_path())
    left = 0
    for case in list(platform.ingest._cases._cases.values()):
        for parked in case.parked:
            decision = case.aggregate.decide(parked.message, parked.received_at, platform.national.law)
            assert decision.code == "PREDECESSOR_MISSING", parked.message.NAME
            left += 1
    assert left


def test_long_messages_are_taken_in_and_delivered_in_bounded_pieces(platform, transfer):
    """1,150 unreadable ones of 899,000 bytes made one outbox row of 1 GB, in which every start died."""
    for number in range(40):
        platform.send_raw(b"%06d" % number + bytes(MAX_BYTES - 1_006), key=b"%016d" % (number % 3))
    platform.send(transfer.apply())
    while platform.ingest.step(platform.now):
        waiting = platform.rows("SELECT LENGTH(records) FROM outbox WHERE delivered_at IS NULL")
        assert max(size for (size,) in waiting) <= (8 << 20) + MAX_BYTES
        assert sum(size for (size,) in waiting) <= (17 << 20) + MAX_BYTES, "the bytes of one poll"
        while platform.national.relay.step(platform.now):
            pass
    assert Counter(row.outcome for row in platform.received()) == {1: 1, 5: 40}


def test_several_outbox_rows_of_a_batch_keep_the_order_and_their_events(platform, every_path, neighbours, monkeypatch):
    monkeypatch.setattr("jinbao.platform.ingest.batch.OUTBOX_ROW_BYTES", 1_000)
    platform.take(*every_path(neighbours[:13]))
    spans = platform.rows(
        "SELECT province, first_position, last_position FROM outbox WHERE last_position > 0 ORDER BY id"
    )
    assert len(spans) > len({province for province, *_ in spans})
    for province in {province for province, *_ in spans}:
        own = [(first, last) for p, first, last in spans if p == province]
        assert all(before[1] <= after[0] for before, after in pairwise(own))
    names = [message.NAME for message in platform.inbox("44")]
    assert (
        names.index("ContactLetterIssued") < names.index("InformationSheetReceived") < names.index("TransferCompleted")
    )
