"""Reads XML: one element a record, its child elements the columns; a document type is refused before it is read.

The encoding is the mapping's, whatever the file's first line says. After a fault of the XML itself nothing more can be
read: the records before it stand, the rest is one reject.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any

from jinbao.language.system_errors import system_reason
from jinbao.regional_adapter.files.form_rows import BadCellError, RejectCode, UnreadableFileError, UnusableFileError
from jinbao.regional_adapter.files.readers.byte_lines import is_utf8_instead
from jinbao.regional_adapter.files.readers.named_values import NamedColumns
from jinbao.regional_adapter.files.readers.source import Record, in_utf8

_HEAD_BYTES = 65_536
_DANGEROUS = (b"<!DOCTYPE", b"<!ENTITY")
MOST_ELEMENTS = 1_000
"""Of one record, comments among them; more are not kept, and the record is a fault."""


class XmlSource:
    """A file whose records are elements called `record`."""

    def __init__(
        self,
        file: Path,
        encoding: str,
        record: str,
        names: NamedColumns,
        among: Sequence[str] = (),
        *,
        tells_fault: bool = True,
    ) -> None:
        """`among`: what other records are called. `tells_fault`: whether one of the XML itself is a reject here."""
        self._file = file
        self._encoding = encoding
        self._record = record
        self._names = names
        self._among = {record, *among}
        self._tells_fault = tells_fault
        self.columns: Sequence[str] = names.columns

    def records(self) -> Iterator[Record]:
        """Every record's element."""
        from lxml import etree

        line = 1
        try:
            for element, is_whole in _records(self._file, self._encoding, self._among):
                line = element.sourceline or line
                if etree.QName(element).localname == self._record:
                    yield line, self._cells(element) if is_whole else self._endless()
        except etree.XMLSyntaxError as error:
            if self._tells_fault:
                yield max(line, error.lineno or line), _fault(error, self.columns[0], self._encoding)

    def _endless(self) -> BadCellError:
        zh, en = f"一条记录有超过 {MOST_ELEMENTS} 个下级元素", f"a record has more than {MOST_ELEMENTS} elements"
        return BadCellError(self.columns[0], zh, en, "UNSAFE_FILE")

    def _cells(self, element: Any) -> list[str] | BadCellError:
        from lxml import etree

        values = []
        for child in element:
            if not isinstance(child.tag, str):
                continue
            name = etree.QName(child).localname
            if len(child):
                zh, en = "值中还有下级元素或注释", "holds elements or comments instead of a value"
                return BadCellError(name, zh, en, "HEADER")
            values.append((name, child.text or ""))
        return self._names.cells(values)


def first_record(file: Path, encoding: str, records: Sequence[str]) -> str | None:
    """Which of the elements the file holds first. Raises UnusableFileError where it is no XML, or has a DOCTYPE."""
    return next(records_in(file, encoding, records), None)


def records_in(file: Path, encoding: str, records: Sequence[str]) -> Iterator[str]:
    """Which of the elements the file holds, as each first comes. Raises UnusableFileError as `first_record` does."""
    from lxml import etree

    seen: list[str] = []
    with _opened(file) as stream:
        head = stream.read(_HEAD_BYTES)
    if any(word in head for word in _DANGEROUS):
        raise _has_doctype(file)
    if is_utf8_instead(head.rpartition(b">")[0], encoding):
        fault = in_utf8("")
        raise UnusableFileError(file, fault.zh, fault.en, "ENCODING")
    try:
        for element, _ in _records(file, encoding, records):
            name = etree.QName(element).localname
            if name not in seen:
                seen.append(name)
                yield name
    except etree.XMLSyntaxError as error:
        if not seen:
            fault = _fault(error, "", encoding)
            raise UnusableFileError(file, fault.zh, fault.en, fault.code or "HEADER", error.lineno or 1) from None


def _records(file: Path, encoding: str, names: Container[str]) -> Iterator[tuple[Any, bool]]:
    """The elements of these names as they end, and whether all within them was kept; whatever else there is, is freed.

    Raises UnusableFileError at a document type.
    """
    from lxml import etree

    with _opened(file) as stream:
        events = etree.iterparse(
            stream,
            events=("start", "end", "comment", "pi"),
            encoding=encoding,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
        )
        record, within, is_first = None, 0, True
        for event, element in events:
            if is_first:
                is_first = False
                if element.getroottree().docinfo.doctype:
                    raise _has_doctype(file)
            if record is None:
                if event == "start" and etree.QName(element).localname in names:
                    record, within = element, 0
                elif event != "start":
                    _forget(element)
            elif element is record:
                yield record, within <= MOST_ELEMENTS
                _forget(record)
                record = None
            elif event != "end":
                within += 1
            elif within > MOST_ELEMENTS:
                _forget(element)


def _opened(file: Path) -> Any:
    try:
        return file.open("rb")
    except OSError as error:
        raise UnreadableFileError(file, *system_reason(error)) from None


def _has_doctype(file: Path) -> UnusableFileError:
    zh, en = "文件含有文档类型声明（DOCTYPE），不予读取", "the file has a document type (DOCTYPE) and is not read"
    return UnusableFileError(file, zh, en, "UNSAFE_FILE")


def _forget(element: Any) -> None:
    """Free what has been read, so that memory does not grow with the file."""
    if isinstance(element.tag, str):  # a comment has nothing within it
        element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _fault(error: Any, column: str, encoding: str) -> BadCellError:
    from lxml import etree

    code: RejectCode = "HEADER"
    zh, en = "此处不是有效的 XML，其后的记录无法读取", "no valid XML here: the records after it cannot be read"
    if error.code in (
        etree.ErrorTypes.ERR_DOCUMENT_END,
        etree.ErrorTypes.ERR_DOCUMENT_EMPTY,
        etree.ErrorTypes.ERR_TAG_NOT_FINISHED,
        etree.ErrorTypes.ERR_GT_REQUIRED,
    ):
        code, zh, en = "TRUNCATED", "文件在此处中断", "the file ends here"
    elif error.code in (etree.ErrorTypes.ERR_INVALID_ENCODING, etree.ErrorTypes.ERR_INVALID_CHAR, 6003):
        code = "ENCODING"
        zh = f"此处有 {encoding.upper()} 或 XML 不允许的字符，其后的记录无法读取"
        en = f"a character here is not allowed in {encoding.upper()} or XML: the records after it cannot be read"
    return BadCellError(column, zh, en, code)
