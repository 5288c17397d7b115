"""Notice of a log's register of keys: a note signed by the log, a line for each key, for the agencies to look at.

jinbao-keys/v1
<origin>
<number of the register's last statement>
<agency> <requested, approved or revoked> <public key>
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from jinbao.transparency.check_proof import NotValid, VerifierKey, parse_note, parse_number
from jinbao.transparency.signing import SigningKey, verify_fast

KEYS_TOPIC = "jinbao.keys"
"""Topic of the notices; the one of the highest number counts."""
_HEAD = "jinbao-keys/v1"


class NoticedKey(NamedTuple):
    """A key as a notice has it."""

    agency: str
    state: str
    key: str
    """Its vkey text."""


def key_notice(log: SigningKey, number: int, keys: Iterable[NoticedKey]) -> str:
    """The signed notice."""
    lines = "".join(f"{' '.join(key)}\n" for key in keys)
    return log.sign(f"{_HEAD}\n{log.verifier.name}\n{number}\n{lines}")


def noticed_keys(notice: str, log: VerifierKey) -> tuple[int, list[NoticedKey]]:
    """Number and keys of a notice that the log has signed. Raises NotValid."""
    note = parse_note(notice)
    head, origin, number, *lines = [*note.text.splitlines(), "", ""]
    if not note.signed_by([log], verify_fast) or (head, origin) != (_HEAD, log.name):
        raise NotValid("不是该日志签名的密钥登记通知", "this is no notice of keys that the log has signed")
    parts = [line.split(" ") for line in lines if line]
    if any(len(each) != 3 for each in parts):
        raise NotValid("密钥登记通知写错", "the notice of keys is malformed")
    return parse_number(number), [NoticedKey(*each) for each in parts]
