"""Entry point of the installed program: says what Ctrl-C does before anything is imported that takes time."""

from __future__ import annotations

import os
import signal
import sys

from jinbao.cli.exit_codes import INTERRUPTED


def main() -> None:
    """Run the program. Until its parser stands, Ctrl-C ends it at once: it has done nothing yet.

    From then on it raises KeyboardInterrupt; where Python could only print that one (in a callback of the import
    system, or while it shuts down), it ends the program too.
    """
    listens = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # in the background it is ignored
    if listens:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
        sys.unraisablehook = _unraisable
    from jinbao.cli.main import main as run

    if listens:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def _unraisable(what: sys.UnraisableHookArgs) -> None:
    if what.exc_type is KeyboardInterrupt:
        os._exit(INTERRUPTED)
    sys.__unraisablehook__(what)


if __name__ == "__main__":
    main()
