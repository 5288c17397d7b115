"""`jinbao users`: who may sign in to the pages."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.cli.reading import opened
from jinbao.platform.store.store import StoreError
from jinbao.presentation import formatting, labels, page_labels
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings
from jinbao.web.accounts.roles_told import tell_roles
from jinbao.web.accounts.sessions import TOKEN_DAYS, make_token, revoke_token, tokens_of
from jinbao.web.accounts.users import (
    SERVICE,
    Role,
    add_user,
    all_users,
    change_role,
    changes_behind,
    disable_user,
    set_password,
)
from jinbao.web.accounts.users_file import UsersFile

app = typer.Typer(help=prose("Users of the pages: names, roles, passwords, tokens"), no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help=prose("Name of the user"), metavar="NAME")]
PasswordOption = Annotated[bool, typer.Option("--password-stdin", help=prose("Read the password from standard input"))]


@app.command(help=prose("Add a user"))
def add(
    ctx: typer.Context,
    name: NameArgument,
    role: Annotated[Role, typer.Option("--role", help=prose("What the user may do"))],
    province: Annotated[
        str | None, typer.Option("--province", help=prose("Code of the province, e.g. 41"), metavar="PP")
    ] = None,
    password_stdin: PasswordOption = False,
    data: DataOption = None,
) -> None:
    """Add a user; the password comes from standard input, or is asked for on a terminal."""
    with _changing(data) as file:
        add_user(file, name, role, province, "" if role == SERVICE else _password(password_stdin))
    print_line(translator(ctx)(f"已添加用户 {name}", f"added user {name}"))


@app.command(help=prose("Set another password; sessions and tokens end at once"))
def password(
    ctx: typer.Context, name: NameArgument, password_stdin: PasswordOption = False, data: DataOption = None
) -> None:
    """Change a password."""
    with _changing(data) as file:
        set_password(file, name, _password(password_stdin))
    print_line(translator(ctx)(f"已更改 {name} 的密码", f"changed the password of {name}"))


@app.command(help=prose("Give a user another role; sessions and tokens end at once"))
def role(
    ctx: typer.Context,
    name: NameArgument,
    role: Annotated[Role, typer.Argument(help=prose("What the user may do"), metavar="ROLE")],
    province: Annotated[
        str | None, typer.Option("--province", help=prose("Code of the province, e.g. 41"), metavar="PP")
    ] = None,
    data: DataOption = None,
) -> None:
    """Change a role."""
    with _changing(data) as file:
        change_role(file, name, role, province)
    print_line(translator(ctx)(f"{name} 的角色现为 {role}", f"{name} has the role {role} now"))


@app.command(help=prose("Disable a user; sessions and tokens end at once"))
def disable(ctx: typer.Context, name: NameArgument, data: DataOption = None) -> None:
    """Disable a user."""
    with _changing(data) as file:
        disable_user(file, name)
    print_line(translator(ctx)(f"已停用用户 {name}", f"disabled user {name}"))


@app.command(help=prose("List who was added, disabled or given another role, when and by whom"))
def changes(ctx: typer.Context, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Print the file's own record of changes, the oldest first."""
    tr = translator(ctx)
    with _file(data) as file:
        found = changes_behind(file, 0)
    if as_json:
        print_json([{"at": _at(one.at_s), **{k: v for k, v in one._asdict().items() if k != "at_s"}} for one in found])
        return
    rows = [(_at(one.at_s), one.by, one.change, one.name, one.role, one.province or "") for one in found]
    headings = [tr("时间", "at"), tr("由", "by"), tr("变更", "change"), tr("用户", "user"), tr("角色", "role")]
    print_table([*headings, tr("省份", "province")], rows)


@app.command("list", help=prose("List the users"))
def list_(ctx: typer.Context, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Print all users."""
    tr = translator(ctx)
    with _file(data) as file:
        users = all_users(file)
    if as_json:
        print_json([{"name": u.name, "role": u.role, "province": u.province, "disabled": u.disabled} for u in users])
        return
    rows = [
        (
            u.name,
            tr.of(page_labels.ROLES[u.role]),
            tr.of(labels.province(u.province)) if u.province else "",
            tr("已停用", "disabled") if u.disabled else "",
        )
        for u in users
    ]
    print_table([tr("用户", "user"), tr("角色", "role"), tr("省份", "province"), tr("状态", "state")], rows)


@app.command(help=prose("Make a token: a program sends it to /api and has the user's rights"))
def token(
    ctx: typer.Context,
    name: NameArgument,
    days: Annotated[
        int, typer.Option("--days", min=1, max=3_650, help=prose("After so many days it expires"))
    ] = TOKEN_DAYS,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a new token; it is shown this once."""
    with _file(data) as file:
        made = make_token(file, name, days)
    if as_json:
        print_json({"token": made})
    else:
        print_line(made)


@app.command(help=prose("List a user's tokens: which there are and until when, not what they are"))
def tokens(ctx: typer.Context, name: NameArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Print the tokens of a user, the newest last."""
    tr, now = translator(ctx), int(time.time())
    with _file(data) as file:
        found = tokens_of(file, name)
    if as_json:
        print_json([{**one._asdict(), "made_at": _at(one.made_at), "expires_at": _at(one.expires_at)} for one in found])
        return
    rows = [
        (
            one.token_id,
            _at(one.made_at),
            _at(one.expires_at) or tr("无期限", "no end"),
            tr("已过期", "expired") if one.expires_at is not None and one.expires_at <= now else "",
        )
        for one in found
    ]
    print_table([tr("令牌", "token"), tr("建于", "made"), tr("有效至", "expires"), tr("状态", "state")], rows)


@app.command(help=prose("End one token at once; the user's others go on"))
def revoke(
    ctx: typer.Context,
    name: NameArgument,
    token_id: Annotated[str, typer.Argument(help=prose("Which token, as tokens lists it"), metavar="TOKEN_ID")],
    data: DataOption = None,
) -> None:
    """End a token."""
    with _file(data) as file:
        revoke_token(file, name, token_id)
    print_line(translator(ctx)(f"已废止 {name} 的令牌 {token_id}", f"ended token {token_id} of {name}"))


def _at(seconds: int | None) -> str | None:
    """An instant of the file of users in ISO 8601, Shanghai."""
    return None if seconds is None else formatting.iso(seconds * 1_000_000)


@contextmanager
def _file(data: Path | None) -> Iterator[UsersFile]:
    with closing(UsersFile(load_settings(data).data)) as file:
        yield file


@contextmanager
def _changing(data: Path | None) -> Iterator[UsersFile]:
    """The file, which notes each change by itself; then the national log is told, where its database is at hand."""
    settings = load_settings(data)
    with closing(UsersFile(settings.data)) as file:
        yield file
        try:
            with opened(settings, with_read_models=False) as store:
                tell_roles(file, store, time.time_ns() // 1_000)
        except (UserError, StoreError):
            return  # `serve` tells it, beside the platform


def _password(from_stdin: bool) -> str:
    """The first line of standard input; a terminal is asked without an echo. Raises UserError."""
    if from_stdin or not sys.stdin.isatty():
        if not from_stdin:
            raise UserError("请加 --password-stdin，从标准输入读密码", "give the password: --password-stdin")
        try:
            line = sys.stdin.readline().rstrip("\r\n")
            line.encode()  # bytes that are no text may come as halves of characters
        except UnicodeError:
            raise UserError("密码不是 UTF-8 文字", "the password is not UTF-8 text") from None
        return line
    return str(typer.prompt(prose("Password"), hide_input=True, confirmation_prompt=True))
