"""Every path of a transfer through the aggregate, as the law and the brief name them; no input or output."""

from __future__ import annotations

from jinbao.platform.aggregates.catalogue import FACTS, RULES
from jinbao.platform.aggregates.decision import Rejection, Waiting


def test_it_is_always_known_whose_turn_it_is(relationship, transfer):
    turns = []
    for message in transfer.whole():
        relationship.hear_all([message])
        turns.append(relationship.of(transfer).waiting_for)
    assert turns == ["41", "44", "44", "44", "44", "41", "41", "41", ""]


def test_only_the_role_that_may_say_it_is_heard(relationship, transfer):
    relationship.hear(transfer.apply())
    assert relationship.hear(transfer.letter(sender="44")) == Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    assert relationship.hear(transfer.letter(sender="11")) == Rejection("NOT_CASE_PARTY", "envelope.sender")
    warning = transfer.warn("application_review", "2025-03-24", sender="41")
    assert relationship.hear(warning) == Rejection("ROLE_NOT_ALLOWED", "envelope.sender")


def test_what_comes_too_early_waits_and_is_taken_when_its_turn_comes(relationship, transfer):
    *before, last = transfer.whole()
    waiting = [m for m in before if m.NAME not in ("ApplicationAccepted", "FundsReceived")]
    for message in reversed([*waiting, last]):
        assert relationship.hear(message) == Waiting(), message.NAME
    relationship.hear_all(transfer.whole())


def test_a_recorded_fact_under_another_id_is_already_recorded(relationship, transfer):
    said = transfer.whole()
    for message in said:
        relationship.hear_all([message])
        again = type(transfer)(said=1_000)
        repeated = {
            "ApplicationAccepted": again.apply,
            "ContactLetterIssued": again.letter,
            "ContactLetterReceived": again.letter_received,
            "OriginReviewPassed": again.review,
            "InformationSheetSent": again.sheet,
            "FundsRemitted": again.remit,
            "InformationSheetReceived": again.sheet_received,
            "FundsReceived": again.receive,
            "TransferCompleted": again.complete,
        }[message.NAME]()
        assert relationship.hear(repeated) == Rejection("ALREADY_RECORDED"), message.NAME


def test_reporting_late_is_noted_and_far_back_dated_reports_are_late_too(relationship, transfer, at):
    fact = relationship.hear(transfer.apply(occurred_at=at("2025-03-03")), at("2025-03-04", 23))
    assert not fact.then.late
    fact = relationship.hear(transfer.letter(occurred_at=at("2025-03-03")), at("2025-03-05"))
    assert fact.then.late
    fact = relationship.hear(transfer.letter_received(occurred_at=at("1950-01-01")), at("2025-03-05"))
    assert fact.then.late, "a day before the calendar's first year is late, and no error"


def test_a_sweep_that_was_down_is_no_provinces_late_report(relationship, transfer, at):
    relationship.hear_all([transfer.apply(), transfer.letter()])
    when = {"occurred_at": at("2025-03-04")}
    assert not relationship.hear(transfer.letter_deemed(**when), at("2025-03-20")).then.late
    assert not relationship.hear(transfer.warn("origin_transfer", "2025-04-11", **when), at("2025-03-20")).then.late
    assert relationship.hear(transfer.review(**when), at("2025-03-20")).then.late


def test_facts_keep_the_names_under_which_they_are_stored():
    """The topic is stored data: it follows the released message, and never a class that is renamed or moved."""
    names = (
        "application-accepted application-refused contact-letter-issued contact-letter-received "
        "contact-letter-deemed-received origin-review-passed transfer-returned information-sheet-sent "
        "information-sheet-received information-sheet-deemed-received funds-remitted funds-received funds-returned "
        "returned-funds-received mismatch-reported transfer-completed withdrawal-requested transfer-withdrawn "
        "transfer-closed deadline-approaching deadline-missed "
        "certificate-issued temporary-account-opened contributions-recorded temporary-account-sealed transfer-offered "
        "unassigned-funds-received unassigned-funds-assigned lump-sum-found lump-sum-document-requested "
        "lump-sum-document-supplied lump-sum-notice-sent arrears-reported arrears-settled arrears-declined "
        "payment-bounced transfer-frozen transfer-reversed identity-corrected case-continued fact-annulled "
        "agency-changed overlap-cleared clock-redated person-informed employer-informed "
        "continuation-confirmed continuation-refused settlement-stated settlement-paid settlement-received"
    )
    assert set(names.split()) <= FACTS.keys()
    for topic, rule in ((rule.fact.TOPIC, rule) for rule in RULES.values()):
        assert topic == "".join(f"-{c.lower()}" if c.isupper() else c for c in rule.message.NAME).lstrip("-")
