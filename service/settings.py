"""The program's settings: command option, then environment JINBAO_…, then the TOML file, then the default.

Data, addresses and limits in one frozen value; whoever needs one takes it from here.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from jinbao.keys.master_key import NEW_VARIABLE, VARIABLE as MASTER_KEY_VARIABLE
from jinbao.language.system_errors import system_reason
from jinbao.language.toml_errors import toml_reason
from jinbao.language.words import Language, Words
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.type_fault import allowed, spaced
from jinbao.rules.working_days import DUE_SOON_WORKING_DAYS
from jinbao.service.errors import UserError

DEFAULT_FILE = Path("jinbao.toml")
PREFIX = "JINBAO_"
FILE_VARIABLE = "JINBAO_CONFIG"

OIDC_SECRET_VARIABLE = "JINBAO_OIDC_CLIENT_SECRET"
"""The secret of the pages at their provider of OpenID Connect: in the environment only."""

LogKind = Literal["text", "json"]
"""How a running program logs: here, so that commands which log nothing need not load what does."""

_CODES = rf"^(({'|'.join(PROVINCES)})( |$))*$"
Minutes = Annotated[int, msgspec.Meta(ge=0, le=10_080)]
WorkingDayCount = Annotated[int, msgspec.Meta(ge=0, le=250)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting with its default; the address of database and bus follow from `data` unless given."""

    data: Path = Path(".jinbao")
    """Folder of everything the program keeps."""
    database_url: str = "sqlite:///{data}/platform.sqlite"
    """The platform's database, as SQLAlchemy writes it."""
    bus_url: str = "embedded:///{data}/bus.sqlite"
    """The national bus."""
    lang: Language = "zh"
    """Language of help and output."""
    procedure: str = "national-2009"
    """Procedure of the provinces that have none of their own."""
    warn_working_days: WorkingDayCount = DUE_SOON_WORKING_DAYS
    """How many working days before a due day the responsible agency is warned."""
    parked_expiry_working_days: Annotated[WorkingDayCount, msgspec.Meta(ge=1)] = 10
    """After how many working days a parked message is rejected."""
    deemed_receipt_working_days: Annotated[WorkingDayCount, msgspec.Meta(ge=1)] = 1
    """After how many working days a delivered letter or sheet counts as received."""
    severe_working_days: Annotated[WorkingDayCount, msgspec.Meta(ge=1)] = 10
    """A case on a desk is severely overdue this many working days after its due day [assumed]."""
    upload_mib: Annotated[int, msgspec.Meta(ge=1, le=1_024)] = 64
    """Largest file that a clerk may hand in at the desk, MiB; larger ones go by the watched folder."""
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 2_000
    """Most messages in one transaction."""
    alert_ingest_minutes: Minutes = 5
    """Submissions lie on the bus and none is taken in for so long: alert ingest_stopped."""
    alert_projection_minutes: Minutes = 5
    """A read model is behind the log for so long: alert projection_behind."""
    alert_silent_minutes: Minutes = 60
    """What was delivered is not receipted and its adapter says nothing for so long: alert adapter_silent."""
    expected_provinces: Annotated[str, msgspec.Meta(pattern=_CODES)] = ""
    """Codes of the provinces whose adapters are in service: one that was never heard of is adapter_silent, too."""
    alert_set_aside_minutes: Minutes = 60
    """An adapter has had something set aside for so long: alert set_aside."""
    alert_parked_hours: Annotated[int, msgspec.Meta(ge=0, le=2_400)] = 72
    """A message has been parked for so long: alert parked_old."""
    alert_dead_letter_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 7
    """So long is a dead letter that was not sent again with success an alert: dead_letters."""
    alert_disk_free_percent: Annotated[int, msgspec.Meta(ge=0, le=99)] = 10
    """Less than this of the data folder's disk is free: alert disk_low."""
    alert_over_minutes: Minutes = 5
    """How long an alert's condition must be gone before it ends."""
    national_url: str = ""
    """Address of the national application, which a province's asks who holds a case; empty: nobody is asked."""
    key_service_url: str = ""
    """Address of the key service, which keeps the key ring for adapters elsewhere; empty: the ring lies in `data`."""
    key_memory_minutes: Annotated[int, msgspec.Meta(ge=1, le=10_080)] = 480
    """How long an adapter keeps ids and keys of the key service in memory [assumed]."""
    key_look_ups_a_day: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 2_000
    """How many relationships that are new to it a province may ask the key service for in a day [assumed]."""
    oidc_issuer: str = ""
    """Address of the provider of OpenID Connect by which users may sign in to the pages; empty: by password only."""
    oidc_client_id: str = ""
    """What the pages are called there; their secret stands in JINBAO_OIDC_CLIENT_SECRET only."""
    oidc_name_claim: str = "preferred_username"
    """The claim that holds a user's name here."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings, where each came from, the file that was read, and JINBAO_… variables that mean nothing here."""

    settings: Settings
    sources: Mapping[str, str]
    file: Path | None
    ignored: tuple[str, ...]


