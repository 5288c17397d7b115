"""The user of this machine, who signs where nobody else is named."""

from __future__ import annotations

import getpass


def this_user(otherwise: str) -> str:
    """His name; `otherwise` where the machine knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return otherwise
