"""The ministry's flows: counted in the month of receipt, counted back when a fact is taken back, applications only."""

from __future__ import annotations

from jinbao.platform.projections import flows
from jinbao.platform.projections.runner import Runner

TOTAL = 3_309_425
ZERO = (0, 0, 0, 0, 0, 0)


def counted(platform):
    """(month, origin, destination) → applied, completed, refused, returned, withdrawn, fen; unless all are zero."""
    with platform.store.read() as work:
        found = {tuple(row[:3]): tuple(row[3:]) for row in flows.flows(work)}
    return {key: counts for key, counts in found.items() if counts != ZERO}


def test_what_is_taken_back_is_counted_back_in_its_own_month(platform, transfer, at):
    platform.take(transfer.apply(), now=at("2025-03-03"))
    refused = transfer.refuse()
    platform.take(refused, now=at("2025-03-31"))
    assert counted(platform) == {("2025-03", "44", "41"): (1, 0, 1, 0, 0, 0)}
    platform.take(transfer.annul(refused), now=at("2025-04-01"))
    assert counted(platform) == {("2025-03", "44", "41"): (1, 0, 0, 0, 0, 0)}
    live = platform.table("flows")
    Runner(platform.store).rebuild()
    assert platform.table("flows") == live


def test_a_return_and_a_withdrawal_are_counted_back_too(platform, transfer_of, at):
    returned, withdrawn = transfer_of(1), transfer_of(2)
    back, away = returned.return_letter(), withdrawn.withdraw()
    platform.take(*returned.until_origin_review(), back, withdrawn.apply(), away, now=at("2025-03-28"))
    assert counted(platform) == {("2025-03", "44", "41"): (2, 0, 0, 1, 1, 0)}
    platform.take(returned.annul(back), withdrawn.annul(away), now=at("2025-04-01"))
    assert counted(platform) == {("2025-03", "44", "41"): (2, 0, 0, 0, 0, 0)}


def test_a_fact_taken_back_after_a_restart_is_counted_back_in_its_own_month(new_platform, transfer, at):
    platform = new_platform("one")
    refused = transfer.refuse()
    platform.take(transfer.apply(), refused, now=at("2025-03-31"))
    platform.close()
    again = new_platform("one")
    again.take(transfer.annul(refused), now=at("2025-04-01"))
    assert counted(again) == {("2025-03", "44", "41"): (1, 0, 0, 0, 0, 0)}


def test_what_nobody_counted_takes_nothing_back(platform, transfer, at):
    letter = transfer.letter()
    platform.take(transfer.apply(), letter, transfer.annul(letter), now=at("2025-03-03"))
    assert counted(platform) == {("2025-03", "44", "41"): (1, 0, 0, 0, 0, 0)}


def test_a_reversal_is_no_completion_that_anybody_applied_for(platform, transfer_of):
    first, back = transfer_of(1), transfer_of(1, "41", "44", "HA-B1")
    offer = back.offer("reversal", first.transfer_id)
    platform.take(*first.whole(), offer, *back.both_in(), back.complete(), first.reverse(back.transfer_id))
    assert platform.rows("SELECT state FROM case_board ORDER BY case_id") == [("reversed",), ("completed",)]
    assert counted(platform) == {("2025-03", "44", "41"): (1, 1, 0, 0, 0, TOTAL)}


def test_completions_are_never_more_than_applications(platform, every_path, every_exceptional_path):
    platform.take(*every_path(), *every_exceptional_path())
    applied, completed = (sum(column) for column in list(zip(*counted(platform).values(), strict=True))[:2])
    kinds = "SELECT count(*) FROM case_board WHERE state IN ('completed', 'reversed') AND kind = 'application'"
    assert [(completed,)] == platform.rows(kinds)
    assert 0 < completed < applied


def test_a_case_that_goes_on_under_the_right_number_is_counted_once(platform, every_exceptional_path, at):
    platform.take(*every_exceptional_path())
    moved = platform.rows("SELECT count(*) FROM case_board WHERE state = 'moved'")
    facts = "SELECT count(*) FROM events WHERE topic = 'application-accepted'"
    assert moved == [(1,)]
    applied = sum(counts[0] for counts in counted(platform).values())
    assert [(applied,)] == platform.rows(facts)
