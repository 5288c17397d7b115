"""Shapes of a TOML file's values: all mistakes are found at once, each with its path and the nearest right spelling."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from jinbao.language.words import Words


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it stands, what it is, and the nearest right spelling where there is one."""

    path: str
    problem: Words
    suggestion: str | None = None


Found = list[Problem]
Shape = Callable[[object, str, Found], None]
"""Looks at a value and adds what is wrong with it."""


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The right spelling that was probably meant."""
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(wrong.casefold(), folded, n=1, cutoff=0.5)
    return folded[close[0]] if close else None


def joined(path: str, key: str) -> str:
    """The path of a key within a table."""
    return f"{path}.{key}" if path else key


def text(value: object, path: str, found: Found) -> None:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        found.append(Problem(path, ("应为非空文字", "must be a text that is not empty")))


def day(value: object, path: str, found: Found) -> None:
    """A day, written without quotation marks."""
    if isinstance(value, datetime) or not isinstance(value, date):
        words = ("应为日期，如 2025-01-01（不加引号）", "must be a day such as 2025-01-01, unquoted")
        found.append(Problem(path, words, _unquoted(value, date.fromisoformat)))


def flag(value: object, path: str, found: Found) -> None:
    """True or false."""
    if not isinstance(value, bool):
        words = ("应为 true 或 false（不加引号）", "must be true or false, unquoted")
        found.append(Problem(path, words, _unquoted(value, {"true": True, "false": False}.__getitem__)))


def _unquoted(value: object, read: Callable[[str], object]) -> str | None:
    """What was written in quotation marks where it would be right without them."""
    if isinstance(value, str) and value.isascii():
        with suppress(ValueError, LookupError):
            read(value)
            return value
    return None


def whole(low: int, high: int) -> Shape:
    """A whole number between two bounds."""

    def check(value: object, path: str, found: Found) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            words = (f"应为 {low} 至 {high} 的整数", f"must be a whole number from {low} to {high}")
            found.append(Problem(path, words, _unquoted(value, lambda text: range(low, high + 1).index(int(text)))))

    return check


def one_of(known: Iterable[object]) -> Shape:
    """One of the values that are known."""
    choices = list(known)
    spelled = [str(choice) for choice in choices]

    def check(value: object, path: str, found: Found) -> None:
        if isinstance(value, bool) or value not in choices:
            zh, en = "、".join(spelled), ", ".join(spelled)
            found.append(Problem(path, (f"应为 {zh} 之一", f"must be one of {en}"), nearest(str(value), spelled)))

    return check


def list_of(shape: Shape, least: int = 0, most: int = 1_000) -> Shape:
    """A list of values of one shape."""

    def check(value: object, path: str, found: Found) -> None:
        if not isinstance(value, list) or not least <= len(value) <= most:
            zh, en = f"应为列表，含 {least} 至 {most} 项", f"must be a list of {least} to {most} values"
            found.append(Problem(path, (zh, en)))
            return
        for index, one in enumerate(value):
            shape(one, f"{path}[{index}]", found)

    return check


def table_of(shape: Shape, keys: Iterable[str] | None = None) -> Shape:
    """A table whose values have one shape, under names that are free or of a known set."""
    known = None if keys is None else list(keys)

    def check(value: object, path: str, found: Found) -> None:
        if not isinstance(value, dict):
            found.append(Problem(path, ("应为表", "must be a table")))
            return
        for key, one in value.items():
            if known is not None and key not in known:
                found.append(_unknown(joined(path, key), key, known))
            else:
                shape(one, joined(path, key), found)

    return check


def table(required: Mapping[str, Shape], optional: Mapping[str, Shape]) -> Shape:
    """A table of known keys."""
    shapes = {**required, **optional}

    def check(value: object, path: str, found: Found) -> None:
        if not isinstance(value, dict):
            found.append(Problem(path, ("应为表", "must be a table")))
            return
        unknown = [key for key in value if key not in shapes]
        missing = [key for key in required if key not in value]
        for key in unknown:
            found.append(_unknown(joined(path, key), key, [k for k in shapes if k not in value]))
        for key in missing:
            near = nearest(key, unknown)
            if near is None or nearest(near, missing) != key:
                found.append(Problem(joined(path, key), ("缺少此项", "is missing")))
        for key, one in value.items():
            if key in shapes:
                shapes[key](one, joined(path, key), found)

    return check


def _unknown(path: str, key: str, known: Iterable[str]) -> Problem:
    return Problem(path, ("没有这个名称", "there is no such name"), nearest(key, known))
