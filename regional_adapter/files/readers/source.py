"""The interface of a reader: the columns of a file, and its records as cells or as what is wrong with them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Protocol

from jinbao.regional_adapter.files.form_rows import BadCellError

Record = tuple[int, list[str] | BadCellError]
"""The line on which a record begins, the file's first being 1, and its cells in the order of the columns."""


class RecordSource(Protocol):
    """A file of records that can be read more than once, a part at a time."""

    columns: Sequence[str]
    """As the header names them, in the file's order, without blanks."""

    def records(self) -> Iterator[Record]:
        """Every record after the header; a blank one has no cell, or only blank ones.

        A record that cannot be read is a fault, and the ones after it follow. Raises UnusableFileError where the rest
        of the file cannot be read.
        """


def column_name(text: str) -> str:
    """A column's name as it is compared: full-width characters as plain ones, without blanks and line breaks."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def in_utf8(column: str) -> BadCellError:
    """A record in UTF-8 in a file of GB18030."""
    zh, en = "此条是 UTF-8，而文件应为 GB18030", "the record is in UTF-8, and the file should be in GB18030"
    return BadCellError(column, zh, en, "ENCODING")


REJECT_COLUMNS = ("退回行号", "退回列", "退回原因", "处理办法")
"""What a file of rejects says beside each row; where they stand, the file is one and needs no total row."""
