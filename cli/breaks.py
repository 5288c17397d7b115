"""`jinbao breaks`: what is not explained between banks and ledger, one by one, and what an officer says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, NoReturn, TypeVar
from uuid import UUID

import typer

from jinbao.cli.bank_office import bank_office, find_account, refusal, signing
from jinbao.cli.clock import present
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_view
from jinbao.cli.reconcile import AsOfOption, ProvinceOption, reconciled_as_of
from jinbao.language.words import Translator, Words
from jinbao.platform.bank_matching.values import Break
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.local.bank_book import Told
from jinbao.regional_adapter.local.local_system import DocumentState
from jinbao.rules.working_days import load_working_days
from jinbao.schemas.messages import BreakInvestigated, ConfirmationAnnulled, EntryConfirmed
from jinbao.service.errors import UserError
from jinbao.service.settings import Settings, load_settings
from jinbao.views.statement_reconciliation import break_as_json, breaks_page

app = typer.Typer(help=prose("Breaks: what is not explained between banks and ledger"), no_args_is_help=True)

_Found = TypeVar("_Found")
Fields = Mapping[str, str | bytes | None]
BreakArgument = Annotated[str, typer.Argument(help=prose("Id of the break, or how it begins"), metavar="BREAK")]
UserOption = Annotated[str | None, typer.Option("--user", help=prose("Who says it; else the user's name"), metavar="U")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help=prose("Why, without personal data"), metavar="TEXT")]


@app.command("list", help=prose("Open breaks, the oldest first"))
def list_(
    ctx: typer.Context,
    as_of: AsOfOption = None,
    province: ProvinceOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a line a break; in JSON a list."""
    reconciled, _ = reconciled_as_of(data, database, as_of, province)
    found, calendar = reconciled.breaks(province), load_working_days()
    if as_json:
        print_json([break_as_json(reconciled, one, calendar) for one in found])
    else:
        print_view(breaks_page(translator(ctx), reconciled, found, calendar))


@app.command(help=prose("Say that somebody looks into a break"))
def investigate(
    ctx: typer.Context,
    break_id: BreakArgument,
    user: UserOption = None,
    reason: ReasonOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0 once the platform has taken it, 1 where it has not."""
    settings = load_settings(data, database=database, bus=bus)
    found = _find(break_id, [(one.id, one) for one in reconciled_as_of(data, database, None, None)[0].breaks()])
    fields: Fields = {"break_id": found.id.bytes, "reason_text": reason}
    _tell(translator(ctx), settings, found.id, _account(found), BreakInvestigated.NAME, fields, user, as_json)


@app.command(help=prose("Say which payment a bank entry is: one of its candidates, checked again"))
def confirm(
    ctx: typer.Context,
    break_id: BreakArgument,
    payment: Annotated[str, typer.Option("--payment", help=prose("Payment reference, RF..."), metavar="RF")],
    user: UserOption = None,
    reason: ReasonOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0 once the platform has taken it, 1 where the payment is no candidate or another was quicker."""
    tr, settings = translator(ctx), load_settings(data, database=database, bus=bus)
    found = _find(break_id, [(one.id, one) for one in reconciled_as_of(data, database, None, None)[0].breaks()])
    if payment not in found.candidates or not isinstance(found.anchor, bytes):
        known = ", ".join(found.candidates)
        zh, en = f"{payment} 不是此差异的候选付款", f"{payment} is no candidate of this break"
        _refuse(
            tr, found.id, "NO_CANDIDATE", (f"{zh}：{known or '没有候选'}", f"{en}: {known or 'it has none'}"), as_json
        )
    fields: Fields = {"entry": found.anchor, "payment_reference": payment, "reason_text": reason}
    _tell(tr, settings, found.id, _account(found), EntryConfirmed.NAME, fields, user, as_json)


@app.command(help=prose("Take a confirmation back: the entry is unexplained again"))
def annul(
    ctx: typer.Context,
    break_id: BreakArgument,
    user: UserOption = None,
    reason: ReasonOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0 once the platform has taken it, 1 where it has not."""
    settings = load_settings(data, database=database, bus=bus)
    confirmed = reconciled_as_of(data, database, None, None)[0].confirmed()
    one = _find(break_id, [(one.break_id, one) for one in confirmed])
    fields: Fields = {"entry": one.entry, "reason_text": reason}
    account = UUID(bytes=one.account)
    _tell(translator(ctx), settings, one.break_id, account, ConfirmationAnnulled.NAME, fields, user, as_json)


def _find(text: str, named: Iterable[tuple[UUID, _Found]]) -> _Found:
    """The one whose break's id begins so. Raises UserError."""
    found = [one for name, one in named if str(name).startswith(text)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            f"{text}：有 {len(found)} 个这样开头的编号，请写全", f"{text}: {len(found)} ids begin so; give more of it"
        )
    raise UserError(
        f"{text}：没有这个差异；用 jinbao breaks list 查看", f"{text}: there is no such break; see jinbao breaks list"
    )


def _account(found: Break) -> UUID:
    """The account in whose stream a break is spoken of. Raises UserError."""
    if found.account is None:
        raise UserError("此差异不属于某一个银行账户", "this break belongs to no single bank account")
    return UUID(bytes=found.account)


def _tell(
    tr: Translator,
    settings: Settings,
    break_id: UUID,
    account: UUID,
    kind: str,
    fields: Fields,
    user: str | None,
    as_json: bool,
) -> None:
    """Write it in the province's own system and wait for the platform's answer; exit 1 where it is refused."""
    province, own = find_account(settings, str(account))
    with bank_office(settings, province) as office:
        message = office.local.bank.say(kind, own.number, fields, signing(user), present(settings))
        told: Told = office.send(tr, [message])[0]
    if told.state is DocumentState.REJECTED:
        assert told.code is not None, "a refusal has its code"
        _refuse(tr, break_id, told.code, refusal(told), as_json)
    if as_json:
        print_json({"break": break_id, "refused": []})
    else:
        print_line(tr(f"{break_id}：已受理", f"{break_id}: accepted"))


def _refuse(tr: Translator, break_id: UUID, code: str, words: Words, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"break": break_id, "refused": [{"code": code, "text": tr.of(words)}]})
    else:
        print_line(f"{break_id}: {code} {tr.of(words)}")
    raise typer.Exit(1)
