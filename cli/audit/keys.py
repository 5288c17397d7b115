"""`jinbao audit keys`: the register of keys that sign submissions, by two persons each step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from jinbao.cli.clock import instant, present
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.cli.reading import opened
from jinbao.cli.this_user import this_user
from jinbao.language.system_errors import system_reason
from jinbao.language.words import Translator
from jinbao.platform.audit.statements.keys import chains_of, register_of, registered_keys, say_of_chain, say_of_keys
from jinbao.platform.outbox.log_key import FOLDER, KEY
from jinbao.platform.store.chain_register import ChainStatement
from jinbao.platform.store.key_register import KeyStatement, RegisteredKey
from jinbao.platform.store.store import Store
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.exchange.signing import open_key
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import PLATFORM
from jinbao.service.errors import UserError
from jinbao.service.province import Province
from jinbao.service.settings import Settings, load_settings
from jinbao.transparency.check_proof import NotValid
from jinbao.transparency.signing import read_key
from jinbao.transparency.sm2 import AgencyKey

app = typer.Typer(help=prose("The register of keys that sign submissions"), no_args_is_help=True)

AgencyArgument = Annotated[str, typer.Argument(metavar="PP", help=prose("Code of the province; 00 is the platform"))]
KeyIdArgument = Annotated[str, typer.Argument(metavar="KEY-ID", help=prose("The key's id, as `show` prints it"))]
UserOption = Annotated[str, typer.Option("--user", metavar="NAME", help=prose("Who asks or approves"))]


@app.command(help=prose("The keys in the register"))
def show(
    ctx: typer.Context,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exit 0."""
    tr, settings = translator(ctx), load_settings(data, database=database)
    with opened(settings) as store, store.read() as work:
        keys, begun = registered_keys(work.bulk), register_of(work.bulk).begun
    if as_json:
        print_json({"begun": begun, "keys": [_as_json(key) for key in keys]})
        return
    print_line(
        tr("登记已开始：报文须签名", "the register has begun: messages must be signed")
        if begun
        else tr("登记尚未开始：报文可不签名", "the register has not begun: messages may be unsigned")
    )
    head = [
        tr("机构", "agency"),
        tr("编号", "key id"),
        tr("状态", "state"),
        tr("有效期至", "expires"),
        tr("申请", "by"),
    ]
    rows = [
        (each["agency"], each["key_id"], each["state"], each["expires_at"] or "-", _by(key))
        for key in keys
        for each in [_as_json(key)]
    ]
    print_table(head, rows)


def _by(key: RegisteredKey) -> str:
    return " → ".join(name for name in (key.requested_by, key.approved_by, key.revocation_by, key.revoked_by) if name)


def _as_json(key: RegisteredKey) -> dict[str, str | None]:
    return {
        "agency": key.agency,
        "key_id": key.key.key_id.hex(),
        "key": str(key.key),
        "state": key.state,
        "expires_at": None if key.expires_at is None else formatting.iso(key.expires_at),
        "requested_by": key.requested_by,
        "approved_by": key.approved_by or None,
        "revocation_by": key.revocation_by or None,
        "revoked_by": key.revoked_by or None,
        "reason": key.reason or None,
    }


@app.command(help=prose("Make a province's signing key, unless it has one, and print its public half"))
def make(
    ctx: typer.Context,
    agency: AgencyArgument,
    sm2: Annotated[bool, typer.Option("--sm2", help=prose("A key of SM2 with SM3; needs jinbao[sm]"))] = False,
    data: DataOption = None,
) -> None:
    """Exit 0; the private half lies in `DIR/local/PP.signing-key`."""
    if agency not in PROVINCES:
        raise UserError(f"{agency}：不是省份代码", f"{agency}: not a province's code")
    path = Province(load_settings(data).data, agency).signing_key_file
    print_line(_public(path, agency, sm2=sm2))


def _public(path: Path, agency: str, *, sm2: bool = False) -> str:
    try:
        key: AgencyKey = read_key(path) if agency == PLATFORM else open_key(path, agency, sm2=sm2)
    except OSError as error:
        zh, en = system_reason(error)
        raise UserError(f"{path}：{zh}", f"{path}: {en}") from error
    except NotValid as error:
        raise UserError(*error.words) from error
    return str(key.verifier)


