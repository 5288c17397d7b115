"""The sweep: warnings, misses and deemed receipts as submissions like any other; said twice, they count once."""

from __future__ import annotations

from datetime import date

import pytest

from jinbao.bus.interface import BusUnavailable
from jinbao.platform.aggregates.catalogue import stopped_by
from jinbao.platform.deadlines import sweep as deadlines
from jinbao.platform.deadlines.sweep import DeadlineSweep, SweepPolicy
from jinbao.platform.projections import clocks
from jinbao.schemas import messages as m

DUE = "2025-03-24"
"""Fifteen working days after Monday 3 March 2025."""


def notices(platform, province):
    return [
        (message.NAME, message.clock, message.due.isoformat())
        for message in platform.inbox(province)
        if isinstance(message, m.DeadlineApproaching | m.DeadlineMissed)
    ]


def test_a_warning_comes_three_working_days_before_and_a_miss_after_the_due_day(platform, transfer, at):
    platform.take(transfer.apply(), now=at("2025-03-03"))
    assert platform.sweep(at("2025-03-18", 23)) == 0
    assert platform.sweep(at("2025-03-19", 1)) == 1
    assert platform.sweep(at("2025-03-21")) == platform.sweep(at(DUE, 23)) == 0
    assert platform.sweep(at("2025-03-25", 1)) == 1
    assert platform.sweep(at("2025-03-26")) == platform.sweep(at("2025-06-03")) == 0
    warning, miss = ("DeadlineApproaching", "application_review", DUE), ("DeadlineMissed", "application_review", DUE)
    assert notices(platform, "41") == [warning, miss]
    assert platform.outcomes() == [("ACCEPTED", None)] * 3
    [clock] = platform.rows("SELECT warned_at, missed_at, ended_at FROM clocks")
    assert clock == (at("2025-03-19", 1), at("2025-03-25", 1), None)


def test_what_the_sweep_says_happened_at_the_warning_or_due_instant_itself(platform, transfer, at):
    platform.take(transfer.apply(), now=at("2025-03-03"))
    platform.sweep(at("2025-03-20", 15))
    platform.sweep(at("2025-03-27", 15))
    said = [message.envelope.occurred_at for message in platform.inbox("41")]
    assert said == [at("2025-03-19", 0), at("2025-03-25", 0)]


def test_the_notice_goes_to_the_agency_whose_clock_it_is(platform, transfer, at):
    platform.take(*transfer.until_origin_review(), now=at("2025-03-03"))
    platform.sweep(at("2025-03-19"))
    assert notices(platform, "44") == [("DeadlineApproaching", "origin_transfer", DUE)]
    assert notices(platform, "41") == []


def test_a_sweep_after_a_long_silence_says_the_miss_without_a_warning(platform, transfer, at):
    platform.take(transfer.apply(), now=at("2025-03-03"))
    assert platform.sweep(at("2025-04-15")) == 1
    assert platform.sweep(at("2025-04-16")) == 0
    assert [name for name, *_ in notices(platform, "41")] == ["DeadlineMissed"]


def test_two_sweeps_that_say_the_same_count_once(platform, transfer, at):
    platform.take(transfer.apply(), now=at("2025-03-03"))
    platform.now = at("2025-03-19")
    sweep, restarted = platform.national.sweep, DeadlineSweep(platform.bus, platform.store, platform.national.law)
    assert (sweep.run(platform.now), restarted.run(platform.now)) == (1, 0), "of several one sweeps"
    sweep.close()
    assert restarted.run(platform.now) == 1
    restarted.close()
    platform.run()
    assert [outcome for outcome, _ in platform.outcomes()] == ["ACCEPTED", "ACCEPTED", "DUPLICATE"]
    assert len(notices(platform, "41")) == 1


