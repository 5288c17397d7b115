"""Records whose values bear names, in JSON and XML: their cells in the order of a form's columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from jinbao.regional_adapter.files.form_rows import BadCellError
from jinbao.regional_adapter.files.readers.source import REJECT_COLUMNS, column_name


class NamedColumns:
    """The columns of one form: `needed` must be in every record, `ignored` may be and are passed over."""

    def __init__(self, columns: Sequence[str], needed: Collection[str], ignored: Collection[str]) -> None:
        self.columns = columns
        self._place = {column: index for index, column in enumerate(columns)}
        self._needed = frozenset(needed)
        self._ignored = frozenset(ignored) | frozenset(REJECT_COLUMNS)

    def fit(self, names: Collection[str]) -> bool:
        """Whether a record of these names may be one of the form."""
        return self._needed <= set(names) <= {*self._place, *self._ignored}

    def cells(self, values: Sequence[tuple[str, str]]) -> list[str] | BadCellError:
        """The cells of a record; a name that is twice there, missing or unknown is a fault."""
        cells = [""] * len(self.columns)
        seen = set()
        for name, value in values:
            name = column_name(name)
            if name in seen:
                return BadCellError(name, "同一条记录中出现两次", "comes twice in the record", "HEADER")
            seen.add(name)
            place = self._place.get(name)
            if place is not None:
                cells[place] = value
            elif name not in self._ignored:
                zh, en = "对照文件没有这个名称", "is no name of the mapping"
                return BadCellError(name, zh, en, "HEADER")
        missing = self._needed - seen
        if missing:
            first = min(missing, key=lambda name: self._place[name])
            return BadCellError(first, "记录中没有这一项", "is not in the record", "MISSING")
        return cells
