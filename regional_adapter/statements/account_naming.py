"""A province names a bank account of its funds: its number and kind, once."""

from __future__ import annotations

from jinbao.language.words import BilingualError
from jinbao.presentation.ledger_labels import BANK_ACCOUNTS
from jinbao.regional_adapter.local.bank_book import BankBook

MOST_CHARACTERS = 40


class AccountNotNamedError(BilingualError):
    """A number that is none, or one that was named as another kind."""


def name_account(bank: BankBook, number: str, kind: str, operator: str, now: int) -> int | None:
    """Write the message that names the account; its sequence, None where it is named so already.

    Raises AccountNotNamedError.
    """
    if not number.isascii() or not number.isalnum() or len(number) > MOST_CHARACTERS:
        zh, en = "账号应为 1 到 40 位数字或字母", "an account's number has 1 to 40 digits or letters"
        raise AccountNotNamedError(f"{number}：{zh}", f"{number}: {en}")
    known = bank.account(number)
    if known is None:
        return bank.add_account(number, kind, operator, now)
    if known.kind != kind:
        zh, en = BANK_ACCOUNTS[known.kind]
        raise AccountNotNamedError(f"{number}：已登记为{zh}", f"{number}: was named as {en}")
    return None