def test_a_clock_that_ended_before_the_sweep_was_heard_is_left_alone(platform, transfer, at):
    """The letter stands on the bus before the miss, though the sweep could not see it yet."""
    platform.take(transfer.apply(), now=at("2025-03-03"))
    platform.now = at(DUE, 23)
    platform.send(transfer.letter())
    assert platform.sweep(at("2025-03-25")) == 1
    assert platform.outcomes()[1:] == [("ACCEPTED", None), ("REJECTED", "CLOCK_NOT_RUNNING")]
    assert platform.rows("SELECT missed_at, outcome FROM clocks") == [(None, "met")]
    assert notices(platform, "41") == []


def test_a_clock_is_left_alone_while_the_message_that_would_stop_it_is_parked(platform, transfer, at):
    platform.take(transfer.apply(), now=at("2025-03-03"))
    platform.take(transfer.letter(2), now=at("2025-03-18"))
    assert platform.sweep(at("2025-03-19")) == platform.sweep(at("2025-03-25")) == 0
    platform.take(transfer.letter_received(2), now=at("2025-03-25"))
    assert platform.sweep(at("2025-04-01", 23)) == 0
    assert platform.sweep(at("2025-04-02")) == 2, "the letter expired, and the clock runs as before"
    assert [name for name, *_ in notices(platform, "41")] == ["DeadlineMissed"]


def test_no_other_message_of_its_agency_holds_a_clock(platform, transfer, at):
    platform.take(transfer.apply(), now=at("2025-03-03"))
    platform.take(transfer.sheet_received(), transfer.mismatch(5), transfer.complete(), now=at("2025-03-18"))
    assert platform.rows("SELECT count(*) FROM parked") == [(3,)]
    platform.sweep(at("2025-03-19"))
    platform.sweep(at("2025-03-25"))
    assert [name for name, *_ in notices(platform, "41")] == ["DeadlineApproaching", "DeadlineMissed"]


def test_parking_messages_again_and_again_silences_no_deadline(platform, transfer, at):
    """The second letter comes after the due day: it cannot stop the clock in time, and holds up nothing."""
    platform.take(transfer.apply(), now=at("2025-03-03"))
    platform.take(transfer.letter(2), now=at("2025-03-14"))
    platform.take(transfer.letter(3), now=at("2025-03-26"))
    assert platform.sweep(at("2025-03-28", 23)) == 0
    assert platform.sweep(at("2025-03-29")) == 2, "the first letter expired, and the miss is said"
    assert [name for name, *_ in notices(platform, "41")] == ["DeadlineMissed"]


def test_a_message_that_waited_too_long_holds_no_clock_though_its_expiry_is_not_taken_in_yet(platform, transfer, at):
    platform.take(transfer.apply(), now=at("2025-03-03"))
    platform.take(transfer.letter(2), now=at("2025-03-18"))
    platform.now = at("2025-04-02")
    assert platform.national.sweep.run(platform.now) == 2


@pytest.mark.parametrize("stopping", [lambda t: t.sheet(letter=2), lambda t: t.return_letter(version=2)])
def test_what_stops_a_clock_is_read_from_its_procedure(platform, transfer, at, stopping):
    platform.take(*transfer.until_origin_review(), now=at("2025-03-03"))
    platform.take(stopping(transfer), now=at("2025-03-18"))
    assert platform.sweep(at("2025-03-19")) == platform.sweep(at("2025-03-25")) == 0


def test_every_clock_can_be_stopped_by_a_message(law):
    names = {clock.name: stopped_by(clock) for procedure in law.procedures for clock in procedure.clocks}
    assert all(names.values())
    assert set().union(*names.values()) <= m.BY_NAME.keys()
    assert names["lump_sum_notice"] == {"LumpSumNoticeSent"}
    assert names["application_review"] == {"ContactLetterIssued", "ApplicationRefused"}
    assert names["origin_transfer"] == {
        *("InformationSheetSent", "FundsRemitted", "FundsReceived", "PaymentBounced", "TransferReturned"),
    }


