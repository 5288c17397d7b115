"""`jinbao audit verify`: every entry of the transparency log made again from its row."""

from __future__ import annotations

import os
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from jinbao.cli.audit.files import policy_of, text_of
from jinbao.cli.exit_codes import FAILED
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_note, progress
from jinbao.cli.reading import opened
from jinbao.cli.this_user import this_user
from jinbao.language.system_errors import system_reason
from jinbao.language.words import Translator, Words
from jinbao.platform.audit.export.logged import hold_against
from jinbao.platform.audit.history.closes import DayClosed, last_close
from jinbao.platform.audit.history.folds import not_covered, verify_store
from jinbao.platform.audit.log.places import newest_head
from jinbao.platform.audit.log.served import write_tiles
from jinbao.platform.audit.log.verifications import keep, of_result
from jinbao.platform.audit.log.verify import Verified, as_json
from jinbao.platform.audit.statements.roles import told_places
from jinbao.platform.outbox.log_key import FOLDER, POLICY
from jinbao.platform.store.store import Store, StoreError
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings
from jinbao.service.witnesses import kept_checkpoints
from jinbao.transparency.check_export import MANIFEST, TILES
from jinbao.transparency.check_proof import Policy
from jinbao.web.accounts.roles_told import hold_roles
from jinbao.web.accounts.users_file import NAME, UsersFile

HELP = prose("Make every entry of the log again from the stored rows, and check roots and signatures")

PolicyOption = Annotated[
    Path | None, typer.Option("--policy", metavar="FILE", help=prose("Which log and witnesses are trusted"))
]


def verify(
    ctx: typer.Context,
    policy: PolicyOption = None,
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", metavar="CHECKPOINT", help=prose("A checkpoint that you have kept; several may be")),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export",
            metavar="DIR",
            help=prose("Hold this export against the log, or write tiles here"),
        ),
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json_: JsonOption = False,
) -> None:
    """Exit 0 where the log holds, 1 where it does not, 2 where it cannot be verified."""
    tr, settings = translator(ctx), load_settings(data, database=database)
    trusted = policy_of(policy or settings.data / FOLDER / POLICY)
    exported = export if export is not None and (export / MANIFEST).is_file() else None
    own = () if exported is None else [exported / TILES / "checkpoint"]
    kept = [*map(text_of, [*(against or ()), *own]), *kept_checkpoints(settings.data)]
    with opened(settings, with_read_models=False) as store:
        found = _verified(tr, store, trusted, kept)
        closed = _last_close(store)
        untold = _hold_users(settings.data, store, found)
        left_out = [tr.of(words) for words in (*found.unprotected, *not_covered(store, found.adopted), *untold)]
        if exported is not None:
            _hold(store, exported, trusted, found)
        elif export is not None:
            _export(store, export)
    _keep(tr, settings.data, found)
    if as_json_:
        print_json(as_json(found, left_out, tr))
    else:
        _print(tr, found, left_out)
        if closed is not None:
            print_line(
                tr(
                    f"最近日终：{closed.day}，事件 {closed.position:,}",
                    f"last day closed: {closed.day}, event {closed.position:,}",
                )
            )
    if found.bad:
        raise typer.Exit(FAILED)


def _hold_users(data: Path, store: Store, found: Verified) -> list[Words]:
    """Note users whose role the log does not give; returns words about those of whom it was not told yet.

    Who may not open the folder's file of users, or has none, holds the log alone: the words then say so.
    """
    path = data / NAME
    not_held = (f"{path}：用户角色未与日志核对", f"{path}: roles of users, which were not held against the log")
    if found.bad:
        return [not_held]
    if not os.access(path, os.R_OK | os.W_OK):
        with store.read() as work:
            return [not_held] if os.path.lexists(path) or told_places(work.bulk) else []
    with closing(UsersFile(data)) as file, store.read() as work:
        held = hold_roles(file, work.bulk)
    for name in held.different:
        zh, en = f"{path}：用户 {name} 的角色与日志不符", f"{path}: the role of user {name} is not the log's"
        found.add(found.size, "PROJECTION_DIFFERS", zh, en)
    if not held.untold:
        return [not_held] if held.is_other else []
    names = ", ".join(held.untold)
    return [(f"{path}：尚未记入日志的用户变更：{names}", f"{path}: changes of users that the log has not yet: {names}")]


def _last_close(store: Store) -> DayClosed | None:
    """None also where its body is not one, which its entry's hash tells."""
    with store.read() as work, suppress(msgspec.DecodeError):
        return last_close(work.bulk)
    return None


def _keep(tr: Translator, data: Path, found: Verified) -> None:
    """Who may not write there has verified all the same."""
    try:
        keep(data, of_result(found, formatting.iso(time.time_ns() // 1000), this_user("auditor")))
    except StoreError as error:
        print_note(tr.error(error))


def _verified(tr: Translator, store: Store, policy: Policy, kept: list[str]) -> Verified:
    with store.read() as work:
        size = newest_head(work.bulk).size
    with progress(tr("核验日志", "verifying the log"), size) as advance:
        done = 0

        def told(position: int) -> None:
            nonlocal done
            advance(position - done)
            done = position

        return verify_store(store, policy, kept, told)


def _export(store: Store, folder: Path) -> None:
    try:
        with store.read() as work:
            write_tiles(work.bulk, folder)
    except OSError as error:
        zh, en = system_reason(error)
        raise UserError(f"{folder}：{zh}", f"{folder}: {en}") from error


def _hold(store: Store, folder: Path, policy: Policy, found: Verified) -> None:
    try:
        hold_against(store, folder, policy, found)
    except OSError as error:
        zh, en = system_reason(error)
        raise UserError(f"{folder}：{zh}", f"{folder}: {en}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{folder / MANIFEST} 不是导出的清单", f"{folder / MANIFEST} is no export's manifest"
        ) from error


def _print(tr: Translator, found: Verified, left_out: list[str]) -> None:
    first = found.first_bad
    print_line(f"{found.origin or '-'}  {found.size:,}  {found.root.hex()}")
    checked = tr(f"已核验签名 {found.signatures:,} 个", f"{found.signatures:,} signatures checked")
    tail = tr(
        f"未见证的尾部 {found.size - found.witnessed:,} 条", f"{found.size - found.witnessed:,} entries unwitnessed"
    )
    print_line(f"{checked}; {tail}")
    for one in found.population.begun_anew:
        zh, en = one.words()
        print_note(tr(zh, en))
    for changed in found.rules[1:]:
        when, names = formatting.instant(changed.recorded_at), ", ".join(changed.names)
        print_note(tr(f"{when} 起规则不同：{names}", f"other rules since {when}: {names}"))
    for words in left_out:
        print_note(tr("未覆盖：", "not covered: ") + words)
    if first is None:
        print_line(tr("日志成立", "the log holds"))
    else:
        print_line(tr(f"第 {first.at} 条：", f"entry {first.at}: ") + f"{first.code} {tr.of(first.text)}")
