"""`jinbao audit sample`: a sample of the transfers that anybody can draw again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from jinbao.cli.clock import present
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_note, print_table
from jinbao.cli.reading import opened
from jinbao.cli.this_user import this_user
from jinbao.platform.audit.questions.sample import Drawn, Method, Sample, WrongDraw, draw
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings

HELP = prose("Draw a sample of the transfers that anybody can draw again; each draw is logged")


def sample(
    ctx: typer.Context,
    n: Annotated[int, typer.Option("--n", help=prose("How many transfers"))],
    seed: Annotated[str, typer.Option("--seed", metavar="TEXT", help=prose("Any text; it alone decides the draw"))],
    method: Annotated[
        Method, typer.Option("--method", help=prose("Each alike, or by amount or risk the heavier the likelier"))
    ] = "random",
    user: Annotated[str, typer.Option("--user", metavar="NAME", help=prose("Who draws"))] = "",
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0 where a sample was drawn, 2 where it cannot be."""
    tr, settings = translator(ctx), load_settings(data, database=database)
    now = present(settings)
    with opened(settings) as store:
        try:
            drawn = draw(store, seed, n, method, user or this_user("auditor"), now)
        except WrongDraw as error:
            raise UserError(*error.words) from None
    for one in drawn.earlier:
        if one.seed != seed:
            zh = f"同一总体此前已抽过：{one.by}，种子 {one.seed}，{one.method}，{one.n} 笔"
            en = f"the same population was drawn from before: by {one.by}, seed {one.seed}, {one.method}, {one.n}"
            print_note(tr(zh, en))
    if as_json:
        print_json(sample_as_json(drawn))
        return
    whole = drawn.population
    print_line(tr(f"总体 {whole.n:,} 笔", f"population {whole.n:,}") + f"  {whole.digest}  {whole.position:,}")
    print_table([tr("业务", "transfer"), tr("键", "key"), tr("权重", "weight")], drawn.picked)


def sample_as_json(drawn: Sample) -> dict[str, Any]:
    """As `--json` and the pages tell it."""
    return {
        "population": drawn.population,
        "sample": [one._asdict() for one in drawn.picked],
        "earlier": [_as_json(one) for one in drawn.earlier],
    }


def _as_json(one: Drawn) -> dict[str, Any]:
    return {"by": one.by, "seed": one.seed, "method": one.method, "n": one.n}
