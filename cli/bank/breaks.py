"""`jinbao breaks`: what is not explained between banks and ledger, one by one, and what an officer says of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, NoReturn
from uuid import UUID

import typer

from jinbao.cli.bank.office import bank_office, find_account, refusal, signing
from jinbao.cli.bank.reconcile import AsOfOption, ProvinceOption, reconciled_as_of
from jinbao.cli.clock import present
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line, print_view
from jinbao.cli.reading import reading, today
from jinbao.language.words import Translator, Words
from jinbao.platform.projections.bank_accounts import officers_words
from jinbao.platform.projections.clearing import clearing, cured_elsewhere
from jinbao.platform.projections.found_breaks import FoundBreak, as_found, found_breaks, is_taken_elsewhere
from jinbao.platform.projections.payment_reports import transfers_paid
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.local.bank_book import Fields, Told
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.rules.working_days import load_working_days
from jinbao.schemas.messages import BreakInvestigated, ConfirmationAnnulled, EntryConfirmed
from jinbao.schemas.messages.bank_findings import BreaksCleared
from jinbao.service.errors import UserError
from jinbao.service.settings import Settings, load_settings
from jinbao.views.breaks import break_as_json, breaks_page, references_of

app = typer.Typer(help=prose("Breaks: what is not explained between banks and ledger"), no_args_is_help=True)

BreakArgument = Annotated[str, typer.Argument(help=prose("Id of the break, or how it begins"), metavar="BREAK")]
UserOption = Annotated[str | None, typer.Option("--user", help=prose("Who says it; else the user's name"), metavar="U")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help=prose("Why, without personal data"), metavar="TEXT")]


@app.command("list", help=prose("Open breaks, the oldest first"))
def list_(
    ctx: typer.Context,
    as_of: AsOfOption = None,
    province: ProvinceOption = None,
    resolved: Annotated[bool, typer.Option("--resolved", help=prose("Those that were resolved, too"))] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a line a break; in JSON a list."""
    settings, calendar = load_settings(data, database=database), load_working_days()
    if as_of is None:
        check_province(province)
        with reading(data, database) as (_, work):
            found, day = found_breaks(work, province, resolved=resolved), today(settings, work)
    else:
        reconciled, _ = reconciled_as_of(data, database, as_of, province)
        day = reconciled.as_of
        with reading(data, database) as (_, work):
            known = {one.break_id: one for one in found_breaks(work, province)}
        found = [as_found(one, known.get(one.id)) for one in reconciled.breaks(province)]
    if as_json:
        references = [reference for one in found for reference in references_of(one)]
        with reading(data, database) as (_, work):
            transfers = transfers_paid(work, references)
        print_json([break_as_json(one, transfers, day, calendar) for one in found])
    else:
        print_view(breaks_page(translator(ctx), found, day, calendar))


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
    found = _find(settings, break_id)
    fields: Fields = {"break_id": found.break_id.bytes, "reason_text": reason}
    _tell(translator(ctx), settings, found, BreakInvestigated.NAME, fields, user, as_json)


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
    found = _find(settings, break_id)
    if payment not in found.about.candidates or found.about.entry is None:
        known = ", ".join(found.about.candidates)
        zh, en = f"{payment} 不是此差异的候选付款", f"{payment} is no candidate of this break"
        words = (f"{zh}：{known or '没有候选'}", f"{en}: {known or 'it has none'}")
        _refuse(tr, found.break_id, "NO_CANDIDATE", words, as_json)
    fields: Fields = {"entry": found.about.entry, "payment_reference": payment, "reason_text": reason}
    told_apart = partial(_need_the_payment, tr, settings, found, payment, as_json)
    _tell(tr, settings, found, EntryConfirmed.NAME, fields, user, as_json, told_apart)


