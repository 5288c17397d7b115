"""Plants: auditors' tests find each of them, and nothing else than in the nation without."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest

from jinbao.platform.audit.questions.audit_tests.catalogue import FOREVER_US, run_tests
from jinbao.simulator.nation import Nation
from jinbao.simulator.planted_reads import plant_reads
from jinbao.simulator.scenario.plants import FILE, OF_EACH, Planted, TooFewTransfersError

TRANSFERS, DAYS, SEED = 320, 90, 7


def played(folder, plant):
    with Nation.begin(folder, seed=SEED, transfers=TRANSFERS, days=DAYS, plant=plant) as nation:
        while not nation.finished:
            nation.run_day()
        if plant:
            plant_reads(nation)
        with nation.store.read() as work:
            return {one.name: {hit.about for hit in one.hits} for one in run_tests(work.bulk, 0, FOREVER_US)}


@pytest.mark.slow
def test_every_plant_is_found_and_no_other_hit_than_without(tmp_path):
    without, found = played(tmp_path / "without", None), played(tmp_path / "with", "default")
    planted = defaultdict(set)
    for one in json.loads((tmp_path / "with" / FILE).read_text()):
        planted[one["test"]].add(one["about"])
    assert {name: len(about) for name, about in planted.items()} == dict.fromkeys(Planted, OF_EACH)
    for name, hits in found.items():
        assert hits - without[name] == planted[name] - without[name], name
        assert planted[name] <= hits, name


def test_what_was_not_planted_is_not_in_the_answer_key(tmp_path):
    with Nation.begin(tmp_path / "with", seed=SEED, transfers=TRANSFERS, days=DAYS, plant="default") as nation:
        plant_reads(nation)
    names = {one["test"] for one in json.loads((tmp_path / "with" / FILE).read_text())}
    assert names & {Planted.BULK_READS, Planted.KEY_CHANGED, Planted.RULE_CHANGED} == {Planted.BULK_READS}


def test_a_nation_that_is_too_small_for_plants_is_refused_with_how_many_it_needs(tmp_path):
    with pytest.raises(TooFewTransfersError, match="about"):
        Nation.begin(tmp_path / "small", seed=1, transfers=20, days=60, plant="default")
    assert not (tmp_path / "small").exists()
