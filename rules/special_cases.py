"""The rarer cases' own rules: documents for lump-sum back-payments, and when a temporary account may move."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

_DATA = tomllib.loads((Path(__file__).parent / "data" / "special_cases.toml").read_text(encoding="utf-8"))
LUMP_SUM_THRESHOLD_MONTHS: int = _DATA["lump_sum"]["threshold_months"]
"""A back-payment of so many months or more needs a document (人社部规〔2016〕5号)."""
_INSTRUMENT_NEEDED_FROM: date = _DATA["lump_sum"]["instrument_needed_from"]
_SEALED_FROM: date = _DATA["temporary_account"]["sealed_from"]

COMMITMENT = "commitment"


def document_suffices(paid_on: date, document: str, document_date: date) -> bool:
    """Whether the document lets a lump sum move (人社部规〔2016〕5号, 人社厅发〔2019〕94号).

    Paid before 2016-11-28 a written commitment (承诺书) is enough, or any legal instrument; from then on it takes a
    legal instrument (court, audit, labour inspection, arbitration) that was made before the payment.
    """
    if paid_on < _INSTRUMENT_NEEDED_FROM:
        return True
    return document != COMMITMENT and document_date < paid_on


def temporary_account_moves(on: date) -> bool:
    """Whether a temporary account still moves at the next move; since 2016-11-28 it is sealed instead (5号)."""
    return on < _SEALED_FROM
