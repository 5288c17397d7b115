"""What the reconciler finds is said once; what arrives resolves a break by name, a cure taken back reopens it."""

from __future__ import annotations

import itertools
import random
from datetime import date
from uuid import UUID

import msgspec
import pytest
from support.bank_messages import ACCOUNT, REFERENCE, annulled, booked, cleared, confirmed, entry, envelope, opened
from support.told_transfer import instant

from jinbao.platform.projections.bank_accounts import booked_entries
from jinbao.platform.projections.found_breaks import found_breaks, found_matches, is_taken_elsewhere
from jinbao.platform.projections.statement_matching import Scope
from jinbao.platform.projections.statement_reconciliation import reconcile_statements
from jinbao.platform.reconciling.progress import kept_progress, reconciled_to
from jinbao.platform.reconciling.reconciler import RECONCILING, StatementReconciler
from jinbao.platform.store import postgres
from jinbao.platform.store.store import PROJECTING, RELAYING, SWEEPING
from jinbao.rules.working_days import load_working_days
from jinbao.schemas.messages.bank import BookedPayment

TOTAL = 3_309_425
NOW = instant("2025-05-06")
UNNAMED = [BookedPayment(payment_references=[])]


@pytest.fixture
def say(platform):
    """Take messages in, and let the reconciler speak until it has nothing left to say; how much it said."""

    def run(*messages) -> int:
        platform.take(*messages, now=NOW)
        said = 0
        while more := platform.national.reconciler.step(NOW):
            said += more
            platform.run()
        return said

    return run


def breaks(platform, resolved=False):
    with platform.store.read() as work:
        return [one for one in found_breaks(work, resolved=resolved) if one.kind != "missing_statement"]


def matches(platform):
    with platform.store.read() as work:
        entries = [booked.entry for _, booked in booked_entries(work)]
        return {int.from_bytes(entry): m.rule for entry, m in found_matches(work, entries).items() if m.rule}


def message_of(platform, submission):
    """Stored name of the fact that a message with that id became."""
    with platform.store.read() as work:
        return work.bulk.execute("SELECT topic FROM events WHERE submission = ?", submission.bytes).scalar_one()


def named(transfer):
    return [BookedPayment(payment_references=[transfer.reference(1)])]


def test_what_is_matched_is_said_once_and_nothing_more_is_left_to_say(platform, transfer, say):
    credit = entry(1, TOTAL, payments=named(transfer))
    assert say(*transfer.whole(), opened(), booked(1, 500, credit, entry(2, -50, entry_class="charge"))) == 1
    assert (matches(platform), breaks(platform)) == ({1: "reference"}, [])
    assert say() == 0
    with platform.store.read() as work:
        assert reconciled_to(work) == len(platform.table("events"))


def test_a_missing_side_that_arrives_resolves_its_break_by_name(platform, transfer, say):
    say(opened(), booked(1, 500, entry(1, TOTAL, payments=named(transfer))))
    (before,) = breaks(platform)
    assert (before.kind, before.state, before.cured_by) == ("unknown_reference", "open", None)
    say(*transfer.whole())
    assert breaks(platform) == []
    (after,) = breaks(platform, resolved=True)
    assert (after.break_id, after.state, after.difference_fen) == (before.break_id, "resolved", TOTAL)
    assert message_of(platform, after.cured_by) == "funds-received"
    assert matches(platform) == {1: "reference"}


def test_a_statement_in_its_place_cures_what_was_wrong_in_it(platform, transfer, say):
    say(*transfer.whole(), opened(), booked(1, 500, entry(1, TOTAL - 1, payments=named(transfer))))
    (before,) = breaks(platform)
    assert (before.kind, before.difference_fen) == ("under", -1)
    say(booked(2, 500, entry(2, TOTAL, payments=named(transfer)), replaces=(1).to_bytes(16)))
    assert (breaks(platform), matches(platform)) == ([], {2: "reference"})
    (after,) = breaks(platform, resolved=True)
    assert message_of(platform, after.cured_by) == "bank-statement-booked"


def test_a_payment_whose_entry_is_gone_with_its_statement_is_a_break(platform, transfer, say):
    credit = entry(1, TOTAL, payments=named(transfer), booked_on=date(2025, 3, 5))
    say(*transfer.whole(), opened(), booked(1, 500, credit, first_day=date(2025, 3, 1)))
    assert (breaks(platform), matches(platform)) == ([], {1: "reference"})
    say(booked(2, 500, first_day=date(2025, 3, 1), replaces=(1).to_bytes(16)))
    assert [(one.kind, one.difference_fen) for one in breaks(platform)] == [("unmatched_ledger", -TOTAL)]
    assert matches(platform) == {}


