"""`jinbao keys escrow | recover | delete`: the master key among three holders, and one person's key destroyed."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from jinbao.cli.audit.files import new_folder, text_of
from jinbao.cli.exit_codes import FAILED
from jinbao.cli.language import translator
from jinbao.cli.options import DataOption, JsonOption
from jinbao.cli.output import print_json, print_line
from jinbao.cli.this_user import this_user
from jinbao.keys import escrow as shares_of
from jinbao.keys.open_key_ring import open_key_ring
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.service.key_service.uses import Action, Use, Uses
from jinbao.service.settings import load_settings

ESCROW_HELP = prose("Divide the master key among three holders, any two of whom can give it back")
RECOVER_HELP = prose("Put the master key back from two holders' shares")
DELETE_HELP = prose("Destroy one person's key for good: history stays, these fields are gone")
LEAST_REASON, MOST_REASON = 4, 200


def escrow(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help=prose("A new or empty folder for the shares"))],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a file for each holder; keep them apart, and none beside the ring."""
    tr, folder = translator(ctx), load_settings(data).data
    shares = shares_of.escrow(folder)
    _record(folder, "escrow", f"{this_user('operator')}: {shares[0].group}")
    with new_folder(out):
        files = [out / f"share-{share.holder}.txt" for share in shares]
        for file, share in zip(files, shares, strict=True):
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
                handle.write(str(share))
    if as_json:
        print_json({"shares": files, "master_key": shares[0].master_key, "needed": shares_of.NEEDED})
        return
    for file in files:
        print_line(str(file))
    print_line(
        tr(
            "请把三份交三人分别保管，并删除此目录；任意两份可恢复主密钥",
            "give each to another holder and remove this folder; any two of them give the master key back",
        )
    )


def recover(
    ctx: typer.Context,
    share: Annotated[list[Path], typer.Argument(metavar="SHARE...", help=prose("Two holders' shares"))],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write `master.key`, once it opens the ring of the folder."""
    tr, folder = translator(ctx), load_settings(data).data
    shares = [shares_of.read_share(text_of(file), str(file)) for file in share]
    holders = " ".join(str(one.holder) for one in shares)
    _record(folder, "recover", f"{this_user('operator')}: {shares[0].group} {holders}")
    file = shares_of.recover(folder, shares)
    if as_json:
        print_json({"file": file, "master_key": shares[0].master_key})
    else:
        print_line(tr(f"主密钥已恢复到 {file}", f"the master key is back in {file}"))


def delete(
    ctx: typer.Context,
    relationship: Annotated[UUID, typer.Argument(metavar="RELATIONSHIP", help=prose("Id of the relationship"))],
    reason: Annotated[str, typer.Option("--reason", help=prose("Why; it is recorded before"))],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0 where there was a key, 1 where there was none."""
    tr, folder = translator(ctx), load_settings(data).data
    why = " ".join(reason.split())
    if not LEAST_REASON <= len(why) <= MOST_REASON:
        raise UserError(
            f"--reason：应为 {LEAST_REASON} 至 {MOST_REASON} 个字符",
            f"--reason: it has {LEAST_REASON} to {MOST_REASON} characters",
        )
    with closing(open_key_ring(folder)) as ring:
        _record(folder, "delete", f"{this_user('operator')}: {why}", relationship)
        done = ring.delete(relationship)
    if as_json:
        print_json({"relationship": relationship, "deleted": done})
    elif done:
        print_line(tr(f"{relationship} 的钥匙已销毁", f"the key of {relationship} is destroyed"))
    else:
        print_line(tr(f"{relationship} 没有钥匙", f"{relationship} has no key"))
    if not done:
        raise typer.Exit(FAILED)


def _record(folder: Path, action: Action, why: str, relationship: UUID | None = None) -> None:
    """What is done with the ring itself is recorded before, by whom and why. Raises Unavailable."""
    with closing(Uses(folder)) as uses, uses.asking() as asking:
        asking.record("", action, [Use(relationship, why, "given")], time.time_ns() // 1_000)
