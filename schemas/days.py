"""Turns the days of a record between Avro's count since 1970 and `datetime.date`, faster than a logical type would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

FieldPath = tuple[str, ...]
"""Names from the record down; "*" stands for each item of an array."""

_EPOCH = date(1970, 1, 1).toordinal()
_FIRST, _LAST = date(1900, 1, 1).toordinal() - _EPOCH, date(2999, 12, 31).toordinal() - _EPOCH


class DayOutOfRange(ValueError):
    """A day outside the years 1900 to 2999, in this field."""

    text = "expected a day in the years 1900 to 2999"

    def __init__(self, path: FieldPath) -> None:
        super().__init__(self.text)
        self.field = ".".join(path)


def day_paths(schema: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    """Paths of all fields of logical type `date` in a schema whose named types are inlined and defined once each."""
    if isinstance(schema, list):
        for branch in schema:
            yield from day_paths(branch, path)
    elif isinstance(schema, dict):
        if schema.get("logicalType") == "date":
            yield path
        elif schema["type"] == "array":
            yield from day_paths(schema["items"], (*path, "*"))
        for field in schema.get("fields", ()):
            yield from day_paths(field["type"], (*path, field["name"]))


def to_days(datum: dict[str, Any], paths: tuple[FieldPath, ...]) -> None:
    """Replace each date by its count of days. Raises DayOutOfRange."""
    for path in paths:
        _replace(datum, path, path, _count)


def to_dates(datum: dict[str, Any], paths: tuple[FieldPath, ...]) -> None:
    """Replace each count of days by its date. Raises DayOutOfRange."""
    for path in paths:
        _replace(datum, path, path, _date)


def _replace(part: Any, steps: FieldPath, path: FieldPath, change: Callable[[Any, FieldPath], Any]) -> None:
    step, below = steps[0], steps[1:]
    if step == "*":
        part[:] = [_changed(item, below, path, change) for item in part]
    elif part.get(step) is not None:
        part[step] = _changed(part[step], below, path, change)


def _changed(value: Any, below: FieldPath, path: FieldPath, change: Callable[[Any, FieldPath], Any]) -> Any:
    if not below:
        return change(value, path)
    _replace(value, below, path, change)
    return value


def _date(count: int, path: FieldPath) -> date:
    if not _FIRST <= count <= _LAST:
        raise DayOutOfRange(path)
    return date.fromordinal(count + _EPOCH)


def _count(day: date, path: FieldPath) -> int:
    count = day.toordinal() - _EPOCH
    if not _FIRST <= count <= _LAST:
        raise DayOutOfRange(path)
    return count
