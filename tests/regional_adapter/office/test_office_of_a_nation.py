"""The offices of a synthetic nation: each sees of every case the state, turn and due day that the platform has."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from jinbao.platform.projections.case_board import case_of
from jinbao.platform.projections.clocks import clocks_of
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.office.office import Office
from jinbao.rules.working_days import end_of_day
from jinbao.simulator.nation import Nation

pytestmark = pytest.mark.slow

NOW = end_of_day(date(2025, 4, 30))


def test_every_office_sees_of_every_case_what_the_platform_does(tmp_path: Path) -> None:
    with Nation.begin(tmp_path, seed=7, transfers=150, days=60) as nation:
        for _ in range(60):
            nation.run_day()
    store = Store(f"sqlite:///{tmp_path / 'platform.sqlite'}")
    seen, states, others = 0, set(), []
    with store.read() as work:
        for file in sorted((tmp_path / "local").glob("*.sqlite")):
            local = EmbeddedLocalSystem(file, file.stem, durable=False)
            office = Office(local)
            for number in _cases(local):
                case = office.case(number, NOW)
                row = case_of(work, case.transfer) if case.transfer else None
                if row is None or case.role not in ("origin", "destination") or row.state in ("moving", "moved"):
                    continue
                running = [
                    c.due for c in clocks_of(work, row.case_id) if c.ended_at is None and c.responsible == file.stem
                ]
                found = office.situation(case)
                here = (found.state, found.turn, str(found.due) if found.due else None)
                if here != (there := (row.state, row.waiting_for, min(running, default=None))):
                    others.append((file.stem, number, case.role, here, there))
                seen += 1
                states.add(found.state)
            local.close()
    store.close()
    assert others == []
    assert seen > 200
    assert len(states) >= 7, states


def _cases(local: EmbeddedLocalSystem) -> set[str]:
    ours = {d.case for d in local.documents()}
    theirs = {d.transfer_id for d in local.incoming()}
    return ours | {d.hex for d in theirs if local.case_of(d) == str(d)[:8]}
