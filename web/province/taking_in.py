"""`/desk/files`: take in a file as `jinbao adapter import` does, and give back what of it was not taken."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PureWindowsPath
from typing import Any

import msgspec

from jinbao.language.words import Translator
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.files.form_rows import UnusableFileError
from jinbao.regional_adapter.files.imported_rows import ImportReport
from jinbao.rules.unprintable import UNPRINTABLE
from jinbao.views.csv_export import rows_as_csv
from jinbao.web.page import Action, Asker, Done, Page, not_found, the_own_province
from jinbao.web.province.desk_store import Imported
from jinbao.web.province.offices import Offices

_LONGEST_NAME = 100
_NOT_PRINTED = re.compile(rf"[{UNPRINTABLE}]")


class Files(msgspec.Struct, frozen=True):
    """The page's value."""

    as_of: str
    imports: Sequence[Mapping[str, Any]]
    """The newest files that were taken in, newest first."""
    fault: str
    taken: int
    """The number of the file that was just taken in; 0 for none."""
    shortcuts: bool


class Shown(msgspec.Struct, frozen=True):
    """What stands behind the question mark."""

    taken: int = 0
    """The number of the file that was just taken in."""


class Upload(msgspec.Struct, frozen=True):
    """A file."""

    file: bytes = b""
    file_name: str = ""


class Report(msgspec.Struct, frozen=True):
    """A file that was taken in, by its number."""

    file: int


def files_page(offices: Offices) -> Page:
    """`/desk/files`."""

    def value(asker: Asker, query: Shown) -> Files:
        return _view(asker, offices, taken=query.taken)

    return Page("/desk/files", prose("Files"), "desk_files.html", value, Shown, the_own_province)


def take_in(offices: Offices, page: Page) -> Action:
    """`POST /desk/files`: register the good rows; the bad ones can be fetched as a file."""

    def act(asker: Asker, form: Upload) -> Done:
        now, name = offices.clock.now_us(), _plain_name(form.file_name)
        if not form.file:
            return _refused(asker, offices, page, asker.tr("请选择文件", "choose a file"))
        try:
            report = offices.take_in(asker, name, form.file, now)
        except UnusableFileError as error:
            return _refused(asker, offices, page, asker.tr(f"{name}：{error.reason[0]}", f"{name}: {error.reason[1]}"))
        bad = _rejects(asker.tr, report)
        with offices.store_of(asker) as store:
            number = store.add_import(
                Imported(asker.user.name, name, report.form, report.taken, report.unchanged), bad, now
            )
        value = {"file": number, "rows": report.rows, "taken": report.taken, "unchanged": report.unchanged}
        return Done(f"/desk/files?taken={number}", {**value, "bad": len(report.bad)}, 202)

    return Action("/desk/files", act, Upload, the_own_province)


def fetch_rejects(offices: Offices) -> Action:
    """`POST /desk/files/{file}`: the rows that were not taken, as a file."""

    def act(asker: Asker, form: Report) -> Done:
        with offices.store_of(asker) as store:
            bad = store.rejects_of(form.file)
        if bad is None:
            raise not_found()
        return Done("/desk/files", {"rejects": bad}, 200, download=(f"rejects-{form.file}.csv", rows_as_csv(bad)))

    return Action("/desk/files/{file}", act, Report, the_own_province)


def _view(asker: Asker, offices: Offices, fault: str = "", taken: int = 0) -> Files:
    with offices.store_of(asker) as store:
        imports = [{**one, "at": formatting.iso(int(one["at"]))} for one in store.imports()]
        as_of = formatting.iso(offices.clock.now_us())
        return Files(as_of, imports, fault, taken, store.has_keys(asker.user.name))


def _refused(asker: Asker, offices: Offices, page: Page, fault: str) -> Done:
    return Done("", {"error": fault}, 422, (page, _view(asker, offices, fault)))


def _plain_name(name: str) -> str:
    """The file's own name, without folders and what cannot be printed."""
    plain = _NOT_PRINTED.sub("", PureWindowsPath(name).name)[-_LONGEST_NAME:].strip(". ")
    return plain or "file.csv"


def _rejects(tr: Translator, report: ImportReport) -> list[list[str]]:
    heads = [tr("行", "line"), tr("列", "column"), tr("原因", "reason")]
    return [heads, *([str(b.line), b.column, tr(b.reason_zh, b.reason_en)] for b in report.bad)]
