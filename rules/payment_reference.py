"""Payment references in the form of ISO 11649: `RF`, two check digits, a body of at most 21 letters and digits.

MOD 97-10 finds every digit taken for another digit, every letter for another letter and every two neighbouring digits
swapped; a letter taken for a digit passes once in 97 times, so bodies of digits only are the safest.
"""

from __future__ import annotations

import re

_BODY = re.compile(r"[0-9A-Z]{1,21}", re.ASCII)
_REFERENCE = re.compile(r"RF([0-9]{2})([0-9A-Z]{1,21})", re.ASCII)
_DIGITS = {ord("A") + n: str(10 + n) for n in range(26)}


def _modulo_97(body: str, check: str) -> int:
    """The remainder of ISO 7064 MOD 97-10: letters are 10 to 35, `RF` and the check digits stand at the end."""
    return int((body + "RF" + check).translate(_DIGITS)) % 97


def make_payment_reference(body: str) -> str:
    """The reference for a body of 1 to 21 characters 0-9 A-Z (lower case is raised). Raises ValueError for others."""
    body = body.upper()
    if not _BODY.fullmatch(body):
        raise ValueError("the body of a payment reference is 1 to 21 characters 0-9 A-Z")
    return f"RF{98 - _modulo_97(body, '00'):02d}{body}"


def is_payment_reference(text: str) -> bool:
    """Whether `text` is a reference in machine form (capitals, no spaces) whose check digits are right."""
    match = _REFERENCE.fullmatch(text)
    return match is not None and 2 <= int(match[1]) <= 98 and _modulo_97(match[2], match[1]) == 1
