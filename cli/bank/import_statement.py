"""`jinbao bank import`: a bank's statement taken in, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.bank.check import BankMappingOption, as_problem, wrong_mapping
from jinbao.cli.bank.office import OperatorOption, bank_office, find_account, refusal, signing
from jinbao.cli.clock import present
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line
from jinbao.cli.reading import opened
from jinbao.platform.projections.found_breaks import Standing, standing
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.files.mapping.mapping_file import WrongMappingError
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.statements.kept_mappings import read_for_account
from jinbao.regional_adapter.statements.statement_file import Refused, RefusedFileError
from jinbao.regional_adapter.statements.statement_import import TakenIn, take_in
from jinbao.service.settings import Settings, load_settings

HELP = prose("Take a bank's statement in: all of it, or nothing")


def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help=prose("Statement: camt.053, or CSV with --mapping"))],
    account: Annotated[str, typer.Option("--account", help=prose("Number or id of the account"), metavar="ACCOUNT")],
    mapping: BankMappingOption = None,
    replaces: Annotated[
        str | None,
        typer.Option("--replaces", metavar="ID", help=prose("Take the place of this statement, by its id at the bank")),
    ] = None,
    operator: OperatorOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0 once the platform has taken it, 1 where it is refused, 2 where account or mapping are wrong."""
    tr, settings = translator(ctx), load_settings(data, database=database, bus=bus)
    province, own = find_account(settings, account)
    taken, refused = TakenIn(0, 0, []), list[Refused]()
    with bank_office(settings, province) as office:
        bank = office.local.bank
        try:
            statements = read_for_account(bank, own.number, file, mapping)
            taken = take_in(bank, own.number, statements, signing(operator), present(settings), replaces)
        except RefusedFileError as error:
            refused = error.reasons
        except WrongMappingError as error:
            raise wrong_mapping(mapping or file, error) from None
        for told in office.send(tr, taken.messages):
            if told.state is DocumentState.REJECTED:
                assert told.code is not None, "a refusal has its code"
                refused.append(Refused(told.code, 1, refusal(told)))
    if refused:
        taken = TakenIn(0, 0, [])
    stands = Standing(0, 0, 0) if refused else _standing(settings, own.number)
    told_json = {
        "entries": {"new": taken.new, "known": taken.known},
        **stands._asdict(),
        "refused": [as_problem(tr, *reason) for reason in refused],
    }
    if as_json:
        print_json(told_json)
    elif not refused:
        zh, en = f"新增 {taken.new:,} 笔，已有 {taken.known:,} 笔", f"{taken.new:,} new entries, {taken.known:,} known"
        print_line(f"{file}: {tr(zh, en)}")
        zh, en = (
            f"已对上 {stands.matched:,} 笔，差异 {stands.breaks:,} 笔",
            f"{stands.matched:,} matched, {stands.breaks:,} breaks",
        )
        print_line(f"{own.number}: {tr(zh, en)}")
    else:
        print_line(tr(f"{file}：未导入", f"{file}: nothing is taken in"))
        for code, line, words in refused:
            print_line(f"  {tr(f'第 {line} 行', f'line {line}')}  {code}  {tr.of(words)}")
    if refused:
        raise typer.Exit(1)


def _standing(settings: Settings, number: str) -> Standing:
    """How the account stands up to the last day of its statements."""
    _, own = find_account(settings, number)
    if own.account is None:
        return Standing(0, 0, 0)
    with opened(settings) as store, store.read() as work:
        return standing(work, own.account)
