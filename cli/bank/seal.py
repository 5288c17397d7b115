"""`jinbao reconcile seal`: a person signs a province's month, every account of it or none."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from jinbao.cli.bank.month import MonthOption, NeededProvinceOption, of_province, read_month
from jinbao.cli.bank.office import bank_office, find_account, refusal, signing
from jinbao.cli.clock import present
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line
from jinbao.cli.reading import reading
from jinbao.language.words import Translator
from jinbao.platform.month_seals import refused_seals, seal_to_sign
from jinbao.platform.national_platform import law_in_force
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.local.bank_book import Told
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.schemas.messages.month_seal import MonthSealed
from jinbao.service.settings import Settings

UserOption = Annotated[str | None, typer.Option("--user", help=prose("Who signs; else the user's name"), metavar="U")]


def seal(
    ctx: typer.Context,
    province: NeededProvinceOption,
    month: MonthOption,
    user: UserOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0 once every account of the province is sealed; 1, with each reason, where one cannot be: then none is."""
    tr, asked, operator = translator(ctx), read_month(month), signing(user)
    check_province(province)
    with reading(data, database) as (settings, work):
        accounts = of_province(work, province, asked).accounts
        seals = [seal_to_sign(account, operator) for account in accounts if account.seal is None]
        held = refused_seals(work, seals, present(settings), law_in_force(settings.procedure))
        refused = {
            _account(one): Told(DocumentState.REJECTED, rejection.code, rejection.field) for one, rejection in held
        }
    sealed = {UUID(bytes=account.account.id): account.seal.figures_hash for account in accounts if account.seal}
    if seals and not refused:
        told = dict(zip(map(_account, seals), _send(tr, settings, province, seals), strict=True))
        refused = {account: one for account, one in told.items() if one.state is DocumentState.REJECTED}
        sealed |= {_account(one): one.figures_hash for one in seals if _account(one) not in refused}
    if as_json:
        print_json(
            {
                "province": province,
                "month": str(asked),
                "sealed": [{"account": account, "figures_hash": of} for account, of in sealed.items()],
                "refused": [
                    {"account": account, "code": one.code, "field": one.field, "text": tr.of(refusal(one))}
                    for account, one in refused.items()
                ],
            }
        )
    else:
        for account, of in sealed.items():
            print_line(tr(f"{account}：{asked} 已签封 {of}", f"{account}: {asked} is sealed, {of}"))
        for account, one in refused.items():
            print_line(f"{account}: {one.code} {tr.of(refusal(one))}")
    if refused:
        raise typer.Exit(1)


def _account(seal: MonthSealed) -> UUID:
    return UUID(bytes=seal.envelope.account_id)


def _send(tr: Translator, settings: Settings, province: str, seals: list[MonthSealed]) -> list[Told]:
    """Write the seals in the province's own system, and wait for the platform's answers."""
    names = [name for name in MonthSealed.__struct_fields__ if name != "envelope"]
    numbers = [find_account(settings, str(_account(one)))[1].number for one in seals]
    with bank_office(settings, province) as office:
        now, said = present(settings), []
        for number, one in zip(numbers, seals, strict=True):
            fields = {name: getattr(one, name) for name in names}
            said.append(office.local.bank.say(MonthSealed.NAME, number, fields, one.envelope.operator, now))
        return office.send(tr, said)
