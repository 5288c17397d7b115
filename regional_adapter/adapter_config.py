"""The configuration of one province's adapter: a TOML file with the agency's own data and what runs by itself."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from jinbao.language.system_errors import system_reason
from jinbao.language.toml_errors import toml_reason
from jinbao.language.words import BilingualError
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.type_fault import Told, fault_in
from jinbao.rules.unprintable import UNPRINTABLE
from jinbao.schemas.messages import Agency

_SQLITE = "sqlite:///"


class ConfigError(BilingualError):
    """A configuration file that cannot be used: names file, key and what was expected."""

    def __init__(self, file: Path, zh: str, en: str) -> None:
        super().__init__(f"{file}：{zh}", f"{file}: {en}")


_Operator = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=100, pattern=rf"\A[^{UNPRINTABLE}]*[^\s{UNPRINTABLE}][^{UNPRINTABLE}]*\Z"),
    Told(
        "姓名，1 到 100 个字，不能全为空白，不含控制字符",
        "a name of 1 to 100 characters that is not blank and has no control characters",
    ),
]


class DeskConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the automatic desk works, and under which name it signs."""

    auto: bool = False
    operator: _Operator = "desk"


_FilePath = Annotated[
    str, msgspec.Meta(min_length=1, max_length=1_000), Told("路径，不能为空", "a path that is not empty")
]


_Marker = Annotated[
    str,
    msgspec.Meta(min_length=2, max_length=20, pattern=r"\A\.[A-Za-z0-9]+\Z"),
    Told("一个点和字母或数字，例如 .done", "a dot and letters or digits, such as .done"),
]


class FilesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How files go in and out. Paths are as seen from the configuration file."""

    write: bool = True
    """Whether incoming documents and payment orders are written as files."""
    mapping: _FilePath | None = None
    """The mapping by which the province's own files are read and written; None: the platform's own forms."""
    watch: bool = False
    """Whether files that are laid into `folder` are taken in."""
    folder: _FilePath | None = None
    """The watched folder; None: `local/PP/hand-in` of the data folder."""
    marker: _Marker | None = None
    """Ending of an empty file beside each whole one: `a.csv.done` for `.done`; None: none is waited for."""
    tables: _FilePath | None = None
    """URL of the province's database (SQLite or PostgreSQL) with the tables `jinbao_in` and `jinbao_out`."""


class AdapterConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that an adapter is told about its province."""

    province: str
    agency: Agency
    """Contact and bank data, as letters and sheets print them."""
    desk: DeskConfig = DeskConfig()
    files: FilesConfig = FilesConfig()


def load_adapter_config(file: Path, province: str) -> AdapterConfig:
    """Read the file. Raises ConfigError, also where it is another province's."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        config = msgspec.convert(table, type=AdapterConfig)
    except OSError as error:
        raise ConfigError(file, f"无法读取：{system_reason(error)[0]}", f"cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        zh, en = toml_reason(error)
        raise ConfigError(file, f"不是有效的 TOML：{zh}", f"not valid TOML: {en}") from None
    except msgspec.ValidationError:
        fault = fault_in(table, AdapterConfig)
        assert fault is not None, "msgspec found one"
        zh, en = fault.words_with_value
        raise ConfigError(file, f"{fault.path}：{zh}", f"{fault.path}: {en}") from None
    if config.province not in PROVINCES:
        raise ConfigError(file, "province：不是省级代码", "province: is no two-digit code of a province")
    if config.province != province:
        raise ConfigError(
            file,
            f"province：配置属于 {config.province}，不是 {province}",
            f"province: the file is for {config.province}, not {province}",
        )
    return msgspec.structs.replace(config, files=_located(config.files, file.parent))


def _located(files: FilesConfig, folder: Path) -> FilesConfig:
    """The same with paths as seen from here."""
    paths = {name: str(folder / path) for name in ("mapping", "folder") if (path := getattr(files, name)) is not None}
    if files.tables is not None and files.tables.startswith(_SQLITE):
        paths["tables"] = f"{_SQLITE}{folder.absolute() / files.tables.removeprefix(_SQLITE)}"
    return msgspec.structs.replace(files, **paths)
