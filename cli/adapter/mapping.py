"""`jinbao adapter check-mapping`: what a mapping file makes of a sample, before anything is taken in by it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import JsonOption
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.language.words import Translator
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.files.form_rows import BadRow, HeldFileError, UnreadableFileError, UnusableFileError
from jinbao.regional_adapter.files.imports.import_file import import_file, province_of
from jinbao.regional_adapter.files.imports.imported_rows import ImportReport
from jinbao.regional_adapter.files.imports.rejects_file import write_rejects
from jinbao.regional_adapter.files.imports.remedies import REMEDIES
from jinbao.regional_adapter.files.mapping import mapping_file
from jinbao.regional_adapter.files.mapping.mapping_file import WrongMappingError, load_mapping
from jinbao.regional_adapter.files.mapping.shapes import Problem
from jinbao.regional_adapter.files.mapping.used_versions import keep_version
from jinbao.regional_adapter.files.mapping_check import CheckReport, check_file
from jinbao.rules.working_days import day_of
from jinbao.service.errors import UserError
from jinbao.service.province import Province
from jinbao.service.settings import Settings

HELP = prose("Say what a mapping file makes of a sample file")
WRONG_MAPPING = 2
"""Exit code where the mapping has mistakes."""

MappingOption = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="MAPPING", help=prose("Mapping file (TOML) that describes the file")),
]


def check_mapping(
    ctx: typer.Context,
    mapping: Annotated[Path, typer.Argument(metavar="MAPPING", help=prose("Mapping file (TOML)"))],
    sample: Annotated[Path, typer.Option("--sample", metavar="FILE", help=prose("A file as the province writes it"))],
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="OLD", help=prose("The mapping's former version")),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0 where every record is accepted, 1 where some are rejected, 2 where the mapping is wrong."""
    tr = translator(ctx)
    read_by = named_mapping(tr, mapping, as_json)
    former = None if against is None else named_mapping(tr, against, as_json)
    try:
        report = check_file(sample, read_by, day_of(time.time_ns() // 1_000), former)
    except UnreadableFileError as error:
        raise UserError(*error.words) from None
    if as_json:
        print_json(_as_json(tr, report, with_changes=former is not None))
    else:
        _print(tr, report)
    if report.problems:
        raise typer.Exit(WRONG_MAPPING)
    if report.rejects:
        raise typer.Exit(1)


def named_mapping(tr: Translator, file: Path, as_json: bool) -> mapping_file.Mapping:
    """The mapping in a file; where it has mistakes they are all printed, and the program ends with 2."""
    try:
        return load_mapping(file)
    except WrongMappingError as error:
        _tell_mistakes(tr, file, error, as_json)
        raise typer.Exit(WRONG_MAPPING) from None


def _tell_mistakes(tr: Translator, file: Path, error: WrongMappingError, as_json: bool) -> None:
    report = CheckReport(problems=list(error.problems))
    if as_json:
        print_json(_as_json(tr, report, with_changes=False))
    else:
        print_line(tr(f"{file}：对照文件有误", f"{file}: the mapping is wrong"))
        _print_problems(tr, report.problems)


def import_by_mapping(
    tr: Translator, settings: Settings, file: Path, province: str | None, mapping: Path, as_json: bool
) -> None:
    """Register the good rows of a file and write the others as a file beside; a file that is refused is all rejects."""
    read_by = named_mapping(tr, mapping, as_json)
    now = time.time_ns() // 1_000
    try:
        place = Province(settings.data, province or province_of(file, read_by))
        keep_version(place.documents / "mappings", mapping, read_by)
        with closing(place.local_system()) as local:
            report = import_file(file, local, today=day_of(now), now=now, mapping=read_by)
        rejects_file = write_rejects(file, read_by, report.bad, place.documents / "rejects")
        shown = _imported(tr, report, rejects_file)
    except WrongMappingError as error:
        _tell_mistakes(tr, mapping, error, as_json)
        raise typer.Exit(WRONG_MAPPING) from None
    except UnreadableFileError as error:
        raise UserError(*error.words) from None
    except UnusableFileError as error:
        shown = _refused(tr, file, error)
    if as_json:
        print_json(shown)
    else:
        _print_import(tr, shown)
    if shown["rejects"]:
        raise typer.Exit(1)


def _imported(tr: Translator, report: ImportReport, rejects_file: Path | None) -> dict[str, Any]:
    return {
        "file": report.file,
        "form": report.form,
        "rows": report.rows + report.skipped,
        "accepted": report.taken + report.unchanged,
        "rejected": len(report.bad),
        "skipped": report.skipped,
        "sent": report.taken,
        "rejects": _rejects(tr, report.bad),
        "rejects_file": rejects_file,
    }


def _refused(tr: Translator, file: Path, error: UnusableFileError) -> dict[str, Any]:
    """The same of a file of which nothing is taken; its records are counted where it could be read to its end."""
    rows, skipped, column = 0, 0, ""
    if isinstance(error, HeldFileError):
        rows, skipped, column = error.rows, error.skipped, error.column
    return {
        "file": file.name,
        "form": None,
        "rows": rows + skipped,
        "accepted": 0,
        "rejected": rows,
        "skipped": skipped,
        "sent": 0,
        "rejects": _rejects(tr, [BadRow(file.name, error.line, column, *error.reason, error.code)]),
        "rejects_file": None,
    }


def _as_json(tr: Translator, report: CheckReport, *, with_changes: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ok": not report.problems and not report.rejects,
        "problems": [
            {"path": one.path, "problem": tr.of(one.problem), "suggestion": one.suggestion} for one in report.problems
        ],
        "rows": report.rows,
        "accepted": report.accepted,
        "rejected": report.rejected,
        "skipped": report.skipped,
        "records": report.records,
        "rejects": _rejects(tr, report.rejects),
    }
    if with_changes:
        shown |= {"changed": report.changed_count, "changed_records": report.changed}
    return shown


def _rejects(tr: Translator, rejects: Iterable[BadRow]) -> list[dict[str, Any]]:
    return [
        {
            "line": one.line,
            "column": one.column,
            "code": one.code,
            "reason": tr(one.reason_zh, one.reason_en),
            "hint": tr.of(REMEDIES[one.code]),
        }
        for one in rejects
    ]


def _print(tr: Translator, report: CheckReport) -> None:
    counts = (report.rows, report.accepted, report.rejected, report.skipped)
    print_line(
        tr(
            "共 {} 条：接受 {}，退回 {}，略过 {}".format(*counts),
            "{} records: {} accepted, {} rejected, {} skipped".format(*counts),
        )
    )
    _print_problems(tr, report.problems)
    _print_rejects(tr, _rejects(tr, report.rejects))
    if report.changed:
        print_line(
            tr(
                f"会变成另一条报文的记录：{report.changed_count}",
                f"would become other messages: {report.changed_count}",
            )
        )
        lines = [(one.line, one.type, one.key) for one in report.changed]
        print_table([tr("行", "line"), tr("报文", "message"), tr("编号", "key")], lines)


def _print_problems(tr: Translator, problems: Sequence[Problem]) -> None:
    if problems:
        rows = [(one.path, tr.of(one.problem), one.suggestion) for one in problems]
        print_table([tr("位置", "where"), tr("问题", "problem"), tr("应为", "meant")], rows)


def _print_import(tr: Translator, shown: Mapping[str, Any]) -> None:
    counts = [shown[name] for name in ("file", "rows", "accepted", "rejected", "skipped", "sent")]
    print_line(
        tr(
            "{}：共 {} 条，接受 {}，退回 {}，略过 {}；新登记 {}".format(*counts),
            "{}: {} records, {} accepted, {} rejected, {} skipped; {} newly registered".format(*counts),
        )
    )
    _print_rejects(tr, shown["rejects"])
    if shown["rejects_file"] is not None:
        print_line(tr(f"退回清单：{shown['rejects_file']}", f"rejects: {shown['rejects_file']}"))


def _print_rejects(tr: Translator, rejects: Sequence[Mapping[str, Any]]) -> None:
    if rejects:
        heads = [
            tr("行", "line"),
            tr("列", "column"),
            tr("代码", "code"),
            tr("原因", "reason"),
            tr("处理办法", "remedy"),
        ]
        print_table(
            heads, [tuple(one[name] for name in ("line", "column", "code", "reason", "hint")) for one in rejects]
        )
