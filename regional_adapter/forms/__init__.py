"""The forms of a province, a file for each subject: `FORMS` has them by the message type that each becomes."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping

from jinbao.regional_adapter.forms.form import Form as Form, Source as Source
from jinbao.schemas.messages import BY_NAME

for _file in pkgutil.iter_modules(__path__):  # in alphabetical order
    importlib.import_module(f"{__name__}.{_file.name}")


def by_kind(forms: Iterable[type[Form]]) -> dict[str, type[Form]]:
    """Forms by their message. Raises TypeError where there is no such message, or where it has another form."""
    found: dict[str, type[Form]] = {}
    for form in forms:
        if form.KIND not in BY_NAME or form.KIND in found:
            raise TypeError(f"{form.__module__}.{form.__name__}: no message '{form.KIND}' waits for a form")
        found[form.KIND] = form
    return found


FORMS: Mapping[str, type[Form]] = by_kind(Form.__subclasses__())
