"""The forms of the way back: which documents each one delivers to a province, and the fields that its file may have.

Fields are the platform's own Chinese words (`presentation/message_labels.py`); what each holds says the message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from jinbao.presentation import message_labels
from jinbao.presentation.case_labels import document_state
from jinbao.presentation.labels import DOCUMENT_TITLES
from jinbao.presentation.message_labels import FIELDS, VALUES
from jinbao.regional_adapter.files.document_table import OUTCOMES, PAYMENT_ORDERS, form_for
from jinbao.regional_adapter.files.form_rows import FormLayout
from jinbao.regional_adapter.files.import_layouts import FieldKind
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.rules.money import Fen
from jinbao.schemas.messages import BANK_MESSAGES, MESSAGES, FundsRemitted, SubmissionOutcomes
from jinbao.schemas.messages.information_sheet import YearRow
from jinbao.schemas.messages.records import Agency

_HEAD: Mapping[str, FieldKind] = {
    "文书": "choice",
    "事件编号": "text",
    "转移业务号": "text",
    "发送方": "province",
    "发送方代码": "text",
    "对方文书号": "text",
    "发生时间": "text",
    "发生日期": "date",
    "到达时间": "text",
    "到达日期": "date",
}
"""Of every document that comes in."""
_PERSONAL: Mapping[str, FieldKind] = {"number": "id", "name": "name", "birth": "date", "id_type": "choice"}
_HIDDEN = frozenset({"NAME", "envelope", "state", "case", "outcomes"})

_KINDS_OF: dict[str, tuple[str, ...]] = {}
for _message in MESSAGES:
    if _message in BANK_MESSAGES:
        continue  # no province is sent another's
    _name = form_for(_message.__name__)
    _KINDS_OF[_name] = (*_KINDS_OF.get(_name, ()), _message.__name__)
_PAYMENT_ORDER: Mapping[str, FieldKind] = {
    "付款省份": "province",
    "付款日期": "date",
    "付款编号": "text",
    "付款行号": "number",
    "金额(元)": "amount",
    "收款省份": "province",
    "收款户名": "text",
    "收款账号": "text",
    "收款开户行": "text",
    "附言": "text",
}
_OUTCOME: Mapping[str, FieldKind] = {
    "文书": "choice",
    "本省文书号": "text",
    "结果": "choice",
    "业务编号": "text",
    "转移业务号": "text",
    "报送次数": "number",
    "代码": "text",
    "有误字段": "text",
    "结果时间": "text",
    "结果日期": "date",
}


_OTHER_KINDS = {OUTCOMES: SubmissionOutcomes.NAME, PAYMENT_ORDERS: FundsRemitted.NAME}


def kind_delivered(form: str, document: str) -> str:
    """The kind of a document in a form, which says its title where it may be of several kinds."""
    kinds = _KINDS_OF.get(form) or (_OTHER_KINDS[form],)
    if len(kinds) == 1:
        return kinds[0]
    return next((kind for kind in kinds if DOCUMENT_TITLES[kind] == document), form)


def _fields(kind: str) -> Iterator[tuple[str, FieldKind, frozenset[str]]]:
    """Each field of a message: its word, what it holds, and the words of a coded one."""
    (message,) = (m for m in MESSAGES if kind == m.__name__)
    for name, hint in get_type_hints(message).items():
        if name in _HIDDEN:
            continue
        if name == "personal":
            for own in (key.removeprefix("personal.") for key in FIELDS if key.startswith("personal.")):
                words = frozenset(VALUES.get(own, {}).values())
                yield message_labels.field(f"personal.{own}", kind)[0], _PERSONAL.get(own, "text"), words
        elif name in ("agency", "rows"):
            for own, held in get_type_hints(Agency if name == "agency" else YearRow).items():
                yield message_labels.field(f"{name}.{own}", kind)[0], *_held(own, held)
        else:
            yield message_labels.field(name, kind)[0], *_held(name, hint)
    if kind == "SubmissionAnswered":
        yield "本省文书号", "text", frozenset()


def _held(name: str, hint: Any) -> tuple[FieldKind, frozenset[str]]:
    """What a field of a type holds, and its words where they are few."""
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (part for part in get_args(hint) if part is not NoneType)
    if hint is Fen:
        return "amount", frozenset()
    if name == "account_rate_bp":
        return "rate", frozenset()
    if hint is bool:
        return "choice", frozenset({"是", "否"})
    if get_origin(hint) is Literal:
        return "choice", frozenset(message_labels.value(name, code) for code in get_args(hint))
    return {date: "date", int: "number"}.get(hint, "text"), frozenset()  # type: ignore[return-value]


_OUTCOMES = (DocumentState.PARKED, DocumentState.REJECTED, DocumentState.ACCEPTED)
OUT_WORDS: dict[str, frozenset[str]] = {
    "文书": frozenset(DOCUMENT_TITLES.values()),
    "结果": frozenset(document_state(state.name)[0] for state in _OUTCOMES),
}
"""Every word that a coded field of a delivered form may hold, where they are few."""


def _layout(name: str, kinds: tuple[str, ...]) -> FormLayout:
    required = ("转移业务号",) if len(kinds) == 1 else ("文书", "转移业务号")
    held = dict(_HEAD)
    for kind in kinds:
        for field, what, words in _fields(kind):
            assert field not in _HEAD, f"{field} of {kind} is a column of every document"
            held.setdefault(field, what)
            if words:
                OUT_WORDS[field] = OUT_WORDS.get(field, frozenset()) | words
    return FormLayout(name, required, tuple(field for field in held if field not in required), held)


OUT_LAYOUTS = (
    *(_layout(name, kinds) for name, kinds in _KINDS_OF.items()),
    FormLayout(OUTCOMES, tuple(_OUTCOME)[:3], tuple(_OUTCOME)[3:], _OUTCOME),
    FormLayout(PAYMENT_ORDERS, tuple(_PAYMENT_ORDER)[1:5], ("付款省份", *tuple(_PAYMENT_ORDER)[5:]), _PAYMENT_ORDER),
)
