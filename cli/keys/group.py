"""`jinbao keys`: look the key ring through, change its master key, copy it, put a copy back, serve it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.keys import holders, serve, uses
from jinbao.cli.language import translator
from jinbao.cli.options import DataOption, JsonOption
from jinbao.cli.output import print_json, print_line
from jinbao.keys.master_key import VARIABLE
from jinbao.keys.open_key_ring import RING
from jinbao.keys.ring_copy import Ring, back_up, look_through, restore as put_back
from jinbao.keys.rotation import rotate as change
from jinbao.language.words import Translator
from jinbao.presentation.prose import prose
from jinbao.service.settings import load_settings

app = typer.Typer(
    help=prose("The key ring: check, change its master key, back up, restore"),
    no_args_is_help=True,
)


app.command("serve", help=serve.HELP)(serve.serve)
app.command("uses", help=uses.HELP)(uses.uses)
app.command("escrow", help=holders.ESCROW_HELP)(holders.escrow)
app.command("recover", help=holders.RECOVER_HELP)(holders.recover)
app.command("delete", help=holders.DELETE_HELP)(holders.delete)


@app.command(help=prose("Open every key with the master key"))
def check(ctx: typer.Context, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Say how many keys the ring holds; exit 2 where one does not open."""
    tr = translator(ctx)
    folder = load_settings(data).data
    _print(tr, folder / RING, look_through(folder / RING, folder), as_json)


@app.command(
    short_help=prose("Change the master key and remove the old one"),
    help=prose(
        "Change the master key: every key is wrapped anew in one transaction, then the old master key is removed. "
        "Where it is in JINBAO_MASTER_KEY, put the new one into JINBAO_NEW_MASTER_KEY"
    ),
)
def rotate(ctx: typer.Context, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Processes that use the ring take a new `master.key` by themselves; with the variable they stop and say so."""
    tr = translator(ctx)
    folder = load_settings(data).data
    done = change(folder)
    if as_json:
        print_json(done._asdict())
        return
    print_line(
        tr(
            f"{folder / RING}：已重新包裹 {done.rewrapped:,} 把钥匙，现为第 {done.master_key} 个主密钥",
            f"{folder / RING}: {done.rewrapped:,} keys wrapped anew, now by master key number {done.master_key}",
        )
    )
    if done.source == VARIABLE:
        print_line(
            tr(
                f"请把新主密钥放进 {VARIABLE}，并重启使用它的程序；旧备份只能用旧主密钥打开，请重新备份",
                f"put the new master key into {VARIABLE} and restart what uses it; "
                "older backups open with the old one only: make a new one",
            )
        )
    else:
        print_line(
            tr(
                f"新主密钥在 {done.source}；旧备份只能用旧主密钥打开，请重新备份",
                f"the new master key is in {done.source}; older backups open with the old one only: make a new one",
            )
        )


@app.command(help=prose("Copy the ring to a new file, while it is in use"))
def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help=prose("A new file; it holds no master key"))],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy, and open every key of the copy."""
    tr = translator(ctx)
    _print(tr, file, back_up(load_settings(data).data, file), as_json)


@app.command(help=prose("Put a copy back in the ring's place (stop the adapters first)"))
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help=prose("The copy"))],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replace the ring, once every key of the copy has opened with the master key in force."""
    tr = translator(ctx)
    folder = load_settings(data).data
    _print(tr, folder / RING, put_back(folder, file), as_json)


def _print(tr: Translator, file: Path, ring: Ring, as_json: bool) -> None:
    if as_json:
        print_json({"file": file, **ring._asdict()})
        return
    print_line(
        tr(
            f"{file}：{ring.keys:,} 把钥匙都能打开（已销毁 {ring.deleted:,} 把；第 {ring.master_key} 个主密钥）",
            f"{file}: all {ring.keys:,} keys open ({ring.deleted:,} destroyed; master key number {ring.master_key})",
        )
    )
