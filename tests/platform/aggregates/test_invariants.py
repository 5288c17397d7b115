"""What holds after any sequence of messages whatever: money, clocks, live transfers, final states, replay.

Messages of random types, senders, versions, amounts and order, many times repeated, are heard by one relationship.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st

from jinbao.platform.aggregates.catalogue import RULES
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.aggregates.state import FINAL, State
from jinbao.platform.aggregates.subjects.completion import TransferCompleted
from jinbao.platform.aggregates.subjects.deadline import DeadlineApproaching, DeadlineMissed
from jinbao.platform.aggregates.subjects.identity_correction import CaseContinued, IdentityCorrected
from jinbao.platform.aggregates.subjects.payment import MoneyFact
from jinbao.platform.national_platform import law_in_force
from jinbao.platform.store.event_log import decode_fact, encode_fact
from jinbao.rules.procedures import DEFAULT_PROCEDURE
from jinbao.schemas import messages as m

TOTAL = 3_309_425
SHEETS = ((0, 933_425, 432_000, 1_944_000), (10, 0, 0, 90), (0, 0, 0, 0), (0, 933_425, 432_000, 1_943_900))
AMOUNTS = (TOTAL, TOTAL - 100, TOTAL + 100, 100, 50, 0)
REQUESTS = ("correct_sheet", "top_up", "take_back_excess")
REASONS = ("BANK_DATA_INVALID", "WITHDRAWAL_AGREED", "PERSON_NOT_FOUND", "NOT_INSURED_HERE")
TRANSFERS = (("44", "41", "HA-1"), ("32", "41", "HA-2"), ("44", "41", "HA-3"), ("64", "50", "CQ-1"))
SENDERS = (None, None, None, None, "44", "41", "11", "00")
KINDS = (
    *("apply", "letter", "letter_received", "review", "sheet", "remit", "sheet_received", "receive"),
    *("complete", "mismatch", "give_back", "got_back", "return_letter", "ask_withdrawal", "withdraw", "close"),
    *("refuse", "letter_deemed", "sheet_deemed", "warn", "miss"),
)

word = st.tuples(
    st.sampled_from(KINDS),
    st.sampled_from((0, 0, 0, 0, 1, 2, 3)),
    st.sampled_from(SENDERS),
    st.sampled_from((1, 1, 1, 2, 3)),
    st.integers(0, 5),
    st.integers(0, 20),
)
"""(kind, transfer, sender, version or payment, choice of amount and the like, days that pass before it)."""

UNDER_WAY = "apply letter letter_received review "
SCRIPTS = (
    UNDER_WAY + "sheet remit sheet_received receive complete",
    UNDER_WAY + "receive remit sheet sheet_received complete",
    UNDER_WAY + "sheet sheet_received receive complete remit",
    UNDER_WAY + "sheet remit/1 sheet_received receive/1 mismatch/1 remit:2/3 receive:2/3 complete",
    UNDER_WAY + "sheet remit/2 sheet_received receive/2 mismatch/2 give_back/3 complete got_back/3",
    UNDER_WAY + "sheet remit/1 sheet_received receive/1 mismatch sheet:2/3 sheet_deemed:2 complete:2/3",
    "apply letter letter_received return_letter letter:2 letter_received:2 review:2 sheet/4 sheet_deemed receive remit",
    "apply letter letter_deemed ask_withdrawal return_letter/1 withdraw receive give_back got_back",
    "apply letter return_letter letter_received return_letter receive close give_back got_back remit",
    "apply warn miss letter letter_received warn miss review sheet receive sheet_received warn miss complete",
)


def spoken(script, transfer, length, pause):
    """The first messages of a script: `kind:version/choice`, each `pause` days after the one before."""
    said = []
    for text in script.split()[:length]:
        kind, _, choice = text.partition("/")
        kind, _, version = kind.partition(":")
        said.append((kind, transfer, None, int(version or 1), int(choice or 0), pause))
    return said


passages = st.builds(
    spoken,
    st.sampled_from(SCRIPTS),
    st.sampled_from((0, 0, 1, 2, 3)),
    st.integers(3, 13),
    st.sampled_from((0, 1, 9, 24)),
)
histories = st.lists(st.one_of(passages, st.lists(word, max_size=8)), max_size=5).map(
    lambda parts: [said for part in parts for said in part]
)
"""Passages of real transfers, cut off anywhere, with anything whatever between them."""
procedures = st.sampled_from((DEFAULT_PROCEDURE, "ministry-platform-2013", "provincial-8-7"))


def message_of(said, transfers, relationship):
    kind, number, sender, version, choice, _ = said
    transfer = transfers[number]
    who = {} if sender is None else {"sender": sender}
    amount = AMOUNTS[choice]
    current = relationship.of(transfer)
    match kind:
        case "sheet":
            return transfer.sheet(version, SHEETS[choice % 4], letter=1 + (choice > 3), **who)
        case "remit" | "receive":
            return getattr(transfer, kind)(version, amount, **who)
        case "mismatch":
            held = sum(p.amount for p in current.payments if p.arrived and not p.backwards) if current else 0
            expected = (current.sheet_total if current else None) or 0
            return transfer.mismatch(held, REQUESTS[choice % 3], version, expected, **who)
        case "give_back":
            return transfer.give_back(amount, 9, of=version, **who)
        case "got_back":
            return transfer.got_back(amount, 9, **who)
        case "complete":
            return transfer.complete(version, SHEETS[choice % 4], **who)
        case "return_letter":
            return transfer.return_letter(REASONS[choice % 4], version, **who)
        case "refuse":
            return transfer.refuse(REASONS[choice % 4], **who)
        case "apply" | "withdraw" | "close":
            return getattr(transfer, kind)(**who)
        case "warn" | "miss":
            running = current.clocks[0].start if current and current.clocks else None
            clock, due, run = (running.clock, f"{running.due}", running.run) if running else ("x", "2025-03-24", 1)
            return getattr(transfer, kind)(clock, due, run, **who)
        case _:
            return getattr(transfer, kind)(version, **who)


@pytest.fixture(scope="session")
def tell(new_relationship, transfer_of, at):
    """Hear a whole history; `check` is called with the relationship, the decision and the transfer it was about."""

    def hear_history(history, procedure=DEFAULT_PROCEDURE, check=lambda *_: None):
        relationship = new_relationship(law_in_force(procedure))
        transfers = [transfer_of(origin=o, destination=d, application=a) for o, d, a in TRANSFERS]
        now = at("2025-03-03")
        for said in history:
            now += said[-1] * 86_400_000_000
            message = message_of(said, transfers, relationship)
            before = relationship.of(transfers[said[1]])
            state = before.state if before else None
            decision = relationship.hear(message, now)
            check(relationship, decision, transfers[said[1]], state)
        return relationship

    return hear_history


@given(histories, procedures)
@settings(max_examples=100, deadline=None)
def test_every_fact_moves_money_without_making_or_losing_any(tell, history, procedure):
    for fact in tell(history, procedure).facts:
        postings = fact.then.postings
        assert sum(p.personal_fen for p in postings) == 0
        assert sum(p.pooling_fen for p in postings) == 0
        assert sum(p.unallocated_fen for p in postings) == 0


@given(histories)
@settings(max_examples=100, deadline=None)
def test_what_went_out_is_on_its_way_in_back_or_in_suspense(tell, history):
    def check(relationship, _decision, _transfer, _state):
        accounts = relationship.accounts()
        rest = ("in_transit", "destination_fund", "returned", "suspense")
        assert -accounts.get("origin_fund", 0) == sum(accounts.get(name, 0) for name in rest)
        for name in ("destination_fund", "returned", "suspense"):
            assert accounts.get(name, 0) >= 0

    tell(history, check=check)


@given(histories)
@settings(max_examples=100, deadline=None)
def test_each_account_holds_what_its_payment_lines_say(tell, history):
    """The ledger against the lines themselves, counted in another way."""
    relationship = tell(history)
    lines = [p for t in relationship.aggregate.transfers for p in t.payments]
    expected = {
        "origin_fund": -sum(p.amount for p in lines if p.announced and not p.backwards),
        "returned": sum(p.amount for p in lines if p.arrived and p.backwards),
        "in_transit": sum(p.amount * (p.announced - p.arrived) for p in lines),
    }
    expected |= {"suspense": 0, "destination_fund": 0}
    for t in relationship.aggregate.transfers:
        came = sum(p.amount for p in t.payments if p.arrived and not p.backwards)
        here = came - sum(p.amount for p in t.payments if p.announced and p.backwards)
        booked = min(here, t.sheet_total) if t.credited else 0
        expected["destination_fund"] += booked
        expected["suspense"] += here - booked  # what no sheet explains waits, also after completion
    assert relationship.accounts() == {account: amount for account, amount in expected.items() if amount}


@given(histories)
@settings(max_examples=100, deadline=None)
def test_nothing_is_recorded_of_an_ended_transfer_but_late_money(tell, history):
    def check(_relationship, decision, _transfer, state):
        if state in FINAL and isinstance(decision, Fact):
            assert isinstance(decision, MoneyFact)
            assert decision.then.state is None

    tell(history, check=check)


@given(histories)
@settings(max_examples=100, deadline=None)
def test_one_destination_is_live_and_one_transfer_from_each_origin(tell, history):
    def check(relationship, *_):
        live = [t for t in relationship.aggregate.transfers if t.live]
        assert len({t.destination for t in live}) <= 1
        assert len({t.origin for t in live}) == len(live)

    tell(history, check=check)


@given(histories, st.lists(st.tuples(st.sampled_from(TRANSFERS), st.integers(1, 9)), max_size=3))
@settings(max_examples=60, deadline=None)
def test_that_holds_too_whatever_is_moved_to_another_number(tell, new_relationship, transfer_of, history, there):
    """A case that is between two relationships counts in the one that it leaves; taken, or standing again, in one."""

    def check(*relationships):
        for relationship in relationships:
            live = [t for t in relationship.aggregate.transfers if t.live]
            assert len({t.destination for t in live}) <= 1
            assert len({t.origin for t in live}) == len(live)

    here, right = tell(history), new_relationship()
    right.aggregate = PensionRelationship.begin(UUID(bytes=transfer_of(person=2).relationship_id), 0)
    for (origin, destination, application), length in there:
        other = transfer_of(person=2, origin=origin, destination=destination, application=application)
        for message in other.whole()[:length]:
            right.hear(message)
    for t in [t for t in here.aggregate.transfers if t.live]:
        said = transfer_of(origin=t.origin, destination=t.destination, application=t.application, said=5_000)
        corrected = here.hear(said.correct_identity(right.aggregate.id.bytes))
        assert isinstance(corrected, IdentityCorrected)
        check(here, right)
        correction = said.correct_identity(b"-" * 16)
        message = RULES[m.IdentityCorrected].follow_up(corrected, here.of(said), correction)
        rule = RULES[m.CaseContinued]
        decision = right.hear(message)
        check(here, right)
        if isinstance(decision, CaseContinued):
            here.hear_all([rule.follow_up(decision, right.of(said), message)])
        else:
            here.hear_all([rule.follow_up_of_refusal(message, decision.code, decision.field)])
        check(here, right)
        both = [r.of(said) for r in (here, right)]
        assert [bool(t and t.live) for t in both].count(True) == 1
        assert {account: amount for account, amount in here.accounts().items() if account == "moving"} == {}


@given(histories, procedures)
@settings(max_examples=100, deadline=None)
def test_at_most_one_clock_runs_in_a_transfer_and_none_in_an_ended_one(tell, history, procedure):
    def check(relationship, *_):
        for transfer in relationship.aggregate.transfers:
            assert len(transfer.clocks) <= (1 if transfer.live else 0), transfer.clocks

    relationship = tell(history, procedure, check)
    runs = Counter((f.transfer, s.clock) for f in relationship.facts for s in f.then.started)
    ends = [(f.transfer, e.number) for f in relationship.facts for e in f.then.ended]
    assert len(ends) == len(set(ends)), "a clock ends once"
    for transfer in relationship.aggregate.transfers:
        assert transfer.runs == {clock: n for (number, clock), n in runs.items() if number == transfer.number}


@given(histories)
@settings(max_examples=100, deadline=None)
def test_warnings_and_misses_belong_to_running_clocks_and_come_once(tell, history):
    said = set()

    def check(relationship, decision, transfer, _state):
        if isinstance(decision, DeadlineApproaching | DeadlineMissed):
            assert any(c.start.number == decision.number for c in relationship.of(transfer).clocks)
            key = (type(decision), decision.transfer, decision.number)
            assert key not in said
            said.add(key)

    tell(history, check=check)


@given(histories)
@settings(max_examples=100, deadline=None)
def test_a_completed_transfer_holds_exactly_its_sheet(tell, history):
    relationship = tell(history)
    for number, transfer in enumerate(relationship.aggregate.transfers, start=1):
        if transfer.state is State.COMPLETED:
            facts_of_it = [f for f in relationship.facts if f.transfer == number]
            done = next(i for i, f in enumerate(facts_of_it) if isinstance(f, TransferCompleted))
            booked = [p for f in facts_of_it[: done + 1] for p in f.then.postings if p.account == "destination_fund"]
            split = (sum(p.personal_fen for p in booked), sum(p.pooling_fen for p in booked))
            assert (split, sum(p.unallocated_fen for p in booked)) == (transfer.split, 0)


@given(histories, procedures)
@settings(max_examples=100, deadline=None)
def test_a_stored_history_replays_to_the_same_state(tell, history, procedure):
    relationship = tell(history, procedure)
    again = PensionRelationship.begin(relationship.aggregate.id, 0)
    for fact, submission, received_at in relationship.recorded:
        stored = decode_fact(fact.TOPIC, encode_fact(fact))
        assert stored == fact
        again.take(stored, submission, received_at)
    assert again.transfers == relationship.aggregate.transfers


@given(histories, word)
@settings(max_examples=100, deadline=None)
def test_deciding_changes_nothing(tell, transfer_of, at, history, last):
    relationship = tell(history)
    transfers = [transfer_of(origin=o, destination=d, application=a, said=9_999) for o, d, a in TRANSFERS]
    before = deepcopy(relationship.aggregate.transfers)
    message, now = message_of(last, transfers, relationship), at("2026-03-03")
    first = relationship.aggregate.decide(message, now, relationship.law)
    assert relationship.aggregate.transfers == before
    assert relationship.aggregate.decide(message, now, relationship.law) == first


@given(histories)
@settings(max_examples=100, deadline=None)
def test_saying_everything_twice_changes_nothing(tell, history):
    """Each message again under another id, at once: what was a fact is never a second one."""
    doubled = [said for one in history for said in (one, (*one[:-1], 0))]
    once, twice = tell(history), tell(doubled)
    assert [type(f) for f in twice.facts] == [type(f) for f in once.facts]
    assert twice.accounts() == once.accounts()
