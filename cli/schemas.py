"""`jinbao schemas`: the released message schemas, their check, and the release of new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.language import tr
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.schemas.compatibility import Finding, NotReleasable, release_new_files
from jinbao.schemas.compatibility import check as check_folder
from jinbao.schemas.registry import AVRO, load_registry, schema_files

app = typer.Typer(help=tr("报文模式：清单、检查、发布", "Message schemas: list, check, release"), no_args_is_help=True)

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


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        print_line(f"{finding.file}: {finding.reason}")
