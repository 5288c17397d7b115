"""`jinbao adapter witness`: an adapter as a witness of the log: its key, what it has cosigned last, its evidence."""

from __future__ import annotations

import sqlite3
from typing import Annotated

import typer

from jinbao.cli.exit_codes import FAILED
from jinbao.cli.language import translator
from jinbao.cli.options import DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.exchange.witness import kept_in
from jinbao.service.errors import UserError
from jinbao.service.province import Province
from jinbao.service.settings import load_settings

HELP = prose("The adapter as a witness of the log: its key, its last checkpoint, its evidence")


def witness(
    ctx: typer.Context,
    province: Annotated[str, typer.Option("--province", help=prose("Code of the province, e.g. 41"), metavar="PP")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 1 where it has refused a checkpoint of the log: both are printed, each signed by the log."""
    tr = translator(ctx)
    check_province(province)
    place = Province(load_settings(data).data, province)
    file = place.witness_file
    if not file.is_file():
        raise UserError(
            f"{file}：该适配器还不是见证方；运行一次适配器，并把策略文件放在 audit/policy",
            f"{file}: this adapter is no witness yet; lay the policy at audit/policy and run the adapter once",
        )
    try:
        key, kept, evidence = kept_in(file)
    except sqlite3.Error as error:
        raise UserError(f"{file}：无法读取：{error}", f"{file}: cannot be read: {error}") from None
    line = f"witness province-{province} {key}"
    if as_json:
        told = [{**one._asdict(), "at": formatting.iso(one.at_us)} for one in evidence]
        print_json({"policy_line": line, "cosigned": kept, "evidence": told})
    else:
        print_line(line)
        for note in kept:
            print_line(tr("最近见证的检查点：", "cosigned last:") + "\n" + note)
        for one in evidence:
            when = formatting.instant(one.at_us)
            print_line(tr(f"{when} 拒绝（FORKED）：", f"{when} refused (FORKED):") + "\n" + one.shown)
            print_line(tr("与此不符：", "it does not fit:") + "\n" + one.kept)
            if one.proof:
                print_line(tr("证明：", "by the proof:") + f" {one.proof}")
    if evidence:
        raise typer.Exit(FAILED)
