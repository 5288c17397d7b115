"""An incident: the program failed over one record. Its number, and its trace without anything that the record held."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class Incident:
    """The same failure at the same place has the same number."""

    number: str
    """Eight hexadecimal digits."""
    trace: str
    """The exception's type and where it was raised, innermost last; never its text, which may quote the record."""


def incident_of(error: BaseException) -> Incident:
    """The incident that an unexpected exception is."""
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(parts) < 5:
        places = traceback.extract_tb(cause.__traceback__)[-20:]
        frames = " > ".join(f"{'/'.join(PurePath(p.filename).parts[-2:])}:{p.lineno} {p.name}" for p in places)
        parts.append(f"{type(cause).__name__} at {frames or '?'}")
        cause = cause.__cause__ or cause.__context__
    trace = "; after ".join(parts)
    return Incident(blake2b(trace.encode(), digest_size=4).hexdigest(), trace)
