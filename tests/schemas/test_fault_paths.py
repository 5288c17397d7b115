"""The path of a field at fault: where msgspec refuses a message, the walk over its type finds what was put there."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from support.drawn_messages import records

from jinbao.rules.type_fault import fault_in
from jinbao.schemas.messages import MESSAGES

AS_IS = (bytes, date)
WRONG = (None, True, -(2**70), 2**70, "", "\x1b[2J", "x" * 3000, b"", date(1, 1, 1), [], [None], {}, {"x": 1})


def places(value: Any, path: str = "") -> list[tuple[Any, Any, str]]:
    """Each part of a message as builtins: what holds it, under which key, and its path."""
    found = []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        where = f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}".lstrip(".")
        found += [(value, key, where), *places(part, where)]
    return found


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(message=st.sampled_from(MESSAGES).flatmap(records), data=st.data())
def test_what_msgspec_refuses_is_found_where_it_was_put_and_nothing_else(message: Any, data: Any) -> None:
    plain = msgspec.to_builtins(message, builtin_types=AS_IS)
    assert fault_in(plain, type(message), as_is=AS_IS) is None
    holder, key, where = data.draw(st.sampled_from(places(plain)))
    how = data.draw(st.sampled_from(["value", "missing", "unknown"]))
    if how == "unknown" and isinstance(holder, dict):
        holder["nonsense"] = 1
        where = f"{where.rpartition('.')[0]}.nonsense".lstrip(".")
    elif how == "missing" and isinstance(holder, dict):
        del holder[key]
    else:
        holder[key] = data.draw(st.sampled_from(WRONG))
    fault = fault_in(plain, type(message), as_is=AS_IS)
    try:
        msgspec.convert(plain, type=type(message), builtin_types=AS_IS)
    except msgspec.ValidationError:
        assert fault is not None
        assert fault.path.startswith(where), "at the place itself, or inside of what was put there"
        assert all(fault.words)
    else:
        assert fault is None
