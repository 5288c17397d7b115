"""Read models: pure folds of the log, the same rows live and rebuilt, and what they say of a known story."""

from __future__ import annotations

import random
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st
from support.bank_messages import REFERENCE, booked, confirmed, entry, matched, opened, signed, unexplained

from jinbao.platform import queries
from jinbao.platform.aggregates.catalogue import FACTS
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.deadlines.sweep import SweepPolicy
from jinbao.platform.example_case import at_of
from jinbao.platform.example_messages import AT, CANONICAL
from jinbao.platform.national_platform import law_in_force
from jinbao.platform.projections import board_counts, case_board, clocks, flows, fund_ledger
from jinbao.platform.projections.runner import Runner
from jinbao.platform.state_table import situation, state_table
from jinbao.platform.store.bulk import Upsert
from jinbao.rules.working_days import DUE_SOON_WORKING_DAYS, load_working_days
from jinbao.schemas.messages.bank import BookedPayment
from jinbao.service.settings import Settings

TOTAL = 3_309_425
PERSONAL, POOLING = 1_365_425, 1_944_000
DAYS = ("2025-03-03", "2025-03-12", "2025-03-25", "2025-04-03", "2025-05-06")


def live_a_while(platform, messages, at, shuffled=None):
    """Every case goes on through five days, weeks apart, with a sweep after each; within a day in any order."""
    of_case = {}
    for message in messages:
        of_case.setdefault(message.envelope.relationship_id, []).append(message)
    for n, day in enumerate(DAYS):
        today = [m for said in of_case.values() for m in said[n * len(said) // 5 : (n + 1) * len(said) // 5]]
        if shuffled is not None:
            shuffled.shuffle(today)
        platform.take(*today, now=at(day))
        platform.sweep(at(day, 20))


def read_models(platform):
    return {name: platform.table(name) for name in platform.READ_MODELS}


def test_the_exceptional_paths_are_all_reached_and_nothing_is_left_waiting(platform, every_exceptional_path):
    platform.take(*every_exceptional_path())
    waiting = "SELECT i.type, i.sender FROM parked p JOIN intake i ON i.position = p.intake"
    assert platform.rows(waiting) == []
    states = {state for (state,) in platform.rows("SELECT state FROM case_board")}
    assert states == {"completed", "closed", "reversed", "moved", "origin_review", "transfer", "application_review"}


def test_the_fact_of_every_message_is_folded_live_and_rebuilt(platform, law):
    """Each is told in the first situation that takes it; pairs settle and calendars change elsewhere."""
    cells = state_table(law)
    for row in CANONICAL:
        state, given = next(
            (state, given) for state, given, said in cells if said == row and cells[state, given, row].event
        )
        case = situation(law, state, given, f" of {row}")
        case.tell(row)
        platform.take(*case.told[:-1], now=max(platform.now, AT))
        platform.take(case.told[-1], now=max(platform.now, at_of(case.told[-1])))
    topics = {topic.partition(".")[0] for (topic,) in platform.rows("SELECT DISTINCT topic FROM events")}
    elsewhere = {"clock-redated", "settlement-paid", "settlement-received", "settlement-stated"}
    assert FACTS.keys() - topics == elsewhere
    live = read_models(platform)
    Runner(platform.store).rebuild()
    assert read_models(platform) == live


@pytest.mark.parametrize(
    ("seed", "batch_size"), [(0, 2_000), pytest.param(1, 1, marks=pytest.mark.slow), (2, 7), (3, 50)]
)
def test_rebuilt_projections_equal_the_live_ones_row_for_row(
    new_platform, every_path, every_exceptional_path, at, seed, batch_size
):
    platform = new_platform(batch_size=batch_size)
    live_a_while(platform, every_path() + every_exceptional_path(), at, random.Random(seed))
    platform.take(*every_path(), *every_exceptional_path(), opened(), booked(1, -2, entry(1, 7)))
    unnamed = entry(2, 7, payments=[BookedPayment(payment_references=[])])
    platform.take(booked(2, -2, unnamed, replaces=(1).to_bytes(16)), unexplained(10, 2, REFERENCE), confirmed(11, 2))
    platform.take(matched(12, 2))
    platform.take(signed(13, 2, bank_opening=-2, bank_closing=5, book_opening=-2))
    live = read_models(platform)
    assert all(live.values())
    with platform.store.write_models() as work:
        for name in platform.READ_MODELS:
            work.bulk.execute(f"DELETE FROM {name}")
    told = []
    Runner(platform.store, batch_size=20).rebuild(told=told.append)
    assert read_models(platform) == live
    assert told[-1] == len(platform.table("events"))
    assert told == sorted(told)


def test_a_rebuild_replaces_what_somebody_has_changed(platform, every_path, at):
    live_a_while(platform, every_path(), at)
    live = read_models(platform)
    with platform.store.write_models() as work:
        work.bulk.execute("UPDATE ledger_balances SET personal = personal + 1")
        work.bulk.execute("DELETE FROM clocks WHERE run = 1")
    assert read_models(platform) != live
    Runner(platform.store).rebuild()
    assert read_models(platform) == live


def test_a_log_may_be_folded_in_pieces_of_any_size(platform, every_path, at):
    live_a_while(platform, every_path(), at)
    live = read_models(platform)
    for size in (1, 3, 1_000):
        Runner(platform.store, batch_size=size).rebuild()
        assert read_models(platform) == live


changes = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.none() | st.integers(0, 3),
        st.none() | st.integers(0, 3),
        st.integers(0, 3),
        st.none() | st.integers(0, 3),
    ),
    max_size=12,
)


