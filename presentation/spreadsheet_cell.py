"""A cell of a table for spreadsheets: nothing becomes a formula, no long number is rounded."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"[=+\-@\t\r\n]|\s*[=+\-@]")
_AMOUNT = re.compile(r"-?[0-9]{1,3}(,?[0-9]{3}){0,4}(\.[0-9]{1,2})?")
_LONG_NUMBER = re.compile(r"[0-9]{12,}|0[0-9]+|[0-9]+[eE][0-9]+")
"""What a spreadsheet would round, strip of its zeros or read as a power of ten."""
BOM = "\ufeff"
"""By it spreadsheets know UTF-8."""


def cell(value: object) -> str:
    """A cell's text; behind an apostrophe, the sign of text, where a spreadsheet would read a formula or round it."""
    text = "" if value is None else str(value)
    if _AMOUNT.fullmatch(text) and not _LONG_NUMBER.fullmatch(text):
        return text
    return f"'{text}" if _FORMULA.match(text) or _LONG_NUMBER.fullmatch(text) else text
