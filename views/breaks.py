"""Breaks between banks and ledger: as a table, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from jinbao.language.words import Translator, Words
from jinbao.platform.projections.found_breaks import FoundBreak
from jinbao.presentation import formatting, labels, ledger_labels
from jinbao.rules.working_days import WorkingDays
from jinbao.views.table import Table, View, headings


def break_as_json(
    found: FoundBreak, transfers: Mapping[str, Sequence[UUID]], as_of: date, calendar: WorkingDays
) -> dict[str, object]:
    """One break, amounts in fen. `transfers`: by payment reference."""
    return {
        "break": found.break_id,
        "kind": found.kind,
        "state": found.state,
        "province": found.province,
        "account": found.account,
        "amount_fen": found.amount_fen,
        "difference_fen": found.difference_fen,
        "booked_on": found.day,
        "age_working_days": calendar.between(found.day, as_of),
        "payment_reference": " ".join(found.about.payment_references) or None,
        "transfers": [each for reference in references_of(found) for each in transfers.get(reference, ())],
        "candidates": found.about.candidates,
        "cured_by": found.cured_by,
    }


def references_of(found: FoundBreak) -> list[str]:
    """The payments that a break is about."""
    about = found.about
    return list(dict.fromkeys((*about.payment_references, *(side.payment_reference for side in about.sides))))


def breaks_page(tr: Translator, breaks: Sequence[FoundBreak], as_of: date, calendar: WorkingDays) -> View:
    """The breaks, the oldest first."""
    if not breaks:
        return [tr("没有未了差异", "no break is open")]
    names: list[Words] = [("日期", "day"), ("省份", "province"), ("差异", "break"), ("状态", "state")]
    names += [("付款编号", "payment"), ("可能是", "candidates"), ("编号", "id")]
    amounts: list[Words] = [("金额", "amount"), ("银行减账", "bank minus ledger"), ("工作日", "working days")]
    rows = [
        (
            str(found.day),
            tr.of(labels.province(found.province)),
            tr.of(ledger_labels.BREAKS[found.kind]),
            tr.of(ledger_labels.BREAK_STATES[found.state]),
            " ".join(found.about.payment_references),
            " ".join(found.about.candidates),
            str(found.break_id),
            formatting.yuan(found.amount_fen),
            formatting.yuan(found.difference_fen),
            calendar.between(found.day, as_of),
        )
        for found in breaks
    ]
    return [Table(headings(tr, names, amounts), rows)]
