"""The mapping file of a province (TOML): format, encoding, columns and how values are written, one table a form.

Loading it finds every mistake at once. An encoding is never guessed: GB2312 and GBK, which real files exceed, are read
as GB18030, of which they are parts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as Table, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinbao.language.system_errors import system_reason
from jinbao.language.toml_errors import toml_reason
from jinbao.language.words import Words
from jinbao.regional_adapter.files.form_rows import FormLayout
from jinbao.regional_adapter.files.import_layouts import LAYOUTS, FieldKind, kind_of
from jinbao.regional_adapter.files.mapping import mapping_shapes
from jinbao.regional_adapter.files.mapping.in_words import check_codes, check_word
from jinbao.regional_adapter.files.mapping.out_checks import check_out
from jinbao.regional_adapter.files.mapping.out_layouts import OUT_LAYOUTS
from jinbao.regional_adapter.files.mapping.shapes import Found, Problem, joined, nearest
from jinbao.regional_adapter.files.readers.source import column_name

ENCODINGS_READ_AS = {"gb2312": "gb18030", "gbk": "gb18030", "utf8": "utf-8"}
"""Labels of encodings and what they are read as."""


class WrongMappingError(Exception):
    """A mapping file that cannot be used, with every mistake in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.path}: {p.problem[1]}" for p in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Writing:
    """How values are written: of a mapping, or of one of its columns."""

    dates: tuple[str, ...] = ("YYYY-MM-DD",)
    unit: str = "yuan"
    numbers: tuple[str, ...] = ()
    ids: tuple[int, ...] = (18,)
    line_breaks: str = "refuse"
    names: str = "strict"


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """A column of the province's file and the field of the form that it is."""

    column: str
    field: str
    writing: Writing
    codes: Table[str, str] | None = None
    optional: bool = False
    at: tuple[int, int] | None = None
    """First and last byte of the line, counted from 1, in a file of fixed width."""
    width: int | None = None
    """Bytes of the field in a DBF that is written."""
    header: str = ""
    """The column's name as the province spells it; `column` is how names are compared."""
    held: FieldKind | None = None
    """What the field of a delivered form holds."""
    zeros: bool = False
    """Whether a number is filled with zeros from the left when it is written."""

    @property
    def kind(self) -> FieldKind:
        """What the field holds."""
        return self.held or kind_of(self.field)


@dataclass(frozen=True, slots=True)
class TotalRule:
    """The row that adds up the others: `column` says `text`; sums stand in their own columns, the count in another."""

    column: str
    text: str
    sums: tuple[str, ...] = ()
    count: str | None = None


