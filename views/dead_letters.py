"""Dead letters as they may be shown: the list, and one with its code, headers and raw bytes."""

from __future__ import annotations

from typing import Any

from jinbao.bus.interface import BusRecord
from jinbao.language.words import Translator
from jinbao.platform.ingest.dead_letters import DeadLetter
from jinbao.presentation import code_labels, formatting
from jinbao.rules.unprintable import printable
from jinbao.views.table import Table, View

_BYTES_A_LINE = 32


def dead_letters_table(tr: Translator, found: list[DeadLetter]) -> Table:
    """A row for each, and whether this program can read it now."""
    return Table(
        [
            (tr("编号", "number"), "right"),
            tr("收到", "received"),
            tr("代码", "code"),
            tr("字段", "field"),
            tr("业务", "case"),
            tr("分区/位移", "partition/offset"),
            (tr("字节", "bytes"), "right"),
            tr("现在可读", "readable now"),
        ],
        [
            (
                letter.number,
                formatting.instant(letter.received_at),
                letter.code,
                letter.field,
                formatting.short_id(letter.case or ""),
                f"{letter.partition}/{letter.bus_offset}",
                len(letter.data),
                tr("是", "yes") if letter.message else tr("否", "no"),
            )
            for letter in found
        ],
    )


def dead_letter_page(tr: Translator, letter: DeadLetter, original: BusRecord | None) -> View:
    """One of them: its code in words, what the bus still has of its headers, its bytes in hexadecimal."""
    view: list[str | Table] = [
        f"{letter.number}  {formatting.instant(letter.received_at)}  {letter.code}  {letter.field or ''}".rstrip(),
        tr.of(code_labels.reason(letter.code)),
    ]
    if original is None:
        view.append(tr("总线上已没有这条记录：报头不详", "the bus no longer has the record: its headers are not known"))
    else:
        view.append(f"key: {_text(original.key)}")
        view.append(Table([tr("报头", "header"), tr("值", "value")], [(n, _text(v)) for n, v in original.headers]))
    for start in range(0, len(letter.data), _BYTES_A_LINE):
        view.append(letter.data[start : start + _BYTES_A_LINE].hex(" "))
    return view


def dead_letter_as_json(letter: DeadLetter) -> dict[str, Any]:
    """One of them for machines."""
    return {
        "number": letter.number,
        "code": letter.code,
        "field": letter.field,
        "transfer": None if letter.case is None else str(letter.case),
        "partition": letter.partition,
        "offset": letter.bus_offset,
        "received_at": formatting.in_shanghai(letter.received_at),
        "bytes": len(letter.data),
        "readable": letter.message is not None,
    }


def original_as_json(original: BusRecord | None) -> dict[str, Any]:
    """Key and headers of the record on the bus, where the bus still has it."""
    if original is None:
        return {"key": None, "headers": None}
    return {"key": _text(original.key), "headers": [[name, _text(value)] for name, value in original.headers]}


def _text(value: bytes) -> str:
    """A header's value, harmless to a terminal."""
    return printable(value.decode("utf-8", "backslashreplace"))
