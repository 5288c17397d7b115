"""The list of cases as a file for spreadsheets: all rows of the filter, who made it, when, at which position."""

from __future__ import annotations

from datetime import date

import msgspec

from jinbao.language.words import Translator
from jinbao.platform.projections.case_board import BoardRow
from jinbao.presentation import case_labels, formatting, labels
from jinbao.rules.working_days import day_of
from jinbao.views.case_page import days_left
from jinbao.views.csv_export import as_csv
from jinbao.views.table import Table
from jinbao.web.national.cases import CasesQuery, about_the_list, rows_of
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Download, File


def cases_export(nation: Nation) -> Download:
    """`/cases.csv`."""

    def made(asker: Asker, query: CasesQuery) -> File:
        tr, now = asker.tr, nation.clock.now_us()
        with nation.reading() as work:
            found = rows_of(work, asker, msgspec.structs.replace(query, rows="all", after=None))
        province = query.province or asker.user.province
        every = tr("全部", "all")
        head = [
            (tr("制表人", "Made by"), asker.user.name),
            (tr("时间", "At"), formatting.instant(now)),
            (tr("时区", "Time zone"), "Asia/Shanghai"),
            (tr("事件", "Event"), str(found.position)),
            (tr("省份", "Province"), tr.of(labels.province(province)) if province else every),
            (tr("状态", "State"), tr.of(case_labels.state(query.state)) if query.state else every),
        ]
        if query.waiting:
            head.append((tr("只看待办", "Waiting only"), tr("是", "yes")))
        if found.more:
            head.append((tr("注意", "Note"), tr("只列出前 2000 行", "the first 2,000 rows only")))
        content = as_csv(head, _table(tr, found.rows, day_of(now)))
        return File("cases.csv", content, shown="attachment")

    return Download("/cases.csv", "text/csv", made, CasesQuery, about_the_list)


def _table(tr: Translator, rows: list[BoardRow], on: date) -> Table:
    heads = [("业务号", "transfer"), ("申请号", "application"), ("转出地", "origin"), ("转入地", "destination")]
    heads += [("状态", "state"), ("待办方", "waits for"), ("自", "since"), ("到期", "due")]
    heads += [("剩余工作日", "working days left")]
    return Table(
        [tr.of(head) for head in heads],
        [
            (
                row.transfer_id,
                row.application,
                tr.of(labels.province(row.origin)),
                tr.of(labels.province(row.destination)),
                tr.of(case_labels.state(row.state)),
                tr.of(labels.province(row.waiting_for)) if row.waiting_for else "",
                formatting.instant(row.waiting_since),
                row.due,
                days_left(row.due, on),
            )
            for row in rows
        ],
    )
