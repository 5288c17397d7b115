"""Texts at known places below XML elements that are mostly alike, as the entries of a bank are.

Where the places stand is worked out once for each shape of an element, and the texts are then taken by position: asked
for path by path they cost four times it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

_MOST_SHAPES = 256
"""Shapes whose places are kept."""
_MOST_ELEMENTS = 500
"""The shape of a larger element, a long batch, is worked out each time, so that memory stays bounded."""

_NAME, _TEXT = attrgetter("tag"), attrgetter("text")

_Shape = tuple[Any, ...]
"""Names of an element and of all below it in document order, then how many children each of them has."""


Texts = tuple[dict[str, str], list[str]]
"""Text by name of place, without blanks around, empty where there is none, with the amount's own `currency`; and every
text that there is at the repeated place."""


class _Layout(NamedTuple):
    """Where the places of an element stand that are there: numbers of elements in document order."""

    nothing: dict[str, str]
    """All places, empty."""
    names: Sequence[str]
    take: Callable[[Sequence[str | None]], Sequence[str | None]]
    amount: int | None
    repeated: Sequence[int]
    is_mixed: bool
    """Whether elements stand within one of the texts."""

    def of(self, elements: Sequence[Any], texts: Sequence[str | None]) -> Texts:
        """What stands there."""
        said = self.nothing.copy()
        for name, text in zip(self.names, self.take(texts), strict=True):
            if text:
                said[name] = text.strip()
        if self.amount is not None:
            said["currency"] = elements[self.amount].get("Ccy", "").strip()
        return said, [text.strip() for number in self.repeated if (text := texts[number])]


class Places:
    """Places by name: paths from an element, of which the first that is there holds; one of them is `amount`."""

    def __init__(self, repeated: str = "", **paths: str) -> None:
        self._nothing = dict.fromkeys((*paths, "currency"), "")
        self._paths = {name: path.split("|") for name, path in paths.items()}
        self._repeated = repeated

    def layout(self, below: dict[str, list[int]]) -> _Layout:
        """Where they stand among elements of these paths."""
        there = {}
        for name, paths in self._paths.items():
            if (path := next((path for path in paths if path in below), None)) is not None:
                there[name] = below[path][0]
        repeated = below.get(self._repeated, [])
        holders = {number for path in below for number in below.get(path.rpartition("/")[0], ())}
        return _Layout(
            self._nothing,
            tuple(there),
            _taker(there.values()),
            there.get("amount"),
            repeated,
            not holders.isdisjoint([*there.values(), *repeated]),
        )


class Fields:
    """Reads elements of one kind, and their parts at the path `part`, in a file's namespace."""

    def __init__(self, namespace: str, places: Places, part: str = "", of_part: Places | None = None) -> None:
        self._namespace = f"{{{namespace}}}"
        self._places = places
        self._part, self._of_part = part, of_part
        self._kept = lru_cache(_MOST_SHAPES)(self._layouts)

    def of(self, element: Any) -> tuple[Texts, list[Texts]]:
        """The texts of an element, and those of each of its parts in order. No comments may stand within."""
        elements = list(element.iter())
        shape = (*map(_NAME, elements), *map(len, elements))
        is_mixed, own, parts = self._kept(shape) if len(elements) <= _MOST_ELEMENTS else self._layouts(shape)
        texts = ["".join(one.itertext()) for one in elements] if is_mixed else list(map(_TEXT, elements))
        return own.of(elements, texts), [part.of(elements, texts) for part in parts]

    def _layouts(self, shape: _Shape) -> tuple[bool, _Layout, list[_Layout]]:
        middle, space = len(shape) // 2, self._namespace
        names = [name.removeprefix(space) if name.startswith(space) else "{}" for name in shape[:middle]]
        sizes = shape[middle:]
        below = _paths_below(0, names, sizes)
        own, parts = self._places.layout(below), []
        if self._of_part is not None:
            parts = [self._of_part.layout(_paths_below(part, names, sizes)) for part in below.get(self._part, ())]
        return any(one.is_mixed for one in (own, *parts)), own, parts


def _paths_below(top: int, names: Sequence[str], sizes: Sequence[int]) -> dict[str, list[int]]:
    """Numbers of the elements below the one with number `top`, by their paths from it."""
    below: dict[str, list[int]] = {}
    open_: list[tuple[str, int]] = [("", sizes[top])]
    number = top
    while open_:
        path, left = open_.pop()
        if left:
            number += 1
            inner = f"{path}/{names[number]}".removeprefix("/")
            below.setdefault(inner, []).append(number)
            open_ += [(path, left - 1), (inner, sizes[number])]
    return below


def _taker(numbers: Collection[int]) -> Callable[[Sequence[str | None]], Sequence[str | None]]:
    """Takes these of a sequence."""
    if len(numbers) < 2:
        return lambda texts: [texts[number] for number in numbers]
    return itemgetter(*numbers)