def test_a_sweep_reads_a_page_at_a_time_and_goes_on(platform, transfer_of, at, monkeypatch):
    monkeypatch.setattr(deadlines, "ROWS_A_PAGE", 3)
    platform.take(*[transfer_of(n).apply() for n in range(1, 9)], now=at("2025-03-03"))
    parked = [transfer_of(n).review() for n in range(20, 25)]
    platform.take(*parked, now=at("2025-03-04"))
    platform.now = at("2025-03-19")
    sweep = platform.national.sweep
    said, ends = [], []
    while not ends or not ends[-1]:
        said.append(sweep.step(platform.now))
        ends.append(sweep.at_end)
    assert (said, ends) == ([6, 5, 2], [False, False, True])
    platform.run()
    assert len(platform.rows("SELECT 1 FROM clocks WHERE warned_at IS NOT NULL")) == 8
    assert platform.rows("SELECT count(*) FROM parked") == [(0,)]
    assert sweep.run(platform.now) == 0


def test_a_sweep_whose_clock_is_ahead_says_a_miss_too_early_and_again_in_time(platform, transfer, at):
    platform.take(transfer.apply(), now=at("2025-03-03"))
    platform.now = at(DUE, 20)
    assert platform.national.sweep.run(at("2025-03-25", 3)) == 1
    platform.run()
    assert platform.outcomes()[-1] == ("REJECTED", "CLOCK_NOT_RUNNING")
    platform.sweep(at("2025-03-26"))
    assert [name for name, *_ in notices(platform, "41")] == ["DeadlineMissed"]


def test_nothing_expires_is_deemed_received_or_warned_of_before_its_instant(platform, transfer_of, at):
    waiting, delivered, running = (transfer_of(n) for n in (1, 2, 3))
    platform.take(waiting.review(), delivered.apply(), delivered.letter(), running.apply(), now=at("2025-03-03"))
    platform.now = at("2025-03-04")
    assert platform.national.sweep.run(at("2025-03-19")) == 3
    platform.run()
    assert platform.outcomes()[-3:] == [("REJECTED", "CLOCK_NOT_RUNNING")] * 3
    assert platform.rows("SELECT count(*) FROM parked") == [(1,)]
    assert platform.sweep(at("2025-03-20")) == 3
    assert platform.rows("SELECT count(*) FROM parked") == [(0,)]
    assert platform.outcomes()[-4:].count(("ACCEPTED", None)) == 3


def test_the_sweep_waits_an_hour_into_the_day_for_the_buss_clock(platform, transfer, at):
    platform.take(transfer.apply(), now=at("2025-03-03"))
    assert platform.sweep(at("2025-03-19", 0)) == 0
    assert platform.sweep(at("2025-03-19", 1)) == 1


class FailsOnce:
    """The bus, for a sweep whose first sending fails."""

    def __init__(self, bus):
        self._producer, self._failed = bus.producer(), False

    def producer(self):
        return self

    def send(self, records):
        if not self._failed:
            self._failed = True
            raise BusUnavailable("nobody answers")
        self._producer.send(records)

    def close(self):
        self._producer.close()


def test_what_could_not_be_sent_is_said_again(platform, transfer_of, at, monkeypatch):
    monkeypatch.setattr(deadlines, "ROWS_A_PAGE", 2)
    platform.take(*[transfer_of(n).apply() for n in range(1, 6)], now=at("2025-03-03"))
    platform.national.sweep.close()
    sweep = DeadlineSweep(FailsOnce(platform.bus), platform.store, platform.national.law)
    platform.now = at("2025-03-19")
    with pytest.raises(BusUnavailable):
        sweep.step(platform.now)
    assert sweep.run(platform.now) == 5
    sweep.close()
    platform.run()
    assert len(platform.rows("SELECT 1 FROM clocks WHERE warned_at IS NOT NULL")) == 5


def test_another_agencys_parked_message_holds_no_clock(platform, transfer, at):
    platform.take(transfer.apply(), now=at("2025-03-03"))
    platform.take(transfer.sheet(), now=at("2025-03-18"))
    assert platform.sweep(at("2025-03-19")) == 1


