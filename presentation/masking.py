"""Masking of personal fields: what somebody is shown who need not know them, like 张* and 4405**********0014.

Of a name stays its first character, however long it is and however many parts it has (·), so that the mask does not
tell the length. Of a number of 15 or 18 characters stay its place (without the district) and its last four, as on
receipts of offices; of everything else, and of what is no such number, nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

_HIDDEN = "*"
_KEPT_OF_NUMBER = 4
"""Characters kept at either end."""
_LENGTHS = (15, 18)
"""Of an identity number: of the first generation, and of today."""


def masked_name(name: str) -> str:
    """The first character and a star; of a name of one character only the star, of an empty one nothing."""
    name = name.strip()
    return name[:1] * (len(name) > 1) + _HIDDEN * bool(name)


def masked_number(number: str) -> str:
    """The first four and the last four characters of an identity number, a star for each between; of others only stars.

    A star for each character of the latter too.
    """
    number = number.strip()
    if len(number) not in _LENGTHS:
        return _HIDDEN * len(number)
    hidden = len(number) - 2 * _KEPT_OF_NUMBER
    return number[:_KEPT_OF_NUMBER] + _HIDDEN * hidden + number[-_KEPT_OF_NUMBER:]


_SHOWN = frozenset({"id_type", "sex"})
_MASKS: Mapping[str, Callable[[str], str]] = {"name": masked_name, "number": masked_number}


def masked_field(field: str, value: str | date | None) -> str | None:
    """A field of a person's record as it is shown masked, hidden whole unless its mask is known; None stays None."""
    if value is None or field in _SHOWN:
        return None if value is None else str(value)
    mask = _MASKS.get(field)
    return mask(str(value)) if mask else _HIDDEN
