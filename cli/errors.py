"""A user's mistake: one line on stderr and exit code 2; anything else that goes wrong is a defect and crashes."""

from __future__ import annotations

BAD_INPUT = 2
"""Exit code for wrong usage or bad input; 1 means that the answer is no or a check failed."""


class UserError(Exception):
    """A mistake of the user's: the message says what is wrong, where, and what to do."""


def user_errors() -> tuple[type[Exception], ...]:
    """Every error class whose message is written for the user; imported only once something has failed."""
    from jinbao.bus.interface import BusError
    from jinbao.dev.engine_error import EngineError
    from jinbao.keys.key_ring import KeyRingError
    from jinbao.platform.store.store import StoreError
    from jinbao.rules.procedures import ProcedureError
    from jinbao.rules.working_days import CalendarError
    from jinbao.schemas.registry import SchemaError

    return (UserError, BusError, EngineError, KeyRingError, StoreError, ProcedureError, CalendarError, SchemaError)
