"""`/finance/month`: a province's month to seal, each account's bank reconciliation statement, and the same as PDF."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from jinbao.platform.month_seals import refused_seals, seal_to_sign
from jinbao.platform.national_platform import law_in_force
from jinbao.platform.projections.month_report import Month, MonthReport, month_report
from jinbao.platform.projections.netting import netting_days, period_settlements
from jinbao.platform.projections.positions import followed_to
from jinbao.platform.store.store import UnitOfWork
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.working_days import day_of, load_working_days
from jinbao.schemas.messages.month_seal import MonthSealed
from jinbao.views.month_form import month_form
from jinbao.views.month_report import report_as_json
from jinbao.views.netting import netting_as_json
from jinbao.web.finance import MONTH_PATH, MonthQuery, SealToSign, about_the_finances
from jinbao.web.forms_pdf.compiled import pdf
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Download, File, Page, not_found


def month_page(nation: Nation) -> Page:
    """`/finance/month`."""

    def value(asker: Asker, query: MonthQuery) -> dict[str, Any]:
        now = nation.clock.now_us()
        month, province = _asked(query, now), query.province or asker.user.province
        said = {"told": query.told, "refused": query.refused}
        with nation.reading() as work:
            head = {"as_of": formatting.iso(now), "position": followed_to(work)}
            if province is None:
                nothing: dict[str, Any] = {"province": None, "month": str(month), "accounts": [], "ledger": None}
                return {**head, **nothing, "to_seal": [], "netting": None, **said}
            made = month_report(work, province, month, load_working_days())
            to_seal = seals_to_sign(work, made, asker.user.name, now)
            days = netting_days(work, month.first_day, month.last_day, province)
            return {
                **head,
                **report_as_json(made),
                "to_seal": [{"account": one.account, "code": one.code} for one in to_seal],
                "netting": netting_as_json(days, list(period_settlements(work, province))),
                **said,
            }

    return Page(MONTH_PATH, prose("Month"), "month.html", value, MonthQuery, about_the_finances, menu=True)


def month_pdf(nation: Nation) -> Download:
    """`/finance/month.pdf`."""

    def made(asker: Asker, query: MonthQuery) -> File:
        province = query.province or asker.user.province
        if province is None:
            raise not_found()
        month = _asked(query, nation.clock.now_us())
        with nation.reading() as work:
            report = month_report(work, province, month, load_working_days())
        return File(f"{province}-{month}.pdf", pdf(month_form(asker.tr, report)))

    return Download(f"{MONTH_PATH}.pdf", "application/pdf", made, MonthQuery, about_the_finances)


def _asked(query: MonthQuery, now_us: int) -> Month:
    if query.month is not None:
        return Month.read(query.month)
    last = day_of(now_us).replace(day=1) - timedelta(days=1)
    return Month(last.year, last.month)


def seals_to_sign(work: UnitOfWork, made: MonthReport, operator: str, now_us: int) -> list[SealToSign]:
    """The accounts that are not sealed, as this person would sign them, and why an account would not take it."""
    seals = [seal_to_sign(account, operator) for account in made.accounts if account.seal is None]
    held = {one.envelope.account_id: why.code for one, why in refused_seals(work, seals, now_us, law_in_force())}
    names = [name for name in MonthSealed.__struct_fields__ if name != "envelope"]
    return [
        SealToSign(
            UUID(bytes=one.envelope.account_id),
            {name: getattr(one, name) for name in names},
            held.get(one.envelope.account_id),
        )
        for one in seals
    ]
