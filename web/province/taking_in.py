"""`/desk/files`: take in a file as `jinbao adapter import` does, and give back what of it was not taken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from typing import Literal

import msgspec
from openpyxl import load_workbook

from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.files.form_rows import UnusableFileError
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping, WrongMappingError
from jinbao.regional_adapter.files.ways_in.file_names import plain_name
from jinbao.regional_adapter.files.ways_in.journal import Entry
from jinbao.rules.unprintable import UNPRINTABLE
from jinbao.web.form_data import sent_file
from jinbao.web.page import Action, Asker, Done, Page, Sent, not_found, the_own_province
from jinbao.web.province.files_in import Choice, UnknownMapping
from jinbao.web.province.offices import Offices
from jinbao.web.security import MIB

_NOT_PRINTED = re.compile(rf"[{UNPRINTABLE}]")
_FORM_BYTES = MIB // 2
"""Of what is sent beside the file."""


class Taken(msgspec.Struct, frozen=True):
    """A file that came, and what became of it."""

    file: str
    number: int
    clerk: str
    """Empty where the adapter took it from the watched folder."""
    form: str
    mapping: str
    state: str
    """`taken`, `refused`, `waiting` for its rest, or `begun`."""
    taken: int
    unchanged: int
    bad: int
    skipped: int
    code: str
    reason: str
    """Why nothing of it was taken."""
    has_rejects: bool
    at: str


class MappingProblem(msgspec.Struct, frozen=True):
    """A mistake of a mapping that was sent."""

    path: str
    problem: str
    suggestion: str


class Files(msgspec.Struct, frozen=True):
    """The page's value."""

    as_of: str
    imports: Sequence[Taken]
    """The newest files, newest first, whichever way they came."""
    mappings: Sequence[Choice]
    """The versions of mappings that were used here."""
    mapping: str
    """The one that was chosen."""
    most_mib: int
    """Largest file that is taken."""
    fault: str
    problems: Sequence[MappingProblem]
    """Mistakes of the mapping that was sent."""
    taken: int
    """The number of the file that was just taken in; 0 for none."""
    shortcuts: bool


class Shown(msgspec.Struct, frozen=True):
    """What stands behind the question mark."""

    taken: int = 0
    """The number of the file that was just taken in."""
    mapping: str = ""
    """The mapping that was chosen last."""


class Upload(msgspec.Struct, frozen=True):
    """A file, and how it is read."""

    file: Sent = ""
    file_name: str = ""
    """Of a file that a program sends."""
    mapping: str = ""
    """Key of a stored mapping; empty: the platform's own forms."""
    new_mapping: Sent = ""
    """A mapping file, which is kept and goes before the one that is chosen."""


class Report(msgspec.Struct, frozen=True):
    """A file that was taken in, by its number."""

    file: int
    kind: Literal["same", "workbook"] = "same"
    """Its rejects as a file of the same form, or as a workbook to look at."""


def files_page(offices: Offices) -> Page:
    """`/desk/files`."""

    def value(asker: Asker, query: Shown) -> Files:
        return _view(asker, offices, taken=query.taken, mapping=query.mapping)

    return Page("/desk/files", prose("Files"), "desk_files.html", value, Shown, the_own_province)


