"""What the office could not do, as the faults of a form: the words, and the fields that they are about."""

from __future__ import annotations

from collections.abc import Sequence

from jinbao.language.words import Translator
from jinbao.presentation.labels import labelled
from jinbao.presentation.office_labels import CANNOT, FIELD_KINDS, ON_PAGES
from jinbao.regional_adapter.office.draft import OfficeError
from jinbao.regional_adapter.office.typed import WrongText
from jinbao.web.province.forms import Fault, field_label


def faults_of(tr: Translator, error: OfficeError, message: str) -> list[Fault]:
    """The faults that an error names, those of fields first."""
    if error.code == "FIELDS_MISSING":
        return [missing(tr, name, message) for name in error.subject.split(", ")]
    if error.code in ("BAD_FIELD", "UNKNOWN_FIELD"):
        name = _path(error.subject)
        label = field_label(tr, name, message)
        text = tr.of(error.expected) if error.code == "BAD_FIELD" else tr.of(ON_PAGES[error.code])
        return [Fault(name, text, label)]
    words = tr.of(ON_PAGES[error.code] if error.code in ON_PAGES else labelled(CANNOT, error.code))
    told = "" if error.code == "NOT_POSSIBLE" else tr.of(error.expected)  # names of actions are for the command line
    return [Fault("", f"{words} {told}".strip())]


def unread(tr: Translator, wrong: Sequence[WrongText], message: str) -> list[Fault]:
    """Texts that are no values of their fields."""
    return [
        Fault(
            one.field,
            tr("应为{}", "expected {}").format(tr.of(FIELD_KINDS[one.kind])),
            field_label(tr, one.field, message),
        )
        for one in wrong
    ]


def missing(tr: Translator, name: str, message: str) -> Fault:
    """A field that nobody has said."""
    return Fault(name, tr("请填写", "to be said"), field_label(tr, name, message))


def _path(subject: str) -> str:
    """The field's name as the page knows it: `rows[2].year` is `rows.2.year`."""
    return subject.replace("[", ".").replace("]", "")
