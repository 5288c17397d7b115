"""The demo's picture on the terminal: one snapshot of the nation drawn to fit the window, from 80 by 24 on."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.bar import Bar
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from jinbao.language.words import Translator
from jinbao.platform import fact_labels
from jinbao.platform.aggregates.state import State
from jinbao.platform.projections.flows import FlowRow
from jinbao.platform.queries import RecentRow
from jinbao.presentation import case_labels, formatting, labels
from jinbao.views.nation_snapshot import Snapshot

_IN_HAND: tuple[tuple[State, ...], ...] = (
    (State.APPLICATION_REVIEW,),
    (State.LETTER_ISSUED,),
    (State.ORIGIN_REVIEW,),
    (State.TRANSFER,),
    (State.CONFIRMATION,),
    (State.MISMATCH,),
    (State.RETURNED,),
    (State.FROZEN, State.UNASSIGNED, State.MOVING),
)
_ENDED: tuple[tuple[State, ...], ...] = (
    (State.COMPLETED,),
    (State.REFUSED,),
    (State.WITHDRAWN,),
    (State.CLOSED,),
    (State.REVERSED, State.MOVED),
)
"""The lines of the stages; every state stands in one of them, the rarer ones share one."""
UPPER_HEIGHT = len(_IN_HAND) + len(_ENDED) + 4
"""Lines of the upper half: the stages under two headings, and the frame."""
FIXED_HEIGHT = UPPER_HEIGHT + 4
"""The upper half, the title, the frame of the lower half, the footer."""
LEAST_LINES, MOST_LINES = 3, 20
"""Lines of flows and of news."""
LINES_ON_PAPER = 8

_STYLES = {
    State.MISMATCH: "yellow",
    State.RETURNED: "yellow",
    State.COMPLETED: "green",
    State.REFUSED: "red",
    State.WITHDRAWN: "magenta",
    State.CLOSED: "red",
}
_NEWS_STYLES = {
    "transfer-completed": "green",
    "funds-remitted": "cyan",
    "funds-received": "cyan",
    "deadline-missed": "bold red",
    "deadline-approaching": "yellow",
    "mismatch-reported": "yellow",
    "transfer-returned": "yellow",
    "application-refused": "red",
}


class LiveView:
    """Draws a snapshot; `lines` of flows and news, or as many as the window holds."""

    def __init__(self, tr: Translator, snapshot: Snapshot, footer: str = "", lines: int | None = None) -> None:
        self.tr = tr
        self.snapshot = snapshot
        self.footer = footer
        self.lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Title, stages beside deadlines and money, flows beside news, footer."""
        room = (options.height or console.size.height) - FIXED_HEIGHT
        lines = self.lines or max(LEAST_LINES, min(MOST_LINES, room))
        tr, snapshot = self.tr, self.snapshot
        yield _title(tr, snapshot)
        right = Table.grid(expand=True)
        right.add_row(_deadlines(tr, snapshot))
        right.add_row(_money(tr, snapshot))
        yield _beside(_stages(tr, snapshot), right)
        yield _beside(_flows(tr, snapshot, lines), _news(tr, snapshot.news, lines))
        if self.footer:
            yield Text(self.footer, style="dim", no_wrap=True, overflow="ellipsis")


def _beside(left: RenderableType, right: RenderableType) -> Table:
    grid = Table.grid(expand=True)
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(left, right)
    return grid


def _panel(title: str, content: RenderableType, height: int) -> Panel:
    return Panel(
        content, title=f"[bold]{title}[/]", title_align="left", box=box.ROUNDED, border_style="dim", height=height
    )


