"""`jinbao fuzz`: changed valid inputs and noise for readers, codec and intake; what fails is kept to be run again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from jinbao.cli.exit_codes import FAILED
from jinbao.cli.language import translator
from jinbao.cli.options import DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_table, progress
from jinbao.fuzz.apart import fuzz_apart
from jinbao.fuzz.campaign import FuzzFailure, FuzzReport, replay as run_again
from jinbao.fuzz.catalogue import ALL, named
from jinbao.fuzz.target import FuzzTarget
from jinbao.language.system_errors import system_reason
from jinbao.language.words import Translator
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.files.mapping.shapes import nearest
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings

app = typer.Typer()


@app.command(help=prose("Feed readers, codec and intake changed inputs and noise"))
def fuzz(
    ctx: typer.Context,
    target: Annotated[str, typer.Option("--target", metavar="NAME", help=prose("One target, or all"))] = ALL,
    n: Annotated[int, typer.Option("--n", min=1, metavar="N", help=prose("Number of inputs"))] = 20_000,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help=prose("Seed of the inputs"))] = 1,
    replay: Annotated[
        Path | None,
        typer.Option("--replay", metavar="FILE", help=prose("Run a kept input again"), show_default=False),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0 where every input had one outcome in time, 1 where one failed, 2 for wrong arguments."""
    tr = translator(ctx)
    chosen = _chosen(target)
    if replay is not None:
        if len(chosen) != 1:
            zh, en = "--replay 需要以 --target 指明一个目标", "--replay needs one target, named by --target"
            raise UserError(zh, en)
        try:
            report = run_again(chosen[0], replay)
        except OSError as error:
            zh, en = system_reason(error)
            raise UserError(f"--replay {replay}：{zh}", f"--replay {replay}: {en}") from None
    else:
        folder = load_settings(data).data / "fuzz"
        with progress(tr("模糊测试", "fuzzing"), n) as advance:
            report = fuzz_apart(partial(named, target), n, seed, folder, lambda _: advance(1))
    if as_json:
        print_json(_as_json(report))
    else:
        _print(tr, report)
    if report.failures:
        raise typer.Exit(FAILED)


def _chosen(name: str) -> Sequence[FuzzTarget]:
    """Raises UserError."""
    try:
        if chosen := named(name):
            return chosen
        known = [one.name for one in named(ALL)]
    except OSError as error:
        zh, en = system_reason(error)
        text = f"examples/provinces: {en}; jinbao fuzz runs where the source code lies"
        raise UserError(f"examples/provinces：{zh}；jinbao fuzz 须在源代码目录中运行", text) from None
    near, choices = nearest(name, known), ", ".join([ALL, *known])
    zh = f"--target {name}：没有这个目标" + (f"，是否为 {near}？" if near else "") + f" 可选：{choices}"
    en = f"--target {name}: no such target" + (f"; did you mean {near}?" if near else "") + f" Known: {choices}"
    raise UserError(zh, en)


def _command(failure: FuzzFailure) -> str:
    """Runs a kept input again."""
    return f"jinbao fuzz --target {failure.target} --replay {quote(str(failure.file))}"


def _as_json(report: FuzzReport) -> dict[str, object]:
    return {
        "inputs": report.inputs,
        "outcomes": report.outcomes,
        "codes": report.codes,
        "past_decoding": report.past_decoding,
        "slowest_ms": round(report.slowest_ms, 1),
        "failures": [{"file": one.file, "command": _command(one), "reason": one.reason} for one in report.failures],
    }


def _print(tr: Translator, report: FuzzReport) -> None:
    print_line(
        tr(
            f"输入 {report.inputs} 个，其中 {report.past_decoding} 个读到了值；最慢 {report.slowest_ms:.0f} 毫秒",
            f"{report.inputs} inputs, {report.past_decoding} past decoding; slowest {report.slowest_ms:.0f} ms",
        )
    )
    print_table([tr("结果", "outcome"), tr("输入", "inputs")], report.outcomes.most_common())
    print_table([tr("代码", "code"), tr("输入", "inputs")], report.codes.most_common())
    if report.failures:
        rows = [(one.reason, _command(one)) for one in report.failures]
        print_table([tr("失败", "failure"), tr("重放", "run again")], rows)
