"""Configuration of a conformance run: which candidate, on which bus, driven by what, in which roles."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from jinbao.conformance.case_file import Role
from jinbao.language.system_errors import system_reason
from jinbao.language.toml_errors import toml_reason
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.type_fault import fault_in
from jinbao.service.errors import UserError

_Seconds = Annotated[float, msgspec.Meta(gt=0, le=3_600)]


class ConformanceConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a run must know."""

    province: str
    stimulus: str
    """Command that starts the candidate's driver, with its words; it runs in the folder of this file."""
    bus: str | None = None
    """URL of a bus that nobody else uses; None: an embedded one of the run's own."""
    keys: str | None = None
    """Where the driver is told to find the keys, such as a key service over the run's folder; None: that folder."""
    mapping: str | None = None
    """The province's mapping file, for which the report then holds; beside this file."""
    roles: Sequence[Role] = ("destination", "origin")
    timeout_s: _Seconds = 10.0
    """How long the candidate may take over one step."""
    quiet_s: _Seconds = 0.5
    """How long nothing may come before a case is at its end, where the driver cannot say that it has done all."""


def load_conformance_config(file: Path) -> ConformanceConfig:
    """Read the file; a mapping is looked for beside it. Raises UserError with file, key and what was expected."""
    try:
        table = tomllib.loads(file.read_text("utf-8"))
        config = msgspec.convert(table, type=ConformanceConfig)
    except OSError as error:
        zh, en = system_reason(error)
        raise UserError(f"{file}：无法读取：{zh}", f"{file}: cannot be read: {en}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        zh, en = toml_reason(error)
        raise UserError(f"{file}：不是有效的 TOML：{zh}", f"{file}: not valid TOML: {en}") from None
    except msgspec.ValidationError:
        fault = fault_in(table, ConformanceConfig)
        assert fault is not None, "msgspec found one"
        zh, en = fault.words_with_value
        raise UserError(f"{file}：{fault.path}：{zh}", f"{file}: {fault.path}: {en}") from None
    if config.province not in PROVINCES:
        raise UserError(f"{file}：province：不是省级代码", f"{file}: province: is no two-digit code of a province")
    if config.mapping is not None and not (file.parent / config.mapping).is_file():
        zh, en = f"没有文件 {config.mapping}", f"there is no file {config.mapping}"
        raise UserError(f"{file}：mapping：{zh}", f"{file}: mapping: {en}")
    return config
