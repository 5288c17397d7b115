"""`jinbao desk`: a clerk's door to one agency's office: what waits, a case, doing something, taking it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from jinbao.cli.clock import ClockOption, present
from jinbao.cli.desk_access import record_view
from jinbao.cli.language import translator
from jinbao.cli.options import DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_view
from jinbao.cli.this_user import this_user
from jinbao.language.words import Words
from jinbao.platform.limits import LIST_LIMIT
from jinbao.presentation.labels import labelled
from jinbao.presentation.office_labels import CANNOT, FIELD_KINDS
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.regional_adapter.office.actions import ACTIONS
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.draft import Field, FieldKind, OfficeError
from jinbao.regional_adapter.office.office import Office
from jinbao.regional_adapter.office.typed import typed
from jinbao.service.errors import UserError
from jinbao.service.province import Province
from jinbao.service.province_files import working
from jinbao.service.settings import load_settings
from jinbao.views.office import (
    case_as_json,
    draft_as_json,
    draft_page,
    office_case_page,
    submitted_as_json,
    submitted_page,
    waiting_as_json,
    waiting_page,
)

app = typer.Typer(help=prose("A clerk's desk: what waits, a case, doing something"), no_args_is_help=True)

ProvinceOption = Annotated[str, typer.Option("--province", help=prose("Code of the province, e.g. 41"), metavar="PP")]
CaseArgument = Annotated[str, typer.Argument(help=prose("Application, letter, or transfer id"), metavar="CASE")]
DocumentArgument = Annotated[int, typer.Argument(help=prose("Number of the document, as show lists it"), metavar="N")]
FieldOption = Annotated[
    list[str] | None, typer.Option("--field", help=prose("A field of the form, once for each"), metavar="NAME=VALUE")
]
ReasonOption = Annotated[str, typer.Option("--reason", help=prose("Why it is taken back"), metavar="TEXT")]
OperatorOption = Annotated[
    str | None, typer.Option("--operator", help=prose("The clerk who signs; else the user's name"), metavar="NAME")
]


@app.command("list", help=prose("What waits for a clerk, the most urgent first"))
def list_(
    ctx: typer.Context,
    province: ProvinceOption,
    everything: Annotated[bool, typer.Option("--all", help=prose("Also what waits for others"))] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help=prose("A page of so many cases, in order of number"))
    ] = None,
    after: Annotated[
        str, typer.Option("--after", metavar="CASE", help=prose("The page after this case"), show_default=False)
    ] = "",
    clock: ClockOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the cases that wait, with state, turn, due day and why."""
    with _office(province, data, clock) as (office, now):
        limit = LIST_LIMIT if limit is None and after else limit
        found = office.waiting(now, everything=everything, limit=limit, after=after)
        if as_json:
            print_json([waiting_as_json(w) for w in found])
        else:
            print_view(waiting_page(translator(ctx), found))


