"""The mapping file of a bank (TOML): how its CSV statements are written, one file a bank, no code."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from jinbao.regional_adapter.files.mapping import mapping_shapes
from jinbao.regional_adapter.files.mapping.mapping_file import (
    ENCODINGS_READ_AS,
    ColumnRule,
    TotalRule,
    Writing,
    WrongMappingError,
    document,
    writing_of,
)
from jinbao.regional_adapter.files.mapping.shapes import (
    Found,
    Problem,
    Shape,
    day,
    flag,
    joined,
    list_of,
    nearest,
    one_of,
    table,
    table_of,
    text,
    whole,
)
from jinbao.regional_adapter.files.readers.source import column_name
from jinbao.schemas.messages.bank import EntryClass

FIELDS = (
    "记账日期",
    "金额",
    "借方金额",
    "贷方金额",
    "借贷方向",
    "余额",
    "币种",
    "账号",
    "对方户名",
    "对方账号",
    "附言",
    "摘要",
    "流水号",
    "付款编号",
)
"""What a column of a statement may be; 借方 is what leaves the account, 贷方 what comes in, as the bank says it."""
AMOUNT_FIELDS = ({"金额"}, {"金额", "借贷方向"}, {"借方金额", "贷方金额"})
"""The three ways in which banks write an amount: signed, with a word for the direction, in two columns."""
ADDED_UP = ("金额", "借方金额", "贷方金额")
"""What a total may add up."""
ORDERS = ("oldest-first", "newest-first", "any")
_DIRECTIONS = ("借", "贷")
CLASSES = ("own", "charge", "interest")
"""What the words of 摘要 may say of an entry: a movement between own accounts, a bank's charge, interest."""


@dataclass(frozen=True, slots=True)
class BankMapping:
    """How one bank's CSV statements are read."""

    name: str
    version: int
    valid_from: date
    encoding: str
    delimiter: str
    order: str
    currency: str
    columns: tuple[ColumnRule, ...]
    ignored: tuple[str, ...] = ()
    labels: Table[str, str] = field(default_factory=dict)
    """What the lines before the header say, by field: the label that stands before the account's number."""
    total: TotalRule | None = None
    last_line: str = "ended"
    classes: Table[str, EntryClass] = field(default_factory=dict)
    """Word of 摘要 → one of CLASSES; any other word says nothing."""

    @property
    def by_field(self) -> dict[str, ColumnRule]:
        """The columns by what they are."""
        return {column.field: column for column in self.columns}


def load_bank_mapping(file: Path) -> BankMapping:
    """The mapping in a file. Raises WrongMappingError with all its mistakes."""
    return bank_mapping_of(document(file))


_WRITING: dict[str, Shape] = {
    "dates": list_of(one_of(mapping_shapes.DATES), 1),
    "numbers": list_of(one_of(mapping_shapes.NUMBERS)),
}
_SHAPE = table(
    {
        "name": text,
        "version": whole(1, 1_000_000),
        "valid_from": day,
        "format": one_of(("bank-csv",)),
        "encoding": mapping_shapes.encoding,
        "columns": table_of(
            mapping_shapes.column_shape(table({"field": text}, {**_WRITING, "codes": table_of(text), "optional": flag}))
        ),
    },
    {
        "delimiter": mapping_shapes.delimiter,
        "order": one_of(ORDERS),
        "currency": text,
        "ignored": list_of(text),
        "values": table({}, _WRITING),
        "labels": table_of(text, ("账号", "币种", "期初余额", "期末余额")),
        "total": table({"column": text, "text": text, "sums": list_of(text, 1)}, {}),
        "last_line": one_of(("ended", "open")),
        "classes": table_of(one_of(CLASSES)),
    },
)


