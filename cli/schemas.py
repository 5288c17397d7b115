"""`jinbao schemas`: the released message schemas, their check, the release of new ones, and their export."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.language import tr
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.platform.national_platform import topics
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.asyncapi import document
from jinbao.schemas.compatibility import Finding, NotReleasable, check as check_folder, release_new_files
from jinbao.schemas.export import export as write_schemas
from jinbao.schemas.registry import AVRO, load_registry, schema_files
from jinbao.service.errors import UserError

app = typer.Typer(
    help=tr("报文模式：清单、检查、发布、导出", "Message schemas: list, check, release, export"), no_args_is_help=True
)

Json = Annotated[bool, typer.Option("--json", help=tr("输出 JSON", "answer in JSON"))]
Folder = Annotated[
    Path,
    typer.Option(
        "--folder",
        exists=True,
        file_okay=False,
        show_default=False,
        help=tr("模式目录（默认：程序自带）", "folder of schemas (default: the program's own)"),
    ),
]


@app.command("list", help=tr("列出每个模式的各个版本", "List every version of every schema"))
def list_schemas(folder: Folder = AVRO, as_json: Json = False) -> None:
    """Print name, version, fingerprint and file of each."""
    rows = [(r.name, r.version, r.fingerprint.hex(), r.file) for r in load_registry(folder).releases]
    if as_json:
        print_json([dict(zip(("name", "version", "fingerprint", "file"), row, strict=True)) for row in rows])
    else:
        print_table([tr("名称", "name"), tr("版本", "version"), tr("指纹", "fingerprint"), tr("文件", "file")], rows)


@app.command(
    help=tr(
        "检查已发布的文件未改动、各版本互相可读", "Check that no released file changed and all versions can be read"
    )
)
def check(folder: Folder = AVRO, as_json: Json = False) -> None:
    """Exit 1, naming file and reason, where something is wrong."""
    findings, files = check_folder(folder), len(schema_files(folder))
    if as_json:
        print_json({"files": files, "findings": findings})
    elif findings:
        _print(findings)
    else:
        print_line(tr(f"{files} 个模式文件均未改动，互相兼容", f"{files} schema files, unchanged and compatible"))
    if findings:
        raise typer.Exit(1)


@app.command(help=tr("发布新的模式文件", "Release new schema files"))
def release(folder: Folder = AVRO, as_json: Json = False) -> None:
    """Add new files to the list of releases; exit 1, naming file and reason, where something is wrong."""
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


@app.command(
    help=tr("按指纹导出每个模式，供任何语言解码", "Write each schema under its fingerprint, for any language to decode")
)
def export(
    target: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help=tr("目标目录", "Folder to write to"))],
    folder: Folder = AVRO,
    as_json: Json = False,
) -> None:
    """Write `<fingerprint>.avsc` files, each self-contained, and `index.json`."""
    try:
        exported = write_schemas(load_registry(folder), target)
    except OSError as error:
        raise UserError(tr(f"{target}：无法写入：{error}", f"{target}: cannot be written: {error}")) from None
    if as_json:
        print_json(exported)
    else:
        print_line(tr(f"{target}：{len(exported)} 个模式", f"{target}: {len(exported)} schemas"))


@app.command(help=tr("由模式生成 AsyncAPI 3 文档", "Make the AsyncAPI 3 document from the schemas"))
def asyncapi(
    write: Annotated[
        Path | None, typer.Option("--write", metavar="FILE", help=tr("写入文件", "Write it there"))
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE", help=tr("文件过时则退出码 1", "Exit 1 where the file is out of date")),
    ] = None,
    folder: Folder = AVRO,
    as_json: Json = False,
) -> None:
    """Print the document (JSON), write it, or hold a file against it."""
    made = document(load_registry(folder), topics(), PROVINCES, version("jinbao"))
    text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    try:
        if check is not None:
            _hold_against(text, check, as_json)
        elif write is not None:
            write.write_text(text, encoding="utf-8")
        else:
            typer.echo(text, nl=False)
    except OSError as error:
        raise UserError(f"{write or check}: {error.strerror}") from None


def _hold_against(text: str, file: Path, as_json: bool) -> None:
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
