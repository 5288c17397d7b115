"""`jinbao case play`: plays a story through the real chain and prints what became of each message."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from jinbao.cli.language import translator
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.language.system_errors import at, system_reason
from jinbao.language.words import Translator
from jinbao.platform.aggregates.money import Posting
from jinbao.presentation import case_labels, code_labels, formatting, labels, ledger_labels
from jinbao.presentation.prose import prose
from jinbao.rules.working_days import day_of
from jinbao.service.errors import UserError
from jinbao.simulator.stories.story_file import StoryError, read_story
from jinbao.simulator.stories.story_play import Ending, Performance, Played, play_story

HELP = prose("Play a story of a case through the real chain, step by step")


def play(
    ctx: typer.Context,
    story: Annotated[
        Path,
        typer.Argument(metavar="FILE|DIR", help=prose("The story or its folder")),
    ],
    data: Annotated[
        Path | None,
        typer.Option("--data", help=prose("Leave the database here")),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """Print the timeline with outcomes, then states, clocks and money. A bad story: exit 2, naming step and field."""
    tr = translator(ctx)
    try:
        read = read_story(story)
        with _folder(data) as folder:
            performance = play_story(read, folder)
    except StoryError as error:
        raise UserError(*error.words) from error
    if as_json:
        print_json(_as_json(performance))
        return
    _print_timeline(tr, performance)
    _print_endings(tr, performance)
    if data is not None:
        print_line(
            tr(
                f"数据库在 {data}；看一笔：jinbao case explain 业务号 --data {data}",
                f"The database lies in {data}; look at a case: jinbao case explain TRANSFER --data {data}",
            )
        )


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """An empty folder: the one named, or one that is gone afterwards."""
    if data is None:
        with tempfile.TemporaryDirectory(prefix="jinbao-story-") as folder:
            yield Path(folder)
        return
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise UserError(f"--data {data}：应为空文件夹或尚不存在", f"--data {data}: needs an empty or new folder")
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(*at(f"--data {data}", system_reason(error))) from error
    yield data


def _as_json(performance: Performance) -> dict[str, Any]:
    story = performance.story
    return {
        "story": story.name,
        "title": {"zh": story.title_zh, "en": story.title_en},
        "timeline": [_played_as_json(played) for played in performance.timeline],
        "transfers": [_ending_as_json(ending) for ending in performance.endings],
        "ledger_fen": {f"{province} {account}": fen for (province, account), fen in performance.ledger.items()},
        "counts": performance.counts,
    }


def _played_as_json(played: Played) -> dict[str, Any]:
    then = played.fact.then if played.fact is not None else None
    return {
        "at": formatting.in_shanghai(played.at),
        "step": played.step,
        "sender": played.sender,
        "type": played.type,
        "transfer": played.transfer or None,
        "outcome": played.outcome,
        "code": played.code,
        "field": played.field,
        "waited": played.waited,
        "state": then.state if then else None,
        "clocks_started": [{"clock": s.clock, "run": s.run, "due": s.due} for s in then.started] if then else [],
        "clocks_ended": [{"clock": e.clock, "run": e.run, "outcome": e.outcome} for e in then.ended] if then else [],
        "postings": [
            {"province": p.province, "account": p.account, "fen": p.personal_fen + p.pooling_fen + p.unallocated_fen}
            for p in (then.postings if then else ())
        ],
    }


def _ending_as_json(ending: Ending) -> dict[str, Any]:
    row = ending.row
    return {
        "name": ending.transfer,
        "transfer": row.transfer_id,
        "kind": row.kind,
        "origin": row.origin,
        "destination": row.destination,
        "state": row.state,
        "waiting_for": row.waiting_for or None,
        "due": row.due or None,
        "sheet_total_fen": row.sheet_total,
        "clocks": [{"clock": c.clock, "run": c.run, "due": c.due, "outcome": c.outcome} for c in ending.clocks],
        "money_fen": ending.money,
    }


# --- for people ---


def _print_timeline(tr: Translator, performance: Performance) -> None:
    story = performance.story
    print_line(tr(story.title_zh, story.title_en) or story.name)
    if about := tr(story.about_zh, story.about_en):
        print_line(about)
    heads = [("时间（北京）", "time (Beijing)"), ("报送方", "sender"), ("报文", "message"), ("业务", "transfer")]
    heads += [("结果", "outcome"), ("其后", "then")]
    rows = [
        (
            formatting.instant(p.at),
            tr.of(labels.province(p.sender)),
            tr.of(labels.message(p.type)),
            p.transfer,
            _outcome(tr, p),
            _then(tr, p),
        )
        for p in performance.timeline
    ]
    print_table([tr(*head) for head in heads], rows)


def _outcome(tr: Translator, played: Played) -> str:
    text = tr.of(case_labels.RESULTS[played.outcome])
    if played.waited:
        text = tr(f"等待后{text}", f"{text} after waiting")
    if played.code:
        why = tr.of(code_labels.why_not_taken(played.code, waits=played.outcome == "parked"))
        text += tr(f"：{played.code} {why}", f": {played.code} {why}")
    return f"{text} ({played.field})" if played.field else text


def _then(tr: Translator, played: Played) -> str:
    if played.fact is None:
        return ""
    then, parts = played.fact.then, []
    if then.state is not None:
        parts.append(tr.of(case_labels.state(then.state)))
    parts += [f"{tr.of(case_labels.clock(e.clock))} {tr.of(case_labels.CLOCK_ENDS[e.outcome])}" for e in then.ended]
    parts += [
        tr(f"{tr.of(case_labels.clock(s.clock))}限 {s.due}", f"{tr.of(case_labels.clock(s.clock))} due {s.due}")
        for s in then.started
    ]
    parts += (_posted(tr, posting) for posting in then.postings)
    if then.late:
        parts.append(tr("迟报", "reported late"))
    return tr("；", "; ").join(parts)


def _posted(tr: Translator, posting: Posting) -> str:
    account, amount = (
        tr.of(ledger_labels.ACCOUNTS[posting.account]),
        posting.personal_fen + posting.pooling_fen + posting.unallocated_fen,
    )
    if amount == 0:
        return tr(f"{account}重分个人与统筹", f"{account} divided anew")
    return f"{account} {'+' if amount > 0 else ''}{formatting.yuan(amount)}"


def _print_endings(tr: Translator, performance: Performance) -> None:
    heads = [("业务", "transfer"), ("业务号", "id"), ("状态", "state"), ("待办方", "waits for"), ("到期", "due")]
    heads += [("期限", "clocks"), ("资金（元）", "money (yuan)")]
    rows = []
    for ending in performance.endings:
        clocks = tr("；", "; ").join(
            f"{tr.of(case_labels.clock(c.clock))} {c.due} {tr.of(case_labels.clock_end(c.outcome))}".rstrip()
            for c in ending.clocks
        )
        money = tr("；", "; ").join(
            f"{tr.of(ledger_labels.ACCOUNTS[account])} {formatting.yuan(fen)}" for account, fen in ending.money.items()
        )
        row = ending.row
        turn = tr.of(labels.province(row.waiting_for)) if row.waiting_for else ""
        rows.append(
            (
                ending.transfer,
                str(row.transfer_id)[:8],
                tr.of(case_labels.state(row.state)),
                turn,
                row.due,
                clocks,
                money,
            )
        )
    print_table([tr(*head) for head in heads], rows, title=tr("结局", "At the end"))
    last = performance.timeline[-1].at if performance.timeline else 0
    counts = tr("，", ", ").join(
        f"{tr.of(case_labels.RESULTS[name])} {count}" for name, count in performance.counts.items()
    )
    print_line(f"{day_of(last)}  {counts}")
