"""Commands decide, events only assign: what was stored loads whatever the rules say today."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from uuid import UUID, uuid5

import msgspec
import pytest

from jinbao.platform import queries
from jinbao.platform.aggregates import rule
from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.subjects import origin_review
from jinbao.platform.aggregates.subjects.deadline import DeadlineMissed
from jinbao.platform.aggregates.subjects.receipt import ContactLetterDeemedReceived
from jinbao.platform.projections.runner import Runner
from jinbao.platform.store.event_log import decode_fact, encode_fact, stored_topic
from jinbao.rules.procedures import Procedures
from jinbao.rules.working_days import load_working_days

unpack = msgspec.msgpack.decode
STORED = Path(__file__).with_name("stored_history.json")
"""One normal and one returned transfer, a miss and a mismatch, as (topic, stored bytes) of the first release."""
STORED_SECOND = Path(__file__).with_name("stored_history_2.json")
"""Those of the same facts that have a second version, as stored under it."""
NAMESPACE = UUID("3b0e5c53-6f0f-5c12-8c0b-0a3c5d0f9e11")
SECOND = ("contact-letter-deemed-received", "deadline-approaching", "deadline-missed")


def test_a_history_loads_after_a_reason_code_was_removed(new_platform, transfer, monkeypatch):
    before = new_platform("history")
    before.take(*transfer.until_origin_review(), transfer.return_letter("BANK_DATA_INVALID"))
    before.close()
    monkeypatch.setattr(origin_review, "_RETURNS", frozenset({"PERSON_NOT_FOUND"}))
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

    monkeypatch.setattr(rule, "consequences", never)
    for kind in (rule.MessageRule, rule.BeginningRule, rule.RelationshipRule):
        monkeypatch.setattr(kind, "answer", never)
    again = PensionRelationship.begin(relationship.aggregate.id, 0)
    for fact, submission, received_at in relationship.recorded:
        again.take(decode_fact(fact.TOPIC, encode_fact(fact)), submission, received_at)
    assert again.transfers == relationship.aggregate.transfers


def _history(relationship, transfer, second, at):
    relationship.hear_all(transfer.until_mismatch(3_308_925, "top_up"), at("2025-03-03"))
    relationship.hear_all([transfer.remit(2, 500), transfer.receive(2, 500), transfer.complete()], at("2025-03-05"))
    relationship.hear_all([second.apply(), second.letter(), second.letter_deemed()], at("2025-03-05"))
    relationship.hear_all([second.warn("origin_transfer", "2025-03-26")], at("2025-03-21"))
    relationship.hear_all([second.miss("origin_transfer", "2025-03-26")], at("2025-03-27"))
    relationship.hear_all([second.return_letter(), second.close()], at("2025-03-28"))
    return [[stored_topic(fact), encode_fact(fact).hex()] for fact in relationship.facts]


def test_the_first_releases_bytes_still_load(relationship, transfer, transfer_of, at):
    """A stored fact's fields are only ever appended, with defaults; old bytes must read as they always did."""
    stored = [(topic, bytes.fromhex(data)) for topic, data in json.loads(STORED.read_text())]
    again = PensionRelationship.begin(relationship.aggregate.id, 0)
    for topic, data in stored:
        again.take(decode_fact(topic, data), b"", 0)
    first, second = again.transfers
    assert (first.state, first.split, first.origin) == (State.COMPLETED, (1_365_425, 1_944_000), "44")
    assert [(p.amount, p.announced, p.arrived) for p in first.payments] == [(3_308_925, True, True), (500, True, True)]
    assert (second.state, second.return_reason, second.runs) == (
        State.CLOSED,
        "BANK_DATA_INVALID",
        {"application_review": 1, "origin_transfer": 1},
    )
    missed = decode_fact(*next(row for row in stored if row[0] == "deadline-missed"))
    assert isinstance(missed, DeadlineMissed)
    assert (missed.clock, missed.due) == ("origin_transfer", date(2025, 3, 26))


