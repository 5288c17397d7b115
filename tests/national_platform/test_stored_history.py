"""Commands decide, events only assign: what was stored loads whatever the rules say today."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from jinbao.platform.aggregates import decisions, facts
from jinbao.platform.aggregates.consequences import Law
from jinbao.platform.aggregates.decisions import Rejection
from jinbao.platform.aggregates.facts import State
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.store.mapper import decode_fact, encode_fact
from jinbao.rules.procedures import Procedures

unpack = msgspec.msgpack.decode
STORED = Path(__file__).with_name("stored_history.json")
"""One normal and one returned transfer, a miss and a mismatch, as (topic, stored bytes) of the first release."""


def test_a_history_loads_after_a_reason_code_was_removed(new_platform, transfer, monkeypatch):
    before = new_platform("history")
    before.take(*transfer.until_origin_review(), transfer.return_letter("BANK_DATA_INVALID"))
    before.close()
    monkeypatch.setattr(decisions, "_RETURNS", frozenset({"PERSON_NOT_FOUND"}))
    after = new_platform("history")
    after.take(transfer.letter(2), transfer.letter_received(2), transfer.return_letter("BANK_DATA_INVALID", 2))
    assert [outcome for outcome, _ in after.outcomes()] == ["ACCEPTED"] * 6 + ["REJECTED"]
    after.take(transfer.return_letter("PERSON_NOT_FOUND", 2))
    assert after.outcomes()[-1] == ("ACCEPTED", None)


def test_a_history_loads_after_the_limits_were_tightened(new_platform, transfer, law, at):
    """From 10 March on the only procedure is the stricter one; the clock of 3 March still ends under the old."""
    before = new_platform("history")
    before.take(transfer.apply(), now=at("2025-03-03"))
    before.close()
    strict = Law(Procedures(list(law.procedures), [], "provincial-8-7"), law.working_days)
    after = new_platform("history", law=strict)
    after.take(transfer.letter(), transfer.letter_received(), now=at("2025-03-21"))
    assert after.rows("SELECT clock, limit_working_days, due, outcome FROM clocks ORDER BY clock_id") == [
        ("application_review", 15, "2025-03-24", "met"),
        ("origin_transfer", 7, "2025-04-01", None),
    ]


def test_a_history_loads_in_which_every_decision_would_be_refused_today(relationship, transfer, monkeypatch):
    relationship.hear_all(transfer.whole())

    def never(*_):
        return Rejection("STATE_CONFLICT")

    monkeypatch.setattr(decisions, "COMMANDS", dict.fromkeys(decisions.COMMANDS, never))
    again = PensionRelationship.begin(relationship.aggregate.id, 0)
    for event in relationship.aggregate.collect_events():
        again.take(decode_fact(event.fact.TOPIC, encode_fact(event.fact)), event.submission)
    assert again.transfers == relationship.aggregate.transfers


def _history(relationship, transfer, second, at):
    relationship.hear_all(transfer.until_mismatch(3_308_925, "top_up"), at("2025-03-03"))
    relationship.hear_all([transfer.remit(2, 500), transfer.receive(2, 500), transfer.complete()], at("2025-03-05"))
    relationship.hear_all([second.apply(), second.letter(), second.letter_deemed()], at("2025-03-05"))
    relationship.hear_all([second.warn("origin_transfer", "2025-03-26")], at("2025-03-21"))
    relationship.hear_all([second.miss("origin_transfer", "2025-03-26")], at("2025-03-27"))
    relationship.hear_all([second.return_letter(), second.close()], at("2025-03-28"))
    return [(fact.TOPIC, encode_fact(_as_first_decided(fact)).hex()) for fact in relationship.facts]


def _as_first_decided(fact):
    """The first release counted as late what the platform itself said long after, too."""
    if fact.TOPIC not in ("contact-letter-deemed-received", "deadline-approaching", "deadline-missed"):
        return fact
    assert not fact.then.late
    return msgspec.structs.replace(fact, then=msgspec.structs.replace(fact.then, late=True))


def test_the_first_releases_bytes_still_load(relationship, transfer, transfer_of, at):
    """A stored fact's fields are only ever appended, with defaults; old bytes must read as they always did."""
    stored = [(topic, bytes.fromhex(data)) for topic, data in json.loads(STORED.read_text())]
    again = PensionRelationship.begin(relationship.aggregate.id, 0)
    for topic, data in stored:
        again.take(decode_fact(topic, data), b"")
    first, second = again.transfers
    assert (first.state, first.split, first.origin) == (State.COMPLETED, (1_365_425, 1_944_000), "44")
    assert [(p.amount, p.announced, p.arrived) for p in first.payments] == [(3_308_925, True, True), (500, True, True)]
    assert (second.state, second.return_reason, second.runs) == (
        State.CLOSED,
        "BANK_DATA_INVALID",
        {"application_review": 1, "origin_transfer": 1},
    )
    missed = decode_fact(*next(row for row in stored if row[0] == "deadline-missed"))
    assert isinstance(missed, facts.DeadlineMissed)
    assert (missed.clock, missed.due) == ("origin_transfer", date(2025, 3, 26))


def test_facts_are_stored_as_the_first_release_stored_them(relationship, transfer, transfer_of, at):
    second = transfer_of(origin="32", application="HA-2")
    """Each array of the first release is the beginning of today's: what came since was appended."""
    stored = [(topic, unpack(bytes.fromhex(data))) for topic, data in json.loads(STORED.read_text())]
    today = [(topic, unpack(bytes.fromhex(data))) for topic, data in _history(relationship, transfer, second, at)]
    assert [topic for topic, _ in today] == [topic for topic, _ in stored]
    for (topic, old), (_, new) in zip(stored, today, strict=True):
        assert begins(new, old), f"{topic}: {new} does not begin as {old}"


def begins(new, old):
    if isinstance(old, list):
        return isinstance(new, list) and len(new) >= len(old) and all(map(begins, new, old))
    return new == old


def test_unknown_topics_and_broken_bytes_say_which(relationship, transfer):
    fact = relationship.hear(transfer.apply())
    with pytest.raises(Exception, match="no-such-fact"):
        decode_fact("no-such-fact", encode_fact(fact))
    with pytest.raises(Exception, match="application-accepted"):
        decode_fact(fact.TOPIC, b"\xff")