@given(changes, changes)
@settings(max_examples=200, deadline=None)
def test_folding_a_batch_before_writing_is_the_same_as_writing_row_by_row(first, second):
    rules = {"applied": "set", "completed": "keep", "refused": "add", "returned": "first"}
    upsert = Upsert(flows.flows_table, ("month",), rules)
    assert upsert.merge([*first, *second]) == upsert.merge([*upsert.merge(first), *upsert.merge(second)])


def test_the_board_shows_what_waits_for_whom_since_when_and_due_when(platform, transfer, at):
    whole = transfer.whole()
    expected = {
        "ApplicationAccepted": ("application_review", "41", "2025-03-24"),
        "ContactLetterIssued": ("letter_issued", "44", ""),
        "ContactLetterReceived": ("origin_review", "44", "2025-03-26"),
        "OriginReviewPassed": ("transfer", "44", "2025-03-26"),
        "InformationSheetSent": ("transfer", "44", "2025-03-26"),
        "FundsRemitted": ("transfer", "41", ""),
        "InformationSheetReceived": ("transfer", "41", ""),
        "FundsReceived": ("confirmation", "41", "2025-04-02"),
        "TransferCompleted": ("completed", "", ""),
    }
    days = ("03", "04", "05", "06", "07", "10", "11", "12", "13")
    for day, message in zip(days, whole, strict=True):
        now = at(f"2025-03-{day}")
        platform.take(message, now=now)
        with platform.store.read() as work:
            row = case_board.case_of(work, UUID(bytes=transfer.transfer_id))
            waiting = {p: len(case_board.case_list(work, province=p, waiting=True)) for p in ("41", "44", "11")}
        assert (row.state, row.waiting_for, row.due) == expected[message.NAME], message.NAME
        assert row.changed_at == now
        assert waiting == {p: int(p == row.waiting_for) for p in ("41", "44", "11")}
    assert (row.origin, row.destination, row.application, row.opened_at) == ("44", "41", "HA-1", at("2025-03-03"))
    assert (row.letter_version, row.sheet_version, row.sheet_total) == (1, 1, TOTAL)
    assert row.late_reports == 7, "all but the first two were reported later than a working day after they happened"


def test_the_board_lists_the_soonest_due_first_and_knows_both_sides(platform, transfer_of, at):
    early, late = transfer_of(1, application="HA-1"), transfer_of(2, "32", application="HA-2")
    platform.take(late.apply(), now=at("2025-03-05"))
    platform.take(early.apply(), now=at("2025-03-06"))
    platform.take(early.letter(), early.letter_received(), now=at("2025-03-07"))
    platform.take(transfer_of(3, application="HA-3").apply(), now=at("2025-03-03"))
    with platform.store.read() as work:
        at_destination = [row.application for row in case_board.case_list(work, province="41")]
        at_origin = [row.application for row in case_board.case_list(work, province="32")]
        waiting = [row.application for row in case_board.case_list(work, province="41", waiting=True)]
        assert [row.application for row in case_board.case_list(work, limit=2)] == ["HA-3", "HA-2"]
        found = case_board.transfers_like(work, "HA-2") + case_board.transfers_like(work, late.transfer_id.hex()[:9])
    assert at_destination == ["HA-3", "HA-2", "HA-1"]
    assert (at_origin, waiting) == (["HA-2"], ["HA-3", "HA-2"])
    assert found == [UUID(bytes=late.transfer_id)] * 2


def test_ended_cases_are_listed_after_the_waiting_ones_the_last_change_on_top(platform, transfer_of, at):
    first, second, refused, begun = (transfer_of(n, application=f"HA-{n}") for n in (1, 2, 3, 4))
    platform.take(*second.whole(), now=at("2025-03-03"))
    platform.take(*first.whole(), now=at("2025-03-04"))
    platform.take(begun.apply(), now=at("2025-03-05"))
    platform.take(refused.apply(), now=at("2025-03-03"))
    platform.take(refused.refuse(), second.remit(), now=at("2025-03-06"))
    with platform.store.read() as work:
        assert [row.application for row in case_board.case_list(work)] == ["HA-4", "HA-3", "HA-1", "HA-2"]