def _title(tr: Translator, snapshot: Snapshot) -> Table:
    grid = Table.grid(expand=True, padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_row(
        Text(tr("金保 · 32 省", "Jinbao · 32 provinces"), style="bold cyan"),
        Text(tr.of(formatting.day(snapshot.day)), style="bold"),
        tr(f"第 {snapshot.number}/{snapshot.days} 个工作日", f"day {snapshot.number}/{snapshot.days}"),
        ProgressBar(total=snapshot.days, completed=snapshot.number),
    )
    return grid


def _stages(tr: Translator, snapshot: Snapshot) -> Panel:
    grid = Table.grid(expand=True, padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_column(no_wrap=True, justify="right")
    _add_group(tr, grid, tr("在办", "in hand"), _IN_HAND, snapshot.states)
    _add_group(tr, grid, tr("已了结", "ended"), _ENDED, snapshot.states)
    asked, others = snapshot.transfers, snapshot.others
    planned = tr(f"办理环节：申请 {asked:,} 笔", f"Stages: {asked:,} applications")
    if others:
        planned += tr(f"，另 {others:,} 笔", f" + {others:,} others")
    return _panel(planned, grid, UPPER_HEIGHT)


def _add_group(
    tr: Translator, grid: Table, heading: str, lines: Iterable[tuple[State, ...]], counts: dict[str, int]
) -> None:
    """A heading with its sum, and a bar a line; bars are measured against the group's longest."""
    found = {states: sum(counts.get(state, 0) for state in states) for states in lines}
    longest = max(found.values()) or 1
    grid.add_row(Text(heading, style="bold"), "", Text(f"{sum(found.values()):,}", style="bold"))
    for states, count in found.items():
        name = tr("、", ", ").join(tr.of(case_labels.state_short(state)) for state in states)
        grid.add_row(f" {name}", Bar(longest, 0, count, color=_STYLES.get(states[0], "cyan")), f"{count:,}")


def _figures(rows: Iterable[tuple[str, str, str]]) -> Table:
    """Name, figure, style of the figure."""
    grid = Table.grid(expand=True)
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, justify="right")
    for name, figure, style in rows:
        grid.add_row(name, Text(figure, style=style))
    return grid


def _deadlines(tr: Translator, snapshot: Snapshot) -> Panel:
    running, ended = snapshot.running, snapshot.ended
    rows = [
        (tr("计时中", "running"), f"{running['running']:,}", ""),
        (tr("即将到期", "due soon"), f"{running['due_soon']:,}", "yellow" if running["due_soon"] else ""),
        (tr("已过期未办", "overdue now"), f"{running['overdue']:,}", "bold red" if running["overdue"] else ""),
        (tr("按期办结", "ended in time"), f"{ended['met']:,}", "green"),
        (tr("逾期办结", "ended too late"), f"{ended['missed']:,}", "red" if ended["missed"] else ""),
    ]
    return _panel(tr("期限", "Deadlines"), _figures(rows), len(rows) + 2)


def _money(tr: Translator, snapshot: Snapshot) -> Panel:
    money = snapshot.money
    rows = [
        (tr("累计转出", "sent out"), formatting.yuan(money.out), ""),
        (tr("在途", "in transit"), formatting.yuan(money.in_transit), "cyan" if money.in_transit else ""),
        (tr("转入入账", "credited"), formatting.yuan(money.in_), "green"),
        (tr("暂收待核", "in suspense"), formatting.yuan(money.suspense), "yellow" if money.suspense else ""),
        (tr("退回", "returned"), formatting.yuan(money.returned), ""),
        (tr("分录合计", "all entries"), formatting.yuan(money.sum), "bold" if money.sum == 0 else "bold red"),
    ]
    return _panel(tr("资金（元）", "Money (yuan)"), _figures(rows), UPPER_HEIGHT - 7)


def _flows(tr: Translator, snapshot: Snapshot, lines: int) -> Panel:
    grid = Table.grid(expand=True, padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    grid.add_column(no_wrap=True, justify="right")
    grid.add_column(no_wrap=True, justify="right")
    for flow in snapshot.flows[:lines]:
        grid.add_row(_route(tr, flow), tr(f"{flow.applied} 笔", f"{flow.applied}"), formatting.yuan(flow.amount))
    month = snapshot.day.isoformat()[:7]
    return _panel(tr(f"{month} 流向：申请，办结金额", f"Flows {month}: applied, yuan done"), grid, lines + 2)


def _route(tr: Translator, row: FlowRow | RecentRow) -> str:
    return f"{tr.of(labels.province(row.origin))} → {tr.of(labels.province(row.destination))}"


def _news(tr: Translator, news: list[RecentRow], lines: int) -> Panel:
    grid = Table.grid(expand=True)
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for row in news[:lines]:
        text = Text(f"{_route(tr, row)} ", style="dim")
        topic = row.fact.TOPIC
        text.append(tr.of(fact_labels.happened(row.fact)), style=f"not dim {_NEWS_STYLES.get(topic, '')}")
        detail = tr.of(fact_labels.details(row.fact))
        if detail:
            text.append(f" {detail}", style="dim")
        grid.add_row(text)
    return _panel(tr("最新动态", "Latest"), grid, lines + 2)
