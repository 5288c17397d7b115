"""Arrears: the sheet waits for the person's answer."""

from __future__ import annotations

from jinbao.platform.aggregates.decision import Rejection, Waiting


def test_arrears_hold_the_sheet_until_the_person_has_paid(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.arrears()])
    assert relationship.hear(transfer.sheet()) == Waiting()
    relationship.hear_all([transfer.settle(), transfer.sheet()])
    assert relationship.hear(transfer.settle()) == Rejection("ALREADY_RECORDED")
    assert relationship.hear(transfer.decline()) == Rejection("STATE_CONFLICT")


def test_or_declined_and_then_they_can_never_be_paid(relationship, transfer):
    relationship.hear_all([*transfer.until_transfer(), transfer.arrears(), transfer.decline()])
    assert relationship.hear(transfer.settle()) == Rejection("STATE_CONFLICT")
    assert relationship.hear(transfer.arrears()) == Rejection("ALREADY_RECORDED")
    relationship.hear_all([*transfer.both_in(), transfer.complete()])


def test_arrears_are_reported_before_the_sheet(relationship, transfer):
    relationship.hear_all(transfer.until_transfer())
    assert relationship.hear(transfer.settle()) == Waiting()
    relationship.hear_all([transfer.sheet()])
    for late in (transfer.arrears(), transfer.settle(), transfer.decline()):
        assert relationship.hear(late) == Rejection("STATE_CONFLICT")
