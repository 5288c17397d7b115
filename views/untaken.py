"""Table of messages that were not taken: what became of each, why, and where it was at fault."""

from __future__ import annotations

from typing import Any

from jinbao.language.words import Translator
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections.untaken import Untaken
from jinbao.presentation import case_labels, code_labels, formatting, labels
from jinbao.views.table import Table, headings


def as_json_of(message: Untaken) -> dict[str, Any]:
    """A message that was not taken, for machines."""
    text = None
    if message.code is not None:
        zh, en = code_labels.why_not_taken(message.code, waits=message.outcome is Outcome.PARKED)
        text = {"zh": zh, "en": en}
    return {
        **message._asdict(),
        "outcome": message.outcome.name.lower(),
        "text": text,
        "received_at": formatting.in_shanghai(message.received_at),
        "recorded_at": formatting.in_shanghai(message.recorded_at),
    }


def untaken_table(tr: Translator, messages: list[Untaken], *, with_transfer: bool, title: str | None = None) -> Table:
    """The table of messages that were not taken."""
    heads = [("时间（北京）", "time (Beijing)"), ("报送方", "sender"), ("报文", "message"), ("结果", "outcome")]
    heads += [("原因", "reason"), ("字段", "field"), ("业务号", "transfer")]
    rows = [
        (
            formatting.instant(m.received_at),
            tr.of(labels.province(m.sender)) if m.sender else "",
            tr.of(labels.message(m.type)) if m.type else "",
            tr.of(case_labels.RESULTS[m.outcome.name.lower()]),
            f"{m.code} {tr.of(code_labels.why_not_taken(m.code, waits=m.outcome is Outcome.PARKED))}" if m.code else "",
            m.field,
            formatting.short_id(m.transfer_id) if m.transfer_id else "",
        )
        for m in messages
    ]
    width = len(heads) if with_transfer else len(heads) - 1
    return Table(headings(tr, heads[:width]), [row[:width] for row in rows], title)
