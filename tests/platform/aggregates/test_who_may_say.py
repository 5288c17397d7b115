"""Who may say what: for every message, in every situation of a transfer, everybody who must not say it is refused.

The table, `states_by_hand.csv`, is written by hand from the law and the design, not taken from the code.
"""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec
import pytest

from jinbao.platform.aggregates.catalogue import TRANSFER_RULES
from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.example_case import at_of
from jinbao.platform.example_fields import THIRD
from jinbao.platform.example_messages import CANONICAL, DESTINATION, ORIGIN
from jinbao.platform.state_table import NONE, SITUATIONS, situation
from jinbao.schemas import messages as m

STRANGER = "11"
BY_HAND = Path(__file__).parents[1] / "states_by_hand.csv"
"""`said_by`: the sides of a transfer, the platform, or the holder of a document: the agency where a back-payment was
paid. Empty where a message begins a transfer or is about the person."""


def said_by():
    """Message type → who may say it, as every row of the message has it."""
    found = {}
    with BY_HAND.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            who = found.setdefault(row["message"], row["said_by"])
            assert who == row["said_by"], f"{row['message']}: two rows differ in who says it"
    return {m.BY_NAME[name]: who.split() for name, who in found.items() if who}


SAYS = said_by()


def entitled(case, kind):
    """Senders that may say it about the case's transfer."""
    t = case.transfer
    holders = [lump.paid_in for lump in t.lump_sums]
    who = {"destination": [t.destination], "origin": [t.origin], "platform": [m.PLATFORM], "holder": holders}
    return {sender for role in SAYS[kind] for sender in who[role]}


def test_every_message_about_a_transfer_has_a_row_here():
    assert SAYS.keys() == TRANSFER_RULES.keys()


@pytest.mark.parametrize(("state", "given"), [key for key in SITUATIONS if key[0] != NONE])
def test_whoever_must_not_say_a_message_is_refused_in_every_situation(law, state, given):
    case, tried = situation(law, state, given), 0
    t = case.transfer
    for row in CANONICAL:
        message = case.say(row)
        if type(message) not in SAYS:
            continue
        for sender in {ORIGIN, DESTINATION, THIRD, STRANGER, m.PLATFORM} - entitled(case, type(message)):
            forged = msgspec.structs.replace(message, envelope=msgspec.structs.replace(message.envelope, sender=sender))
            code = "ROLE_NOT_ALLOWED" if sender in (t.origin, t.destination) else "NOT_CASE_PARTY"
            assert case.decide(forged, at_of(message)) == Rejection(code, "envelope.sender"), f"{row} by {sender}"
            tried += 1
    assert tried > 3 * len(SAYS)


@pytest.mark.parametrize(("state", "given"), [key for key in SITUATIONS if key[0] != NONE])
def test_whoever_may_say_it_is_never_refused_for_his_role(law, state, given):
    case = situation(law, state, given)
    for row in CANONICAL:
        message = case.say(row)
        if type(message) not in SAYS or isinstance(message, m.PaymentBounced):  # that only the payer of the line says
            continue
        for sender in entitled(case, type(message)):
            said = msgspec.structs.replace(message, envelope=msgspec.structs.replace(message.envelope, sender=sender))
            decision = case.decide(said, at_of(message))
            assert getattr(decision, "code", "") not in ("ROLE_NOT_ALLOWED", "NOT_CASE_PARTY"), f"{row} by {sender}"


PERSONS = (m.CertificateIssued, m.TemporaryAccountOpened, m.ContributionsRecorded, m.TemporaryAccountSealed)


@pytest.mark.parametrize("row", [row for row in CANONICAL if row.split()[0] in {kind.NAME for kind in PERSONS}])
def test_the_platform_says_nothing_of_certificates_and_accounts(law, row):
    case = situation(law, NONE, "temporary account")
    message = case.say(row)
    forged = msgspec.structs.replace(message, envelope=msgspec.structs.replace(message.envelope, sender=m.PLATFORM))
    decision = case.decide(forged, at_of(message))
    assert getattr(decision, "code", None) in ("ROLE_NOT_ALLOWED", "PREDECESSOR_MISSING"), decision


@pytest.mark.parametrize(
    ("row", "rightful"),
    [
        ("ApplicationAccepted", DESTINATION),
        ("TransferOffered (temporary_collection)", ORIGIN),
        ("CaseContinued", m.PLATFORM),
    ],
)
def test_whoever_must_not_begin_a_transfer_is_refused(law, row, rightful):
    case = situation(law, NONE, "temporary account")
    for sender in {ORIGIN, DESTINATION, THIRD, STRANGER, m.PLATFORM} - {rightful}:
        message = case.say(row)
        forged = msgspec.structs.replace(message, envelope=msgspec.structs.replace(message.envelope, sender=sender))
        decision = case.decide(forged, at_of(message))
        assert getattr(decision, "code", None) in ("ROLE_NOT_ALLOWED", "NOT_CASE_PARTY"), f"{sender}: {decision}"