def _need_the_payment(tr: Translator, settings: Settings, found: FoundBreak, payment: str, as_json: bool) -> None:
    """Exit 1 where an officer of another account took the payment at the same time: the entry is no match of it."""
    with reading(settings.data, settings.database_url) as (_, work):
        is_taken = is_taken_elsewhere(work, found.about.entry or b"", payment)
    if is_taken:
        zh = f"另一账户的经办人同时确认了 {payment}，本笔仍是差异；请用 jinbao breaks annul 撤回其中一个"
        en = f"an officer of another account confirmed {payment} too and this stays a break; annul one of the two"
        _refuse(tr, found.break_id, "BANK_ENTRY_TAKEN", (zh, en), as_json)


@app.command(help=prose("Name the event that cured a break: what it brought and the break come to nothing"))
def resolve(
    ctx: typer.Context,
    break_id: BreakArgument,
    event: Annotated[str, typer.Option("--event", help=prose("Position or id of the curing event"), metavar="N")],
    user: UserOption = None,
    reason: ReasonOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0 once the platform has taken it, 1 where a difference remains."""
    tr, settings = translator(ctx), load_settings(data, database=database, bus=bus)
    found = _find(settings, break_id)
    with reading(data, database) as (_, work):
        cure = clearing(work, found, event)
        elsewhere = cured_elsewhere(work, found, event) if cure is None else None
    if elsewhere is not None:
        other, payment = elsewhere
        said: Fields = {"entry": other.about.entry, "payment_reference": payment, "reason_text": reason}
        _tell(tr, settings, other, EntryConfirmed.NAME, said, user, as_json)
        return
    if cure is None:
        yuan = formatting.yuan(found.difference_fen)
        zh = f"事件 {event} 没有给本省账户带来抵消差额 {yuan} 元的分录"
        en = f"event {event} brought nothing to an account of the province that makes up for {yuan} yuan"
        _refuse(tr, found.break_id, "DIFFERENCE_REMAINS", (zh, en), as_json)
    fields: Fields = {"break_ids": cure.breaks, "cured_by": cure.event, "reason_text": reason}
    _tell(tr, settings, found, BreaksCleared.NAME, fields, user, as_json)


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
    found = _find(settings, break_id, confirmed=True)
    fields: Fields = {"entry": found.about.entry, "reason_text": reason}
    _tell(translator(ctx), settings, found, ConfirmationAnnulled.NAME, fields, user, as_json)


def _find(settings: Settings, text: str, *, confirmed: bool = False) -> FoundBreak:
    """The one open break whose id begins so; or the one that was, and whose entry is confirmed. Raises UserError."""
    with reading(settings.data, settings.database_url) as (_, work):
        found = found_breaks(work, resolved=confirmed, begins=text)
        if confirmed:
            words = officers_words(work)
            entries = {entry for entry, word in words.items() if word.payment_reference}
            found = [one for one in found if one.about.entry in entries]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            f"{text}：有 {len(found)} 个这样开头的编号，请写全", f"{text}: {len(found)} ids begin so; give more of it"
        )
    raise UserError(
        f"{text}：没有这个差异；用 jinbao breaks list 查看", f"{text}: there is no such break; see jinbao breaks list"
    )


def _tell(
    tr: Translator,
    settings: Settings,
    found: FoundBreak,
    kind: str,
    fields: Fields,
    user: str | None,
    as_json: bool,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Write it in the province's own system, wait for the platform's answer, `check`; exit 1 where it is refused."""
    province, own = find_account(settings, str(found.account))
    with bank_office(settings, province) as office:
        message = office.local.bank.say(kind, own.number, fields, signing(user), present(settings))
        told: Told = office.send(tr, [message])[0]
    if told.state is DocumentState.REJECTED:
        assert told.code is not None, "a refusal has its code"
        _refuse(tr, found.break_id, told.code, refusal(told), as_json)
    check()
    if as_json:
        print_json({"break": found.break_id, "refused": []})
    else:
        print_line(tr(f"{found.break_id}：已受理", f"{found.break_id}: accepted"))


def _refuse(tr: Translator, break_id: UUID, code: str, words: Words, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"break": break_id, "refused": [{"code": code, "text": tr.of(words)}]})
    else:
        print_line(f"{break_id}: {code} {tr.of(words)}")
    raise typer.Exit(1)
