"""A clock that jumps stops intake and dates nothing, until it is right again or somebody confirms how it counts."""

from __future__ import annotations

import pytest

from jinbao.platform.ingest.bus_time import BusTime, TimeJumped, confirm, confirmations
from jinbao.schemas import messages as m
from jinbao.simulator.virtual_time import MessageTimes

TODAY, WRONG = "2025-03-03", "2035-03-05"


@pytest.fixture
def send_at(platform, at):
    """Puts messages on the bus while its clock says that; the platform's own clock stays at today."""

    def send(day, *messages, hour=10):
        platform.now = at(day, hour)
        platform.send(*messages)
        platform.now = at(TODAY)

    return send


@pytest.fixture
def say(platform):
    """Confirms all that lies on the bus now."""

    def confirmed(received_at=None, now=None):
        ends = {partition: end for (_, partition), end in platform.bus.end_offsets(m.SUBMISSIONS_TOPIC).items()}
        with platform.store.write() as work:
            confirm(work, now or platform.now, "operator", "looked at the clocks", received_at, ends)

    return confirmed


def test_a_bus_ten_years_ahead_stops_intake_and_dates_nothing(platform, transfer, at, send_at):
    platform.take(transfer.apply(), now=at(TODAY))
    send_at(WRONG, transfer.letter())
    for _ in range(2):
        with pytest.raises(TimeJumped, match=r"2035-03-05 10:00.*2025-03-03 10:00.*confirm-time"):
            platform.run(at(TODAY))
    assert platform.outcomes() == [("ACCEPTED", None)]
    assert platform.rows("SELECT outcome, missed_at FROM clocks") == [(None, None)]


def test_messages_count_as_received_when_the_operator_says(platform, transfer, at, send_at, say):
    platform.take(transfer.apply(), now=at(TODAY))
    send_at(WRONG, transfer.letter())
    send_at(TODAY, transfer.letter_received(), hour=11)
    say(at(TODAY, 12))
    platform.run(at(TODAY, 13))
    assert [outcome for outcome, _ in platform.outcomes()] == ["ACCEPTED"] * 3
    assert platform.rows("SELECT received_at FROM events ORDER BY position") == [
        (at(TODAY),),
        (at(TODAY, 12),),
        (at(TODAY, 11),),
    ], "what had the right time keeps it"
    assert platform.rows("SELECT outcome FROM clocks WHERE clock = 'application_review'") == [("met",)]


def test_where_the_platforms_clock_was_wrong_the_buss_time_counts(platform, transfer, at, send_at, say):
    send_at("2025-03-05", transfer.apply())
    with pytest.raises(TimeJumped):
        platform.run(at(TODAY))
    say()
    platform.run(at(TODAY))
    assert platform.rows("SELECT received_at FROM events") == [(at("2025-03-05"),)]


def test_a_platform_whose_clock_is_set_right_goes_on_by_itself(platform, transfer, at, send_at):
    send_at("2025-03-05", transfer.apply())
    with pytest.raises(TimeJumped):
        platform.run(at(TODAY))
    platform.run(at("2025-03-05", 9))
    assert platform.outcomes() == [("ACCEPTED", None)]


def test_a_confirmation_covers_what_lay_on_the_bus_and_nothing_later(platform, transfer, at, send_at, say):
    send_at(WRONG, transfer.apply())
    say(at(TODAY))
    send_at(WRONG, transfer.letter())
    with pytest.raises(TimeJumped):
        platform.run(at(TODAY))
    say(at(TODAY))
    platform.run(at(TODAY))
    assert [outcome for outcome, _ in platform.outcomes()] == ["ACCEPTED"] * 2


def test_a_bus_that_goes_back_stops_intake_after_a_restart_too(new_platform, transfer, at):
    platform = new_platform("one")
    platform.take(transfer.apply(), now=at(TODAY))
    for opened in (platform, None):
        if opened is None:
            platform.close()
            opened = new_platform("one")
        opened.now = at("2025-03-02")
        opened.send(transfer.letter())
        opened.now = at(TODAY, 11)
        with pytest.raises(TimeJumped, match=r"2025-03-02 10:00.*2025-03-03 10:00"):
            opened.national.ingest.step(opened.now)
        assert opened.outcomes() == [("ACCEPTED", None)]


def test_an_hour_either_way_is_no_jump(platform, transfer, at, send_at):
    send_at(TODAY, transfer.apply(), hour=11)
    send_at(TODAY, transfer.letter(), hour=10)
    platform.run(at(TODAY))
    assert [outcome for outcome, _ in platform.outcomes()] == ["ACCEPTED"] * 2


def test_a_machine_whose_clock_jumps_by_years_neither_takes_in_nor_sweeps(platform, transfer, at, say):
    """Bus and platform on one machine: they agree, and both are wrong."""
    platform.take(transfer.apply(), now=at(TODAY))
    platform.now = at(WRONG)
    platform.send(transfer.letter())
    for step in (platform.ingest.step, platform.national.sweep.step):
        with pytest.raises(TimeJumped, match="2035-03-05 10:00"):
            step(platform.now)
    say()
    platform.run()
    assert platform.rows("SELECT outcome FROM clocks") == [("missed",)], "a platform that did rest for ten years"


def test_what_is_to_be_delivered_goes_out_while_intake_stands_still(platform, transfer, at, send_at):
    platform.now = at(TODAY)
    platform.send(transfer.apply(), transfer.letter())
    platform.ingest.step(platform.now)
    send_at(WRONG, transfer.letter_received())
    with pytest.raises(TimeJumped):
        platform.run(at(TODAY))
    assert [message.NAME for message in platform.inbox("44")] == ["ContactLetterIssued"]


def test_a_simulated_nation_lives_in_its_own_time(new_platform, transfer, at):
    platform = new_platform("one", times=MessageTimes())
    with platform.store.write() as work:
        work.mark_simulated()
    platform.take(transfer.apply(), now=at(TODAY))
    platform.now = at(WRONG)
    platform.send(transfer.letter())
    platform.run()
    assert platform.national.sweep.step(at(WRONG)) == 0
    assert [outcome for outcome, _ in platform.outcomes()] == ["ACCEPTED"] * 2


def test_confirmations_are_kept_newest_first(platform, at, say):
    say(at(TODAY))
    say()
    with platform.store.read() as work:
        found = confirmations(work)
    assert [(c.number, c.operator, c.reason, c.received_at) for c in found] == [
        (2, "operator", "looked at the clocks", None),
        (1, "operator", "looked at the clocks", at(TODAY)),
    ]
    assert len(found[0].ends) == 32


def test_a_batch_in_good_time_is_left_as_it_is(platform, transfer, at):
    platform.now = at(TODAY)
    platform.send(transfer.apply(), transfer.letter())
    reader = platform.bus.reader(m.SUBMISSIONS_TOPIC)
    records = reader.poll(10)
    reader.close()
    assert BusTime(platform.store).checked(records, platform.now) == records