def test_the_board_forgets_the_reason_of_a_return_once_a_new_letter_was_sent(platform, transfer):
    def reason():
        with platform.store.read() as work:
            return case_board.case_of(work, UUID(bytes=transfer.transfer_id)).reason

    platform.take(*transfer.until_origin_review())
    assert reason() is None
    platform.take(transfer.return_letter("PERSON_NOT_FOUND"))
    assert reason() == "PERSON_NOT_FOUND"
    platform.take(transfer.letter(2))
    assert reason() is None
    platform.take(transfer.letter_received(2), transfer.return_letter("BANK_DATA_INVALID", 2))
    assert reason() == "BANK_DATA_INVALID"


def test_the_clocks_of_a_case_tell_how_each_ended(platform, transfer, at):
    platform.take(*transfer.until_origin_review(), transfer.return_letter(), transfer.letter(2), now=at("2025-03-03"))
    platform.take(transfer.letter_received(2), now=at("2025-03-05"))
    platform.sweep(at("2025-03-21"))
    platform.sweep(at("2025-03-27"))
    platform.take(transfer.review(2), transfer.sheet(letter=2), transfer.remit(), now=at("2025-03-28"))
    with platform.store.read() as work:
        [row] = case_board.case_list(work)
        found = clocks.clocks_of(work, row.case_id)
        assert clocks.deadline_counts(work) == {"met": 2, "missed": 1}
    told = [(c.clock, c.run, c.responsible, c.due, c.warned_at, c.missed_at, c.ended_at, c.outcome) for c in found]
    first, swept, missed, sent = at("2025-03-03"), at("2025-03-21"), at("2025-03-27"), at("2025-03-28")
    assert told == [
        ("application_review", 1, "41", "2025-03-24", None, None, first, "met"),
        ("origin_transfer", 1, "44", "2025-03-24", None, None, first, "met"),
        ("origin_transfer", 2, "44", "2025-03-26", swept, missed, sent, "missed"),
    ]
    assert {c.procedure for c in found} == {"national-2009"}


@pytest.mark.parametrize(
    ("today", "counts"),
    [
        ("2025-03-25", (3, 1, 1)),
        ("2025-03-20", (3, 1, 0)),
        ("2025-03-19", (3, 1, 0)),
        ("2025-03-18", (3, 0, 0)),
        ("2025-04-01", (3, 0, 2)),
        ("2025-04-02", (3, 1, 2)),
    ],
)
def test_running_clocks_are_counted_by_how_soon_they_are_due(platform, transfer_of, at, today, counts):
    """Due on 24 and 27 March and 8 April; the 4th to the 6th of April are Qingming, when nobody works."""
    for person, day in ((1, "2025-03-03"), (2, "2025-03-06"), (3, "2025-03-17")):
        platform.take(transfer_of(person, application=f"HA-{person}").apply(), now=at(day))
    with platform.store.read() as work:
        found = clocks.running_clocks(work, date.fromisoformat(today), load_working_days())
    assert found == dict(zip(("running", "due_soon", "overdue"), counts, strict=True))


def test_what_is_due_soon_is_what_was_warned_of():
    assert Settings().warn_working_days == SweepPolicy().warn_before == DUE_SOON_WORKING_DAYS


def test_the_ledger_shows_every_fen_of_a_story(platform, transfer_of, at):
    done, excess, unannounced = (transfer_of(n, "44", application=f"HA-{n}") for n in (1, 2, 3))
    platform.take(*done.whole(), *excess.until_mismatch(TOTAL + 700, "take_back_excess"), excess.give_back(700))
    platform.take(*unannounced.until_transfer(), unannounced.receive(1, 1_000))
    with platform.store.read() as work:
        rows = {(row.province, row.account): row[2:] for row in fund_ledger.ledger(work)}
        money = fund_ledger.money(work)
        mine = fund_ledger.ledger(work, "44")
    assert rows == {
        ("41", "destination_fund"): (PERSONAL, POOLING, 0),
        ("41", "suspense"): (PERSONAL, POOLING, 1_000),
        ("41", "in_transit"): (0, 0, 700),
        ("44", "in_transit"): (0, 0, -1_000),
        ("44", "origin_fund"): (-2 * PERSONAL, -2 * POOLING, -700),
    }
    assert {row.province for row in mine} == {"44"}
    assert money == (2 * TOTAL + 700, -300, TOTAL, 0, TOTAL + 1_000, 0, 0)