def test_a_candidate_is_confirmed_and_the_break_is_there_again_once_that_is_annulled(platform, transfer, say):
    payer = UUID(int=44)
    paid_from = opened("44", envelope=msgspec.structs.replace(envelope(2, "44"), account_id=payer.bytes), kind="out")
    unnamed = [BookedPayment(payment_references=[], counterpart=payer.bytes)]
    credit = entry(1, TOTAL, payments=unnamed, booked_on=date(2025, 3, 5))
    say(paid_from, *transfer.whole(), opened(), booked(1, 500, credit, first_day=date(2025, 3, 1)))
    (before,) = breaks(platform)
    assert (before.kind, before.about.candidates) == ("unmatched_bank", (transfer.reference(1),))
    say(confirmed(10, 1, transfer.reference(1)))
    assert (breaks(platform), matches(platform)) == ([], {1: "confirmed"})
    (cured,) = breaks(platform, resolved=True)
    assert message_of(platform, cured.cured_by) == "bank-entry-confirmed"
    say(annulled(11, 1))
    (again,) = breaks(platform)
    assert (again.break_id, again.state, again.finding, again.cured_by) == (before.break_id, "open", 2, None)
    assert matches(platform) == {}
    say(confirmed(12, 1, transfer.reference(1)))
    assert (breaks(platform), matches(platform)) == ([], {1: "confirmed"}), "the same again is another message"


def test_of_two_accounts_that_take_one_payment_at_once_one_is_known_to_have_it(platform, transfer, say):
    of_second = UUID(int=2)
    second = opened(envelope=msgspec.structs.replace(envelope(3), account_id=of_second.bytes))
    payer = UUID(int=44)
    paid_from = opened("44", envelope=msgspec.structs.replace(envelope(2, "44"), account_id=payer.bytes), kind="out")
    unnamed = [BookedPayment(payment_references=[], counterpart=payer.bytes)]
    march = {"first_day": date(2025, 3, 1)}
    one, other = (entry(number, TOTAL, payments=unnamed, booked_on=date(2025, 3, 5)) for number in (1, 2))
    elsewhere = msgspec.structs.replace(envelope(201), account_id=of_second.bytes)
    statements = booked(1, 500, one, **march), booked(2, 500, other, **march, envelope=elsewhere)
    say(paid_from, *transfer.whole(), opened(), second, *statements)
    word = confirmed(11, 2, transfer.reference(1))
    of_its_account = msgspec.structs.replace(word.envelope, account_id=of_second.bytes)
    word = msgspec.structs.replace(word, envelope=of_its_account)
    say(confirmed(10, 1, transfer.reference(1)), word)
    with platform.store.read() as work:
        taken = [is_taken_elsewhere(work, each.entry, transfer.reference(1)) for each in (one, other)]
    assert sorted(taken) == [False, True]
    assert len(matches(platform)) == len(breaks(platform)) == 1


def test_breaks_that_clear_each_other_stay_so_until_one_is_gone(platform, say):
    debit, credit = (entry(number, fen, payments=UNNAMED) for number, fen in ((1, -70), (2, 70)))
    say(opened(), booked(1, 500, debit, credit))
    first, second = breaks(platform)
    say(cleared(10, (1, 2)))
    assert breaks(platform) == []
    assert {one.state for one in breaks(platform, resolved=True)} == {"resolved"}
    assert {one.operator for one in breaks(platform, resolved=True)} == {"clerk"}
    assert say() == 0
    say(booked(2, 500, debit, entry(3, 70, payments=named_reference()), replaces=(1).to_bytes(16)))
    kinds = {one.break_id: one.kind for one in breaks(platform)}
    assert kinds[first.break_id if first.about.entry == (1).to_bytes(16) else second.break_id] == "unmatched_bank"
    assert len(kinds) == 2


def named_reference():
    return [BookedPayment(payment_references=[REFERENCE])]


def test_what_is_dated_later_is_found_once_that_day_has_come(platform, transfer, say):
    whole = transfer.whole()
    say(opened(), booked(1, 500, first_day=date(2025, 3, 1)))
    early, late = instant("2025-04-08"), instant("2025-04-11")
    platform.take(*whole, booked(2, 500, entry(1, 77, payments=UNNAMED, booked_on=date(2025, 4, 9))), now=NOW)
    for now in (early, late):
        while platform.national.reconciler.step(now):
            platform.run()
    assert {(one.kind, one.difference_fen) for one in breaks(platform)} >= {("unmatched_bank", 77)}


def test_its_turn_is_no_other_tasks_and_no_lock_of_the_store():
    tasks = [number for number, _ in (RELAYING, SWEEPING, PROJECTING, RECONCILING)]
    assert len({*tasks, *postgres.OWN_LOCKS}) == len(tasks) + len(postgres.OWN_LOCKS)


def test_a_nation_without_accounts_is_not_spoken_of(platform, transfer, say):
    assert say(*transfer.whole()) == 0
    with platform.store.read() as work:
        assert reconciled_to(work) == 0
        assert list(booked_entries(work, ACCOUNT)) == []


