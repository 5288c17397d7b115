"""A province on a host of its own: its adapter has no key ring and asks a key service, and is certified too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from support.conformance_kit import harness_in, not_passed
from support.key_service import keys_served

from jinbao.conformance.case_file import load_cases
from jinbao.conformance.driven_province import DrivenProvince
from jinbao.conformance.kit import run_cases
from jinbao.platform.addressees import addressees


@pytest.mark.slow
def test_an_adapter_that_asks_a_key_service_is_certified(tmp_path: Path) -> None:
    with harness_in(tmp_path) as harness:

        def parties(relationships: Iterable[bytes]) -> Mapping[bytes, frozenset[str]]:
            with harness.platform.store.read() as work:
                return addressees(work, relationships)

        with (
            keys_served(tmp_path, harness.ring, parties, look_ups_a_day=1_000) as service,
            closing(service.ring_of("41")) as ring,
            closing(DrivenProvince(tmp_path / "far", "41", harness.bus, ring)) as candidate,
        ):
            report = run_cases(harness, candidate, load_cases())
    assert not_passed(report) == {}
    assert report.certified
