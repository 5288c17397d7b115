"""`jinbao case`: a transfer's history, and the work lists of the agencies."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from jinbao.cli import case_explain, case_play, words
from jinbao.cli.errors import UserError
from jinbao.cli.language import tr
from jinbao.cli.output import console, print_json, print_line, print_table
from jinbao.cli.reading import reading, today
from jinbao.platform.aggregates.facts import Consequences, State
from jinbao.platform.case_explanation import explain_case
from jinbao.platform.queries import (
    LIST_LIMIT,
    BoardRow,
    ClockRow,
    Step,
    case_list,
    case_of,
    clocks_of,
    timeline,
    transfers_like,
)
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.provinces import PROVINCES, is_province
from jinbao.rules.working_days import load_working_days

app = typer.Typer(help=tr("转移业务：清单与经过", "Cases: work lists and what happened"), no_args_is_help=True)

app.command("play", help=case_play.HELP)(case_play.play)

_ENDED_BY_REASON = (State.REFUSED, State.RETURNED, State.CLOSED)
"""States in which the reason of the last refusal or return still counts."""

DataOption = Annotated[Path | None, typer.Option("--data", help=tr("数据目录", "Data folder"))]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON")]


@app.command(help=tr("一笔业务：办到哪里、轮到谁、经过", "One case: where it stands, whose turn it is, what happened"))
def show(
    transfer: Annotated[
        str,
        typer.Argument(help=tr("业务号、其开头几位或申请号", "Transfer id, its first digits, or application number")),
    ],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print one case; exit 1 when there is none, 2 when several begin like that."""
    with reading(data) as (settings, work):
        row = _find(work, transfer)
        if row is None:
            typer.echo(tr(f"没有这笔业务：{transfer}", f"no such transfer: {transfer}"), err=True)
            raise typer.Exit(1)
        on = today(settings, work)
        clocks, steps = clocks_of(work, row.case_id), timeline(work, row.case_id)
    if as_json:
        print_json(
            {
                **_as_json(row, on),
                "money_fen": _balances(steps),
                "clocks": [_clock_as_json(c) for c in clocks],
                "timeline": [_step_as_json(s) for s in steps],
            }
        )
        return
    _print_case(row, on)
    _print_clocks(clocks, on)
    _print_money(steps)
    _print_timeline(steps)


@app.command("list", help=tr("业务清单，最先到期的在前", "Cases, those due first on top"))
def list_(
    province: Annotated[
        str | None, typer.Option("--province", metavar="PP", help=tr("省级代码，如 41", "Province code, e.g. 41"))
    ] = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help=tr("只列待办（轮到该省的）", "Only those that wait (for this province)"))
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help=tr("至多几笔", "At most so many"))] = LIST_LIMIT,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the transfers that a province takes part in, or its work list."""
    check_province(province)
    with reading(data) as (settings, work):
        on = today(settings, work)
        rows = case_list(work, province=province, waiting=waiting, limit=limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    if as_json:
        print_json({"today": on, "cases": [_as_json(row, on) for row in rows], "more": more})
        return
    _print_list(rows, on)
    count = tr(f"{on}，共 {len(rows)} 笔", f"{on}: {len(rows)} cases")
    print_line(count + (tr("，还有更多（--limit）", ", and more (--limit)") if more else ""))


@app.command("explain", help=case_explain.HELP)
def explain(
    transfer: Annotated[
        str,
        typer.Argument(help=tr("业务号、其开头几位或申请号", "Transfer id, its first digits, or application number")),
    ],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say in plain words where one case stands and why; exit 1 when there is none, 2 when several begin like that."""
    with reading(data) as (settings, work):
        row = _find(work, transfer)
        if row is None:
            typer.echo(tr(f"没有这笔业务：{transfer}", f"no such transfer: {transfer}"), err=True)
            raise typer.Exit(1)
        on = today(settings, work)
        clocks, why = clocks_of(work, row.case_id), explain_case(work, row)
    if as_json:
        print_json(case_explain.explanation_as_json(row, clocks, why, on))
    else:
        case_explain.print_explanation(row, clocks, why, on)


def check_province(code: str | None) -> None:
    """Raises UserError unless `code` is the code of one of the 32, or None."""
    if code is not None and not is_province(code):
        known = "、".join(PROVINCES)
        raise UserError(
            tr(
                f"--province {code}：没有这个省级代码；应为 {known} 之一",
                f"--province {code}: no such province; expected one of {', '.join(PROVINCES)}",
            )
        )


