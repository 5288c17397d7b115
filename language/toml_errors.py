"""What is wrong with a TOML file, in Chinese and English: the parser's own words are English alone."""

from __future__ import annotations

import re
import tomllib

from jinbao.language.words import Words

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)$")


def toml_reason(error: tomllib.TOMLDecodeError | UnicodeDecodeError) -> Words:
    """Why it is no TOML, and where."""
    if isinstance(error, UnicodeDecodeError):
        return "应为 UTF-8 编码的文本", "it is not text in UTF-8"
    place = _PLACE.search(str(error))
    zh = "文件末尾" if place is None else f"第 {place[1]} 行第 {place[2]} 列"
    return f"{zh}不合语法", str(error)
