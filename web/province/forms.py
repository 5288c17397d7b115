"""A form on a page: each field with its words, what it holds and where that comes from, what was typed, its fault."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

import msgspec

from jinbao.language.words import Translator, Words
from jinbao.presentation import labels, message_labels
from jinbao.presentation.field_values import choice_words
from jinbao.presentation.office_labels import FIELD_KINDS, SOURCES
from jinbao.regional_adapter.office.annulment_reasons import ANNULMENT_REASONS
from jinbao.regional_adapter.office.draft import Draft, Field
from jinbao.regional_adapter.office.typed import cells_of, text_of
from jinbao.rules.notices import TOLD
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.step_articles import step_articles

REASON, REMARK = "annulment.reason", "annulment.remark"
"""Fields of a form that takes a document back: the reason's code, and a remark."""
_REMARKS = frozenset({"reason_text"})
"""Texts that follow from a code where one is chosen: they may be left empty."""
_PROVINCES = frozenset(
    {"origin", "destination", "hukou_province", "payer", "counterpart", "paid_in", "kept_province", "province"}
)


class Choice(msgspec.Struct, frozen=True):
    """One of the values that a field may have."""

    code: str
    label: str


class FormField(msgspec.Struct, frozen=True):
    """One field as it is shown."""

    name: str
    label: str
    kind: str
    required: bool
    text: str
    """What was typed, else what it holds, as it would be typed."""
    source: str
    """Where it comes from, in words; empty where nothing is known of it."""
    expected: str
    choices: Sequence[Choice] = ()
    fault: str = ""
    columns: Sequence[str] = ()
    """Of rows: what each column is called."""
    rows: Sequence[Sequence[FormField]] = ()


class Fault(msgspec.Struct, frozen=True):
    """What is wrong, and with which field; "" where with none."""

    field: str
    text: str
    label: str = ""


class FormView(msgspec.Struct, frozen=True):
    """The form of an action."""

    action: str
    label: str
    message: str
    fields: Sequence[FormField]
    missing: Sequence[str]
    """Fields that somebody still has to say, by name."""
    key: str
    """Tells a form that is sent twice from two."""
    document: int = 0
    """Which document of ours it takes back or corrects."""
    article: str = ""
    """On which rule it rests; empty where that is our own order."""


def form_view(
    tr: Translator,
    action: str,
    draft: Draft,
    texts: Mapping[str, str],
    faults: Sequence[Fault],
    *,
    document: int = 0,
    takes_back: bool = False,
) -> FormView:
    """The form of a draft with what was typed into it."""
    has_code = any(field.name == "reason_code" for field in draft.fields())
    fields = [_field(tr, draft, field, texts, faults, has_code=has_code) for field in draft.fields()]
    if takes_back:
        fields += _annulment(tr, texts, faults)
    needed = [f.name for f in fields if f.required and not f.text and not f.rows]
    label = action_label(tr, action)
    if action == "correct" and not takes_back:
        label = tr("更正后重新报送：", "correct and send again: ") + tr.of(labels.message(draft.form.KIND))
    return FormView(
        action,
        label,
        draft.form.KIND,
        fields,
        needed,
        secrets.token_urlsafe(16),
        document,
        step_articles().get(draft.form.KIND, ""),
    )


def annulment_view(
    tr: Translator, document: int, texts: Mapping[str, str], faults: Sequence[Fault], *, takes_back: bool
) -> FormView:
    """The form that takes a document back; one that was refused only rests, and asks for no reason."""
    fields = _annulment(tr, texts, faults) if takes_back else []
    needed = [f.name for f in fields if f.required and not f.text]
    label = action_label(tr, "annul") if takes_back else tr("不再报送", "let it rest")
    return FormView("annul", label, "FactAnnulled", fields, needed, secrets.token_urlsafe(16), document)


def action_label(tr: Translator, action: str) -> str:
    """What an action is called."""
    return tr.of(labels.labelled(message_labels.ACTIONS, action))