def bank_mapping_of(content: dict[str, Any]) -> BankMapping:
    """The mapping that a TOML document says. Raises WrongMappingError."""
    found: Found = []
    _SHAPE(content, "", found)
    if isinstance(content.get("columns"), dict):
        _check_columns(content, found)
    if found:
        raise WrongMappingError(found)
    usual = writing_of(content.get("values", {}), Writing())
    encoding, total = content["encoding"].lower(), content.get("total")
    return BankMapping(
        name=content["name"],
        version=content["version"],
        valid_from=content["valid_from"],
        encoding=ENCODINGS_READ_AS.get(encoding, encoding),
        delimiter=content.get("delimiter", ","),
        order=content.get("order", "oldest-first"),
        currency=content.get("currency", "CNY"),
        columns=tuple(_column(name, rule, usual) for name, rule in content["columns"].items()),
        ignored=tuple(map(column_name, content.get("ignored", ()))),
        labels=content.get("labels", {}),
        total=total and TotalRule(column_name(total["column"]), total["text"], tuple(map(column_name, total["sums"]))),
        last_line=content.get("last_line", "ended"),
        classes=content.get("classes", {}),
    )


def _column(name: str, rule: str | Table[str, Any], usual: Writing) -> ColumnRule:
    if isinstance(rule, str):
        return ColumnRule(column_name(name), rule, usual)
    codes, optional = rule.get("codes"), rule.get("optional", False)
    return ColumnRule(column_name(name), rule["field"], writing_of(rule, usual), codes, optional)


def _check_columns(content: dict[str, Any], found: Found) -> None:
    """Fields are known and come once, the amount is written in one of the three ways, each total adds up a column."""
    fields: dict[str, str] = {}
    for name, rule in content["columns"].items():
        path = joined("columns", name)
        named = rule.get("field") if isinstance(rule, dict) else rule
        if not isinstance(named, str):
            continue
        if named not in FIELDS:
            found.append(Problem(path, ("没有这个字段", "there is no such field"), nearest(named, FIELDS)))
        elif named in fields:
            zh, en = f"“{named}”已由 {fields[named]} 给出", f"{named} is already given by {fields[named]}"
            found.append(Problem(path, (zh, en)))
        fields.setdefault(named, path)
        codes = rule.get("codes") if isinstance(rule, dict) else None
        if named == "借贷方向":
            table_of(one_of(_DIRECTIONS))(codes, joined(path, "codes"), found)
    if "记账日期" not in fields:
        found.append(Problem("columns", ("没有一列是“记账日期”", "no column is 记账日期"), "记账日期"))
    if set(fields) & set().union(*AMOUNT_FIELDS) not in AMOUNT_FIELDS:
        zh = "金额应为以下之一：金额（带正负号）；金额和借贷方向；借方金额和贷方金额"
        en = "amounts need one of: 金额 (signed); 金额 and 借贷方向; 借方金额 and 贷方金额"
        found.append(Problem("columns", (zh, en)))
    labels = content.get("labels")
    if "账号" not in fields and "账号" not in (labels if isinstance(labels, dict) else {}):
        zh, en = "没有说明账号在哪里（列或表头前的标签）", "says nowhere where the account stands: a column or a label"
        found.append(Problem("labels.账号", (zh, en)))
    _check_total(content, found)


def _list(content: Table[str, Any], key: str) -> list[Any]:
    """A list of a document that may have mistakes; an empty one where it is none."""
    value = content.get(key)
    return value if isinstance(value, list) else []


def _check_total(content: dict[str, Any], found: Found) -> None:
    """The total's own column is one of the file, and each sum stands below a column of amounts that is read."""
    total = content.get("total")
    if not isinstance(total, dict):
        return
    amounts = {
        column_name(name)
        for name, rule in content["columns"].items()
        if (rule.get("field") if isinstance(rule, dict) else rule) in ADDED_UP
    }
    known = {column_name(name) for name in (*content["columns"], *_list(content, "ignored")) if isinstance(name, str)}
    named = [(total.get("column"), known), *((name, amounts) for name in _list(total, "sums"))]
    for name, possible in named:
        if isinstance(name, str) and column_name(name) not in possible:
            words = ("没有这一列，或该列不是金额", "there is no such column, or it holds no amounts")
            found.append(Problem("total", words, nearest(name, possible)))
