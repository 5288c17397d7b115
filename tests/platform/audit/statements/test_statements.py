"""Statements of the log: written under a kind, read as their type, never recorded before what stands before them."""

from __future__ import annotations

from contextlib import closing

import msgspec

from jinbao.platform.audit.statements.accesses import KIND, Batch
from jinbao.platform.audit.statements.statements import append, said
from jinbao.schemas.accesses import Access
from tests.platform.audit.conftest import Recorded


class Other(msgspec.Struct):
    of: str


def test_what_was_said_is_read_again_and_the_log_holds(copied: Recorded) -> None:
    batch = Batch("41", [Access(1, 5, "auditor-41", "auditor", "page", "view", ground="reason", case="2025-41-0001")])
    with closing(copied.store()) as store:
        with store.write() as work:
            append(work, KIND, batch, 1)  # by a clock that is years behind
            last = work.last_recorded_at()
        with store.read() as work:
            (found,) = said(work.bulk, KIND, Batch)
            assert [one.body for one in said(work.bulk, "test", Other)] == [Other("a statement")]
    assert found.body == batch
    assert found.recorded_at >= last
    assert copied.code() is None
