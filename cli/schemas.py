"""`jinbao schemas`: the released message schemas, their check, and the release of new ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from jinbao.schemas.compatibility import Finding, NotReleasable, release_new_files
from jinbao.schemas.compatibility import check as check_folder
from jinbao.schemas.registry import AVRO, SchemaError, load_registry, schema_files
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="消息模式 · Message schemas: list, check and release them.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="机器可读输出 · Print JSON.")]
Folder = Annotated[
    Path, typer.Option("--folder", exists=True, file_okay=False, help="模式目录 · Folder of schema files.")
]


@app.command("list")
def list_schemas(folder: Folder = AVRO, as_json: Json = False) -> None:
    """列出已发布的模式 · List every released schema with its version and fingerprint."""
    try:
        releases = load_registry(folder).releases
    except SchemaError as error:
        _fail(f"模式不可用 · Schema cannot be used: {error}")
    if as_json:
        rows = [
            {"name": r.name, "version": r.version, "fingerprint": r.fingerprint.hex(), "file": r.file} for r in releases
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("名称 · Name", "版本 · Version", "指纹 · Fingerprint", "文件 · File")
    for r in releases:
        table.add_row(r.name, str(r.version), r.fingerprint.hex(), r.file)
    Console().print(table)


@app.command()
def check(folder: Folder = AVRO, as_json: Json = False) -> None:
    """检查模式 · Fail when a released file changed or versions cannot read each other."""
    findings, files = check_folder(folder), len(schema_files(folder))
    if as_json:
        typer.echo(json.dumps({"files": files, "findings": _as_json(findings)}, ensure_ascii=False))
    elif findings:
        _print(findings)
    else:
        Console().print(f"{files} 个模式文件均未改动且相互兼容 · {files} schema files, unchanged and compatible")
    if findings:
        raise typer.Exit(1)


@app.command()
def release(folder: Folder = AVRO, as_json: Json = False) -> None:
    """发布新模式文件 · Add new schema files to the list of releases; refused while anything is wrong."""
    try:
        added = release_new_files(folder)
    except SchemaError as error:
        _fail(f"模式不可用 · Schema cannot be used: {error}")
    except NotReleasable as refused:
        if as_json:
            typer.echo(json.dumps({"released": [], "findings": _as_json(refused.findings)}, ensure_ascii=False))
        else:
            _print(refused.findings)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps({"released": added, "findings": []}, ensure_ascii=False))
    else:
        Console().print("\n".join(added) or "没有新文件 · No new files")


def _as_json(findings: list[Finding]) -> list[dict[str, str]]:
    return [{"file": f.file, "reason": f.reason} for f in findings]


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        typer.echo(f"{finding.file}: {finding.reason}")


def _fail(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(2)
