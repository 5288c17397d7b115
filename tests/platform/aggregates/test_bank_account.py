"""A bank account decides which statements fit behind the last one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.bank_messages import ACCOUNT, REFERENCE, annulled, booked, confirmed, entry, envelope, opened, unexplained

from jinbao.platform.aggregates.bank_account.account import BankAccount
from jinbao.platform.aggregates.bank_account.facts import AccountFact
from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.national_platform import law_in_force
from jinbao.rules.money import Fen
from jinbao.schemas.messages import BankMessage
from jinbao.schemas.messages.bank import BookedPayment, StatementBooked


def say(account: BankAccount, *messages: BankMessage) -> list[Any]:
    """What becomes of messages, each taken where it is accepted."""
    outcomes = []
    for message in messages:
        decision = account.decide(message, 1, law_in_force())
        if isinstance(decision, AccountFact):
            account.advance(decision, message.envelope.event_id, 1)
        outcomes.append(decision.code if isinstance(decision, Rejection) else type(decision).TOPIC)
    return outcomes


TAKEN = "bank-statement-booked"


def test_an_account_is_opened_once_by_a_province_and_takes_nothing_before() -> None:
    account = BankAccount.begin(ACCOUNT, 1)
    assert say(account, booked(1, 0), opened("00"), opened(), opened(), opened("44")) == [
        "BANK_ACCOUNT_UNKNOWN",
        "ROLE_NOT_ALLOWED",
        "bank-account-opened",
        "ALREADY_RECORDED",
        "ROLE_NOT_ALLOWED",
    ]


def test_statements_follow_each_other_without_a_gap() -> None:
    account = BankAccount.begin(ACCOUNT, 1)
    assert say(
        account,
        opened(),
        booked(1, 500, entry(1, 20), entry(2, -70)),
        booked(2, 451, entry(3, 1)),
        booked(2, 450, entry(3, 1)),
        booked(3, 451),
    ) == ["bank-account-opened", TAKEN, "STATEMENT_OPENING", TAKEN, TAKEN]
    assert account.closing_fen == 451


def test_a_statement_of_days_without_movement_may_come_late_where_its_balance_fits() -> None:
    account = BankAccount.begin(ACCOUNT, 1)
    first, third, fourth, ninth = (date(2025, 4, day) for day in (1, 3, 4, 9))
    assert say(
        account,
        opened(),
        booked(1, 500, entry(1, 20, booked_on=first), first_day=first, last_day=first),
        booked(2, 520, entry(2, 7, booked_on=ninth), first_day=ninth, last_day=ninth),
        booked(3, 527, first_day=third, last_day=fourth),
        booked(4, 520, first_day=third, last_day=ninth),
        booked(5, 520, first_day=third, last_day=fourth),
        booked(6, 527, first_day=date(2025, 4, 10), last_day=date(2025, 4, 11)),
    ) == ["bank-account-opened", TAKEN, TAKEN, "STATEMENT_OPENING", "STATEMENT_OPENING", TAKEN, TAKEN]
    assert account.closing_fen == 527
    assert [taken.first_day.day for taken in account.statements.values()] == [1, 3, 9, 10]


def test_a_first_part_of_several_without_movement_is_no_statement_that_comes_late() -> None:
    account = BankAccount.begin(ACCOUNT, 1)
    first, third, ninth = (date(2025, 4, day) for day in (1, 3, 9))
    say(
        account,
        opened(),
        booked(1, 500, entry(1, 20, booked_on=first), first_day=first, last_day=first),
        booked(2, 520, entry(2, 7, booked_on=ninth), first_day=ninth, last_day=ninth),
    )
    late = booked(3, 520, first_day=third, last_day=third, parts=2)
    assert say(account, late) == ["STATEMENT_OPENING"]
    at_its_end = booked(3, 527, first_day=third, last_day=third, parts=2)
    assert say(account, at_its_end, booked(3, 527, entry(3, 1, booked_on=third), part=2, parts=2, first_day=third)) == [
        TAKEN,
        TAKEN,
    ]
    assert account.closing_fen == 528


def test_an_entry_and_a_statement_come_once_and_from_its_province_alone() -> None:
    account = BankAccount.begin(ACCOUNT, 1)
    first = booked(1, 0, entry(1, 5))
    again = booked(2, 5, entry(1, 5))
    foreign = booked(3, 5, entry(3, 5), envelope=envelope(9, "44"))
    assert say(account, opened(), first, booked(1, 5), again, foreign)[2:] == [
        "ALREADY_RECORDED",
        "ALREADY_RECORDED",
        "ROLE_NOT_ALLOWED",
    ]


def test_the_parts_of_a_statement_come_together_in_their_order() -> None:
    account = BankAccount.begin(ACCOUNT, 1)
    one, two = (booked(1, fen, entry(fen, 5), part=part, parts=2) for fen, part in ((0, 1), (5, 2)))
    other = booked(2, 5, entry(9, 1))
    assert say(account, opened(), two, one, other, one, two, other)[1:] == [
        "STATEMENT_PART",
        TAKEN,
        "STATEMENT_PART",
        "STATEMENT_PART",
        TAKEN,
        "STATEMENT_OPENING",
    ]


def test_a_statement_takes_the_place_of_another_and_those_behind_it_still_follow() -> None:
    account = BankAccount.begin(ACCOUNT, 1)
    say(account, opened(), booked(1, 0, entry(1, 5)), booked(2, 5, entry(2, 7)), booked(3, 12, entry(3, 1)))
    old = (2).to_bytes(16)
    assert say(
        account,
        booked(4, 5, entry(4, 8), replaces=old),
        booked(4, 5, entry(1, 7), replaces=old),
        booked(4, 5, entry(2, 3), entry(4, 4), replaces=(9).to_bytes(16)),
        booked(4, 5, entry(2, 3), entry(4, 4), replaces=old),
        booked(5, 5, entry(5, 7), replaces=old),
        booked(2, 13),
        booked(5, 13, entry(5, 1)),
    ) == [
        "STATEMENT_OPENING",
        "ALREADY_RECORDED",
        "STATEMENT_UNKNOWN",
        TAKEN,
        "STATEMENT_UNKNOWN",
        "ALREADY_RECORDED",
        TAKEN,
    ]
    assert account.closing_fen == 14


def test_a_replacement_in_parts_comes_to_where_the_next_statement_begins() -> None:
    account = BankAccount.begin(ACCOUNT, 1)
    say(account, opened(), booked(1, 0, entry(1, 5)), booked(2, 5, entry(2, 7)))
    one = booked(3, 0, entry(3, 2), part=1, parts=2, replaces=(1).to_bytes(16))
    two = {"part": 2, "parts": 2}
    assert say(
        account, one, booked(3, 2, entry(4, 4), **two), booked(3, 2, entry(4, 3), **two), booked(4, 12, entry(1, 1))
    ) == [TAKEN, "STATEMENT_OPENING", TAKEN, TAKEN]


@pytest.mark.parametrize(
    ("message", "code", "field"),
    [
        (booked(1, 0, entry(1, 5), closing=Fen(6)), "STATEMENT_SUM", "closing"),
        (booked(1, 0, entry(1, 5), entry(1, 6)), "ALREADY_RECORDED", "entries.entry"),
        (booked(1, 0, part=2), "STATEMENT_PART", "part"),
        (booked(1, 0, last_day=date(2025, 3, 1)), "INVALID_FIELD", "first_day"),
        (booked(1, 0, entry(1, 5, booked_on=date(2025, 5, 1))), "INVALID_FIELD", "entries.booked_on"),
        (booked(1, 0, entry(1, 5, payments=[])), "INVALID_FIELD", "entries.payments"),
        (booked(1, 0, *(entry(n, 1) for n in range(201))), "INVALID_FIELD", "entries"),
        (
            booked(1, 0, entry(1, 5, payments=[BookedPayment(payment_references=["RF19539007547034"])])),
            "PAYMENT_REFERENCE_INVALID",
            "entries.payments.payment_references",
        ),
    ],
)
def test_a_part_that_contradicts_itself_is_refused_with_code_and_field(
    message: StatementBooked, code: str, field: str
) -> None:
    account = BankAccount.begin(ACCOUNT, 1)
    say(account, opened())
    assert account.decide(message, 1, law_in_force()) == Rejection(code, field)


def test_an_entry_without_a_name_is_confirmed_once_and_again_after_it_was_annulled() -> None:
    account = BankAccount.begin(ACCOUNT, 1)
    unnamed = entry(2, 7, payments=[BookedPayment(payment_references=[])])
    say(account, opened(), booked(1, 0, entry(1, 5), unnamed), unexplained(10, 2, REFERENCE))
    assert say(
        account,
        confirmed(11, 1),
        confirmed(12, 3),
        confirmed(13, 2, "RF99539007547034"),
        confirmed(14, 2, sender="44"),
        annulled(15, 2),
        confirmed(15, 2, "RF88539007547035"),
        confirmed(16, 2),
        confirmed(17, 2),
        annulled(18, 2),
        confirmed(19, 2),
    ) == [
        "BANK_ENTRY_TAKEN",
        "BANK_ENTRY_UNKNOWN",
        "PAYMENT_REFERENCE_INVALID",
        "ROLE_NOT_ALLOWED",
        "BANK_ENTRY_UNKNOWN",
        "NO_CANDIDATE",
        "bank-entry-confirmed",
        "BANK_ENTRY_TAKEN",
        "bank-confirmation-annulled",
        "bank-entry-confirmed",
    ]
