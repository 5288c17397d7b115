"""Exit codes: a user's mistake is one line on stderr and 2; what may pass, no answer or a full disk, is 1.

Anything else that goes wrong is a defect and crashes.
"""

from __future__ import annotations

BAD_INPUT = 2
"""Exit code for wrong usage, bad input and wrong settings."""
FAILED = 1
"""Exit code where the answer is no, a check failed, or bus or database cannot be used now and may be later."""
INTERRUPTED = 130
"""Exit code of a program that Ctrl-C ended before it was ready to stop by itself."""


def user_errors() -> tuple[type[Exception], ...]:
    """Every error class whose message is written for the user; imported only once something has failed."""
    from jinbao.bus.interface import BusError
    from jinbao.cli.output_stream import OutputFailed
    from jinbao.dev.engine_error import EngineError
    from jinbao.keys.key_ring import KeyRingError
    from jinbao.platform.store.store import StoreError
    from jinbao.rules.procedures import ProcedureError
    from jinbao.rules.working_days import CalendarError
    from jinbao.schemas.registry import SchemaError
    from jinbao.service.errors import Unavailable, UserError
    from jinbao.storage.sqlite_file import WrongFile

    return (
        UserError,
        Unavailable,
        WrongFile,
        OutputFailed,
        BusError,
        EngineError,
        KeyRingError,
        StoreError,
        ProcedureError,
        CalendarError,
        SchemaError,
    )


def exit_code(error: Exception) -> int:
    """The exit code that an error of `user_errors` ends the program with."""
    from jinbao.bus.interface import BusUnavailable
    from jinbao.cli.output_stream import OutputFailed
    from jinbao.keys.key_ring import KeyRingUnavailable
    from jinbao.platform.store.store import StoreUnavailable
    from jinbao.service.errors import Unavailable

    passing = BusUnavailable | StoreUnavailable | KeyRingUnavailable | Unavailable | OutputFailed
    return FAILED if isinstance(error, passing) else BAD_INPUT
