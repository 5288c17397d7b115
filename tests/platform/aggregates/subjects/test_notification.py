"""Notification: the person, the heirs or the employer are told of a decision."""

from __future__ import annotations

from jinbao.platform.aggregates.decision import Rejection


def test_person_and_employer_are_each_told_of_a_decision_once(relationship, transfer):
    relationship.hear_all([*transfer.whole(), transfer.tell_person(), transfer.tell_employer()])
    assert relationship.hear(transfer.tell_person()) == Rejection("ALREADY_RECORDED")
    assert relationship.hear(transfer.tell_employer()) == Rejection("ALREADY_RECORDED")
    assert relationship.hear(transfer.tell_person("SomethingElse")) == Rejection("INVALID_REQUEST", "about")
    relationship.hear_all([transfer.tell_person("ApplicationAccepted")])


def test_after_a_death_the_heirs_are_told_and_neither_person_nor_employer(platform, transfer):
    platform.take(*transfer.until_origin_review())
    before = transfer.tell_person("ContactLetterIssued")
    platform.take(before, transfer.freeze("death"))
    person, employer = transfer.tell_person("TransferFrozen"), transfer.tell_employer("TransferFrozen")
    heirs = transfer.tell_person("TransferFrozen", reader="heirs")
    platform.take(person, employer, heirs)
    assert [outcome for outcome in platform.outcomes() if outcome[1] == "WRONG_READER"] == [
        ("REJECTED", "WRONG_READER")
    ] * 2
    assert platform.outcomes()[-1] == ("ACCEPTED", None)
