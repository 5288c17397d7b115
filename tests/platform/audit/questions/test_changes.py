"""What changed over open cases: keys of agencies and persons, calendars, procedures; entries confirmed by hand."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from support.bank_messages import annulled, booked, confirmed, entry, opened, unexplained
from support.told_transfer import TOTAL

from jinbao.platform.aggregates.law import Law
from jinbao.platform.audit.questions.audit_tests.catalogue import FOREVER_US, run_tests
from jinbao.platform.audit.statements.accesses import record
from jinbao.platform.audit.statements.keys import say_of_keys
from jinbao.platform.store.key_register import KeyStatement
from jinbao.regional_adapter.exchange.signing import new_key
from jinbao.rules.procedures import Assignment
from jinbao.rules.working_days import WorkingDays
from jinbao.schemas.accesses import Access
from jinbao.schemas.messages.bank import BookedPayment
from jinbao.transparency.check_proof import VerifierKey
from jinbao.transparency.sm2 import OWN_KIND, PREFIX


def hits(platform, name, since=0, until=FOREVER_US):
    """(about, English words) of a test's hits, and its population."""
    with platform.store.read() as work:
        (found,) = [one for one in run_tests(work.bulk, since, until) if one.name == name]
    return [(hit.about, hit.text[1]) for hit in found.hits], found.population


def approved(platform, agency, at, *, revoked=False, public=None):
    """A further key of an agency, or one that is revoked at once; its id."""
    key = str(public or new_key(agency).verifier)
    steps = [KeyStatement("request", agency, key, "a"), KeyStatement("approve", agency, key, "b")]
    if revoked:
        steps += [
            KeyStatement("request_revocation", agency, key, "a", reason="lost"),
            KeyStatement("revoke", agency, key, "b"),
        ]
    say_of_keys(platform.store, steps, at)
    return key.split("+")[1]


def test_a_first_key_is_no_change_a_further_and_a_revoked_one_over_open_cases_is(platform, transfer, at):
    platform.take(transfer.apply(), now=at("2025-03-10"))
    approved(platform, "41", at("2025-03-10", 11))
    assert hits(platform, "key_changed") == ([], 2)
    key = approved(platform, "41", at("2025-03-11"), revoked=True)
    approved(platform, "11", at("2025-03-11"))
    approved(platform, "11", at("2025-03-12"))
    told = [(f"41 {key}", f"b {done} of 41, open cases: 1") for done in ("approved a further key", "revoked a key")]
    assert hits(platform, "key_changed") == (told, 10), "11 has no case"
    assert hits(platform, "key_changed", until=at("2025-03-11", 9)) == ([], 2)


def test_a_further_or_revoked_key_of_sm2_is_named_as_any_other(platform, transfer, at):
    platform.take(transfer.apply(), now=at("2025-03-10"))
    approved(platform, "41", at("2025-03-10", 11))
    public = VerifierKey("jinbao/41/sm", OWN_KIND, PREFIX + bytes(range(64)))
    key = approved(platform, "41", at("2025-03-11"), revoked=True, public=public)
    told = [(f"41 {key}", f"b {done} of 41, open cases: 1") for done in ("approved a further key", "revoked a key")]
    assert hits(platform, "key_changed")[0] == told


def test_a_persons_key_destroyed_while_the_case_is_open_is_a_hit_and_afterwards_none(platform, transfer, at):
    person, other = str(UUID(bytes=transfer.relationship_id)), str(UUID(int=3))
    first, *more = transfer.whole()
    platform.take(first, now=at("2025-03-10"))
    for number, about in enumerate((person, other), 1):
        gone = Access(
            number, at("2025-03-11"), "kim", "operator", "ring", "delete", reason="asked", relationships=[about]
        )
        record(platform.store, [gone], at("2025-03-11"))
    told = [(person, "kim destroyed this person's key, open cases: 1 (asked)")]
    assert hits(platform, "key_changed") == (told, 2)
    platform.take(*more, now=at("2025-03-10", 12))
    assert platform.rows("SELECT waiting_for FROM case_board") == [("",)]
    assert hits(platform, "key_changed") == ([], 2), "the case was over before"


@pytest.fixture
def amended(law):
    """The law with a calendar on which 2025-03-31 is a holiday more."""
    days = law.working_days
    start, end = date(days.first_year, 1, 1).toordinal(), date(days.last_year, 12, 31).toordinal()
    worked = {day: days.is_working_day(day) for day in map(date.fromordinal, range(start, end + 1))}
    worked[date(2025, 3, 31)] = False
    return Law(law.procedures, WorkingDays("next", days.first_year, days.last_year, worked))


def test_a_calendar_that_moves_due_days_is_one_hit(new_platform, law, amended, transfer, at):
    before = new_platform("one", law=law)
    before.take(*transfer.until_origin_review(), now=at("2025-03-10"))
    assert hits(before, "rule_changed")[0] == []
    before.close()
    after = new_platform("one", law=amended)
    after.sweep(at("2025-03-11"))
    assert hits(after, "rule_changed")[0] == [("next", "calendar next moved due days: 1, open cases: 1")]
    assert hits(after, "rule_changed", since=at("2025-03-12"))[0] == []


def test_a_procedure_that_follows_another_within_a_case_is_one_hit(new_platform, law, transfer, at):
    other = Assignment("41", "provincial-8-7", date(2025, 3, 10), None)
    platform = new_platform(law=Law(law.procedures.with_assignment(other), law.working_days))
    first, *more = transfer.whole()
    platform.take(first, now=at("2025-03-07"))
    assert hits(platform, "rule_changed")[0] == []
    platform.take(*more, now=at("2025-03-11"))
    (found,), _ = hits(platform, "rule_changed")
    assert found == ("provincial-8-7 1", "open cases that went from national-2009 1 to provincial-8-7 1: 1")
    assert hits(platform, "rule_changed", until=at("2025-03-10"))[0] == []


def test_an_entry_confirmed_by_hand_is_a_hit_and_so_is_taking_it_back(platform, transfer):
    unnamed = entry(1, TOTAL, payments=[BookedPayment(payment_references=[])])
    platform.take(opened(), booked(1, 500, unnamed), *transfer.whole())
    reference = transfer.reference(1)
    platform.take(unexplained(10, 1, reference), confirmed(11, 1, reference), annulled(12, 1))
    assert hits(platform, "bank_confirmed") == (
        [
            (reference, f"clerk confirmed by hand that an entry is payment {reference} (by phone)"),
            ((1).to_bytes(16).hex(), "clerk took a confirmation back"),
        ],
        5,
    )
