"""Contribution certificates: issued, issued again, named by an application."""

from __future__ import annotations

from jinbao.platform.aggregates.decision import Rejection, Waiting


def test_a_certificate_is_issued_and_issued_again(relationship, transfer):
    relationship.hear_all([transfer.certificate()])
    assert relationship.hear(transfer.certificate()) == Rejection("ALREADY_RECORDED")
    assert relationship.hear(transfer.certificate(version=3)) == Waiting()
    relationship.hear_all([transfer.certificate(version=2), transfer.certificate(version=3)])
    assert relationship.aggregate.certificates == {("44", "PZ-1"): 3}


def test_a_certificates_number_counts_for_its_issuer_only(relationship, transfer):
    relationship.hear_all([transfer.certificate(sender="32"), transfer.certificate()])
    assert relationship.hear(transfer.certificate(version=3, sender="32")) == Waiting(), "its own version 2 comes first"
    relationship.hear_all([transfer.certificate(version=2)])
    assert relationship.aggregate.certificates == {("32", "PZ-1"): 1, ("44", "PZ-1"): 2}
    assert relationship.hear_all([transfer.apply(certificate_number="PZ-1")]).certificate_number == "PZ-1"
    assert relationship.hear(transfer.certificate("PZ-2", sender="00")) == Rejection(
        "ROLE_NOT_ALLOWED", "envelope.sender"
    )


def test_a_transfer_starts_from_a_certificate_of_its_origin(relationship, transfer):
    relationship.hear_all([transfer.certificate("PZ-1"), transfer.certificate("PZ-9", sender="32")])
    assert relationship.hear(transfer.apply(certificate_number="PZ-9")) == Rejection(
        "CERTIFICATE_OF_OTHER_ORIGIN", "certificate_number"
    )
    fact = relationship.hear(transfer.apply(certificate_number="PZ-1"))
    assert fact.certificate_number == "PZ-1"


def test_what_another_issued_says_nothing_of_an_origin_that_reports_no_certificates(relationship, transfer):
    relationship.hear_all([transfer.certificate("PZ-9", sender="32")])
    relationship.hear_all([transfer.apply(certificate_number="PZ-9")])


def test_a_certificate_that_was_never_reported_stops_nobody(relationship, transfer):
    relationship.hear_all([transfer.apply(certificate_number="paper")])
