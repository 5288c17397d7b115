"""`jinbao states`: what each message leads to in each state, and docs/states.md made from the same table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Annotated

import typer

from jinbao.cli.generated_page import CheckOption, WriteOption, check_page, write_page
from jinbao.cli.language import translator
from jinbao.cli.output import print_json, print_table
from jinbao.platform.aggregates.state import FINAL, State
from jinbao.platform.national_platform import law_in_force
from jinbao.platform.state_table import NONE, NOT_DECIDED_HERE, Cell, Key, edges, state_table
from jinbao.presentation.case_labels import STATES
from jinbao.presentation.labels import FACTS
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError

app = typer.Typer()

_NAMES = {NONE: ("尚未开始", "not begun"), **STATES}
_EDGES_TOO_MANY = 4
"""From so many states on, an arrow is told in words instead of drawn."""

Table = Mapping[Key, Cell]


@app.command(help=prose("The table of states and messages"))
def states(
    ctx: typer.Context,
    state: Annotated[str | None, typer.Option("--state", metavar="STATE", help=prose("One state only"))] = None,
    write: WriteOption = None,
    check: CheckOption = None,
    as_json: Annotated[bool, typer.Option("--json", help=prose("answer in JSON"))] = False,
) -> None:
    """Print the cells; with --write or --check, the whole table as a page."""
    tr = translator(ctx)
    if state is not None and state not in _NAMES:
        known = ", ".join(_NAMES)
        raise UserError(f"--state {state}：应为 {known} 之一", f"--state {state}: expected one of {known}")
    if write is not None:
        write_page(tr, write, page())
    if check is not None:
        check_page(tr, check, page(), "states")
    if write is not None or check is not None:
        return
    cells = [(key, cell) for key, cell in _table().items() if state in (None, key[0])]
    if as_json:
        print_json([{"state": s, "given": given, "message": row, "cell": cell} for (s, given, row), cell in cells])
        return
    headings = (
        tr("状态", "state"),
        tr("此外", "given"),
        tr("报文", "message"),
        tr("结果", "outcome"),
        tr("下一状态", "next state"),
        tr("期限", "clocks"),
        tr("账", "ledger"),
    )
    print_table(headings, [(*key, cell.code or cell.outcome, *_rest(cell)) for key, cell in cells])


@lru_cache(maxsize=1)
def _table() -> Table:
    return state_table(law_in_force())


def page() -> str:
    """The table as docs/states.md."""
    table = _table()
    lines = [
        "# States and messages / 状态与报文",
        "",
        "Made by `jinbao states --write docs/states.md`: each cell is what the code decides about a canonical message",
        "in that situation, under the procedure `national-2009`. Do not edit; the table written by hand from the law,",
        "against which this one is held, is `tests/platform/states_by_hand.csv`.",
        "本页由程序生成：每格均由程序对一条典型报文实际判定得出。",
        "",
        "- **accepted**: recorded as a fact. **parked**: legal, but what must come first is missing; it waits.",
        "- Clocks: `+` starts, `-` ends (met, or cancelled where something else took its place).",
        "- Ledger: an account gains `+`, loses `-`, or is only divided anew between personal and pooling part `~`.",
        *(f"- `{kind.NAME}` has no row: {why}." for kind, why in NOT_DECIDED_HERE.items()),
        "",
        *_diagram(table),
    ]
    for name in _NAMES:
        lines += _section(table, name)
    return "\n".join(lines) + "\n"


def _diagram(table: Table) -> list[str]:
    """The states and the messages between them; what leads there from nearly everywhere is told below."""
    drawn = edges(table)
    sources: dict[tuple[str, str], list[str]] = {}
    for (before, after), rows in drawn.items():
        for row in rows:
            sources.setdefault((row, after), []).append(before)
    lines = ["```mermaid", "stateDiagram-v2"]
    for name, (zh, _) in STATES.items():
        lines.append(f"    {name}: {zh} {name}")
    for (before, after), rows in drawn.items():
        shown = [_short(row) for row in rows if len(sources[row, after]) < _EDGES_TOO_MANY]
        if shown:
            lines.append(f"    {'[*]' if before == NONE else before} --> {after}: {' / '.join(shown)}")
    lines += [f"    {name} --> [*]" for name in STATES if name in FINAL]
    lines += ["```", ""]
    for (row, after), befores in sources.items():
        if len(befores) >= _EDGES_TOO_MANY:
            lines.append(f"- Not drawn: `{row}` leads to **{after}** from {', '.join(befores)}.")
    return lines


def _short(row: str) -> str:
    """A message without the colons and brackets that the drawing gives a meaning."""
    return row.replace("(", "").replace(")", "")


def _section(table: Table, name: str) -> list[str]:
    zh, en = _NAMES[name]
    cells = [(given, row, cell) for (state, given, row), cell in table.items() if state == name]
    plain = {row: cell for given, row, cell in cells if not given}
    lines = ["", f"## {name}: {en} / {zh}", ""]
    if name in set(State):
        lines += ["The transfer has ended." if name in FINAL else "The transfer is live.", ""]
    lines += [
        "| Message | When | Outcome | Fact | Next state | Clocks | Ledger |",
        "|---|---|---|---|---|---|---|",
    ]
    for given, row, cell in cells:
        if (given and cell != plain[row]) or (not given and cell.outcome == "accepted"):
            lines.append(_line(row, given, cell))
    for outcome, code in _kinds(plain.values()):
        alike = [f"`{row}`" for row, cell in plain.items() if (cell.outcome, cell.code) == (outcome, code)]
        what = f"**{outcome}**" if outcome == "parked" else f"**{outcome}** `{code}`"
        lines += ["", f"{what} (unless the table says otherwise): {', '.join(alike)}"]
    return lines


def _kinds(cells: Iterable[Cell]) -> list[tuple[str, str]]:
    """Outcome and code of what is not accepted, in order of appearance."""
    return list(dict.fromkeys((cell.outcome, cell.code) for cell in cells if cell.outcome != "accepted"))


def _line(row: str, given: str, cell: Cell) -> str:
    fact = f"{cell.event} {FACTS[cell.event][0]}" if cell.event else ""
    outcome = cell.outcome if cell.outcome != "rejected" else f"rejected `{cell.code}`"
    next_state, clocks, ledger = _rest(cell)
    return f"| `{row}` | {given} | {outcome} | {fact} | {next_state} | {clocks} | {ledger} |"


def _rest(cell: Cell) -> tuple[str, str, str]:
    clocks = [f"+{name}" for name in cell.started] + [f"-{name}" for name in cell.ended]
    return cell.next_state, ", ".join(clocks), ", ".join(cell.ledger)
