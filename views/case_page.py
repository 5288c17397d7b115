"""Page of a case: where it stands, its clocks, its money, what happened; and the table of several cases."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from jinbao.language.words import Translator, Words
from jinbao.platform import fact_labels
from jinbao.platform.aggregates.fact import Consequences
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.subjects.identity_correction import CaseContinued
from jinbao.platform.projections.case_board import BoardRow
from jinbao.platform.projections.clocks import ClockRow
from jinbao.platform.queries import Step
from jinbao.platform.whole_case import WholeCase
from jinbao.presentation import case_labels, code_labels, formatting, labels, ledger_labels
from jinbao.rules.working_days import load_working_days
from jinbao.views.table import Fields, Table, View, headings

_ENDED_BY_REASON = (State.REFUSED, State.RETURNED, State.CLOSED)
"""States in which the reason of the last refusal or return still counts."""


def case_page(tr: Translator, row: BoardRow, whole: WholeCase, on: date) -> View:
    """The page of one transfer as of the day `on`, without its heading: facts about it, clocks, money, timeline."""
    return [
        _head(tr, row, on),
        *corrected_lines(tr, whole),
        *_clocks(tr, whole.clocks, on),
        *_money(tr, whole.steps),
        _timeline(tr, whole.steps),
    ]


def heading(tr: Translator, row: BoardRow) -> tuple[str, str]:
    """Route and state of a transfer, which head its page."""
    return _route(tr, row), tr.of(case_labels.state(row.state))


def corrected_lines(tr: Translator, whole: WholeCase) -> list[str]:
    """A sentence for each correction that took the case to another relationship."""
    lines = []
    for step in whole.steps:
        if isinstance(step.fact, CaseContinued):
            day = formatting.instant(step.received_at)[:10]
            old, new = UUID(bytes=step.fact.old_relationship_id), step.relationship
            lines.append(
                tr(
                    f"{day} 更正身份号码：业务由关系 {old} 转到关系 {new}，以下为前后全部经过",
                    f"identity corrected {day}: the case went from relationship {old} to {new}; all of it is told here",
                )
            )
    return lines


def damages(whole: WholeCase) -> list[Words]:
    """A sentence for each record of the case that is missing, and what to do; empty for a whole one."""
    found: list[Words] = []
    if whole.first_missing is not None:
        version, earlier = whole.first_missing
        if earlier is not None:
            found.append(
                (
                    f"记录受损：更正前的关系 {earlier} 缺第 {version} 条；请从备份恢复",
                    f"damaged: record {version} of relationship {earlier}, before the correction, is missing; "
                    "restore it from a backup",
                )
            )
        else:
            found.append(
                (
                    f"记录受损：缺第 {version} 条，本业务暂停办理（死信 CASE_DAMAGED）；请从备份恢复",
                    f"damaged: record {version} is missing, and the case stands still (dead letters CASE_DAMAGED); "
                    "restore it from a backup",
                )
            )
    if (position := whole.lost_position) is not None:
        found.append(
            (
                f"记录受损：最后一条（日志位置 {position}）已丢失；请停止所有进程，从备份恢复",
                f"damaged: the last record, at position {position} of the log, is lost; stop every process and restore "
                "it from a backup",
            )
        )
    return found


def days_left(due: str, on: date) -> int | None:
    """Working days from `on` to a due day (ISO), negative once it is past; None where no clock runs."""
    return load_working_days().between(on, date.fromisoformat(due)) if due else None


def balances_of(steps: list[Step]) -> dict[str, int]:
    """What stands on each account for this case, in fen: the sum of the postings that its facts decided."""
    balances = dict.fromkeys(ledger_labels.ACCOUNTS, 0)
    for step in steps:
        for posting in step.fact.then.postings:
            balances[posting.account] += posting.personal_fen + posting.pooling_fen + posting.unallocated_fen
    return balances


def _route(tr: Translator, row: BoardRow) -> str:
    return f"{tr.of(labels.province(row.origin))} → {tr.of(labels.province(row.destination))}"


def _due(tr: Translator, due: str, provisional: bool, on: date) -> str:
    left = days_left(due, on)
    if left is None:
        return ""
    mark = tr("（暂定）", " (provisional)") if provisional else ""
    return f"{due}{mark} {tr.of(formatting.days_left(left))}"


def _head(tr: Translator, row: BoardRow, on: date) -> Fields:
    lines: list[tuple[str, str]] = [
        (tr("业务号", "transfer"), str(row.transfer_id)),
        (tr("申请号", "application"), row.application),
    ]
    since = formatting.instant(row.waiting_since)
    if row.waiting_for:
        who = tr.of(labels.province(row.waiting_for))
        lines.append((tr("待办", "waiting for"), tr(f"{who}，自 {since}", f"{who} since {since}")))
    else:
        lines.append((tr("待办", "waiting for"), tr(f"无（自 {since}）", f"nobody (since {since})")))
    if row.due:
        lines.append((tr("到期", "due"), _due(tr, row.due, row.provisional, on)))
    if row.reason and row.state in _ENDED_BY_REASON:
        lines.append((tr("原因", "reason"), f"{row.reason} {tr.of(code_labels.reason(row.reason))}"))
    if row.late_reports:
        lines.append((tr("迟报", "late reports"), str(row.late_reports)))
    return Fields(lines)


def _clocks(tr: Translator, clocks: list[ClockRow], on: date) -> list[Table]:
    if not clocks:
        return []
    rows = []
    for c in clocks:
        if c.outcome is None:
            ended = _due(tr, c.due, False, on).removeprefix(c.due).strip()
        else:
            word = tr.of(case_labels.CLOCK_ENDS.get(c.outcome, (c.outcome, c.outcome)))
            ended = word if c.ended_at is None else f"{word} {formatting.instant(c.ended_at)}"
        due = c.due + (tr("（暂定）", " (provisional)") if c.provisional else "")
        limit = tr(f"{c.limit_working_days} 个工作日", f"{c.limit_working_days} working days")
        procedure = f"{c.procedure} v{c.procedure_version}"
        started = formatting.instant(c.started_at)
        rows.append(
            (
                tr.of(case_labels.clock(c.clock)),
                tr.of(labels.province(c.responsible)),
                limit,
                started,
                due,
                ended,
                procedure,
            )
        )
    heads = [("期限", "clock"), ("责任方", "whose"), ("时限", "limit"), ("起算", "started")]
    heads += [("到期", "due"), ("结果", "outcome"), ("依据", "procedure")]
    return [Table(headings(tr, heads), rows, tr("期限", "Clocks"))]


def _money(tr: Translator, steps: list[Step]) -> list[Table]:
    balances = balances_of(steps)
    if not any(balances.values()):
        return []
    columns = headings(tr, (), (ledger_labels.account(account) for account in balances))
    return [
        Table(columns, [[formatting.yuan(amount) for amount in balances.values()]], tr("资金（元）", "Money (yuan)"))
    ]


def _timeline(tr: Translator, steps: list[Step]) -> Table:
    rows = [
        (
            formatting.instant(s.received_at),
            _happened(s),
            tr.of(labels.province(s.sender)),
            tr.of(fact_labels.happened(s.fact)),
            tr.of(fact_labels.details(s.fact)),
            _then(tr, s.fact.then),
        )
        for s in steps
    ]
    heads = [
        ("总线收到（北京）", "on the bus (Beijing)"),
        ("发生", "happened"),
        ("报送方", "sender"),
        ("事项", "fact"),
        ("内容", "details"),
        ("其后", "then"),
    ]
    return Table(headings(tr, heads), rows, tr("经过", "Timeline"))


def _happened(step: Step) -> str:
    """The sender's own day, where it is another than the bus's."""
    own, bus = formatting.instant(step.fact.occurred_at)[:10], formatting.instant(step.received_at)[:10]
    return "" if own == bus else own


def _then(tr: Translator, then: Consequences) -> str:
    parts = []
    if then.state is not None:
        parts.append(tr.of(case_labels.state(then.state)))
    parts += [f"{tr.of(case_labels.clock(e.clock))} {tr.of(case_labels.CLOCK_ENDS[e.outcome])}" for e in then.ended]
    parts += [tr(f"期限至 {s.due}", f"due {s.due}") for s in then.started]
    if then.late:
        parts.append(tr("迟报", "reported late"))
    return tr("；", "; ").join(parts)


def case_table(tr: Translator, rows: list[BoardRow], on: date) -> Table:
    """The table of a list of transfers, with the working days left."""
    heads = [("业务号", "transfer"), ("申请号", "application"), ("转出 → 转入", "from → to"), ("状态", "state")]
    heads += [("待办方", "waits for"), ("自", "since"), ("到期", "due")]
    return Table(
        headings(tr, heads),
        [
            (
                formatting.short_id(r.transfer_id),
                r.application,
                _route(tr, r),
                tr.of(case_labels.state(r.state)),
                tr.of(labels.province(r.waiting_for)) if r.waiting_for else "",
                formatting.instant(r.waiting_since)[:10],
                _due(tr, r.due, r.provisional, on),
            )
            for r in rows
        ],
    )