def test_days_without_a_statement_are_breaks_of_their_own(platform, say):
    say(opened(), booked(1, 500, last_day=date(2025, 4, 28)))
    with platform.store.read() as work:
        found = found_breaks(work)
    assert [(one.kind, str(one.day)) for one in found] == [
        ("missing_statement", "2025-04-29"),
        ("missing_statement", "2025-04-30"),
    ]
    say(booked(2, 500, first_day=date(2025, 4, 29)))
    with platform.store.read() as work:
        assert found_breaks(work) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_second_process_reads_anew_leaves_nothing_else_to_say(platform, transfer_of, say, seed):
    """However messages come, the reconciler that reads little agrees with one that reads everything."""
    draw = random.Random(seed)
    transfers = [transfer_of(person) for person in range(1, 7)]
    payer = UUID(int=44)
    say(opened("44", envelope=msgspec.structs.replace(envelope(2, "44"), account_id=payer.bytes), kind="out"), opened())
    told = [message for each in transfers for message in each.whole()]
    numbers = itertools.count(20)
    fen, statements = 0, []
    seen = set()
    for _ in range(25):
        step = draw.randrange(0 if told else 2, 5)
        number = next(numbers)
        if step < 2:
            some, told = told[: (size := draw.randrange(1, 9))], told[size:]
            say(*some)
        elif step < 4 or not statements:
            entries = [_drawn(draw, next(numbers), transfers, payer) for _ in range(draw.randrange(4))]
            statement = booked(number, fen, *entries, first_day=date(2025, 3, 1))
            fen += sum(one.amount for one in entries)
            statements.append((statement, entries))
            say(statement)
        else:
            old, entries = statements.pop()
            again = booked(number, old.opening, *entries[1:], first_day=date(2025, 3, 1), replaces=old.statement)
            fen = again.closing
            statements.append((again, entries[1:]))
            say(again)
        started_again(platform)
        with platform.store.write() as work:
            kept = kept_progress(work)
            work.set_mark("reconciled", "0")
        anew = started_again(platform)
        assert anew.step(NOW) == 0
        with platform.store.read() as work:
            assert kept_progress(work) == kept, "and what one that reads little keeps is what one that reads all keeps"
        with platform.store.read() as work:
            found = reconcile_statements(work, date(2025, 5, 6), load_working_days())
            open_now = {one.break_id: (one.kind, one.difference_fen) for one in found_breaks(work)}
        assert open_now == {one.id: (one.kind, one.difference_fen) for one in found.breaks()}
        seen.update(matches(platform))
        assert len(matches(platform)) == sum(len(match.entries) for match in found.matching.matches)
    assert seen


def started_again(platform):
    """The reconciler of a process that starts."""
    platform.national.reconciler.close()
    platform.national.reconciler = StatementReconciler(platform.bus, platform.store, load_working_days())
    return platform.national.reconciler


def test_a_start_reads_only_what_was_not_settled_and_another_version_of_the_matching_reads_all(
    platform, transfer_of, say
):
    one, other = (transfer_of(person) for person in (1, 2))
    wrong = entry(2, TOTAL - 1, payments=named(other))
    say(*one.whole(), *other.whole(), opened(), booked(1, 500, entry(1, TOTAL, payments=named(one)), wrong))
    with platform.store.read() as work:
        kept = kept_progress(work)
    assert kept.position == reconciled_position(platform) == len(platform.table("events"))
    assert (set(kept.unsettled.references), set(kept.unsettled.entries)) == ({other.reference(1)}, {wrong.entry})
    started_again(platform)
    assert say(booked(2, 500 + 2 * TOTAL - 1, entry(3, 1, payments=named(other)))) == 2, "matched, and resolved"
    assert (breaks(platform), matches(platform)) == ([], {1: "reference", 2: "several_entries", 3: "several_entries"})
    with platform.store.write() as work:
        assert kept_progress(work).unsettled == Scope(set(), set())
        work.set_mark("reconciled", f"{kept.position} {kept.day} 0")
        assert kept_progress(work) is None


def reconciled_position(platform):
    with platform.store.read() as work:
        return reconciled_to(work)


def _drawn(draw, number, transfers, payer):
    """An entry that names its payment, or only its payer, or nothing, of the right amount or not."""
    of = draw.choice(transfers)
    payments = draw.choice([named(of), named(of), [BookedPayment(payment_references=[], counterpart=payer.bytes)]])
    amount = draw.choice([TOTAL, TOTAL, TOTAL - 1, -TOTAL])
    return entry(number, amount, payments=payments, booked_on=date(2025, 3, draw.randrange(3, 20)))


def test_a_slip_that_was_typed_by_hand_and_the_statement_that_carries_it_count_once(platform, transfer, say):
    say(*transfer.whole(), opened(), booked(1, 500, entry(1, TOTAL, payments=named(transfer))))
    with platform.store.read() as work:
        (figures,) = reconcile_statements(work, date(2025, 4, 30), load_working_days()).accounts("41")
    assert (figures.ledger_fen, figures.breaks_fen, figures.unexplained_fen) == (TOTAL, 0, 0)
    assert figures.balances is not None
    assert figures.balances.closing_fen - figures.balances.opening_fen == TOTAL
