"""`jinbao keys`: look the key ring through, change its master key, copy it, and put a copy back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.language import tr
from jinbao.cli.options import DataOption, JsonOption
from jinbao.cli.output import print_json, print_line
from jinbao.keys.embedded_key_ring import RING
from jinbao.keys.master_key import NEW_VARIABLE, VARIABLE
from jinbao.keys.ring_copy import Ring, back_up, look_through, restore as put_back
from jinbao.keys.rotation import rotate as change
from jinbao.service.settings import load_settings

app = typer.Typer(
    help=tr("钥匙串：检查、换主密钥、备份、恢复", "The key ring: check, change its master key, back up, restore"),
    no_args_is_help=True,
)


@app.command(help=tr("用主密钥逐一打开全部钥匙", "Open every key with the master key"))
def check(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Say how many keys the ring holds; exit 2 where one does not open."""
    folder = load_settings(data).data
    _print(folder / RING, look_through(folder / RING, folder), as_json)


@app.command(
    short_help=tr("更换主密钥，旧的随即删除", "Change the master key and remove the old one"),
    help=tr(
        f"更换主密钥：全部钥匙在一个事务里重新包裹，旧主密钥随即删除；"
        f"主密钥在 {VARIABLE} 里时，新的放在 {NEW_VARIABLE} 里",
        "Change the master key: every key is wrapped anew in one transaction, then the old master key is removed; "
        f"where it is in {VARIABLE}, put the new one into {NEW_VARIABLE}",
    ),
)
def rotate(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Processes that use the ring take a new `master.key` by themselves; with the variable they stop and say so."""
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


@app.command(help=tr("备份钥匙串（可在使用中进行）", "Copy the ring to a new file, while it is in use"))
def backup(
    file: Annotated[Path, typer.Argument(help=tr("新文件；主密钥不在其中", "A new file; it holds no master key"))],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy, and open every key of the copy."""
    _print(file, back_up(load_settings(data).data, file), as_json)


@app.command(
    help=tr("用备份替换钥匙串（先停止适配器）", "Put a copy back in the ring's place (stop the adapters first)")
)
def restore(
    file: Annotated[Path, typer.Argument(help=tr("备份文件", "The copy"))],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replace the ring, once every key of the copy has opened with the master key in force."""
    folder = load_settings(data).data
    _print(folder / RING, put_back(folder, file), as_json)


def _print(file: Path, ring: Ring, as_json: bool) -> None:
    if as_json:
        print_json({"file": file, **ring._asdict()})
        return
    print_line(
        tr(
            f"{file}：{ring.keys:,} 把钥匙都能打开（已销毁 {ring.deleted:,} 把；第 {ring.master_key} 个主密钥）",
            f"{file}: all {ring.keys:,} keys open ({ring.deleted:,} destroyed; master key number {ring.master_key})",
        )
    )