def field_label(tr: Translator, name: str, message: str) -> str:
    """What a field of a message is called; of a cell, with its row."""
    parts = name.split(".")
    if len(parts) == 3 and parts[1].isdecimal():
        row = tr(f"第 {int(parts[1]) + 1} 行", f"row {int(parts[1]) + 1}")
        return f"{row} {tr.of(message_labels.field(f'{parts[0]}.{parts[2]}', message))}"
    return tr.of(_OWN_LABELS.get(name) or message_labels.field(name, message))


_OWN_LABELS: Mapping[str, Words] = {
    "number": ("业务编号", "number of the case"),
    REASON: ("撤销原因", "why it is taken back"),
    REMARK: ("备注", "remark"),
}


def _field(
    tr: Translator,
    draft: Draft,
    field: Field,
    texts: Mapping[str, str],
    faults: Sequence[Fault],
    *,
    has_code: bool,
) -> FormField:
    is_remark = has_code and field.name in _REMARKS
    rows: list[list[FormField]] = []
    columns: list[str] = []
    if field.kind == "rows":
        columns = [field_label(tr, f"{field.name}.{c.name}", draft.form.KIND) for c in draft.columns(field.name)]
        rows = [[_cell(tr, draft, cell, texts, faults) for cell in row] for row in cells_of(draft, field)]
    return FormField(
        field.name,
        field_label(tr, field.name, draft.form.KIND),
        field.kind,
        field.required and not is_remark,
        texts.get(field.name, text_of(field)),
        tr.of(SOURCES[field.source.name]) if field.value is not None else "",
        _expected(tr, field, is_remark=is_remark),
        _choices(tr, field),
        _fault(faults, field.name),
        columns,
        rows,
    )


def _cell(tr: Translator, draft: Draft, cell: Field, texts: Mapping[str, str], faults: Sequence[Fault]) -> FormField:
    return FormField(
        cell.name,
        field_label(tr, cell.name, draft.form.KIND),
        cell.kind,
        False,
        texts.get(cell.name, text_of(cell)),
        "",
        "",
        _choices(tr, cell),
        _fault(faults, cell.name),
    )


def _annulment(tr: Translator, texts: Mapping[str, str], faults: Sequence[Fault]) -> list[FormField]:
    choices = [Choice(code, tr.of(words)) for code, words in ANNULMENT_REASONS.items()]
    one_of = tr.of(FIELD_KINDS["choice"])

    def made(name: str, kind: str, *, required: bool, expected: str, choices: Sequence[Choice] = ()) -> FormField:
        label = field_label(tr, name, "FactAnnulled")
        return FormField(name, label, kind, required, texts.get(name, ""), "", expected, choices, _fault(faults, name))

    return [
        made(REASON, "choice", required=True, expected=one_of, choices=choices),
        made(REMARK, "text", required=False, expected=tr("可不填", "may be left out")),
    ]


def number_field(tr: Translator, number: str, faults: Sequence[Fault]) -> FormField:
    """The field that says under which number a case begins."""
    told = tr("建议的编号，可改", "a proposal, to be changed")
    return FormField(
        "number", field_label(tr, "number", ""), "text", True, number, "", told, (), _fault(faults, "number")
    )


def _fault(faults: Sequence[Fault], name: str) -> str:
    return next((fault.text for fault in faults if fault.field == name), "")


def _choices(tr: Translator, field: Field) -> list[Choice]:
    last = field.name.rpartition(".")[2]
    if last in _PROVINCES:
        return [Choice(code, f"{code} {tr.of(labels.province(code))}") for code in PROVINCES]
    if last == "about":
        return [Choice(kind, tr.of(labels.message(kind))) for kind in sorted(TOLD)]
    return [Choice(code, tr.of(choice_words(last, code))) for code in field.choices]


def _expected(tr: Translator, field: Field, *, is_remark: bool) -> str:
    if is_remark:
        return tr("简短备注；不填则用代码的文字", "a short remark; else the words of the code")
    return "" if field.kind in ("text", "choice", "rows") else tr.of(FIELD_KINDS[field.kind])
