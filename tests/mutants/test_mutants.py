"""The list of mistakes fits the code, and the quick ones are noticed by the tests that it names."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from hunt import noticed_by
from planting import mutants

pytestmark = pytest.mark.slow

ALL = mutants()


def test_the_list_is_long_enough_and_each_mistake_has_its_own_name():
    assert len({mutant.name for mutant in ALL}) == len(ALL) >= 60
    assert len([mutant for mutant in ALL if mutant.quick]) >= 15


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
def test_each_mistake_can_be_planted_and_changes_the_code(mutant):
    source = mutant.file.read_text(encoding="utf-8")
    assert ast.dump(ast.parse(mutant.planted(source))) != ast.dump(ast.parse(source))


@pytest.mark.parametrize("mutant", [m for m in ALL if m.quick], ids=lambda mutant: mutant.name)
def test_a_mistake_is_noticed(mutant):
    assert noticed_by(mutant) is not None, f"{mutant.test} passes with {mutant.put!r} for {mutant.find!r}"