@app.command(help=prose("A case: its documents both ways, and what can be done now"))
def show(
    ctx: typer.Context,
    case: CaseArgument,
    province: ProvinceOption,
    clock: ClockOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print one case of the agency."""
    with _office(province, data, clock) as (office, now):
        found = office.find(case, now)
        record_view(load_settings(data), province, found, "view", now)
        if as_json:
            print_json(case_as_json(office, found))
        else:
            print_view(office_case_page(translator(ctx), office, found))


@app.command(help=prose("Do something on a case, or begin one; --form shows the prefilled form"))
def act(
    ctx: typer.Context,
    case: CaseArgument,
    action: Annotated[str, typer.Argument(help=prose("What to do, as show lists it"), metavar="ACTION")],
    province: ProvinceOption,
    field: FieldOption = None,
    form: Annotated[bool, typer.Option("--form", help=prose("Only show the prefilled form"))] = False,
    operator: OperatorOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Submit the form of an action; what the fields say takes the place of what is prefilled."""
    with _office(province, data) as (office, now):
        found = _case(office, case, action, now)
        plain = office.draft(found, action, {}) if action in ACTIONS else None
        given = _given(field, plain.fields() if plain else ())
        if form:
            draft = office.draft(found, action, given)
            record_view(load_settings(data), province, found, "fill_in", now)
            if as_json:
                print_json(draft_as_json(action, draft))
            else:
                print_view(draft_page(translator(ctx), action, draft))
            return
        written = [office.submit(found, action, given, _signing(operator), now)]
        _print_submitted(ctx, written, as_json)


@app.command(help=prose("Take back a document of this agency, while nobody has acted on it"))
def annul(
    ctx: typer.Context,
    case: CaseArgument,
    document: DocumentArgument,
    province: ProvinceOption,
    reason: ReasonOption,
    operator: OperatorOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that a document was a mistake; the platform decides."""

    def write(office: Office, found: Case, now: int) -> list[LocalDocument]:
        return [office.annul(found, document, reason, _signing(operator), now)]

    _change(ctx, case, province, data, as_json, write)


@app.command(help=prose("Say a document again with other fields; one that stands is taken back first"))
def correct(
    ctx: typer.Context,
    case: CaseArgument,
    document: DocumentArgument,
    province: ProvinceOption,
    reason: ReasonOption,
    field: FieldOption = None,
    operator: OperatorOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Correct a document of this agency."""

    def write(office: Office, found: Case, now: int) -> list[LocalDocument]:
        given = _given(field, office.draft_again(found, document).fields())
        return office.correct(found, document, given, reason, _signing(operator), now)

    _change(ctx, case, province, data, as_json, write)


def _change(
    ctx: typer.Context,
    case: str,
    province: str,
    data: Path | None,
    as_json: bool,
    write: Callable[[Office, Case, int], list[LocalDocument]],
) -> None:
    """Write on a case that is known, and print what was written."""
    with _office(province, data) as (office, now):
        _print_submitted(ctx, write(office, office.find(case, now), now), as_json)


def _print_submitted(ctx: typer.Context, written: Sequence[LocalDocument], as_json: bool) -> None:
    if as_json:
        print_json(submitted_as_json(written))
    else:
        print_view(submitted_page(translator(ctx), written))


def _signing(operator: str | None) -> str:
    """Who signs: the clerk named, else the user of this machine."""
    return operator or this_user("desk")


@contextmanager
def _office(province: str, data: Path | None, clock: str | None = None) -> Iterator[tuple[Office, int]]:
    """The office of a province in a data folder, and the present there, microseconds since 1970 UTC.

    Raises UserError, also for what the office cannot do.
    """
    check_province(province)
    settings = load_settings(data)
    place = Province(settings.data, province)
    file = place.local_file
    if not file.is_file():
        raise UserError(
            f"{file}：没有该省的本地系统；请用 --data 指明数据目录，或先运行该省的适配器",
            f"{file}: no local system of that province; name its folder by --data, or run its adapter first",
        )
    local = place.local_system()
    try:
        with working(settings.data, [file]):
            yield Office(local), present(settings, clock)
    except OfficeError as error:
        raise UserError(*_told(error)) from None
    finally:
        local.close()


def _case(office: Office, name: str, action: str, now: int) -> Case:
    """The case of that name; for what begins something, a number under which nothing is known is a new one."""
    try:
        return office.find(name, now)
    except OfficeError as error:
        if error.code == "NO_CASE" and action in ACTIONS and ACTIONS[action].begins:
            return office.case(name, now)
        raise


def _given(options: Sequence[str] | None, fields: Sequence[Field]) -> Mapping[str, Any]:
    """What the clerk says, by field, as a form stores it. Raises UserError for what is no value of its field."""
    known = {field.name: field for field in fields}
    given = {}
    for option in options or ():
        name, equals, value = option.partition("=")
        if not equals:
            raise UserError(f"--field {option}：应为 名称=值", f"--field {option}: expected name=value")
        given[name] = _value(name, value, known[name].kind if name in known else "text")
    return given


def _value(name: str, text: str, kind: FieldKind) -> Any:
    try:
        return typed(text, kind)
    except ValueError:
        zh, en = FIELD_KINDS[kind]
        raise UserError(f"--field {name}={text}：应为{zh}", f"--field {name}={text}: expected {en}") from None


def _told(error: OfficeError) -> Words:
    """What the office could not do, where, and what to do."""
    zh, en = labelled(CANNOT, error.code)
    where = f"{error.subject}：" if error.subject else ""
    return f"{where}{zh}{error.expected[0]}", f"{where.replace('：', ': ')}{en} {error.expected[1]}".strip()
