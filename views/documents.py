"""Table of a province's documents: how far each has come, and why it was not taken."""

from __future__ import annotations

from typing import Any

from jinbao.language.words import Translator
from jinbao.presentation import case_labels, code_labels, formatting, labels
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.views.table import Table, headings


def documents_table(tr: Translator, found: list[LocalDocument]) -> Table:
    """A row a document."""
    heads = [("写于（北京）", "written (Beijing)"), ("业务", "case"), ("文书", "document"), ("文书号", "number")]
    heads += [("状态", "state"), ("原因", "reason"), ("字段", "field")]
    return Table(headings(tr, heads), [_row(tr, document) for document in found])


def _row(tr: Translator, d: LocalDocument) -> tuple[Any, ...]:
    kind = tr.of(labels.message(d.kind))
    waits = d.state is DocumentState.PARKED
    why = f"{d.code} {tr.of(code_labels.why_not_taken(d.code, waits=waits))}" if d.code else ""
    return (
        formatting.instant(d.written_at),
        d.case,
        kind,
        d.key,
        tr.of(case_labels.document_state(d.state.name)),
        why,
        d.field or "",
    )


def outgoing_as_json(d: LocalDocument) -> dict[str, Any]:
    """A document for machines: ids, codes, times in Shanghai."""
    return {
        "sequence": d.sequence,
        "case": d.case,
        "document": d.kind,
        "number": d.key,
        "attempt": d.attempt,
        "written_at": formatting.in_shanghai(d.written_at),
        "state": d.state.name.lower(),
        "code": d.code,
        "field": d.field,
        "decided_at": None if d.decided_at is None else formatting.in_shanghai(d.decided_at),
    }
