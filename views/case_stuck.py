"""Obstacles of a case: what waits or was rejected at the platform, and what the provinces' own desks say."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from jinbao.language.words import Translator, words_of
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections.case_board import BoardRow
from jinbao.platform.projections.untaken import Untaken
from jinbao.presentation import case_labels, code_labels, formatting, labels
from jinbao.regional_adapter.exchange.set_aside import REASONS, set_aside_of
from jinbao.regional_adapter.exchange.standing import Stuck, stuck_at
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.service.province_files import ADAPTERS
from jinbao.storage.sqlite_file import reason
from jinbao.views.untaken import as_json_of


def stuck_in(folder: Path, row: BoardRow) -> list[Stuck]:
    """What the local systems of both sides say, as far as they lie in the data folder and can be read."""
    cases = (row.transfer_id.hex, row.application)
    found: list[Stuck | None] = []
    for province in (row.destination, row.origin):
        try:
            found.append(stuck_at(folder / "local", province, cases))
        except sqlite3.Error as error:
            zh, en = reason(error)
            text = f"本地系统无法读取：{zh} / its local system cannot be read: {en}"
            found.append(Stuck(province, (text,), ()))
        found.append(_held_back(folder, province, row))
    return [stuck for stuck in found if stuck is not None]


def _held_back(folder: Path, province: str, row: BoardRow) -> Stuck | None:
    """What the province's adapter set aside; what its desk did stands among the desk's reasons."""
    cases = (f"transfer {row.transfer_id}", str(row.transfer_id), row.transfer_id.hex, row.application)
    file = folder / ADAPTERS / f"{province}.sqlite"
    try:
        kept = [what for what in set_aside_of(file, cases) if what.source != "desk"]
    except sqlite3.Error as error:
        zh, en = reason(error)
        return Stuck(province, (f"{file}：无法读取：{zh} / {file}: cannot be read: {en}",), ())
    return Stuck(province, (), (), tuple(kept)) if kept else None


def stuck_lines(tr: Translator, untaken: list[Untaken], stuck: list[Stuck]) -> list[str]:
    """The lines that name each; none where nothing is in the way."""
    lines = [_at_the_platform(tr, message) for message in untaken if message.outcome is not Outcome.DUPLICATE]
    for one in stuck:
        who = tr.of(labels.province(one.province))
        lines += [tr(f"{who}经办台：", f"Desk of {who}: ") + tr.of(words_of(reason)) for reason in one.reasons]
        for document in one.documents:
            kind = tr.of(labels.message(document.kind))
            why = f"（{document.field}）" if document.state is DocumentState.REJECTED and document.field else ""
            state = tr.of(case_labels.document_state(document.state.name))
            lines.append(f"{who} {kind} {document.key}{tr('：', ': ')}{state}{why}")
        for what in one.set_aside:
            kind = tr.of(labels.message(what.kind)) if what.kind else what.subject
            why = f"{what.code} {tr(*REASONS[what.code])}"
            if what.code == "DOES_NOT_FIT":
                why += tr("：", ": ") + tr.of(words_of(what.reason))
            lines.append(tr(f"{who}的适配器搁置「{kind}」：{why}", f"The adapter of {who} set “{kind}” aside: {why}"))
    return [tr("为什么没有往下办：", "Why it does not go on:"), *(f"  - {line}" for line in lines)] if lines else []


def stuck_as_json(untaken: list[Untaken], stuck: list[Stuck]) -> dict[str, Any]:
    """The same for machines."""
    return {
        "not_taken": [as_json_of(message) for message in untaken if message.outcome is not Outcome.DUPLICATE],
        "desks": [{"province": s.province, "reason": reason} for s in stuck for reason in s.reasons],
        "not_sent": [
            {
                "province": s.province,
                "document": d.kind,
                "number": d.key,
                "state": d.state.name.lower(),
                "field": d.field,
            }
            for s in stuck
            for d in s.documents
        ],
        "set_aside": [
            {"province": s.province, "source": w.source, "type": w.kind, "code": w.code, "incident": w.incident}
            for s in stuck
            for w in s.set_aside
        ],
    }


def _at_the_platform(tr: Translator, message: Untaken) -> str:
    who = tr.of(labels.province(message.sender)) if message.sender else ""
    what = tr.of(labels.message(message.type)) if message.type else ""
    since = formatting.instant(message.received_at)
    waits = message.outcome is Outcome.PARKED
    why = tr.of(code_labels.why_not_taken(message.code, waits=waits)) if message.code else ""
    at = f"（{message.field}）" if message.field else ""
    if waits:
        return tr(f"{who}「{what}」在等待，自 {since}：{why}", f"“{what}” of {who} is waiting since {since}: {why}")
    why = f"{message.code} {why}" if message.code else ""
    return tr(f"{who}「{what}」未受理，{since}：{why}{at}", f"“{what}” of {who} was rejected, {since}: {why}{at}")
