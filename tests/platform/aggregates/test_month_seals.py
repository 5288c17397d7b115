"""A month is sealed after the one before, told to its end and explained, by one who worked off none; then it stays."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace
from support.bank_messages import (
    ACCOUNT,
    REFERENCE,
    annulled,
    booked,
    confirmed,
    entry,
    envelope,
    opened,
    signed,
    unexplained,
)

from jinbao.platform.aggregates.bank_account.account import BankAccount
from jinbao.platform.aggregates.bank_account.facts import AccountFact
from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.national_platform import law_in_force
from jinbao.rules.money import Fen
from jinbao.schemas.messages import BankMessage
from jinbao.schemas.messages.month_seal import MonthSealed

MAY = 202505
BREAK = unexplained(0, 1).break_id


def say(account: BankAccount, *messages: BankMessage) -> list[Any]:
    """What becomes of messages, each taken where it is accepted."""
    outcomes = []
    for message in messages:
        decision = account.decide(message, 1, law_in_force())
        if isinstance(decision, AccountFact):
            account.advance(decision, message.envelope.event_id, 1)
        outcomes.append((decision.code, decision.field) if isinstance(decision, Rejection) else type(decision).TOPIC)
    return outcomes


def april() -> BankAccount:
    """An account with an entry of 7 fen in April that is a break, and a statement to the 30th."""
    account = BankAccount.begin(ACCOUNT, 1)
    free = [replace(each, payments=[replace(each.payments[0], payment_references=[])]) for each in (entry(1, 7),)]
    say(account, opened(), booked(1, 100, *free), unexplained(3, 1, REFERENCE))
    return account


def may(number: int, **changes: Any) -> MonthSealed:
    """The seal of May, in which nothing moved."""
    said = {"month": MAY, "statements_to": date(2025, 5, 30), "bank_opening": Fen(107), "bank_in": Fen(0)}
    return signed(number, **(said | changes))


def test_a_month_is_sealed_once_and_the_same_seal_again_changes_nothing() -> None:
    other = signed(5, statements_to=date(2025, 4, 29))
    assert say(april(), signed(4), replace(signed(4), envelope=envelope(6)), other) == [
        "bank-month-sealed",
        ("ALREADY_RECORDED", None),
        ("MONTH_SEALED", "month"),
    ]


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"month": MAY}, ("MONTH_OUT_OF_ORDER", "month")),
        ({"month": 202503}, ("MONTH_OUT_OF_ORDER", "month")),
        ({"month": 202500}, ("INVALID_FIELD", "month")),
        ({"bank_closing": Fen(108), "bank_in": Fen(8)}, ("MONTH_NOT_EXPLAINED", "bank_closing")),
        ({"bank_opening": Fen(101), "bank_in": Fen(6)}, ("MONTH_NOT_EXPLAINED", "bank_opening")),
        ({"bank_out": Fen(1)}, ("MONTH_NOT_EXPLAINED", "bank_in")),
        ({"items": []}, ("MONTH_NOT_EXPLAINED", "items")),
        ({"book_in": Fen(1)}, ("MONTH_NOT_EXPLAINED", "items")),
        ({"open_breaks": []}, ("BREAKS_NOT_NAMED", "open_breaks")),
        ({"open_breaks": [BREAK, bytes(16)]}, ("BREAKS_NOT_NAMED", "open_breaks")),
    ],
)
def test_what_the_account_knows_otherwise_is_not_signed(changes: dict[str, Any], refused: tuple[str, str]) -> None:
    assert say(april(), signed(4, **changes)) == [refused]


def test_figures_that_are_not_those_of_the_hash_are_not_signed() -> None:
    assert say(april(), replace(signed(4), bank_in=Fen(8))) == [("INVALID_FIELD", "figures_hash")]


def test_statements_must_reach_the_last_working_day() -> None:
    account = BankAccount.begin(ACCOUNT, 1)
    say(account, opened(), booked(1, 100, last_day=date(2025, 4, 29)))
    nothing = {"bank_in": Fen(0), "bank_closing": Fen(100), "items": [], "open_breaks": []}
    assert say(account, signed(4, **nothing)) == [("MONTH_NOT_TOLD", "statements_to")]
    assert say(account, booked(2, 100, first_day=date(2025, 4, 30)), signed(5, **nothing))[1] == "bank-month-sealed"


def test_who_confirmed_something_in_the_month_does_not_seal_it() -> None:
    account = april()
    assert say(account, confirmed(4, 1), signed(5, operator="clerk")) == [
        "bank-entry-confirmed",
        ("SEALER_NOT_INDEPENDENT", "envelope.operator"),
    ]
    assert say(account, signed(6)) == ["bank-month-sealed"]


def test_months_follow_each_other_and_carry_on_the_break_until_somebody_clears_it() -> None:
    account = april()
    told = booked(2, 107, first_day=date(2025, 5, 6), last_day=date(2025, 5, 30))
    say(account, told)
    assert say(account, may(4), signed(5), may(6, open_breaks=[]), may(7)) == [
        ("MONTH_OUT_OF_ORDER", "month"),
        "bank-month-sealed",
        ("BREAKS_NOT_NAMED", "open_breaks"),
        "bank-month-sealed",
    ]


def test_nothing_of_a_sealed_month_is_replaced_added_or_annulled() -> None:
    account = april()
    say(account, confirmed(4, 1), signed(5))
    late = replace(entry(9, 0), booked_on=date(2025, 4, 30))
    assert say(
        account, booked(2, 100, entry(8, 7), replaces=(1).to_bytes(16)), booked(3, 107, late), annulled(6, 1)
    ) == [
        ("MONTH_SEALED", "replaces"),
        ("MONTH_SEALED", "entries.booked_on"),
        ("MONTH_SEALED", "entry"),
    ]


def test_a_confirmation_after_the_seal_can_be_annulled_until_the_next() -> None:
    account = april()
    say(account, signed(4))
    assert say(account, confirmed(5, 1), annulled(6, 1)) == ["bank-entry-confirmed", "bank-confirmation-annulled"]
