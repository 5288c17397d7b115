"""Rules in force, as statements of the log: what a platform decides by, from when on, whenever it is other than before.

Facts keep what followed from them, so rules that change later, or are back-dated, change no stored clock or amount.
That they were changed, in which file and when, stands here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from jinbao.platform.audit.statements.statements import append, said
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store
from jinbao.rules.data_digests import data_digests

KIND = "rules_in_force"
"""Of the statements."""


class RulesInForce(msgspec.Struct, frozen=True):
    """What a platform decides by."""

    procedure: str
    """The one of provinces for which the data name none."""
    files: Mapping[str, str]
    """Path of a file of the rules' data → its SHA-256, hexadecimal."""


def rules_at_hand(procedure: str) -> RulesInForce:
    """What this program decides by. Raises OSError."""
    return RulesInForce(procedure, data_digests())


class Changed(NamedTuple):
    """Rules that came into force."""

    recorded_at: int
    """Microseconds since 1970 UTC."""
    names: tuple[str, ...]
    """Files that are other than before, `procedure` where that is; none for the first time."""


def note_rules(store: Store, rules: RulesInForce, now_us: int) -> None:
    """Make an entry of the rules unless they are those of the last one. Raises StoreError."""
    with store.read() as work:
        if _last(work.bulk) == rules:
            return
    with store.write() as work:
        if _last(work.bulk) != rules:
            append(work, KIND, rules, now_us)


def rules_changed(bulk: Bulk) -> Iterator[Changed]:
    """Each time that other rules came into force, in order. Raises msgspec.DecodeError for what was altered."""
    before: RulesInForce | None = None
    for one in said(bulk, KIND, RulesInForce):
        names = () if before is None else tuple(_other(before, one.body))
        yield Changed(one.recorded_at, names)
        before = one.body


def _last(bulk: Bulk) -> RulesInForce | None:
    body = bulk.execute("SELECT body FROM tree_statements WHERE kind = ? ORDER BY number DESC LIMIT 1", KIND).scalar()
    return None if body is None else msgspec.json.decode(body, type=RulesInForce)


def _other(before: RulesInForce, after: RulesInForce) -> Iterator[str]:
    if before.procedure != after.procedure:
        yield "procedure"
    for name in sorted({*before.files, *after.files}):
        if before.files.get(name) != after.files.get(name):
            yield name