def _find(work: UnitOfWork, text: str) -> BoardRow | None:
    found = transfers_like(work, text.strip())
    if len(found) > 1:
        raise UserError(
            tr(
                f"{text}：不止一笔业务以此开头（如 {found[0]}、{found[1]}），请多写几位",
                f"{text}: several transfers begin like that ({found[0]}, {found[1]}); give more digits",
            )
        )
    return case_of(work, found[0]) if found else None


def _days_left(due: str, on: date) -> int | None:
    return load_working_days().between(on, date.fromisoformat(due)) if due else None


def _balances(steps: list[Step]) -> dict[str, int]:
    """What stands on each account for this case, in fen: the sum of the postings that its facts decided."""
    balances = dict.fromkeys(words.ACCOUNTS, 0)
    for step in steps:
        for posting in step.fact.then.postings:
            balances[posting.account] += posting.personal + posting.pooling + posting.unallocated
    return balances


# --- for machines ---


def _as_json(row: BoardRow, on: date) -> dict[str, Any]:
    reason = None
    if row.reason is not None:
        zh, en = words.reason_words(row.reason)
        reason = {"code": row.reason, "zh": zh, "en": en}
    return {
        "transfer": row.transfer_id,
        "application": row.application,
        "origin": row.origin,
        "destination": row.destination,
        "state": row.state,
        "waiting_for": row.waiting_for or None,
        "waiting_since": words.in_shanghai(row.waiting_since),
        "due": row.due or None,
        "provisional": bool(row.provisional),
        "working_days_left": _days_left(row.due, on),
        "letter_version": row.letter_version,
        "sheet_version": row.sheet_version,
        "sheet_total_fen": row.sheet_total,
        "reason": reason,
        "late_reports": row.late_reports,
        "opened_at": words.in_shanghai(row.opened_at),
        "changed_at": words.in_shanghai(row.changed_at),
    }


def _clock_as_json(clock: ClockRow) -> dict[str, Any]:
    def at(instant: int | None) -> object:
        return None if instant is None else words.in_shanghai(instant)

    times = {name: at(getattr(clock, name)) for name in ("started_at", "warned_at", "missed_at", "ended_at")}
    return {**clock._asdict(), **times, "provisional": bool(clock.provisional)}


def _step_as_json(step: Step) -> dict[str, Any]:
    zh, en = words.said(step.fact)
    then = step.fact.then
    return {
        "position": step.position,
        "fact": step.fact.TOPIC,
        "sender": step.sender,
        "submission": step.submission,
        "occurred_at": words.in_shanghai(step.fact.occurred_at),
        "received_at": words.in_shanghai(step.received_at),
        "recorded_at": words.in_shanghai(step.recorded_at),
        "said": {"zh": zh, "en": en},
        "state": then.state,
        "late": then.late,
        "postings": [
            {
                "province": p.province,
                "account": p.account,
                "reference": p.reference,
                "line": p.line,
                "personal_fen": p.personal,
                "pooling_fen": p.pooling,
                "unallocated_fen": p.unallocated,
            }
            for p in then.postings
        ],
    }


# --- for people ---


def _route(row: BoardRow) -> str:
    return f"{words.province(row.origin)} → {words.province(row.destination)}"


def _due(due: str, provisional: bool, on: date) -> str:
    left = _days_left(due, on)
    if left is None:
        return ""
    mark = tr("（暂定）", " (provisional)") if provisional else ""
    return f"{due}{mark} {words.days_left(left)}"


def _print_case(row: BoardRow, on: date) -> None:
    out = console()
    out.print(f"[bold]{_route(row)}[/]  {words.state(row.state)}")
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
    width = max(_cells(name) for name, _ in lines)
    for name, value in lines:
        out.print(f"{name}{' ' * (width - _cells(name))}  {value}", markup=False)


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


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
    balances = _balances(steps)
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
            words.province(s.sender),
            words.spoken(words.FACTS[s.fact.TOPIC]),
            words.spoken(words.said(s.fact)),
            _then(s.fact.then),
        )
        for s in steps
    ]
    heads = [
        ("时间（北京）", "time (Beijing)"),
        ("报送方", "sender"),
        ("事项", "fact"),
        ("内容", "said"),
        ("其后", "then"),
    ]
    print_table([tr(*head) for head in heads], rows, title=tr("经过", "Timeline"))


def _then(then: Consequences) -> str:
    parts = []
    if then.state is not None:
        parts.append(words.state(then.state))
    parts += [f"{words.clock(e.clock)} {words.spoken(words.CLOCK_ENDS[e.outcome])}" for e in then.ended]
    parts += [tr(f"期限至 {s.due}", f"due {s.due}") for s in then.started]
    if then.late:
        parts.append(tr("迟报", "reported late"))
    return tr("；", "; ").join(parts)


def _print_list(rows: list[BoardRow], on: date) -> None:
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
