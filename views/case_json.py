"""A case for machines: what `--json` answers about a case, its clocks and its timeline; ids, codes, fen."""

from __future__ import annotations

from datetime import date
from typing import Any

from jinbao.platform import fact_labels
from jinbao.platform.projections.case_board import BoardRow
from jinbao.platform.projections.clocks import ClockRow
from jinbao.platform.queries import Step
from jinbao.platform.whole_case import WholeCase
from jinbao.presentation import code_labels, formatting
from jinbao.views.case_page import balances_of, days_left
from jinbao.views.untaken import as_json_of


def case_as_json(row: BoardRow, on: date) -> dict[str, Any]:
    """A case as it stands on the day `on`."""
    reason = None
    if row.reason is not None:
        zh, en = code_labels.reason(row.reason)
        reason = {"code": row.reason, "zh": zh, "en": en}
    return {
        "transfer": row.transfer_id,
        "application": row.application,
        "origin": row.origin,
        "destination": row.destination,
        "state": row.state,
        "waiting_for": row.waiting_for or None,
        "waiting_since": formatting.in_shanghai(row.waiting_since),
        "due": row.due or None,
        "provisional": bool(row.provisional),
        "working_days_left": days_left(row.due, on),
        "letter_version": row.letter_version,
        "sheet_version": row.sheet_version,
        "sheet_total_fen": row.sheet_total,
        "reason": reason,
        "late_reports": row.late_reports,
        "opened_at": formatting.in_shanghai(row.opened_at),
        "changed_at": formatting.in_shanghai(row.changed_at),
    }


def whole_case_as_json(row: BoardRow, whole: WholeCase, on: date) -> dict[str, Any]:
    """A case with its clocks, its money and everything that happened to it, as it stands on the day `on`."""
    return {
        **case_as_json(row, on),
        "relationships": whole.relationships,
        "money_fen": balances_of(whole.steps),
        "clocks": [clock_as_json(c) for c in whole.clocks],
        "timeline": [step_as_json(s) for s in whole.steps],
        "not_taken": [as_json_of(message) for message in whole.not_taken],
        "first_missing_version": whole.first_missing and whole.first_missing[0],
        "lost_position": whole.lost_position,
    }


def clock_as_json(clock: ClockRow) -> dict[str, Any]:
    """A clock of a case, its instants as times in Shanghai."""

    def at(instant: int | None) -> object:
        return None if instant is None else formatting.in_shanghai(instant)

    times = {name: at(getattr(clock, name)) for name in ("started_at", "warned_at", "missed_at", "ended_at")}
    return {**clock._asdict(), **times, "provisional": bool(clock.provisional)}


def step_as_json(step: Step) -> dict[str, Any]:
    """A fact of a case: who reported it when, its details in both languages, what followed."""
    zh, en = fact_labels.details(step.fact)
    then = step.fact.then
    return {
        "position": step.position,
        "relationship": step.relationship,
        "fact": step.fact.TOPIC,
        "sender": step.sender,
        "submission": step.submission,
        "occurred_at": formatting.in_shanghai(step.fact.occurred_at),
        "received_at": formatting.in_shanghai(step.received_at),
        "recorded_at": formatting.in_shanghai(step.recorded_at),
        "said": {"zh": zh, "en": en},
        "state": then.state,
        "late": then.late,
        "postings": [
            {
                "province": p.province,
                "account": p.account,
                "reference": p.payment_reference,
                "line": p.payment_line,
                "personal_fen": p.personal_fen,
                "pooling_fen": p.pooling_fen,
                "unallocated_fen": p.unallocated_fen,
            }
            for p in then.postings
        ],
    }
