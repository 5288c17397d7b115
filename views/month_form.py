"""A month's report as a form on paper: each account's statement in four parts, and who signs it."""

from __future__ import annotations

from jinbao.language.words import Translator
from jinbao.platform.projections.month_report import MonthReport
from jinbao.views.law_forms import Column, LawForm, Section
from jinbao.views.month_report import report_head, report_tables
from jinbao.views.table import Table


def month_form(tr: Translator, report: MonthReport) -> LawForm:
    """The same tables as on the screen; what a sealed month says is the same paper for good."""
    (title, month), (_, province) = report_head(tr, report)
    return LawForm(
        language=tr.language,
        title=title,
        number=f"{province} {month}",
        lead=[tr("金额单位：元。", "Amounts in yuan.")],
        sections=[_section(table) for table in report_tables(tr, report)],
        signatures=[tr("制表人", "Made by"), tr("复核人", "Checked by"), tr("签封人", "Sealed by")],
        page_number=("第 ", " 页，共 ", " 页") if tr.language == "zh" else ("page ", " of ", ""),
    )


def _section(table: Table) -> Section:
    columns = [
        Column(each, False) if isinstance(each, str) else Column(each[0], each[1] == "right") for each in table.columns
    ]
    rows = [["" if value is None else str(value) for value in row] for row in table.rows]
    return Section(title=table.title or "", columns=columns, rows=rows)
