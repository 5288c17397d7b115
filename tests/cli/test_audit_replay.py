"""`jinbao audit replay` on a nation: every working day was closed, and is folded to what was logged."""

from __future__ import annotations

from contextlib import closing

from jinbao.platform.audit.closes import closes
from jinbao.platform.store.store import Store


def test_a_nations_days_are_closed_and_replayed_at_the_end_and_at_a_close(answer, jinbao, nation_folder):
    with closing(Store(f"sqlite:///{nation_folder / 'platform.sqlite'}")) as store, store.read() as work:
        closed = list(closes(work.bulk))
        assert closed[-1].position == work.events.max_notification_id()
    now = answer("audit", "replay", "--data", nation_folder)
    assert now["equal"] is True
    assert {one["closes"] for one in now["projections"]} == {len(closed)}
    middle = closed[len(closed) // 2]
    then = answer("audit", "replay", "--position", middle.position, "--data", nation_folder)
    assert {one["equal"] for one in then["projections"]} == {True}
    assert {one["closes"] for one in then["projections"]} == {1 + closed.index(middle)} or not middle.position
    assert f"event {closed[-1].position:,}" in jinbao("--lang", "en", "audit", "verify", "--data", nation_folder).stdout
