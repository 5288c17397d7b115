"""Chance is derived, spread evenly, and never depends on order."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given, strategies as st

from jinbao.simulator.scenario.seeded_random import CAP_FEN, draw, pick, share_of, transfer_total


@given(st.integers(), st.integers(0, 10**6), st.text(max_size=8))
def test_a_draw_depends_on_seed_subject_and_purpose_alone(seed: int, subject: int, purpose: str) -> None:
    first = draw(seed, subject, purpose).random()
    draw(seed, subject + 1, purpose).random()
    assert draw(seed, subject, purpose).random() == first
    assert draw(seed, subject + 1, purpose).random() != first
    assert draw(seed + 1, subject, purpose).random() != first


@given(st.integers(), st.integers(0, 10**6), st.integers(50, 400), st.floats(0.01, 0.5))
def test_a_share_is_taken_by_its_part_of_any_run_of_subjects(seed: int, first: int, count: int, share: float) -> None:
    taken = sum(share_of(seed, "path", index) < share for index in range(first, first + count))
    assert abs(taken - share * count) <= 3.0


def test_a_share_falls_into_the_slice_that_holds_it() -> None:
    slices = {"a": 0.25, "b": 0.5}
    assert [pick(slices, share) for share in (0.0, 0.25, 0.74, 0.76)] == ["a", "b", "b", None]


def test_totals_are_lognormal_with_the_assumed_median_and_cap() -> None:
    totals = [transfer_total(draw(1, i)) for i in range(4_000)]
    assert median(totals) == pytest.approx(900_000, rel=0.06)
    assert max(totals) <= CAP_FEN
    above_one_sigma = sum(total > 900_000 * 2.718281828**1.22 for total in totals) / len(totals)
    assert above_one_sigma == pytest.approx(0.1587, abs=0.02)
