"""`jinbao audit replay`: the read models folded anew in a fresh place, and held against those that people read."""

from __future__ import annotations

from typing import Annotated

import typer

from jinbao.cli.exit_codes import FAILED
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.cli.reading import opened
from jinbao.platform.audit.history.closes import Departure
from jinbao.platform.audit.history.replay import BeyondTheEnd, as_json, replay as replayed
from jinbao.platform.audit.history.snapshots import kept_in
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings

HELP = prose("Fold the read models anew in a fresh place, and compare them")


def replay(
    ctx: typer.Context,
    position: Annotated[
        int | None, typer.Option("--position", min=0, help=prose("Nothing behind this event of the log"))
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json_: JsonOption = False,
) -> None:
    """Exit 0 where all are equal, 1 where one is not, 2 where it cannot be done."""
    tr, settings = translator(ctx), load_settings(data, database=database)
    with opened(settings) as store:
        try:
            found = replayed(store, position, snapshots_in=kept_in(settings.data))
        except BeyondTheEnd as error:
            raise UserError(*error.words) from None
    told = as_json(found)
    if as_json_:
        print_json(told)
    else:
        words = {True: tr("一致", "equal"), False: tr("不一致", "differs"), None: tr("未比较", "not compared")}
        columns = [tr("读模型", "read model"), tr("行", "rows"), tr("摘要", "digest")]
        columns += [tr("日终", "closes"), tr("结果", "result")]
        print_table(columns, [(one.name, one.rows, one.digest, one.closes, words[one.equal]) for one in found])
        for one in found:
            if isinstance(one.first_difference, Departure):
                day, position, version, logged, rebuilt_as = one.first_difference
                print_line(
                    tr(
                        f"{one.name}：{day} 日终（事件 {position}，版本 {version}）记为 {logged}，现得 {rebuilt_as}",
                        f"{one.name}: the close of {day} (event {position}, version {version}) says {logged}, "
                        f"it is folded to {rebuilt_as} now",
                    )
                )
            elif one.first_difference is not None:
                table, live, rebuilt = one.first_difference
                print_line(f"{table}: " + tr(f"现有 {live}；重建 {rebuilt}", f"read {live}; rebuilt {rebuilt}"))
    if not told["equal"]:
        raise typer.Exit(FAILED)
