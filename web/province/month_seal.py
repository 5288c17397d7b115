"""`POST /finance/month`: a finance officer signs the province's month, every account of it or none."""

from __future__ import annotations

import msgspec

from jinbao.schemas.messages.month_seal import MonthSealed
from jinbao.web.finance import MONTH_PATH, MonthText
from jinbao.web.page import Action, Asker, Done, not_found, the_own_province
from jinbao.web.province.break_words import answer_of, nation_of
from jinbao.web.province.offices import Offices


class Seal(msgspec.Struct, frozen=True):
    """The month that is signed."""

    month: MonthText


def seal_a_month(offices: Offices) -> Action:
    """`POST /finance/month`, as `jinbao reconcile seal` does."""

    def act(asker: Asker, seal: Seal) -> Done:
        province = asker.user.province
        if province is None:
            raise not_found()
        with offices.bank_of(asker) as bank:
            seals = nation_of(offices).seals(province, seal.month, asker.user.name)
            code: str | None = next((one.code for one in seals if one.code), "")
            if not code:
                now, said = offices.clock.now_us(), []
                for one in seals:
                    own = bank.account(str(one.account))
                    if own is None:
                        raise not_found()
                    said.append(bank.say(MonthSealed.NAME, own.number, one.fields, asker.user.name, now))
                answers = [answer_of(bank, sequence) for sequence in said]
                code = next(filter(None, answers), None if None in answers else "")
        told = f"refused={code}" if code else ("told=accepted" if code == "" else "told=sent")
        value = {"month": seal.month, "state": "refused" if code else told.partition("=")[2], "code": code or None}
        return Done(f"{MONTH_PATH}?month={seal.month}&{told}", value, 409 if code else 202)

    return Action(MONTH_PATH, act, Seal, the_own_province)
