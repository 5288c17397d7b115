"""Reads that are planted once the days are over, and the answer key of everything that was planted."""

from __future__ import annotations

from jinbao.platform.audit.statements.accesses import record
from jinbao.schemas.accesses import Access
from jinbao.simulator.nation import Nation
from jinbao.simulator.planted_changes import planted_calendars, planted_keys
from jinbao.simulator.scenario.plants import OF_EACH, Planted, write_key

_BULK = 60
"""Persons that one user opens within minutes."""
_MINUTE_US = 60_000_000


def plant_reads(nation: Nation) -> None:
    """Let users open a great many persons, and one for no case; then write the answer key. Done once a nation.

    Raises StoreError.
    """
    with nation.store.read() as work:
        now = work.last_recorded_at()
        changed = [(Planted.KEY_CHANGED, about) for about in planted_keys(work)]
        changed += [(Planted.RULE_CHANGED, about) for about in planted_calendars(work)]
    transfers = [nation.courses.application(plan) for plan in nation.plans]
    key = [
        (str(plan.planted), str(course.transfer))
        for plan, course in zip(nation.plans, transfers, strict=True)
        if plan.planted is not None
    ]
    for number in range(OF_EACH):
        bulk, alone = f"reader-{number + 1}", f"stray-{number + 1}"
        opened = [
            Access(0, now + i * _MINUTE_US // 4, bulk, "clerk", "page", "view", transfer=str(course.transfer))
            for i, course in enumerate(transfers[:_BULK])
        ]
        record(nation.store, [*opened, Access(0, now, alone, "clerk", "page", "view", reason="无")], now)
        key += [(Planted.BULK_READS, bulk), (Planted.READS_WITHOUT_CASE, alone)]
    write_key(nation.folder, [*key, *changed])
