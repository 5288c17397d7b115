"""Origin review: the letter returned, and sent again."""

from __future__ import annotations

from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.state import State


def test_a_returned_letter_is_sent_again_and_the_origins_clock_starts_afresh(relationship, transfer, at):
    relationship.hear_all(transfer.until_origin_review(), at("2025-03-03"))
    returned = relationship.hear(transfer.return_letter(), at("2025-03-10"))
    assert [(e.clock, e.run, e.outcome) for e in returned.then.ended] == [("origin_transfer", 1, "met")]
    assert relationship.of(transfer).waiting_for == "41"
    relationship.hear_all([transfer.letter(2)], at("2025-03-11"))
    fact = relationship.hear(transfer.letter_received(2), at("2025-03-12"))
    [clock] = fact.then.started
    assert (clock.clock, clock.run, clock.due.isoformat()) == ("origin_transfer", 2, "2025-04-02")
    relationship.hear_all([transfer.review(2), transfer.sheet(letter=2), transfer.remit()], at("2025-03-13"))
    relationship.hear_all([transfer.sheet_received(), transfer.receive(), transfer.complete()], at("2025-03-14"))
    assert relationship.of(transfer).state is State.COMPLETED


def test_what_was_paid_or_split_can_no_longer_be_returned(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.sheet()])
    assert relationship.hear(transfer.return_letter()) == Rejection("STATE_CONFLICT")
