"""`jinbao audit finding add | remark | list`, `audit report`: what an auditor found, with its evidence."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

import typer

from jinbao.cli.clock import present
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.cli.reading import opened
from jinbao.cli.this_user import this_user
from jinbao.cli.writing import write_file
from jinbao.language.system_errors import system_reason
from jinbao.language.words import Translator
from jinbao.platform.audit.log.verifications import latest
from jinbao.platform.audit.questions.findings import (
    SEVERITY_WORDS,
    Evidence,
    EvidenceFile,
    Severity,
    WrongFinding,
    add_finding,
    findings,
    remark as add_remark,
)
from jinbao.platform.audit.questions.report import Report, report as made_report
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings
from jinbao.views.audit_report import finding_as_json, report_file, state_words

REPORT_HELP = prose("Write the auditor's report: verifications, samples, findings with their evidence")
VERIFICATIONS_TOLD = 20
_MOST = 2**63 - 1
app = typer.Typer(help=prose("Findings with their evidence, as entries of the log"), no_args_is_help=True)
UserOption = Annotated[str, typer.Option("--user", metavar="NAME", help=prose("Who says it"))]
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, max=_MOST, help=prose("The finding's number"))]


@app.command("add", help=prose("Record a finding; what it rests on must exist"))
def add(
    ctx: typer.Context,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help=prose("In one line"))],
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help=prose("What was found"))],
    severity: Annotated[Severity, typer.Option("--severity", help=prose("How grave it is"))] = "medium",
    transfers: Annotated[
        list[str] | None, typer.Option("--transfer", metavar="ID", help=prose("A transfer that shows it; repeatable"))
    ] = None,
    positions: Annotated[
        list[int] | None,
        typer.Option("--position", min=1, max=_MOST, help=prose("An event that shows it; repeatable")),
    ] = None,
    draws: Annotated[
        list[int] | None,
        typer.Option("--draw", min=1, max=_MOST, help=prose("A draw in whose sample it was; repeatable")),
    ] = None,
    tests: Annotated[
        list[str] | None, typer.Option("--test", metavar="NAME", help=prose("A test that it was a hit of; repeatable"))
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--file", metavar="FILE", help=prose("A file that you keep; its SHA-256 is recorded; repeatable")),
    ] = None,
    user: UserOption = "",
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0 where it was recorded, 2 where it cannot be."""
    tr, settings = translator(ctx), load_settings(data, database=database)
    kept = [_file(path) for path in files or ()]
    evidence = Evidence(transfers or (), positions or (), draws or (), tests or (), kept)
    now = present(settings)
    with opened(settings) as store:
        try:
            number = add_finding(store, user or this_user("auditor"), severity, title, text, evidence, now)
        except WrongFinding as error:
            raise UserError(*error.words) from None
    if as_json:
        print_json({"number": number})
    else:
        print_line(tr(f"已记录第 {number} 号发现", f"recorded as finding {number}"))


@app.command("remark", help=prose("Say something of a finding, or close it"))
def remark(
    ctx: typer.Context,
    number: Number,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help=prose("What is to be said"))],
    close: Annotated[bool, typer.Option("--close", help=prose("It is settled by this"))] = False,
    user: UserOption = "",
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
) -> None:
    """Exit 0 where it was recorded, 2 where it cannot be; one that does not close opens the finding again."""
    tr, settings = translator(ctx), load_settings(data, database=database)
    now = present(settings)
    with opened(settings) as store:
        try:
            add_remark(store, number, user or this_user("auditor"), text, now, closes=close)
        except WrongFinding as error:
            raise UserError(*error.words) from None
    print_line(tr("已记录", "recorded"))


@app.command("list", help=prose("The findings, newest first"))
def list_(
    ctx: typer.Context,
    only_open: Annotated[bool, typer.Option("--open", help=prose("Those only that are not closed"))] = False,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Each with its evidence and what was said of it; all of it in `--json` and the report."""
    tr = translator(ctx)
    with opened(load_settings(data, database=database)) as store, store.read() as work:
        found = findings(work.bulk, only_open=only_open)
    if as_json:
        print_json({"findings": [finding_as_json(one) for one in found]})
        return
    heads = [tr("号", "number"), tr("时间", "at"), tr("记录人", "by"), tr("程度", "severity"), tr("状态", "state")]
    rows = [
        (
            one.finding.number,
            formatting.instant(one.finding.recorded_at),
            one.finding.body.by,
            tr.of(SEVERITY_WORDS[one.finding.body.severity]),
            tr.of(state_words(one)),
            one.finding.body.title,
        )
        for one in found
    ]
    print_table([*heads, tr("标题", "title")], rows)


def report(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help=prose("A new file"))],
    form: Annotated[
        Literal["pdf", "xlsx", "csv", "json"], typer.Option("--format", help=prose("How the report is written"))
    ] = "pdf",
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
) -> None:
    """Exit 0 where it was written, 2 where it cannot be."""
    tr, settings = translator(ctx), load_settings(data, database=database)
    with opened(settings) as store, store.read() as work:
        made = made_report(work.bulk, latest(settings.data, VERIFICATIONS_TOLD), present(settings))
    write_file(out, _pdf(tr, made) if form == "pdf" else report_file(tr, made, form))
    print_line(tr(f"{out}：{len(made.findings)} 项发现", f"{out}: {formatting.counted(len(made.findings), 'finding')}"))


def _pdf(tr: Translator, made: Report) -> bytes:
    from jinbao.web.forms_pdf.audit_report import report_pdf  # the compiler takes half a second to begin

    return report_pdf(tr, made)


def _file(path: Path) -> EvidenceFile:
    digest, size = sha256(), 0
    try:
        with path.open("rb") as file:
            while some := file.read(1 << 20):
                digest.update(some)
                size += len(some)
    except OSError as error:
        zh, en = system_reason(error)
        raise UserError(f"{path}：{zh}", f"{path}: {en}") from error
    return EvidenceFile(path.name, size, digest.hexdigest())
