"""The independent client is certified: a province whose every message is written, sent and read by libraries not ours.

It gives no digest, which is optional: those two cases fail and no other.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from support.independent_bus import IndependentBus
from support.independent_client import IndependentClient

from jinbao.bus.interface import Bus
from jinbao.conformance.case_file import load_cases
from jinbao.conformance.driven_province import DrivenProvince
from jinbao.conformance.harness import Harness
from jinbao.conformance.instructions import Answer, Instruction
from jinbao.conformance.kit import run_cases
from jinbao.dev import engines as local
from jinbao.schemas.export import export
from jinbao.schemas.registry import shipped_registry

pytestmark = [pytest.mark.engines, pytest.mark.slow]


class Independent(DrivenProvince):
    """Its libraries find a schema by its file; a next version of it has more of them."""

    def tell(self, instruction: Instruction) -> Answer:
        if instruction.do == "upgrade":
            assert instruction.schemas is not None
            shutil.copytree(instruction.schemas, self.place.folder.parent / "schemas", dirs_exist_ok=True)
        return super().tell(instruction)


def test_the_independent_client_is_certified_on_kafka(tmp_path: Path, private_folder: Path) -> None:
    engines = local.up(private_folder)
    export(shipped_registry(), tmp_path / "schemas")
    brokers = engines.bus_url.removeprefix("kafka://")
    client = IndependentClient(brokers, tmp_path / "schemas", partitioner="murmur2")
    bus = cast(Bus, IndependentBus(client))
    with (
        closing(Harness(tmp_path, engines.bus_url, "41", timeout_s=20, quiet_s=0.3)) as harness,
        closing(Independent(tmp_path / "independent", "41", bus, harness.ring)) as candidate,
    ):
        report = run_cases(harness, candidate, load_cases())
    failed: dict[str, Any] = {r.case.id: r.seen[1] for r in report.results if r.verdict != "passed"}
    assert failed.keys() == {"destination-digest", "origin-digest"}, failed
    assert report.certified
