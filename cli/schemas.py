"""`jinbao schemas`: the released message schemas, their check, the release of new ones, and their export."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.language import translator
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.language.system_errors import at, system_reason
from jinbao.language.words import Translator
from jinbao.platform.national_platform import topics
from jinbao.presentation.prose import prose
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.asyncapi import document
from jinbao.schemas.compatibility import Finding, NotReleasable, check as check_folder, release_new_files
from jinbao.schemas.export import export as write_schemas
from jinbao.schemas.registry import AVRO, load_registry, schema_files
from jinbao.service.errors import UserError

app = typer.Typer(help=prose("Message schemas: list, check, release, export"), no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help=prose("answer in JSON"))]


def _existing(folder: Path) -> Path:
    """A folder of schemas. Raises UserError where there is none."""
    if not folder.is_dir():
        raise UserError(f"--folder {folder}：没有这个文件夹", f"--folder {folder}: there is no such folder")
    return folder


Folder = Annotated[
    Path,
    typer.Option(
        "--folder",
        callback=_existing,
        show_default=False,
        help=prose("folder of schemas (default: the program's own)"),
    ),
]


@app.command("list", help=prose("List every version of every schema"))
def list_schemas(ctx: typer.Context, folder: Folder = AVRO, as_json: Json = False) -> None:
    """Print name, version, fingerprint and file of each."""
    tr = translator(ctx)
    rows = [(r.name, r.version, r.fingerprint.hex(), r.file) for r in load_registry(folder).releases]
    if as_json:
        print_json([dict(zip(("name", "version", "fingerprint", "file"), row, strict=True)) for row in rows])
    else:
        print_table([tr("名称", "name"), tr("版本", "version"), tr("指纹", "fingerprint"), tr("文件", "file")], rows)


@app.command(help=prose("Check that no released file changed and all versions can be read"))
def check(ctx: typer.Context, folder: Folder = AVRO, as_json: Json = False) -> None:
    """Exit 1, naming file and reason, where something is wrong."""
    tr = translator(ctx)
    findings, files = check_folder(folder), len(schema_files(folder))
    if as_json:
        print_json({"files": files, "findings": findings})
    elif findings:
        _print(findings)
    else:
        print_line(tr(f"{files} 个模式文件均未改动，互相兼容", f"{files} schema files, unchanged and compatible"))
    if findings:
        raise typer.Exit(1)


@app.command(help=prose("Release new schema files"))
def release(ctx: typer.Context, folder: Folder = AVRO, as_json: Json = False) -> None:
    """Add new files to the list of releases; exit 1, naming file and reason, where something is wrong."""
    tr = translator(ctx)
    added: list[str] = []
    findings: list[Finding] = []
    try:
        added = release_new_files(folder)
    except NotReleasable as refused:
        findings = refused.findings
    if as_json:
        print_json({"released": added, "findings": findings})
    elif findings:
        _print(findings)
    else:
        print_line("\n".join(added) or tr("没有新文件", "no new files"))
    if findings:
        raise typer.Exit(1)


@app.command(help=prose("Write each schema under its fingerprint, for any language to decode"))
def export(
    ctx: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="DIR", help=prose("Folder to write to"))],
    folder: Folder = AVRO,
    as_json: Json = False,
) -> None:
    """Write `<fingerprint>.avsc` files, each self-contained, and `index.json`."""
    tr = translator(ctx)
    try:
        exported = write_schemas(load_registry(folder), target)
    except OSError as error:
        raise UserError(*at(target, system_reason(error))) from None
    if as_json:
        print_json(exported)
    else:
        print_line(tr(f"{target}：{len(exported)} 个模式", f"{target}: {len(exported)} schemas"))


@app.command(help=prose("Make the AsyncAPI 3 document from the schemas"))
def asyncapi(
    ctx: typer.Context,
    write: Annotated[Path | None, typer.Option("--write", metavar="FILE", help=prose("Write it there"))] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE", help=prose("Exit 1 where the file is out of date")),
    ] = None,
    folder: Folder = AVRO,
    as_json: Json = False,
) -> None:
    """Print the document (JSON), write it, or hold a file against it."""
    tr = translator(ctx)
    made = document(load_registry(folder), topics(), PROVINCES, version("jinbao"))
    text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    try:
        if check is not None:
            _hold_against(tr, text, check, as_json)
        elif write is not None:
            write.write_text(text, encoding="utf-8")
        else:
            typer.echo(text, nl=False)
    except OSError as error:
        raise UserError(*at(write or check, system_reason(error))) from None


def _hold_against(tr: Translator, text: str, file: Path, as_json: bool) -> None:
    current = file.read_text(encoding="utf-8") == text
    if as_json:
        print_json({"file": file, "current": current})
    elif current:
        print_line(tr(f"{file}：与模式一致", f"{file}: is what the schemas say"))
    else:
        command = f"jinbao schemas asyncapi --write {file}"
        print_line(tr(f"{file}：已过时，请运行 {command}", f"{file}: out of date; run {command}"))
    if not current:
        raise typer.Exit(1)


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        print_line(f"{finding.file}: {finding.reason}")
