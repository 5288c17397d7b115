"""`jinbao audit tests`: what an auditor asks first, each test with its parameters, population and hits."""

from __future__ import annotations

from typing import Annotated

import typer

from jinbao.cli.clock import instant, instant_until
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.cli.reading import opened
from jinbao.platform.audit.questions.audit_tests.catalogue import FOREVER_US, as_json, run_tests
from jinbao.presentation.prose import prose
from jinbao.service.settings import load_settings

HELP = prose("What an auditor tests first: cut-off, roles, overrides, payments, accounts, hours, reads")
SHOWN = 10


def run(
    ctx: typer.Context,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help=prose("From this time on"))] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help=prose("Up to this time; a day counts whole"))
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json_: JsonOption = False,
) -> None:
    """A hit is something to look at, not a fault: exit 0 whatever was found, 2 where it cannot be done."""
    tr = translator(ctx)
    since_us = 0 if since is None else instant(since, "--from")
    until_us = FOREVER_US if until is None else instant_until(until, "--to")
    with opened(load_settings(data, database=database)) as store, store.read() as work:
        found = run_tests(work.bulk, since_us, until_us)
    if as_json_:
        print_json({"tests": as_json(found, tr)})
        return
    columns = [tr("测试", "test"), "", tr("总体", "population"), tr("命中", "hits"), tr("参数", "parameters")]
    rows = [
        (
            one.name,
            tr.of(one.words),
            one.population,
            len(one.hits),
            ", ".join(f"{name} {value}" for name, value in one.parameters.items()),
        )
        for one in found
    ]
    print_table(columns, rows)
    for one in found:
        for hit in one.hits[:SHOWN]:
            print_line(f"{one.name}  {hit.about}  {tr.of(hit.text)}")
        if len(one.hits) > SHOWN:
            more = f"{len(one.hits) - SHOWN:,}"
            print_line(f"{one.name}  " + tr(f"另有 {more} 处（--json）", f"and {more} more (--json)"))