def test_the_nations_books_balance_at_every_position_of_the_log(platform, every_path, every_exceptional_path, at):
    live_a_while(platform, every_path() + every_exceptional_path(), at)
    sums = "SELECT SUM(personal), SUM(pooling), SUM(unallocated) FROM ledger_entries GROUP BY entry >> 8"
    assert set(platform.rows(sums)) == {(0, 0, 0)}
    by_account = "SELECT province, account, SUM(personal), SUM(pooling), SUM(unallocated) FROM {} GROUP BY 1, 2"
    assert platform.rows(by_account.format("ledger_entries")) == platform.rows(by_account.format("ledger_balances"))
    with platform.store.read() as work:
        money = fund_ledger.money(work)
    assert money.out == money.in_transit + money.in_ + money.returned + money.suspense > 0
    assert money.sum == 0


def test_flows_count_by_month_of_receipt(platform, transfer_of, at):
    march, refused, away = transfer_of(1), transfer_of(2, application="HA-2"), transfer_of(3, "32", application="HA-3")
    *before, completion = march.whole()
    platform.take(*before, refused.apply(), away.apply(), away.withdraw(), now=at("2025-03-31", 23))
    platform.take(completion, refused.refuse(), now=at("2025-04-01", 0))
    with platform.store.read() as work:
        assert flows.flows(work) == [
            ("2025-03", "32", "41", 1, 0, 0, 0, 1, 0),
            ("2025-03", "44", "41", 2, 0, 0, 0, 0, 0),
            ("2025-04", "44", "41", 0, 1, 1, 0, 0, TOTAL),
        ]


def test_a_cases_timeline_tells_who_said_what_when(platform, transfer, at):
    received, *rest = [transfer.letter_received(), transfer.letter(), transfer.apply()]
    platform.take(received, now=at("2025-03-03"))
    platform.take(*rest, now=at("2025-03-04"))
    platform.sweep(at("2025-04-08"))
    other = type(transfer)(person=transfer.person, origin="32", application="HA-2")
    platform.take(other.apply(), now=at("2025-04-08"))
    with platform.store.read() as work:
        case = case_board.case_of(work, UUID(bytes=transfer.transfer_id))
        steps = queries.timeline(work, case.case_id)
    assert [(step.fact.TOPIC, step.sender, step.received_at) for step in steps] == [
        ("application-accepted", "41", at("2025-03-04")),
        ("contact-letter-issued", "41", at("2025-03-04")),
        ("contact-letter-received", "44", at("2025-03-03")),
        ("deadline-missed", "00", at("2025-04-08")),
    ]
    assert steps[2].submission.bytes == received.envelope.event_id
    assert [step.recorded_at for step in steps] == [at("2025-03-04")] * 3 + [at("2025-04-08")]
    assert [step.position for step in steps] == [1, 2, 3, 4]


def test_cases_are_counted_by_state(platform, every_path):
    platform.take(*every_path())
    with platform.store.read() as work:
        counts = board_counts.state_counts(work)
        assert sum(counts.values()) == len(platform.table("case_board"))
        assert queries.number_of_events(work) == len(platform.table("events"))
        streams = list(queries.all_streams(work, RELATIONSHIPS))
    assert counts["completed"] == 5
    assert [key[:2] for key in streams] == sorted(key[:2] for key in streams)
    assert len(streams) == len(platform.table("events"))


COUNTED = {
    "board_counts": "SELECT waiting_for, state, kind, COUNT(*) FROM case_board GROUP BY 1, 2, 3",
    "clock_counts": "SELECT responsible, COALESCE(outcome, ''), CASE WHEN outcome IS NULL THEN due ELSE '' END, "
    "COUNT(*) FROM clocks WHERE outcome IS NULL OR outcome <> 'cancelled' GROUP BY 1, 2, 3",
    "handling_counts": "SELECT cancelled, province, clock, working_days, -1, '', COUNT(*) FROM handling_times "
    "WHERE ended_on IS NOT NULL GROUP BY 1, 2, 3, 4 UNION ALL SELECT -1, province, clock, -1, counted_rank, due, "
    "COUNT(*) FROM handling_times WHERE ended_on IS NULL GROUP BY 2, 3, 5, 6",
}


@pytest.mark.parametrize("batch_size", [1, 7, 2_000])
def test_what_is_counted_is_what_the_rows_say(new_platform, every_path, every_exceptional_path, at, batch_size):
    platform = new_platform(batch_size=batch_size)
    live_a_while(platform, every_path() + every_exceptional_path(), at, random.Random(batch_size))
    for table, rows in COUNTED.items():
        assert platform.table(table) == sorted(platform.rows(rows), key=repr), table


def test_a_case_whose_procedure_has_no_clock_yet_is_due_on_no_day(new_platform, transfer):
    platform = new_platform("ministry", law=law_in_force("ministry-platform-2013"))
    platform.take(transfer.apply())
    assert platform.rows("SELECT due, provisional FROM case_board") == [("", 0)]
