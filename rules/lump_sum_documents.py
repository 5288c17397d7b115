"""Kinds of document with which a lump-sum back-payment moves, as dated data, and whether one of them is enough.

人社部规〔2016〕5号, 人社厅发〔2019〕94号: paid before 2016-11-28 a written commitment (承诺书) is enough, or any
instrument; from then on it takes a legal instrument that was made before the payment. The agency where it was paid
supplies it through the origin; the person is never asked for it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from jinbao.rules.special_cases import INSTRUMENT_NEEDED_FROM

COMMITMENT = "commitment"


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One kind of document."""

    kind: str
    zh: str
    en: str
    instrument: bool
    """A legal instrument, which alone counts for payments since 2016-11-28."""
    released_as: str
    """What readers of the first release of `LumpSumDocumentSupplied` take it for."""
    source: str
    label: str
    """sure, likely or assumed."""
    paid_before: date | None = None
    """Counts for payments before that day only."""
    supplied_from: date | None = None
    supplied_until: date | None = None
    """First and last day on which a document of that kind is taken."""


_FILE = Path(__file__).parent / "data" / "lump_sum_documents.toml"


def _load() -> Mapping[str, DocumentKind]:
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({kind: DocumentKind(kind, **row) for kind, row in table.items()})


DOCUMENT_KINDS = _load()
"""Code of the kind → what it is and when it counts."""


def document_suffices(paid_on: date, kind: str, document_date: date, supplied_on: date) -> bool:
    """Whether a document of a known kind lets a lump sum move.

    Args:
        paid_on: the day of the back-payment.
        kind: code of the kind, one of DOCUMENT_KINDS.
        document_date: the day on which the document was made.
        supplied_on: the day on which it is supplied.

    """
    known = DOCUMENT_KINDS[kind]
    if supplied_on < (known.supplied_from or date.min) or supplied_on > (known.supplied_until or date.max):
        return False
    if known.paid_before is not None and paid_on >= known.paid_before:
        return False
    return paid_on < INSTRUMENT_NEEDED_FROM or (known.instrument and document_date < paid_on)
