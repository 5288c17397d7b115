"""Several lump-sum back-payments of one transfer, each with its own document."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from jinbao.platform.aggregates.continuation import as_it_stands, transfer_from
from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.store.event_log import decode_fact, encode_fact, stored_topic

OLD, NEW = {"paid_on": "2015-03-20", "paid_in": "44"}, {"paid_on": "2019-06-20", "paid_in": "32"}
"""On either side of 2016-11-28, in two places."""
MOST = 32


def two_found(transfer):
    return [*transfer.until_transfer(), transfer.lump_sum(60, **OLD), transfer.lump_sum(48, **NEW)]


def documents(relationship, transfer):
    return [lump.document for lump in relationship.of(transfer).lump_sums]


def as_the_first_release_stored(fact):
    """The stored array with a snapshot that knows one back-payment."""
    fields = msgspec.msgpack.decode(encode_fact(fact))
    snapshot = msgspec.msgpack.decode(fields[5])
    [lump] = snapshot.pop("lump_sums")
    snapshot.pop("covers")
    snapshot["lump_sum"] = {name: lump[name] for name in ("months", "amount", "paid_on", "paid_in", "document")}
    fields[5] = msgspec.msgpack.encode(snapshot)
    return msgspec.msgpack.encode(fields)


def test_two_back_payments_stand_each_with_its_own_document(relationship, transfer):
    relationship.hear_all([*two_found(transfer), transfer.ask_document("32")])
    relationship.hear_all([transfer.document("commitment", lump_sum_number=1)])
    relationship.hear_all([transfer.document("court", "2019-05-08", sender="32"), transfer.sheet()])
    assert documents(relationship, transfer) == ["commitment", "court"]
    assert relationship.of(transfer).withheld is None


def test_one_of_them_stays_behind_with_its_own_months_and_money_and_nothing_else(relationship, transfer):
    relationship.hear_all([*two_found(transfer), transfer.document("commitment", lump_sum_number=1)])
    relationship.hear_all([transfer.notice()])
    both = {"withheld_months": 108, "withheld_amount": 2_400_000}
    assert relationship.hear(transfer.sheet(**both)) == Rejection("WITHHELD_DIFFERS", "withheld_months")
    relationship.hear_all([transfer.sheet(withheld_months=48, withheld_amount=1_200_000)])
    assert [lump.withheld for lump in relationship.of(transfer).lump_sums] == [False, True]


@pytest.mark.parametrize(
    ("withheld", "code", "field"),
    [
        ({"withheld_months": 1, "withheld_amount": 1}, "WITHHELD_DIFFERS", "withheld_months"),
        ({"withheld_months": 40, "withheld_amount": 1}, "WITHHELD_DIFFERS", "withheld_amount"),
        ({"withheld_months": 40}, "WITHHELD_DIFFERS", "withheld_amount"),
        ({"withheld_amount": 1_200_000}, "LUMP_SUM_NOT_WITHHELD", "withheld_months"),
    ],
)
def test_other_months_or_other_money_are_refused(relationship, transfer, withheld, code, field):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum(), transfer.notice()])
    assert relationship.hear(transfer.sheet(**withheld)) == Rejection(code, field)


@pytest.mark.parametrize("withheld", [{"withheld_months": 24, "withheld_amount": 1_000}, {"withheld_amount": 1}])
def test_nothing_is_withheld_where_nothing_was_found(relationship, transfer, withheld):
    relationship.hear_all(transfer.until_transfer())
    field = "withheld_months" if "withheld_months" in withheld else "withheld_amount"
    assert relationship.hear(transfer.sheet(**withheld)) == Rejection("WITHHELD_DIFFERS", field)
    relationship.hear_all([transfer.arrears(), transfer.decline()])
    assert relationship.hear(transfer.sheet(**withheld)) == Rejection("WITHHELD_DIFFERS", field), (
        "arrears were not paid"
    )


def test_the_clock_of_the_notice_ends_with_the_last_that_is_open_and_begins_again_with_another(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum(60, **OLD)])
    assert relationship.hear(transfer.lump_sum(48, **NEW)).then.started == (), "the notice covers both"
    assert relationship.hear(transfer.document("commitment", lump_sum_number=1)).then.ended == ()
    ended = relationship.hear(transfer.notice(lump_sum_number=2)).then.ended
    assert [(e.clock, e.outcome) for e in ended] == [("lump_sum_notice", "met")]
    again = relationship.hear(transfer.lump_sum(36, "2018-01-08", "33")).then.started
    assert [(c.clock, c.run) for c in again] == [("lump_sum_notice", 2)]
    assert relationship.hear(transfer.sheet(withheld_months=84, withheld_amount=2_400_000)) == Waiting()


def test_a_back_payment_said_twice_is_one_and_numbers_have_no_gap(relationship, transfer):
    relationship.hear_all([*two_found(transfer)])
    assert relationship.hear(transfer.lump_sum(48, **NEW)) == Rejection("ALREADY_RECORDED")
    assert relationship.hear(transfer.lump_sum(36, lump_sum_number=2)) == Rejection("ALREADY_RECORDED")
    assert relationship.hear(transfer.lump_sum(36, lump_sum_number=4)) == Waiting()
    relationship.hear_all([transfer.lump_sum(48, **NEW, lump_sum_number=3)])
    assert [lump.number for lump in relationship.of(transfer).lump_sums] == [1, 2, 3]


def test_a_document_for_one_of_several_says_for_which(relationship, transfer):
    relationship.hear_all(two_found(transfer))
    assert relationship.hear(transfer.document()) == Rejection("LUMP_SUM_NOT_NAMED", "lump_sum_number")
    assert relationship.hear(transfer.ask_document("33")) == Waiting(), "nothing was found there"
    asked = transfer.document("court", "2014-01-06", sender="32", lump_sum_number=1)
    assert relationship.hear(asked) == Waiting(), "the first was not paid there"
    relationship.hear_all([transfer.document(lump_sum_number=1)])
    assert relationship.hear(transfer.document(lump_sum_number=1)) == Rejection("ALREADY_RECORDED")


def test_several_in_one_place_are_asked_for_one_by_one(relationship, transfer):
    relationship.hear_all([*two_found(transfer), transfer.lump_sum(36, "2018-01-08", "32")])
    assert relationship.hear(transfer.ask_document("32")) == Rejection("LUMP_SUM_NOT_NAMED", "lump_sum_number")
    assert relationship.hear(transfer.ask_document("32", lump_sum_number=3)).lump_sum_number == 3


def test_the_number_of_back_payments_has_its_limit(relationship, transfer):
    relationship.hear_all(transfer.until_transfer())
    relationship.hear_all([transfer.lump_sum(36, f"2015-01-{n + 1:02d}") for n in range(MOST - 1)])
    relationship.hear_all([transfer.lump_sum(36, "2016-01-01")])
    assert relationship.hear(transfer.lump_sum(36, "2016-01-02")) == Rejection("LIMIT_REACHED", "lump_sum_number")


@pytest.mark.parametrize(
    ("kind", "released_as"),
    [
        ("inspection_opinion", "labour_inspection"),
        ("deferral_agreement", "audit"),
        ("collection_order", "labour_inspection"),
        ("demobilised_soldier", "audit"),
    ],
)
def test_a_kind_that_the_first_release_does_not_know_is_named_beside_what_counts_alike(
    relationship, transfer, kind, released_as
):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum(48, **NEW)])
    late = transfer.document(released_as, "2019-06-20", document_kind=kind)
    assert relationship.hear(late) == Rejection("LUMP_SUM_DOCUMENT_INVALID", "document"), "of the day of the payment"
    other = transfer.document("commitment", "2019-06-19", document_kind=kind)
    assert relationship.hear(other) == Rejection("LUMP_SUM_DOCUMENT_INVALID", "document_kind")
    relationship.hear_all([transfer.document(released_as, "2019-06-19", document_kind=kind)])
    assert documents(relationship, transfer) == [kind]


def test_a_kind_counts_from_the_day_on_which_it_is_taken(relationship, transfer, at):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum(48, "2017-06-20", "44")], at("2018-12-28"))
    opinion = transfer.document("labour_inspection", "2017-01-09", document_kind="inspection_opinion")
    assert relationship.hear(opinion, at("2018-12-28")) == Rejection("LUMP_SUM_DOCUMENT_INVALID", "document")
    relationship.hear_all([opinion], at("2019-01-02"))


def test_an_unknown_kind_is_refused(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum()])
    unknown = transfer.document("court", document_kind="promise")
    assert relationship.hear(unknown) == Rejection("LUMP_SUM_DOCUMENT_INVALID", "document_kind")


def test_each_follows_when_its_document_is_found(relationship, transfer, transfer_of):
    relationship.hear_all([*two_found(transfer), transfer.notice()])
    relationship.hear_all([*transfer.both_in(withheld_months=108, withheld_amount=2_400_000), transfer.complete()])
    for number, sender, kind, day in ((1, "44", "commitment", "2025-03-05"), (2, "32", "court", "2019-01-04")):
        later = transfer_of(application=f"GD-S{number}")
        offer = later.offer("supplement", transfer.transfer_id)
        assert relationship.hear(offer) == Waiting(), "no document has been found"
        relationship.hear_all([transfer.document(kind, day, sender=sender, lump_sum_number=number), offer])
        assert relationship.of(later).covers == (number,)
        relationship.hear_all([later.sheet(), later.sheet_received(), later.remit(), later.receive()])
        relationship.hear_all([later.complete()])
    third = transfer_of(application="GD-S3")
    more = relationship.hear(third.offer("supplement", transfer.transfer_id))
    assert more == Rejection("NOTHING_WITHHELD", "names")


def test_what_was_stored_with_one_back_payment_is_read_as_the_first_of_several(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum(), transfer.notice()])
    relationship.hear_all([transfer.sheet(withheld_months=40, withheld_amount=1_200_000)])
    moved = relationship.hear(transfer.correct_identity(b"r" * 16))
    assert stored_topic(moved) == "identity-corrected.2"
    stood = msgspec.structs.replace(relationship.of(transfer), previous=None, last=None)
    old = msgspec.structs.replace(moved, snapshot=msgspec.msgpack.encode(stood))
    read = decode_fact("identity-corrected", as_the_first_release_stored(old))
    state = msgspec.msgpack.decode(read.snapshot)
    [lump] = state["lump_sums"]
    assert (lump["months"], lump["amount"], lump["withheld"]) == (40, 1_200_000, True)


def test_facts_without_a_number_mean_the_only_back_payment(relationship, transfer):
    fact = relationship.hear_all([*transfer.until_transfer(), transfer.lump_sum()])
    old = msgspec.msgpack.encode(msgspec.msgpack.decode(encode_fact(fact))[:-1])
    assert decode_fact("lump-sum-found", old) == fact
    told = relationship.hear(transfer.notice())
    old = msgspec.msgpack.encode(msgspec.msgpack.decode(encode_fact(told))[:-1])
    assert decode_fact("lump-sum-notice-sent", old) == told
    given = relationship.hear(transfer.document())
    old = msgspec.msgpack.encode(msgspec.msgpack.decode(encode_fact(given))[:-1])
    assert decode_fact("lump-sum-document-supplied", old) == given
    assert given.document_date == date(2025, 3, 5)


def test_the_case_of_a_moved_person_keeps_all_its_back_payments(relationship, transfer):
    relationship.hear_all([*two_found(transfer), transfer.document(lump_sum_number=1)])
    travels = as_it_stands(relationship.of(transfer), transfer.relationship_id)
    again = transfer_from(travels, 1, transfer.transfer_id)
    assert again.lump_sums == relationship.of(transfer).lump_sums
    assert [lump.document for lump in again.lump_sums] == ["commitment", None]