def load_settings(
    data: Path | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    database: str | None = None,
    bus: str | None = None,
) -> Settings:
    """The settings in force. Raises as `load_configuration` does."""
    return load_configuration(data, environ, database=database, bus=bus).settings


def load_configuration(
    data: Path | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    database: str | None = None,
    bus: str | None = None,
) -> Configuration:
    """The settings in force with their sources; `data`, `database` and `bus` are the command's own options.

    The file is the one of JINBAO_CONFIG (which the option `--config` sets), else ./jinbao.toml where it exists. Raises
    UserError naming file or variable, key, and what is expected.
    """
    environ = os.environ if environ is None else environ
    file, from_file = _read_file(environ)
    options = {"data": ("--data", data), "database_url": ("--database", database), "bus_url": ("--bus", bus)}
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for field in msgspec.structs.fields(Settings):
        variable = PREFIX + field.name.upper()
        option, given = options.get(field.name, ("", None))
        if given is not None:
            values[field.name], sources[field.name] = given, option
        elif variable in environ:
            sources[field.name] = variable
            values[field.name] = _value(field, environ[variable], variable, strict=False)
        elif field.name in from_file:
            sources[field.name] = str(file)
            values[field.name] = _value(field, from_file[field.name], f"{file}: {field.name}", strict=True)
        else:
            sources[field.name] = "default"
    folder = values.get("data", Settings().data)
    for name in ("database_url", "bus_url"):
        values[name] = values.get(name, getattr(Settings(), name)).replace("{data}", str(folder))
    known = {*(PREFIX + name.upper() for name in sources), FILE_VARIABLE, MASTER_KEY_VARIABLE, NEW_VARIABLE}
    known.add(OIDC_SECRET_VARIABLE)
    ignored = tuple(sorted(name for name in environ if name.startswith(PREFIX) and name not in known))
    return Configuration(Settings(**values), sources, file, ignored)


def _read_file(environ: Mapping[str, str]) -> tuple[Path | None, dict[str, Any]]:
    named = environ.get(FILE_VARIABLE)
    file = Path(named) if named else DEFAULT_FILE
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if named:
            raise UserError(
                f"{file}：没有这个设置文件（由 --config 或 {FILE_VARIABLE} 指定）",
                f"{file}: no such settings file (named by --config or {FILE_VARIABLE})",
            ) from None
        return None, {}
    except OSError as error:
        raise UserError(
            f"{file}：设置文件读不了：{system_reason(error)[0]}", f"{file}: cannot read the settings: {error.strerror}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        zh, en = toml_reason(error)
        raise UserError(f"{file}：不是有效的 TOML：{zh}", f"{file}: not valid TOML: {en}") from error
    known = [field.name for field in msgspec.structs.fields(Settings)]
    for key in content:
        if key == "master_key":
            raise UserError(
                f"{file}：master_key 不能写在此文件里，请设置 {MASTER_KEY_VARIABLE}",
                f"{file}: master_key does not belong in this file; set {MASTER_KEY_VARIABLE} instead",
            )
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            meant = (f"是否指 {near[0]}？", f"did you mean {near[0]}? ") if near else ("", "")
            raise UserError(
                f"{file}：没有设置项 {key!r}；{meant[0]}应为 {', '.join(known)} 之一",
                f"{file}: unknown key {key!r}; {meant[1]}expected: {', '.join(known)}",
            )
    return file, content


def _value(field: msgspec.structs.FieldInfo, raw: object, where: str, *, strict: bool) -> object:
    try:
        return msgspec.convert(raw, field.type, strict=strict, dec_hook=_to_path)
    except msgspec.ValidationError as error:
        expected = _expected(field)
        raise UserError(
            f"{where} = {raw!r}：应为{spaced(expected[0])}", f"{where} = {raw!r}: expected {expected[1]}"
        ) from error


def _expected(field: msgspec.structs.FieldInfo) -> Words:
    return ("文件夹的路径", "the path of a folder") if field.type is Path else allowed(field.type)


def _to_path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str) and value:
        return Path(value).expanduser()
    raise ValueError("not a path")