def take_in(offices: Offices, page: Page) -> Action:
    """`POST /desk/files`: register the good rows; the bad ones can be fetched as a file of the same form."""

    def act(asker: Asker, form: Upload) -> Done:
        tr, files, now = asker.tr, offices.files_of(asker), offices.clock.now_us()

        def refused(fault: str, problems: Sequence[MappingProblem] = ()) -> Done:
            told = [{"path": one.path, "problem": one.problem, "suggestion": one.suggestion} for one in problems]
            value = {"error": fault, **({"problems": told} if told else {})}
            view = _view(asker, offices, fault=fault, problems=problems, mapping=form.mapping)
            return Done("", value, 422, (page, view))

        file, described = sent_file(form.file, form.file_name), sent_file(form.new_mapping)
        if file is None:
            return refused(tr("请选择文件", "choose a file"))
        name = _plain_name(file.name)
        try:
            mapping = files.chosen(form.mapping) if described is None else files.keep(described)
            entry = files.take(file, name, mapping, asker.user.name, now)
        except UnknownMapping:
            return refused(tr("没有这个对照文件，请重新选择", "there is no such mapping: choose again"))
        except WrongMappingError as error:
            problems = [MappingProblem(p.path, tr.of(p.problem), p.suggestion or "") for p in error.problems]
            return refused(tr("对照文件有误", "the mapping is wrong"), problems)
        except UnusableFileError as error:
            return refused(f"{name}{tr('：', ': ')}{tr.of(error.reason)}")
        key = form.mapping if described is None else _key_of(files.choices(), mapping)
        found = _taken(asker, entry)
        if found.state == "refused":
            return refused(f"{name}{tr('：', ': ')}{found.reason}")
        counts = {"taken": found.taken, "unchanged": found.unchanged, "bad": found.bad, "skipped": found.skipped}
        value = {"file": found.number, "rows": found.taken + found.unchanged + found.bad, **counts}
        return Done(f"/desk/files?taken={found.number}&mapping={key}", value, 202)

    most = offices.upload_mib * MIB + _FORM_BYTES
    return Action("/desk/files", act, Upload, the_own_province, most)


def fetch_rejects(offices: Offices) -> Action:
    """`POST /desk/files/{file}`: the rows that were not taken, cells as they were, with reason and remedy."""

    def act(asker: Asker, form: Report) -> Done:
        file = offices.files_of(asker).rejects_of(form.file)
        if file is None:
            raise not_found()
        workbook = file.with_suffix(".xlsx")
        shown = workbook if form.kind == "workbook" else file
        return Done("/desk/files", {"rejects": _rows(workbook)}, 200, download=(shown.name, shown.read_bytes()))

    return Action("/desk/files/{file}", act, Report, the_own_province)


def _rows(workbook: Path) -> list[list[str]]:
    book = load_workbook(workbook, read_only=True)
    try:
        return [["" if cell is None else str(cell) for cell in row] for row in book.worksheets[0].values]
    finally:
        book.close()


def _view(
    asker: Asker,
    offices: Offices,
    *,
    fault: str = "",
    problems: Sequence[MappingProblem] = (),
    taken: int = 0,
    mapping: str = "",
) -> Files:
    files = offices.files_of(asker)
    with offices.store_of(asker) as store:
        shortcuts = store.has_keys(asker.user.name)
    return Files(
        as_of=formatting.iso(offices.clock.now_us()),
        imports=[_taken(asker, entry) for entry in files.newest()],
        mappings=files.choices(),
        mapping=mapping,
        most_mib=offices.upload_mib,
        fault=fault,
        problems=problems,
        taken=taken,
        shortcuts=shortcuts,
    )


def _taken(asker: Asker, entry: Entry) -> Taken:
    o = entry.outcome
    return Taken(
        file=entry.file,
        number=entry.number,
        clerk=entry.who,
        form=o.form,
        mapping=entry.mapping,
        state=o.state,
        taken=o.sent,
        unchanged=o.accepted - o.sent,
        bad=o.rejected,
        skipped=o.skipped,
        code=o.code,
        reason=asker.tr(o.reason_zh, o.reason_en),
        has_rejects=bool(o.rejects),
        at=formatting.iso(entry.at),
    )


def _key_of(choices: Sequence[Choice], mapping: Mapping) -> str:
    return next((one.key for one in choices if (one.name, one.version) == (mapping.name, mapping.version)), "")


def _plain_name(name: str) -> str:
    """The file's own name, without folders and what cannot be printed."""
    plain = _NOT_PRINTED.sub("", PureWindowsPath(name).name).strip(". ")
    return plain_name(plain) or "file.csv"