def test_a_letter_counts_as_received_one_working_day_after_its_delivery(platform, transfer, at):
    platform.take(transfer.apply(), transfer.letter(), now=at("2025-03-06"))
    assert platform.sweep(at("2025-03-07", 23)) == 0
    assert platform.sweep(at("2025-03-08", 1)) == 1
    assert platform.sweep(at("2025-03-10")) == 0
    [deemed] = platform.inbox("41")
    assert (deemed.NAME, deemed.letter_version) == ("ContactLetterDeemedReceived", 1)
    assert deemed.envelope.occurred_at == at("2025-03-08", 0)
    assert platform.rows("SELECT clock, due FROM clocks WHERE ended_at IS NULL") == [("origin_transfer", "2025-03-28")]
    receipt = transfer.letter_received()
    platform.take(receipt, now=at("2025-03-10"))
    assert platform.outcomes()[-1] == ("REJECTED", "ALREADY_RECORDED")
    assert platform.inbox("44")[-1].envelope.causation_id == receipt.envelope.event_id


def test_a_sheet_counts_as_received_too(platform, transfer, at):
    platform.take(*transfer.until_transfer(), transfer.sheet(), now=at("2025-03-06"))
    assert platform.sweep(at("2025-03-10", 12)) == 1
    assert [message.NAME for message in platform.inbox("44")][-1] == "InformationSheetDeemedReceived"


def test_a_letter_that_was_not_delivered_is_not_deemed_received(platform, transfer, at):
    platform.now = at("2025-03-03")
    platform.send(transfer.apply(), transfer.letter())
    platform.ingest.step(platform.now)
    assert platform.national.sweep.step(at("2025-03-10")) == 0
    platform.run(at("2025-03-10"))
    assert platform.sweep(at("2025-03-11")) == 0
    assert platform.sweep(at("2025-03-12")) == 1


def test_a_receipt_in_time_leaves_nothing_to_deem(platform, transfer, at):
    platform.take(*transfer.until_origin_review(), now=at("2025-03-03"))
    assert platform.sweep(at("2025-03-10")) == 0


def test_a_re_sent_letter_is_deemed_received_under_its_own_version(platform, transfer, at):
    platform.take(*transfer.until_origin_review(), transfer.return_letter(), now=at("2025-03-03"))
    platform.take(transfer.letter(2), now=at("2025-03-05"))
    platform.sweep(at("2025-03-07"))
    assert [(n.NAME, n.letter_version) for n in platform.inbox("41")][-1] == ("ContactLetterDeemedReceived", 2)


@pytest.mark.parametrize("warn_before", [1, 5])
def test_how_long_before_a_warning_comes_is_configured(new_platform, transfer, at, law, warn_before):
    platform = new_platform()
    platform.national.sweep.close()
    policy = SweepPolicy(warn_before=warn_before)
    platform.national.sweep = DeadlineSweep(platform.bus, platform.store, law, policy)
    platform.take(transfer.apply(), now=at("2025-03-03"))
    day = law.working_days.before(date.fromisoformat(DUE), warn_before)
    assert platform.sweep(at(law.working_days.before(day, 1).isoformat(), 23)) == 0
    assert platform.sweep(at(day.isoformat(), 1)) == 1


def test_no_clock_of_an_ended_case_keeps_the_sweep_talking(platform, every_path, at):
    platform.take(*every_path(), now=at("2025-03-03"))
    for day in ("2025-03-19", "2025-03-25", "2025-04-01", "2025-06-03", "2025-06-04"):
        platform.sweep(at(day))
    sent = len(platform.received())
    for day in ("2025-09-03", "2025-09-04"):
        assert platform.sweep(at(day)) == 0
    assert len(platform.received()) == sent
    ended = "('completed', 'refused', 'withdrawn', 'closed')"
    running = f"SELECT 1 FROM clocks c JOIN case_board b USING (case_id) WHERE state IN {ended} AND ended_at IS NULL"
    assert platform.rows(running) == []
    with platform.store.read() as work:
        counts = clocks.deadline_counts(work)
    ended_clocks = platform.rows("SELECT COUNT(*) FROM clocks WHERE outcome IN ('met', 'missed')")
    assert (counts["met"] + counts["missed"],) == ended_clocks[0]
