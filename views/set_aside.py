"""What a province's adapter set aside: the list, and one of it with where it is and why; nothing of its content."""

from __future__ import annotations

from typing import Any

from jinbao.language.words import Translator, words_of
from jinbao.presentation import formatting, labels
from jinbao.regional_adapter.exchange.set_aside import REASONS, Kept
from jinbao.views.table import Table, headings

_SOURCES = {
    "message": ("来文", "message"),
    "document": ("发文", "document"),
    "file": ("文件", "file"),
    "desk": ("自动经办", "desk"),
}


def set_aside_table(tr: Translator, found: list[Kept]) -> Table:
    """A row for each, with its number, since when, whose case and why."""
    heads = [
        ("编号", "number"),
        ("搁置于", "since"),
        ("来源", "what"),
        ("文书", "type"),
        ("业务", "case"),
        ("原因", "reason"),
    ]
    return Table(
        headings(tr, heads),
        [
            (
                kept.id,
                formatting.instant(kept.noted_at),
                tr(*_SOURCES[kept.what.source]),
                _type(tr, kept),
                _case(kept),
                f"{kept.what.code} {_why(tr, kept)}",
            )
            for kept in found
        ],
    )


def set_aside_details(tr: Translator, kept: Kept) -> Table:
    """All that is known of one but its content."""
    what, record = kept.what, kept.what.record
    lines = [
        (tr("编号", "number"), kept.id),
        (tr("来源", "what"), f"{tr(*_SOURCES[what.source])} {what.subject}"),
        (tr("文书", "type"), _type(tr, kept)),
        *((tr("业务", "case"), case) for case in what.cases),
        (tr("原因", "reason"), f"{what.code} {_why(tr, kept)}"),
        (tr("详情", "details"), tr.of(words_of(what.reason))),
        (tr("事件编号", "incident"), what.incident),
        (tr("搁置于", "since"), formatting.instant(kept.noted_at)),
        (tr("最近重办", "last tried"), formatting.instant(kept.tried_at)),
        (tr("办理次数", "tries"), str(kept.tries)),
        (tr("字节", "bytes"), str(len(record.value)) if record else None),
        (tr("总线时间", "taken by the bus"), formatting.instant(record.appended_at) if record else None),
    ]
    return Table(["", ""], [(name, value) for name, value in lines if value])


def _type(tr: Translator, kept: Kept) -> str:
    return tr.of(labels.message(kept.what.kind)) if kept.what.kind else ""


def _case(kept: Kept) -> str:
    """The transfer where it is known, else the relationship, or the local case."""
    return kept.what.cases[-1].rpartition(" ")[2] if kept.what.record and kept.what.cases else " ".join(kept.what.cases)


def _why(tr: Translator, kept: Kept) -> str:
    why = tr(*REASONS[kept.what.code])
    return f"{why} ({kept.what.incident})" if kept.what.incident else why


def set_aside_as_json(kept: Kept) -> dict[str, Any]:
    """One of them for machines."""
    what, record = kept.what, kept.what.record
    zh, en = REASONS[what.code]
    return {
        "number": kept.id,
        "source": what.source,
        "subject": what.subject,
        "type": what.kind,
        "cases": what.cases,
        "code": what.code,
        "text": {"zh": zh, "en": en},
        "details": what.reason,
        "incident": what.incident,
        "since": formatting.in_shanghai(kept.noted_at),
        "last_tried": formatting.in_shanghai(kept.tried_at),
        "tries": kept.tries,
        "bytes": None if record is None else len(record.value),
        "appended_at": None if record is None else formatting.in_shanghai(record.appended_at),
    }
