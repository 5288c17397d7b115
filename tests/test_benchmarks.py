"""What the benchmarks send is what they say: whole cases, every message of which is taken."""

from __future__ import annotations

import runpy
from contextlib import closing
from pathlib import Path
from random import Random

from jinbao.bus.embedded import EmbeddedBus
from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.projections.board_counts import state_counts
from jinbao.platform.queries import ingest_counts
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.statements.statement_check import check_statements
from jinbao.simulator.virtual_time import MessageTimes

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
CASE_MESSAGES = BENCHMARKS / "case_messages.py"


def test_every_message_of_the_benchmarks_cases_is_accepted(tmp_path: Path) -> None:
    fill = runpy.run_path(str(CASE_MESSAGES))["fill"]
    with (
        closing(EmbeddedBus(tmp_path / "bus.sqlite")) as bus,
        closing(Store(f"sqlite:///{tmp_path}/p.sqlite")) as store,
    ):
        fill(bus, 400, tmp_path, 7)
        platform = NationalPlatform(bus, store, times=MessageTimes())
        while platform.step(0):
            pass
        platform.close()
        with store.read() as work:
            counts, states = ingest_counts(work), state_counts(work)
    assert counts["accepted"] == counts["received"] == 400
    assert states["completed"] > 0


def test_no_case_of_the_benchmarks_is_of_the_two_provinces_that_settle_by_period(tmp_path: Path) -> None:
    loaded, draw = runpy.run_path(str(CASE_MESSAGES)), Random(7)
    with closing(EmbeddedKeyRing(tmp_path / "keys.sqlite", bytes(64), seed=7)) as ring:
        for number in range(1_000):
            said = next(loaded["CaseWriter"](number, ring, draw).messages())
            assert {said.origin, said.destination} != {"50", "51"}


def test_the_benchmarks_statements_follow_one_another_and_add_up(tmp_path: Path) -> None:
    write = runpy.run_path(str(BENCHMARKS / "reconcile.py"))["write_statement"]
    write(tmp_path / "1.xml", 40, 90, is_earlier=True)
    write(tmp_path / "2.xml", 40, 90)
    (earlier,), (later,) = (check_statements(tmp_path / name, None).statements for name in ("1.xml", "2.xml"))
    assert (earlier.entries, earlier.adds_up(), later.entries, later.adds_up()) == (50, True, 40, True)
    assert earlier.closing is not None
    assert later.opening is not None
    assert earlier.closing.amount == later.opening.amount


def test_every_entry_of_the_benchmarks_statements_is_matched(tmp_path: Path) -> None:
    reconcile = runpy.run_path(str(BENCHMARKS / "reconcile.py"))
    assert reconcile["measure_import"](tmp_path / "nation", 90, 40) > 0
