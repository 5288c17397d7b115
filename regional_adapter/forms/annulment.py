"""The form by which an agency takes back a document of its own."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.schemas.messages import Text


class AnnulledDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The document that is taken back; the adapter finds it by its sequence."""

    kind: str
    key: str
    sequence: int


class FactAnnulledForm(Form, frozen=True, kw_only=True):
    """A mistaken document is taken back, while nobody has acted on it."""

    KIND: ClassVar[str] = "FactAnnulled"
    annulled_document: Annotated[AnnulledDocument, Source.COUNTED]
    reason_text: Annotated[Text, Source.CLERK]


def annulment(mistaken: LocalDocument, reason_text: str) -> FactAnnulledForm:
    """Takes back a document that was written here."""
    named = AnnulledDocument(kind=mistaken.kind, key=mistaken.key, sequence=mistaken.sequence)
    return FactAnnulledForm(annulled_document=named, reason_text=reason_text)