FIRST_CALENDAR = "2026.1"
"""The calendar's version at the first release; each clock's fact names the one that it was reckoned by."""


def begins(new, old):
    """Each array of the first release is the beginning of today's: what came since was appended."""
    if old == FIRST_CALENDAR:
        return new == load_working_days().version
    if isinstance(old, list):
        return isinstance(new, list) and len(new) >= len(old) and all(map(begins, new, old))
    return new == old


def test_facts_are_stored_as_the_first_release_stored_them_but_for_those_of_a_second_version(
    relationship, transfer, transfer_of, at
):
    second_versions = iter(json.loads(STORED_SECOND.read_text()))
    as_stored = [
        next(second_versions) if topic in SECOND else [topic, data] for topic, data in json.loads(STORED.read_text())
    ]
    second = transfer_of(origin="32", application="HA-2")
    for t in (transfer, second):  # the first release derived the id of a transfer otherwise
        then = uuid5(NAMESPACE, f"transfer {t.destination} {t.application}").hex
        as_stored = [[topic, data.replace(then, t.transfer_id.hex())] for topic, data in as_stored]
    today = _history(relationship, transfer, second, at)
    assert [topic for topic, _ in today] == [topic for topic, _ in as_stored]
    for (topic, old), (_, new) in zip(as_stored, today, strict=True):
        assert begins(unpack(bytes.fromhex(new)), unpack(bytes.fromhex(old))), f"{topic}: more than appended to"


def test_what_the_first_release_called_late_though_nobody_reports_it_is_no_longer_late():
    """The change for which the second version was made; old bytes are read in the new meaning, never rewritten."""
    old = {topic: bytes.fromhex(data) for topic, data in json.loads(STORED.read_text())}
    new = {topic: bytes.fromhex(data) for topic, data in json.loads(STORED_SECOND.read_text())}
    assert new.keys() == {f"{topic}.2" for topic in SECOND}
    for topic in SECOND:
        assert decode_fact(topic, old[topic]) == decode_fact(f"{topic}.2", new[f"{topic}.2"])
        assert msgspec.msgpack.decode(old[topic])[2][5] is True, "late, as it was stored"
        assert not decode_fact(topic, old[topic]).then.late


def test_a_database_with_facts_of_both_versions_is_read_as_one(new_platform, transfer, at):
    platform = new_platform("history")
    platform.take(transfer.apply(), transfer.letter(), now=at("2025-03-03"))
    platform.take(transfer.letter_deemed(), now=at("2025-03-20"))
    models = {name: platform.table(name) for name in platform.READ_MODELS}
    [(position, state)] = platform.rows("SELECT position, state FROM events WHERE topic LIKE '%.2'")
    fields = msgspec.msgpack.decode(state)
    fields[2][5] = True
    with platform.store.write() as work:
        sql = "UPDATE events SET topic = 'contact-letter-deemed-received', state = ? WHERE position = ?"
        work.bulk.execute(sql, msgspec.msgpack.encode(fields), position)
    Runner(platform.store).rebuild()
    assert {name: platform.table(name) for name in platform.READ_MODELS} == models
    platform.close()
    again = new_platform("history")
    again.take(transfer.review(), now=at("2025-03-21"))
    assert again.outcomes()[-1] == ("ACCEPTED", None)
    with again.store.read() as work:
        assert len(queries.recent(work, 10, without=(ContactLetterDeemedReceived,))) == 3


def test_unknown_topics_and_broken_bytes_say_which(relationship, transfer):
    fact = relationship.hear(transfer.apply())
    with pytest.raises(Exception, match="no-such-fact"):
        decode_fact("no-such-fact", encode_fact(fact))
    with pytest.raises(Exception, match="application-accepted"):
        decode_fact(fact.TOPIC, b"\xff")
    for broken in (b"\xff", b"\x90", b"\x93\x01\x02\x03", b"\x93\x01\x02\x90"):
        with pytest.raises(Exception, match="'deadline-missed' cannot be read"):
            decode_fact("deadline-missed", broken)