@dataclass(frozen=True, slots=True)
class FormRule:
    """One form of the province."""

    layout: FormLayout
    columns: tuple[ColumnRule, ...]
    constants: Table[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    title_rows: int = 0
    total: TotalRule | None = None
    sheet: str | None = None
    record: str | None = None
    length: int | None = None

    @property
    def by_column(self) -> dict[str, ColumnRule]:
        """The columns by their names in the file."""
        return {rule.column: rule for rule in self.columns}


@dataclass(frozen=True, slots=True)
class Mapping:
    """A province's forms, from `valid_from` on."""

    name: str
    version: int
    valid_from: date
    format: str
    encoding: str
    delimiter: str
    forms: tuple[FormRule, ...]
    last_line: str = "ended"
    """`open`: the last line is taken without its end too, and a cut file is not noticed there."""
    same_key: str = "both"
    """`second`: of two rows of one key that differ the second is refused, else both."""
    out: tuple[FormRule, ...] = ()
    """The forms that the province is delivered; what has none leaves as the platform's own CSV."""
    characters: str = "gb18030"
    """Which characters a delivered file may hold: the encoding as the mapping names it, GBK and GB2312 too."""
    bom: bool = False
    """Whether a delivered CSV begins with a byte order mark."""
    mixed: bool = False
    """Whether a file may hold records of several forms."""


def load_mapping(file: Path) -> Mapping:
    """The mapping in a file. Raises WrongMappingError with all its mistakes."""
    return mapping_of(document(file))


def document(file: Path) -> dict[str, Any]:
    """What a mapping file says, as it stands. Raises WrongMappingError where it is no TOML."""
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise WrongMappingError([Problem("", system_reason(error))]) from None
    except UnicodeDecodeError:
        raise WrongMappingError([Problem("", ("对照文件应为 UTF-8", "a mapping file must be in UTF-8"))]) from None
    except RecursionError:
        raise WrongMappingError([Problem("", ("表嵌套过深", "its tables are nested too deeply"))]) from None
    except tomllib.TOMLDecodeError as error:
        zh, en = toml_reason(error)
        raise WrongMappingError([Problem("", (f"不是有效的 TOML：{zh}", f"is no valid TOML: {en}"))]) from None


@lru_cache(maxsize=1)
def standard_mapping() -> Mapping:
    """The platform's own CSV forms."""
    return load_mapping(Path(__file__).parent / "standard.toml")


def mapping_of(content: dict[str, Any]) -> Mapping:
    """The mapping that a TOML document says. Raises WrongMappingError."""
    found: Found = []
    mapping_shapes.of_format(content.get("format"))(content, "", found)
    for section, layouts in (("forms", LAYOUTS), ("out", OUT_LAYOUTS)):
        for layout in layouts:
            form, where = _table(_table(content, section), layout.name), joined(section, layout.name)
            if isinstance(form.get("columns"), dict):
                _check_form(where, form, layout, content.get("format"), found)
                if section == "out":
                    check_out(where, form, content.get("format"), found)
                else:
                    _check_words(where, form, found)
    _check_records(content, found)
    if found:
        raise WrongMappingError(found)
    encoding = content.get("encoding", "utf-8").lower()
    writing = writing_of(content.get("values", {}), Writing())
    return Mapping(
        name=content["name"],
        version=content["version"],
        valid_from=content["valid_from"],
        format=content["format"],
        encoding=ENCODINGS_READ_AS.get(encoding, encoding),
        delimiter=content.get("delimiter", ","),
        forms=tuple(_form(_layout(name), form, writing) for name, form in content["forms"].items()),
        out=tuple(_form(_layout(name), form, writing) for name, form in content.get("out", {}).items()),
        characters=encoding.replace("utf8", "utf-8"),
        bom=content.get("bom", False),
        mixed=content.get("mixed", False),
        last_line=content.get("last_line", "ended"),
        same_key=content.get("same_key", "both"),
    )


def _table(content: Table[str, Any], key: str) -> dict[str, Any]:
    """A table of a document that may have mistakes; an empty one where it is none."""
    value = content.get(key)
    return value if isinstance(value, dict) else {}


def _list(content: Table[str, Any], key: str) -> list[Any]:
    value = content.get(key)
    return value if isinstance(value, list) else []


def _layout(name: str) -> FormLayout:
    return next(layout for layout in (*LAYOUTS, *OUT_LAYOUTS) if layout.name == name)


def writing_of(values: Table[str, Any], usual: Writing) -> Writing:
    """How values are written where a table says it, and as usual where it does not."""
    return Writing(
        dates=tuple(values.get("dates", usual.dates)),
        unit=values.get("unit", usual.unit),
        numbers=tuple(values.get("numbers", usual.numbers)),
        ids=tuple(values.get("ids", usual.ids)),
        line_breaks=values.get("line_breaks", usual.line_breaks),
        names=values.get("names", usual.names),
    )


def _form(layout: FormLayout, form: Table[str, Any], usual: Writing) -> FormRule:
    total = form.get("total")
    return FormRule(
        layout=layout,
        columns=tuple(_column(name, rule, usual, layout) for name, rule in form["columns"].items()),
        constants=form.get("constants", {}),
        ignored=tuple(column_name(name) for name in form.get("ignored", ())),
        title_rows=form.get("title_rows", 0),
        total=None
        if total is None
        else TotalRule(
            column_name(total["column"]),
            total["text"],
            tuple(column_name(name) for name in total.get("sums", ())),
            None if "count" not in total else column_name(total["count"]),
        ),
        sheet=form.get("sheet"),
        record=form.get("record"),
        length=form.get("length"),
    )


def _column(header: str, rule: str | Table[str, Any], usual: Writing, layout: FormLayout) -> ColumnRule:
    name = column_name(header)
    if isinstance(rule, str):
        return ColumnRule(name, rule, usual, header=header, held=layout.kinds.get(rule))
    at = rule.get("at")
    return ColumnRule(
        name,
        rule["field"],
        writing_of(rule, usual),
        rule.get("codes"),
        rule.get("optional", False),
        (at[0], at[1]) if at else None,
        rule.get("width"),
        header,
        layout.kinds.get(rule["field"]),
        rule.get("zeros", False),
    )


_ONLY_OF: dict[str, tuple[FieldKind, ...]] = {
    "dates": ("date",),
    "unit": ("amount",),
    "numbers": ("amount", "rate", "number", "id", "date"),
    "ids": ("id",),
    "zeros": ("amount", "rate", "number"),
}


def _check_form(path: str, form: Table[str, Any], layout: FormLayout, format: object, found: Found) -> None:
    """A form's table against the form itself: fields are known and come once, the required ones are there."""
    known = [*layout.required, *layout.optional]
    seen: dict[str, str] = {name: joined(path, "constants") for name in _table(form, "constants")}
    for name in seen:
        if name not in known:
            found.append(_no_field(joined(joined(path, "constants"), name), name, known, layout))
    unknown = []
    names: set[str] = set()
    for name, rule in form["columns"].items():
        where = joined(joined(path, "columns"), name)
        target = rule.get("field") if isinstance(rule, dict) else rule
        if not isinstance(target, str):  # told by its shape; what it meant to name is not missing too
            unknown += [word for word in rule.values() if isinstance(word, str)] if isinstance(rule, dict) else []
            continue
        if column_name(name) in names:
            found.append(Problem(where, ("此列重复", "the column comes twice")))
        names.add(column_name(name))
        if target not in known:
            unknown.append(target)
            left = [k for k in known if k not in seen]
            found.append(_no_field(where, target, left, layout, name))
        elif target in seen:
            zh, en = f"“{target}”已由 {seen[target]} 给出", f"{target} is already given by {seen[target]}"
            found.append(Problem(where, (zh, en)))
        seen.setdefault(target, where)
        if isinstance(rule, dict) and target in known:
            _check_column(where, rule, layout.kinds.get(target) or kind_of(target), found)
        if format == "fixed-width" and (isinstance(rule, str) or "at" not in rule):
            found.append(Problem(joined(where, "at"), ("缺少此项", "is missing")))
    for name in layout.required:
        if name not in seen and nearest(name, unknown) is None:
            zh, en = f"没有一列是“{name}”", f"no column is {name}"
            found.append(Problem(joined(path, "columns"), (zh, en), name))
    _check_total(path, form, names, found)


def _check_words(path: str, form: Table[str, Any], found: Found) -> None:
    """Codes and constants of a form that is read against the words that their fields may hold."""
    for name, word in _table(form, "constants").items():
        check_word(joined(joined(path, "constants"), name), name, word, found)
    for name, rule in form["columns"].items():
        if isinstance(rule, dict) and isinstance(rule.get("field"), str):
            check_codes(joined(joined(path, "columns"), name), rule["field"], rule, found)


def _no_field(path: str, name: str, known: Sequence[str], layout: FormLayout, column: str = "") -> Problem:
    """The column's own name is meant where that is a field too and as near as any."""
    words: Words = (f"表单“{layout.name}”没有这个字段", f"the form {layout.name} has no such field")
    own = nearest(name, [column]) if column in known else None
    return Problem(path, words, own or nearest(name, known))


def _check_column(path: str, rule: Table[str, Any], kind: FieldKind, found: Found) -> None:
    for key, kinds in _ONLY_OF.items():
        if key in rule and kind not in kinds:
            found.append(Problem(joined(path, key), ("此字段不能有这一项", "the field cannot have this")))
    at = rule.get("at")
    if isinstance(at, list) and len(at) == 2 and all(isinstance(place, int) for place in at) and at[0] > at[1]:
        found.append(Problem(joined(path, "at"), ("末字节在首字节之前", "the last byte is before the first")))


def _check_records(content: Table[str, Any], found: Found) -> None:
    """Where a file holds records of several forms, `record` says whose each is."""
    seen: dict[object, str] = {}
    for name, form in _table(content, "forms").items() if content.get("mixed") is True else ():
        record = form.get("record") if isinstance(form, dict) else None
        if record is not None and seen.setdefault(record, name) != name:
            problem: Words = (f"与表单“{seen[record]}”相同", f"is that of the form {seen[record]} too")
            found.append(Problem(joined(joined("forms", name), "record"), problem))


def _check_total(path: str, form: Table[str, Any], names: set[str], found: Found) -> None:
    total = _table(form, "total")
    known = [*names, *(column_name(name) for name in _list(form, "ignored") if isinstance(name, str))]
    column, count = total.get("column"), total.get("count")
    if isinstance(column, str) and isinstance(count, str) and column_name(column) == column_name(count):
        same: Words = (
            f"“{count}”列里是合计行的标记，不能再是条数",
            f"{count} bears the total row's mark, and no count",
        )
        found.append(Problem(joined(joined(path, "total"), "count"), same))
    named = [("column", column), ("count", count)]
    named += [("sums", name) for name in _list(total, "sums")]
    for key, name in named:
        if isinstance(name, str) and column_name(name) not in known:
            problem: Words = ("表单没有这一列", "the form has no such column")
            found.append(Problem(joined(joined(path, "total"), key), problem, nearest(name, known)))
