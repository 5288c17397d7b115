"""The configuration of one province's adapter: a TOML file with the agency's own data and what runs by itself."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from jinbao.rules.provinces import is_province
from jinbao.rules.unprintable import UNPRINTABLE
from jinbao.schemas.messages import Agency


class ConfigError(Exception):
    """A configuration file that cannot be used: names file, key and what was expected, in Chinese and English."""

    def __init__(self, file: Path, zh: str, en: str) -> None:
        super().__init__(f"{file}: {zh} / {en}")
        self.file, self.zh, self.en = file, zh, en


_Operator = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=100, pattern=rf"\A[^{UNPRINTABLE}]*[^\s{UNPRINTABLE}][^{UNPRINTABLE}]*\Z"),
]


class DeskConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the automatic desk works, and under which name it signs."""

    auto: bool = False
    operator: _Operator = "desk"


class FilesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether incoming documents and payment orders are written as files."""

    write: bool = True


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
        raise ConfigError(file, f"无法读取：{error.strerror}", f"cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(file, f"不是有效的 TOML：{error}", f"not valid TOML: {error}") from None
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$.")
        key = path.rstrip("`") or "(top)"
        zh = f"配置项有误（{text}）"
        if key == "desk.operator":
            zh, text = (
                "应为姓名，不能为空，不含控制字符",
                "expected a name that is not empty and has no control characters",
            )
        raise ConfigError(file, f"{key}：{zh}", f"{key}: {text}") from None
    if not is_province(config.province):
        raise ConfigError(file, "province：不是省级代码", "province: is no two-digit code of a province")
    if config.province != province:
        raise ConfigError(
            file,
            f"province：配置属于 {config.province}，不是 {province}",
            f"province: the file is for {config.province}, not {province}",
        )
    return config