@app.command(help=prose("Ask for a key to be registered; the platform's approval begins the register"))
def request(
    ctx: typer.Context,
    agency: AgencyArgument,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help=prose("The public key; without it that of this folder"))
    ] = "",
    expires: Annotated[
        str, typer.Option("--expires", metavar="TIME", help=prose("From then on it signs no more"))
    ] = "",
    user: UserOption = "",
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
) -> None:
    """Exit 0 where it was logged, 2 where it may not be asked."""
    if agency not in PROVINCES and agency != PLATFORM:
        raise UserError(f"{agency}：不是省份代码", f"{agency}: not a province's code")
    settings = load_settings(data, database=database)
    until = instant(expires, "--expires") if expires else None
    path = settings.data / FOLDER / KEY if agency == PLATFORM else Province(settings.data, agency).signing_key_file
    text = key or _public(path, agency)
    _say(translator(ctx), settings, KeyStatement("request", agency, text, user or this_user("officer"), until))


@app.command(help=prose("Approve a key that another person has asked for"))
def approve(
    ctx: typer.Context,
    agency: AgencyArgument,
    key_id: KeyIdArgument,
    user: UserOption = "",
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
) -> None:
    """Exit 0 where it was logged, 2 where it may not be approved."""
    settings = load_settings(data, database=database)
    known = _known(settings, agency, key_id)
    _say(translator(ctx), settings, KeyStatement("approve", agency, str(known.key), user or this_user("officer")))


@app.command(help=prose("Ask for a key to be revoked; said again by another person, it is"))
def revoke(
    ctx: typer.Context,
    agency: AgencyArgument,
    key_id: KeyIdArgument,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=prose("Why it is revoked"))] = "",
    user: UserOption = "",
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
) -> None:
    """Exit 0 where it was logged, 2 where it may not be revoked."""
    settings, by = load_settings(data, database=database), user or this_user("officer")
    known = _known(settings, agency, key_id)
    act = "revoke" if known.revocation_by and known.revocation_by != by else "request_revocation"
    said = KeyStatement(act, agency, str(known.key), by, reason=reason)  # type: ignore[arg-type]
    _say(translator(ctx), settings, said)


@app.command("begun-anew", help=prose("Declare an adapter's store lost; said again by another person, it counts"))
def begun_anew(
    ctx: typer.Context,
    agency: AgencyArgument,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=prose("How the store was lost"))] = "",
    user: UserOption = "",
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
) -> None:
    """Exit 0 where it was logged, 2 where it may not be declared. One declaration for each time."""
    tr, settings, by = translator(ctx), load_settings(data, database=database), user or this_user("officer")
    now = present(settings)
    with opened(settings) as store:
        with store.read() as work:
            waits = chains_of(work.bulk).open.get(agency)
        act: Literal["declare", "confirm"] = "confirm" if waits is not None and waits.user != by else "declare"
        try:
            chains = say_of_chain(store, ChainStatement(act, agency, by, reason if act == "declare" else ""), now)
        except NotValid as error:
            raise UserError(*error.words) from error
    times = len(chains.declared.get(agency, ()))
    waiting = tr("已声明，待另一人确认", "declared; another person must confirm it")
    done = tr(f"已确认，共 {times} 次", f"confirmed, {times} in all")
    print_line(f"{agency}  {waiting if act == 'declare' else done}")


def _known(settings: Settings, agency: str, key_id: str) -> RegisteredKey:
    with opened(settings) as store, store.read() as work:
        for key in registered_keys(work.bulk):
            if (key.agency, key.key.key_id.hex()) == (agency, key_id):
                return key
    raise UserError(
        f"登记簿中没有 {agency} 的公钥 {key_id}；见 jinbao audit keys show",
        f"the register has no key {key_id} of {agency}; see `jinbao audit keys show`",
    )


def _say(tr: Translator, settings: Settings, said: KeyStatement) -> None:
    now = present(settings)
    with opened(settings) as store:
        _append(store, said, now)
        with store.read() as work:
            (found,) = [
                key for key in registered_keys(work.bulk) if (key.agency, str(key.key)) == (said.agency, said.key)
            ]
    states = {
        "requested": tr("已申请，待另一人批准", "asked for; another person must approve it"),
        "approved": tr("已批准", "approved"),
        "revoked": tr("已撤销", "revoked"),
    }
    waits = found.revocation_by and found.state != "revoked"
    state = tr("已申请撤销，待另一人确认", "its revocation is asked for; another person must confirm it")
    print_line(f"{found.agency} {found.key.key_id.hex()}  {state if waits else states[found.state]}")


def _append(store: Store, said: KeyStatement, now_us: int) -> None:
    try:
        say_of_keys(store, [said], now_us)
    except NotValid as error:
        raise UserError(*error.words) from error
