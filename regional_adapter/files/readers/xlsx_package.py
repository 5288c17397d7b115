"""The archive of an XLSX workbook: looked at before it is read, then its sheets, shared texts and date formats.

What would unpack to more than is sane, or has a document type, is refused unread. Entities are never resolved.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from jinbao.regional_adapter.files.form_rows import UnusableFileError
from jinbao.regional_adapter.files.readers.source import damaged

MAX_UNPACKED_BYTES = 400_000_000
_MAX_PART_BYTES = 20_000_000
"""Of a part that is read at once: the list of sheets, the styles."""
_HEAD_BYTES = 4_096
_LOCAL_DATE_FORMATS = frozenset([*range(27, 37), *range(50, 59)])
"""Built-in formats that are dates in a Chinese Excel (ECMA-376 part 1, 18.8.30)."""


class DocumentType(Exception):
    """A part of the workbook has a document type, wherever it stands."""


class XlsxPackage:
    """An open workbook's archive. Whatever a damaged one makes it raise, `XlsxSource` tells as such."""

    def __init__(self, file: Path, archive: zipfile.ZipFile) -> None:
        """Raises UnusableFileError and DocumentType where it would be dangerous to read."""
        self._archive = archive
        _look_at(file, archive)
        self._main = next(self._targets("", "/officeDocument"))[1]
        book = self._root(self._main)
        if any(one.get("date1904") in ("1", "true") for one in book.iterfind("{*}workbookPr")):
            zh, en = "使用 1904 日期系统，请改用 1900 日期系统", "has the 1904 date system: use that of 1900"
            raise UnusableFileError(file, zh, en, "DATE")
        paths = dict(self._targets(self._main, "/worksheet"))
        named = ((sheet.get("name"), _relation(sheet)) for sheet in book.iterfind("{*}sheets/{*}sheet"))
        self._sheets: dict[str, str] = {name: paths[relation] for name, relation in named if relation in paths}

    def sheet(self, name: str | None) -> IO[bytes]:
        """A worksheet's XML, the first one's where none is named. Raises KeyError where there is no such sheet."""
        path = self._sheets[name] if name is not None else next(iter(self._sheets.values()))
        return self._archive.open(path)

    @cached_property
    def texts(self) -> list[str]:
        """The shared texts, by their numbers."""
        from lxml import etree

        found: list[str] = []
        for _, path in self._targets(self._main, "/sharedStrings"):
            with self._archive.open(path) as stream:
                for _, item in etree.iterparse(stream, tag="{*}si", resolve_entities=False, no_network=True):
                    if not found:
                        refuse_document_type(item)
                    found.append(text_in(item))
                    forget(item)
        return found

    @cached_property
    def date_styles(self) -> frozenset[int]:
        """Numbers of the cell styles that show a number as a date."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

        styles: set[int] = set()
        for _, path in self._targets(self._main, "/styles"):
            root = self._root(path)
            formats = dict(BUILTIN_FORMATS)
            for one in root.iterfind("{*}numFmts/{*}numFmt"):
                formats[int(one.get("numFmtId", 0))] = one.get("formatCode", "")
            for number, style in enumerate(root.iterfind("{*}cellXfs/{*}xf")):
                code = int(style.get("numFmtId", 0))
                if is_date_format(formats.get(code)) or (code in _LOCAL_DATE_FORMATS and code not in formats):
                    styles.add(number)
        return frozenset(styles)

    def _targets(self, part: str, kind: str) -> Iterator[tuple[str, str]]:
        """Id and path of each part of a kind that another part names."""
        folder, name = posixpath.split(part)
        path = posixpath.join(folder, "_rels", f"{name}.rels")
        if path in self._archive.NameToInfo:
            for one in self._root(path):
                if one.get("Type", "").endswith(kind):
                    yield (
                        one.get("Id", ""),
                        posixpath.normpath(posixpath.join("/", folder, one.get("Target"))).lstrip("/"),
                    )

    def _root(self, path: str) -> Any:
        from lxml import etree

        with self._archive.open(path) as stream:
            data = stream.read(_MAX_PART_BYTES + 1)
        if len(data) > _MAX_PART_BYTES:
            raise ValueError(path)
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
        refuse_document_type(root)
        return root


def text_in(item: Any) -> str:
    """The text of an element in which it stands whole or in runs, without its pronunciation."""
    plain = [one.text or "" for one in item.iterfind("{*}t")]
    return "".join(plain + [one.text or "" for one in item.iterfind("{*}r/{*}t")]).replace("x005F_", "")


def refuse_document_type(element: Any) -> None:
    """Raises DocumentType where the element's document has one: texts could vanish in its entities."""
    if element.getroottree().docinfo.doctype:
        raise DocumentType


def forget(element: Any) -> None:
    """Free what has been read, so that memory does not grow with the file."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _relation(sheet: Any) -> str:
    return next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")


def _look_at(file: Path, archive: zipfile.ZipFile) -> None:
    """Raises UnusableFileError and DocumentType where it would be dangerous to read."""
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise UnusableFileError(file, "解压后过大，不予读取", "would unpack to too much and is not read")
    for entry in entries:
        if entry.filename.endswith((".xml", ".rels")):
            with archive.open(entry) as stream:
                head = stream.read(_HEAD_BYTES).replace(b"\0", b"")  # UTF-16 too
            if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                raise DocumentType
    if len({entry.filename for entry in entries}) != len(entries):
        raise damaged(file)
