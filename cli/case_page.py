"""How a transfer is shown to people: where it stands, its clocks, its money, what happened; and lists of transfers."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from rich.cells import cell_len

from jinbao.cli import words
from jinbao.cli.language import tr
from jinbao.cli.output import console, print_line, print_table
from jinbao.platform.aggregates.fact import Consequences
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.subjects.identity_correction import CaseContinued
from jinbao.platform.queries import BoardRow, ClockRow, Step
from jinbao.platform.whole_case import WholeCase
from jinbao.rules.working_days import load_working_days

_ENDED_BY_REASON = (State.REFUSED, State.RETURNED, State.CLOSED)
"""States in which the reason of the last refusal or return still counts."""


def print_case(row: BoardRow, whole: WholeCase, on: date) -> None:
    """The whole page of one transfer as of the day `on`."""
    _print_head(row, on)
    for line in corrected_lines(whole):
        print_line(line)
    _print_clocks(whole.clocks, on)
    _print_money(whole.steps)
    _print_timeline(whole.steps)


def corrected_lines(whole: WholeCase) -> list[str]:
    """A sentence for each correction that took the case to another relationship."""
    lines = []
    for step in whole.steps:
        if isinstance(step.fact, CaseContinued):
            day = words.instant(step.received_at)[:10]
            old, new = UUID(bytes=step.fact.old_relationship), step.relationship
            lines.append(
                tr(
                    f"{day} 更正身份号码：业务由关系 {old} 转到关系 {new}，以下为前后全部经过",
                    f"identity corrected {day}: the case went from relationship {old} to {new}; all of it is told here",
                )
            )
    return lines


def days_left(due: str, on: date) -> int | None:
    """Working days from `on` to a due day (ISO), negative once it is past; None where no clock runs."""
    return load_working_days().between(on, date.fromisoformat(due)) if due else None


def balances_of(steps: list[Step]) -> dict[str, int]:
    """What stands on each account for this case, in fen: the sum of the postings that its facts decided."""
    balances = dict.fromkeys(words.ACCOUNTS, 0)
    for step in steps:
        for posting in step.fact.then.postings:
            balances[posting.account] += posting.personal + posting.pooling + posting.unallocated
    return balances


def _route(row: BoardRow) -> str:
    return f"{words.province(row.origin)} → {words.province(row.destination)}"


def _due(due: str, provisional: bool, on: date) -> str:
    left = days_left(due, on)
    if left is None:
        return ""
    mark = tr("（暂定）", " (provisional)") if provisional else ""
    return f"{due}{mark} {words.days_left(left)}"


def _print_head(row: BoardRow, on: date) -> None:
    console().print(f"[bold]{_route(row)}[/]  {words.state(row.state)}")
    lines: list[tuple[str, str]] = [
        (tr("业务号", "transfer"), str(row.transfer_id)),
        (tr("申请号", "application"), row.application),
    ]
    since = words.instant(row.waiting_since)
    if row.waiting_for:
        who = words.province(row.waiting_for)
        lines.append((tr("待办", "waiting for"), tr(f"{who}，自 {since}", f"{who} since {since}")))
    else:
        lines.append((tr("待办", "waiting for"), tr(f"无（自 {since}）", f"nobody (since {since})")))
    if row.due:
        lines.append((tr("到期", "due"), _due(row.due, row.provisional, on)))
    if row.reason and row.state in _ENDED_BY_REASON:
        lines.append((tr("原因", "reason"), f"{row.reason} {words.spoken(words.reason_words(row.reason))}"))
    if row.late_reports:
        lines.append((tr("迟报", "late reports"), str(row.late_reports)))
    width = max(cell_len(name) for name, _ in lines)
    for name, value in lines:
        print_line(f"{name}{' ' * (width - cell_len(name))}  {value}")


def _print_clocks(clocks: list[ClockRow], on: date) -> None:
    if not clocks:
        return
    rows = []
    for c in clocks:
        if c.outcome is None:
            ended = _due(c.due, False, on).removeprefix(c.due).strip()
        else:
            word = words.spoken(words.CLOCK_ENDS.get(c.outcome, (c.outcome, c.outcome)))
            ended = word if c.ended_at is None else f"{word} {words.instant(c.ended_at)}"
        due = c.due + (tr("（暂定）", " (provisional)") if c.provisional else "")
        limit = tr(f"{c.limit_working_days} 个工作日", f"{c.limit_working_days} working days")
        procedure = f"{c.procedure} v{c.procedure_version}"
        started = words.instant(c.started_at)
        rows.append((words.clock(c.clock), words.province(c.responsible), limit, started, due, ended, procedure))
    heads = [("期限", "clock"), ("责任方", "whose"), ("时限", "limit"), ("起算", "started")]
    heads += [("到期", "due"), ("结果", "outcome"), ("依据", "procedure")]
    print_table([tr(*head) for head in heads], rows, title=tr("期限", "Clocks"))


def _print_money(steps: list[Step]) -> None:
    balances = balances_of(steps)
    if any(balances.values()):
        print_table(
            [(words.spoken(words.ACCOUNTS[account]), "right") for account in balances],
            [[words.yuan(amount) for amount in balances.values()]],
            title=tr("资金（元）", "Money (yuan)"),
        )


def _print_timeline(steps: list[Step]) -> None:
    rows = [
        (
            words.instant(s.received_at),
            _happened(s),
            words.province(s.sender),
            words.spoken(words.fact_words(s.fact)),
            words.spoken(words.said(s.fact)),
            _then(s.fact.then),
        )
        for s in steps
    ]
    heads = [
        ("总线收到（北京）", "on the bus (Beijing)"),
        ("发生", "happened"),
        ("报送方", "sender"),
        ("事项", "fact"),
        ("内容", "said"),
        ("其后", "then"),
    ]
    print_table([tr(*head) for head in heads], rows, title=tr("经过", "Timeline"))


def _happened(step: Step) -> str:
    """The sender's own day, where it is another than the bus's."""
    own, bus = words.instant(step.fact.occurred_at)[:10], words.instant(step.received_at)[:10]
    return "" if own == bus else own


def _then(then: Consequences) -> str:
    parts = []
    if then.state is not None:
        parts.append(words.state(then.state))
    parts += [f"{words.clock(e.clock)} {words.spoken(words.CLOCK_ENDS[e.outcome])}" for e in then.ended]
    parts += [tr(f"期限至 {s.due}", f"due {s.due}") for s in then.started]
    if then.late:
        parts.append(tr("迟报", "reported late"))
    return tr("；", "; ").join(parts)


def print_list(rows: list[BoardRow], on: date) -> None:
    """The table of a list of transfers, with the working days left."""
    heads = [("业务号", "transfer"), ("申请号", "application"), ("转出 → 转入", "from → to"), ("状态", "state")]
    heads += [("待办方", "waits for"), ("自", "since"), ("到期", "due")]
    print_table(
        [tr(*head) for head in heads],
        [
            (
                _short(r.transfer_id),
                r.application,
                _route(r),
                words.state(r.state),
                words.province(r.waiting_for) if r.waiting_for else "",
                words.instant(r.waiting_since)[:10],
                _due(r.due, r.provisional, on),
            )
            for r in rows
        ],
    )


def _short(transfer: UUID) -> str:
    return str(transfer)[:8]
