"""Money on a wrong account that left again from another account of its province: the event there is the cure."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
import pytest
from support.bank_messages import ACCOUNT, booked, confirmed, entry, envelope, opened
from support.told_transfer import instant

from jinbao.platform.projections.clearing import clearing, cured_elsewhere
from jinbao.platform.projections.found_breaks import found_breaks
from jinbao.schemas.messages.bank import BookedPayment

TOTAL = 3_309_425
NOW = instant("2025-05-06")
PAYER, INCOME, FISCAL, SPENDING = UUID(int=44), ACCOUNT, UUID(int=2), UUID(int=3)
MARCH = {"first_day": date(2025, 3, 1)}


@pytest.fixture
def say(platform):
    """Take messages in, and let the reconciler speak until it has nothing left to say."""

    def run(*messages) -> None:
        platform.take(*messages, now=NOW)
        while platform.national.reconciler.step(NOW):
            platform.run()

    return run


def of(account, number, sender="41"):
    return msgspec.structs.replace(envelope(number, sender), account_id=account.bytes)


def breaks(platform, resolved=False):
    with platform.store.read() as work:
        return [one for one in found_breaks(work, resolved=resolved) if one.kind != "missing_statement"]


@pytest.fixture
def misplaced(transfer, say):
    """The credit is booked on the fiscal account and then on the right one; `by`: what left says of its payment."""
    names = [BookedPayment(payment_references=[transfer.reference(1)], counterpart=PAYER.bytes)]
    day = date(2025, 3, 5)

    def run(references):
        left = [BookedPayment(payment_references=references, counterpart=PAYER.bytes)]
        say(
            *(opened(envelope=of(place, number), kind=kind) for number, place, kind in ACCOUNTS),
            opened("44", envelope=of(PAYER, 6, "44"), kind="out"),
            *transfer.whole(),
            booked(1, 500, entry(1, TOTAL, payments=names, booked_on=day), **MARCH),
            booked(2, 500, entry(2, TOTAL, payments=names, booked_on=day), envelope=of(FISCAL, 202), **MARCH),
            booked(3, TOTAL, entry(3, -TOTAL, payments=left, booked_on=day), envelope=of(SPENDING, 203), **MARCH),
        )

    return run


ACCOUNTS = ((3, INCOME, "in"), (4, FISCAL, "fiscal"), (5, SPENDING, "out"))


def test_what_left_and_names_the_payment_explains_it_by_itself(platform, transfer, misplaced):
    misplaced([transfer.reference(1)])
    assert breaks(platform) == []


def test_what_left_without_a_name_is_confirmed_and_resolves_the_break_of_the_other_account(
    platform, transfer, misplaced, say
):
    misplaced([])
    unnamed, wrong = sorted(breaks(platform), key=lambda one: one.kind)
    assert (unnamed.kind, wrong.kind, unnamed.about.candidates) == (
        "unmatched_bank",
        "wrong_account",
        (transfer.reference(1),),
    )
    with platform.store.read() as work:
        events = work.bulk.execute("SELECT position, submission FROM events").all()
        position = {bytes(submission): str(at) for at, submission in events}
        assert clearing(work, wrong, position[(203).to_bytes(16)]) is None
        assert cured_elsewhere(work, wrong, position[(202).to_bytes(16)]) is None, "its own event cures nothing"
        found = cured_elsewhere(work, wrong, position[(203).to_bytes(16)])
    assert found is not None
    assert (found.found, found.payment_reference) == (unnamed, transfer.reference(1))
    word = confirmed(11, 3, found.payment_reference)
    say(msgspec.structs.replace(word, envelope=of(SPENDING, 11)))
    assert breaks(platform) == []
    cures = {one.kind: one.cured_by for one in breaks(platform, resolved=True)}
    assert cures["wrong_account"] == cures["unmatched_bank"] == UUID(int=11)
