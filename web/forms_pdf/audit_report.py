"""The auditor's report as PDF: the same head and tables as its other files."""

from __future__ import annotations

from pathlib import Path

import msgspec

from jinbao.language.words import Translator
from jinbao.platform.audit.questions.report import Report
from jinbao.views.audit_report import report_head, report_tables
from jinbao.web.forms_pdf.compiled import compiled

_TEMPLATE = Path(__file__).parent / "audit_report.typ"


class _Table(msgspec.Struct, frozen=True):
    title: str
    heads: list[str]
    rows: list[list[str]]


class _Document(msgspec.Struct, frozen=True):
    title: str
    language: str
    head: list[tuple[str, str]]
    tables: list[_Table]


def report_pdf(tr: Translator, made: Report) -> bytes:
    """The PDF. Raises MissingGlyph."""
    tables = [
        _Table(
            table.title or "",
            [column if isinstance(column, str) else column[0] for column in table.columns],
            [[str(value) for value in row] for row in table.rows],
        )
        for table in report_tables(tr, made)
    ]
    (title, at), *head = report_head(tr, made)
    document = _Document(title, tr.language, [(tr("时间", "at"), at), *head], tables)
    return compiled(_TEMPLATE, msgspec.json.encode(document).decode())
