"""What the platform finds is held against the account: its own entries, each once, findings in their order."""

from __future__ import annotations

from typing import Any

from support.bank_messages import ACCOUNT, booked, cleared, entry, envelope, matched, opened, unexplained

from jinbao.platform.aggregates.bank_account.account import BankAccount
from jinbao.platform.aggregates.bank_account.facts import AccountFact
from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.national_platform import law_in_force
from jinbao.schemas.messages import PLATFORM, BankMessage, BreakInvestigated
from jinbao.schemas.messages.bank_findings import (
    BreakResolved,
    MatchesDissolved,
)


def account_with(*amounts: int) -> BankAccount:
    """An account whose one statement has entries 1, 2 … of these amounts."""
    account = BankAccount.begin(ACCOUNT, 1)
    entries = [entry(number, fen) for number, fen in enumerate(amounts, 1)]
    assert say(account, opened(), booked(1, 0, *entries)) == ["bank-account-opened", "bank-statement-booked"]
    return account


def say(account: BankAccount, *messages: BankMessage) -> list[Any]:
    """What becomes of messages, each taken where it is accepted."""
    outcomes = []
    for message in messages:
        decision = account.decide(message, 1, law_in_force())
        if isinstance(decision, AccountFact):
            account.advance(decision, message.envelope.event_id, 1)
        outcomes.append(decision.code if isinstance(decision, Rejection) else type(decision).TOPIC)
    return outcomes


def dissolved(number: int, *entries: int) -> MatchesDissolved:
    return MatchesDissolved(envelope=envelope(number, PLATFORM), entries=[each.to_bytes(16) for each in entries])


def resolved(number: int, of: int, finding: int = 1) -> BreakResolved:
    found = unexplained(0, of).break_id
    return BreakResolved(envelope=envelope(number, PLATFORM), break_id=found, finding=finding, cured_by=bytes(16))


def investigated(number: int, of: int) -> BreakInvestigated:
    return BreakInvestigated(envelope=envelope(number), break_id=unexplained(0, of).break_id, reason_text="asked")


def test_an_entry_is_explained_once_by_the_platform_alone_and_again_after_that_was_dissolved() -> None:
    account = account_with(5, 7)
    words = (matched(3, 1, sender="41"), matched(4, 9), matched(5, 1), matched(6, 1, 2))
    assert say(account, *words, dissolved(7, 2), dissolved(8, 1), matched(9, 1, 2)) == [
        "ROLE_NOT_ALLOWED",
        "BANK_ENTRY_UNKNOWN",
        "bank-entries-matched",
        "BANK_ENTRY_TAKEN",
        "BANK_ENTRY_UNKNOWN",
        "bank-matches-dissolved",
        "bank-entries-matched",
    ]


def test_a_statement_in_the_place_of_another_takes_its_matches_with_it() -> None:
    account = account_with(5)
    again = booked(2, 0, entry(1, 5), replaces=(1).to_bytes(16))
    assert say(account, matched(3, 1), again, matched(4, 1))[2] == "bank-entries-matched"


def test_findings_of_a_break_follow_each_other_and_the_last_one_is_resolved() -> None:
    account = account_with(7)
    assert say(
        account,
        investigated(3, 1),
        resolved(4, 1),
        unexplained(5, 1, finding=2),
        unexplained(6, 1),
        unexplained(7, 1),
        investigated(8, 1),
        unexplained(9, 1, finding=2),
        resolved(10, 1),
        resolved(11, 1, finding=2),
        resolved(12, 1, finding=2),
        investigated(13, 1),
        unexplained(14, 1, finding=3),
        investigated(15, 1),
    ) == [
        "BREAK_UNKNOWN",
        "BREAK_UNKNOWN",
        "INVALID_FIELD",
        "bank-break-opened",
        "ALREADY_RECORDED",
        "bank-break-investigated",
        "bank-break-opened",
        "ALREADY_RECORDED",
        "bank-break-resolved",
        "ALREADY_RECORDED",
        "BREAK_UNKNOWN",
        "bank-break-opened",
        "bank-break-investigated",
    ]


def test_breaks_clear_each_other_where_no_difference_remains() -> None:
    account = account_with(7, -7, -6)
    found = [unexplained(2 + of, of, difference=fen) for of, fen in ((1, 7), (2, -7), (3, -6))]
    assert say(
        account,
        *found,
        cleared(10, (1,)),
        cleared(11, (1, 3)),
        cleared(12, (1, 2), sender="44"),
        cleared(13, (1, 2, 2)),
        cleared(14, (1, 2), by=1),
        cleared(14, (1, 2)),
        cleared(15, (1, 2)),
        unexplained(16, 1, finding=2),
    )[3:] == [
        "DIFFERENCE_REMAINS",
        "DIFFERENCE_REMAINS",
        "ROLE_NOT_ALLOWED",
        "BREAK_UNKNOWN",
        "DIFFERENCE_REMAINS",
        "bank-breaks-cleared",
        "BREAK_UNKNOWN",
        "bank-break-opened",
    ]
