"""An incident: the program failed over one record. Its number, and its trace without anything that the record held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import PurePath
from traceback import walk_tb

_MOST_PLACES = 40
"""Of one exception: the innermost."""


@dataclass(frozen=True, slots=True)
class Incident:
    """The same failure at the same place has the same number."""

    number: str
    """Eight hexadecimal digits."""
    error: str
    """Class of the exception, and of those that caused it; never its text, which may quote the record."""
    trace: tuple[str, ...]
    """Where it was raised: file, line and function, outermost first."""


def incident_of(error: BaseException) -> Incident:
    """The incident that an unexpected exception is."""
    names, trace = names_of(error), trace_of(error)
    return Incident(blake2b(repr((names, trace)).encode(), digest_size=4).hexdigest(), names, trace)


def names_of(error: BaseException) -> str:
    """Class of the exception, and of those that caused it."""
    return " <- ".join(type(cause).__name__ for cause in _causes(error))


def trace_of(error: BaseException) -> tuple[str, ...]:
    """Where it was raised, its causes first: file, line and function, outermost first."""
    return tuple(where for cause in reversed(list(_causes(error))) for where in _places(cause))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(error: BaseException) -> Iterator[str]:
    for frame, line in list(walk_tb(error.__traceback__))[-_MOST_PLACES:]:
        code = frame.f_code
        yield f"{'/'.join(PurePath(code.co_filename).parts[-2:])}:{line} {code.co_qualname}"
