"""What a mapping makes of a sample of the way back: each record as delivered, or the cell that is no such value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping as Table
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import msgspec

from jinbao.keys.key_ring import MessageName
from jinbao.keys.message_seal import event_id
from jinbao.regional_adapter.files.form_rows import BadCellError, UnusableFileError
from jinbao.regional_adapter.files.mapping.mapped_file import MappedFile
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping
from jinbao.regional_adapter.files.mapping.out_layouts import kind_delivered
from jinbao.regional_adapter.files.out_values import MisfitError, value_of

Delivered = tuple[str, str, UUID, dict[str, str]]
"""Type, key, event id and fields of a record."""
_NO_TRANSFER = UUID(int=0)


def delivered_file(file: Path, mapping: Mapping) -> MappedFile | None:
    """The file as one of the mapping's forms of the way back, or None where it is none."""
    if not mapping.out:
        return None
    try:
        return MappedFile(file, replace(mapping, forms=mapping.out))
    except UnusableFileError:
        return None


def delivered_records(mapped: MappedFile) -> Iterator[tuple[int, Delivered | BadCellError | None]]:
    """Line and content of every record; None for a title or blank row. Raises UnusableFileError."""
    for line in range(1, mapped.form.title_rows + 1):
        yield line, None
    for line, cells in mapped.source.records():
        if isinstance(cells, BadCellError):
            yield line, cells
        elif not any(cell.strip() for cell in cells):
            yield line, None
        else:
            yield line, _record(mapped, dict(zip(mapped.source.columns, cells, strict=True)))


def _record(mapped: MappedFile, cells: Table[str, str]) -> Delivered | BadCellError:
    fields = {}
    for rule in mapped.form.columns:
        try:
            fields[rule.field] = value_of(cells[rule.column], rule)
        except MisfitError as error:
            return BadCellError(rule.field, *error.words)
    kind = kind_delivered(mapped.form.layout.name, fields.get("文书", ""))
    parts = ("转移业务号", "付款编号", "付款行号", "年度", "起始年月", "时限", "时限轮次")
    key = "-".join(fields[part] for part in parts if fields.get(part))
    return kind, key, _event(kind, key, fields), fields


def _event(kind: str, key: str, fields: Table[str, str]) -> UUID:
    """The message's own id where the form has it, else derived from the content."""
    try:
        return UUID(fields.get("事件编号", ""))
    except ValueError:
        content = hashlib.sha256(msgspec.json.encode(dict(fields), order="sorted")).hexdigest()
        return event_id(MessageName(fields.get("发送方代码", ""), kind, key, 1, _NO_TRANSFER), content)
