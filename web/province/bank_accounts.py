"""`POST /finance/accounts`: a finance officer names a bank account, as `jinbao bank accounts add` does."""

from __future__ import annotations

from typing import Literal

import msgspec

from jinbao.regional_adapter.statements.account_naming import AccountNotNamedError, name_account
from jinbao.web.page import Action, Asker, Done, Page, the_own_province
from jinbao.web.province.break_words import answer_of
from jinbao.web.province.offices import Offices
from jinbao.web.province.statements import STATEMENTS_PATH, statements_value


class NewAccount(msgspec.Struct, frozen=True):
    """An account of the province's funds."""

    number: str
    kind: Literal["in", "out", "fiscal"]


def name_an_account(offices: Offices, page: Page) -> Action:
    """`POST /finance/accounts`: named again as it is, nothing changes."""

    def act(asker: Asker, new: NewAccount) -> Done:
        number, now = new.number.strip(), offices.clock.now_us()
        with offices.bank_of(asker) as bank:
            try:
                message = name_account(bank, number, new.kind, asker.user.name, now)
            except AccountNotNamedError as error:
                fault = asker.tr.error(error)
                view = statements_value(offices, bank, number=new.number, fault=fault)
                return Done("", {"error": fault}, 422, (page, view))
            code = "" if message is None else answer_of(bank, message)
        told = f"refused={code}" if code else ("told=accepted" if code == "" else "told=sent")
        value = {"number": number, "state": "refused" if code else told.partition("=")[2], "code": code or None}
        return Done(f"{STATEMENTS_PATH}?{told}", value, 409 if code else 202)

    return Action("/finance/accounts", act, NewAccount, the_own_province)
