"""Two back-payments in one transfer of the synthetic nation: each moves with its own document, nothing is withheld."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jinbao.simulator.nation import Nation

pytestmark = pytest.mark.slow

SEED, TRANSFERS = 39, 8
"""Its last transfer has two back-payments."""


def test_each_of_two_back_payments_has_its_own_document(run_nation: Callable[..., Nation]) -> None:
    nation = run_nation(seed=SEED, transfers=TRANSFERS, days=100)
    paths = nation.summary()["paths"]
    assert paths["several_lump_sums"] == 1
    assert paths["lump_sum_with_commitment"] == paths["lump_sum_with_instrument"] == 1
    assert paths["lump_sum_document_from_third_province"] == 1
    assert not {"partial_transfer", "lump_sum_notice"} & {name for name, count in paths.items() if count}
    assert nation.open_items() == []
