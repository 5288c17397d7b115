"""What is wrong with a delivered form of a mapping file beyond its shape: places, widths, names and codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jinbao.regional_adapter.files.mapping.out_layouts import OUT_WORDS
from jinbao.regional_adapter.files.mapping.shapes import Found, Problem, joined, nearest

_DBF_NAME_BYTES = 10
_DBF_FIELDS, _DBF_RECORD_BYTES = 255, 65_500
_XML_NAME = re.compile(r"[^\W\d][\w.-]*")
_Columns = Mapping[str, Mapping[str, Any]]


def check_out(path: str, form: Mapping[str, Any], format: object, found: Found) -> None:
    """Add what is wrong with the columns of a form that is written; its shape is checked elsewhere."""
    where = joined(path, "columns")
    columns = {
        name: {"field": rule} if isinstance(rule, str) else rule
        for name, rule in form["columns"].items()
        if isinstance(rule, (str, dict))
    }
    for name, rule in columns.items():
        _check_codes(joined(where, name), rule, found)
        _check_name(joined(where, name), name, format, found)
        if format == "dbf" and "width" not in rule:
            found.append(Problem(joined(joined(where, name), "width"), ("缺少此项", "is missing")))
    if format == "fixed-width":
        _check_places(where, form, columns, found)
    if format == "dbf":
        _check_size(where, columns, found)
    if format == "xml" and isinstance(record := form.get("record"), str):
        _check_name(joined(path, "record"), record, format, found)


def _check_codes(path: str, rule: Mapping[str, Any], found: Found) -> None:
    """A code for each word, one word of the field's own for each code."""
    codes = rule.get("codes")
    if not isinstance(codes, dict):
        return
    field = rule.get("field")
    words = OUT_WORDS.get(field, frozenset()) if isinstance(field, str) else frozenset()
    seen: dict[str, str] = {}
    for code, word in codes.items():
        where = joined(joined(path, "codes"), code)
        if not isinstance(word, str):
            continue
        if words and word not in words:
            zh, en = f"字段“{field}”没有“{word}”这个值", f"the field {field} has no value {word}"
            found.append(Problem(where, (zh, en), nearest(word, words)))
        elif word in seen:
            zh, en = f"“{word}”已有代码 {seen[word]}", f"{word} has the code {seen[word]} already"
            found.append(Problem(where, (zh, en)))
        seen.setdefault(word, code)


def _check_name(path: str, name: str, format: object, found: Found) -> None:
    if format == "xml" and not _XML_NAME.fullmatch(name):
        found.append(Problem(path, ("不能作 XML 元素名", "cannot be the name of an XML element")))
    if format == "dbf" and len(name.encode("gb18030", "replace")) > _DBF_NAME_BYTES:
        zh, en = (
            f"DBF 字段名最多 {_DBF_NAME_BYTES} 字节",
            f"a field's name in a DBF has at most {_DBF_NAME_BYTES} bytes",
        )
        found.append(Problem(path, (zh, en)))


def _check_size(path: str, columns: _Columns, found: Found) -> None:
    widths = [rule["width"] for rule in columns.values() if type(rule.get("width")) is int]
    if len(columns) > _DBF_FIELDS or sum(widths) > _DBF_RECORD_BYTES:
        zh = f"DBF 最多 {_DBF_FIELDS} 个字段、每条 {_DBF_RECORD_BYTES} 字节"
        en = f"a DBF has at most {_DBF_FIELDS} fields and {_DBF_RECORD_BYTES} bytes a record"
        found.append(Problem(path, (zh, en)))


def _check_places(path: str, form: Mapping[str, Any], columns: _Columns, found: Found) -> None:
    """No column lies outside the line, over its tag, or over another column."""
    record, length = form.get("record"), form.get("length")
    taken = {}
    if isinstance(record, str):
        taken = dict.fromkeys(range(1, len(record.encode("gb18030", "replace")) + 1), "record")
    for name, rule in columns.items():
        at = rule.get("at")
        if not (isinstance(at, list) and len(at) == 2 and all(type(place) is int for place in at)):
            continue
        where = joined(joined(path, name), "at")
        places = range(at[0], min(at[1], 100_000) + 1)
        if isinstance(length, int) and at[1] > length:
            found.append(Problem(where, (f"行长只有 {length} 字节", f"the line has {length} bytes only")))
        other = next((taken[place] for place in places if place in taken), None)
        if other is not None:
            found.append(Problem(where, (f"与 {other} 重叠", f"lies over {other}")))
        taken.update(dict.fromkeys(places, name))
