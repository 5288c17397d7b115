"""Days and figures of lump-sum back-payments and temporary accounts; kinds of document: `lump_sum_documents.py`."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

_DATA = tomllib.loads((Path(__file__).parent / "data" / "special_cases.toml").read_text(encoding="utf-8"))
LUMP_SUM_THRESHOLD_MONTHS: int = _DATA["lump_sum"]["threshold_months"]
"""A back-payment of so many months or more needs a document (人社部规〔2016〕5号)."""
INSTRUMENT_NEEDED_FROM: date = _DATA["lump_sum"]["instrument_needed_from"]
"""From this day on a lump sum moves only with a legal instrument made before the payment (人社部规〔2016〕5号)."""
_SEALED_FROM: date = _DATA["temporary_account"]["sealed_from"]


def temporary_account_moves(on: date) -> bool:
    """Whether a temporary account still moves at the next move; since 2016-11-28 it is sealed instead (5号)."""
    return on < _SEALED_FROM
