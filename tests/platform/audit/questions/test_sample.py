"""Samples: the seed alone decides, the chances are the weights, each draw is logged before it is shown."""

from __future__ import annotations

import math
from collections import Counter
from contextlib import closing
from hashlib import sha256
from uuid import UUID

import msgspec
import pytest

from jinbao.platform.audit.questions.audit_tests.catalogue import FOREVER_US, run_tests
from jinbao.platform.audit.questions.sample import KIND, Drawn, WrongDraw, draw, pick, redraw
from jinbao.platform.audit.statements.statements import said

NOW_US = 1_800_000_000_000_000


@pytest.fixture
def store(copied):
    with closing(copied.store()) as found:
        yield found


def test_the_smallest_hashes_of_seed_and_transfer_are_the_sample(store):
    found = draw(store, "2025 Q1", 5, "random", "chen", NOW_US)
    with store.read() as work:
        rows = work.bulk.execute("SELECT DISTINCT transfer_id FROM case_board")
        ids = [str(UUID(bytes=bytes(row[0]))) for row in rows]
    wanted = sorted((sha256(f"2025 Q1\n{one}".encode()).hexdigest(), one) for one in ids)[:5]
    assert [(one.key, one.transfer) for one in found.picked] == wanted
    assert found.population.n == len(ids) > 5
    assert found.population.digest == sha256("".join(f"{one}\n" for one in sorted(ids)).encode()).hexdigest()


def test_a_weighted_key_is_the_exponential_of_the_hash(store):
    [first, *_] = draw(store, "s", 3, "amount", "chen", NOW_US).picked
    uniform = (int.from_bytes(sha256(f"s\n{first.transfer}".encode()).digest()[:8], "big") + 1) / 2**64
    assert first.key == -math.log(uniform) / first.weight
    assert first.weight > 0


def test_the_heavier_is_drawn_the_oftener():
    weights = [("a", 1), ("b", 2), ("c", 7), ("never", 0)]
    drawn = Counter(pick(weights, str(seed), 1, "amount")[0].transfer for seed in range(3_000))
    assert drawn["never"] == 0
    for transfer, weight in weights[:3]:
        assert abs(drawn[transfer] / 3_000 - weight / 10) < 0.04


def test_each_draw_is_an_entry_and_another_seed_shows(store, copied):
    draw(store, "first", 2, "risk", "chen", NOW_US)
    again = draw(store, "second", 2, "risk", "wang", NOW_US - 5)
    assert ("chen", "first") in [(one.by, one.seed) for one in again.earlier]
    with store.read() as work:
        *_, last = said(work.bulk, KIND, Drawn)
    assert (last.body.by, last.body.seed, last.body.n) == ("wang", "second", 2)
    assert copied.code() is None


def test_a_risk_is_the_heavier_the_more_tests_hit_the_transfer(store):
    with store.read() as work:
        hits = Counter(hit.about for test in run_tests(work.bulk, 0, FOREVER_US) for hit in test.hits)
        missed = "SELECT b.transfer_id FROM clocks c JOIN case_board b ON b.case_id = c.case_id WHERE c.missed_at > 0"
        late = {str(UUID(bytes=bytes(row[0]))) for row in work.bulk.execute(missed)}
        plain = "SELECT transfer_id FROM case_board WHERE late_reports = 0 AND letter_version < 2 AND sheet_version < 2"
        once = {str(UUID(bytes=bytes(row[0]))) for row in work.bulk.execute(plain)} - late
    weights = {one.transfer: one.weight for one in draw(store, "s", 1_000, "risk", "chen", NOW_US).picked}
    hit = once & hits.keys()
    assert hit
    assert {one: weights[one] for one in once} == {one: 1 + hits[one] for one in once}


def test_a_draw_is_not_told_again_once_its_weights_are_others(store):
    draw(store, "s", 3, "risk", "chen", NOW_US)
    with store.read() as work:
        *_, last = said(work.bulk, KIND, Drawn)
        assert redraw(work, last.body) is not None
        assert redraw(work, msgspec.structs.replace(last.body, weights="")) is not None, (
            "drawn before weights were kept"
        )
        assert redraw(work, msgspec.structs.replace(last.body, weights="00")) is None


@pytest.mark.parametrize(("seed", "n"), [("", 5), ("a\n", 5), ("x" * 201, 5), ("s", 0), ("s", 10_001)])
def test_what_is_no_draw_is_refused_and_not_logged(store, seed, n):
    with store.read() as work:
        before = list(said(work.bulk, KIND, Drawn))
    with pytest.raises(WrongDraw):
        draw(store, seed, n, "random", "chen", NOW_US)
    with store.read() as work:
        assert list(said(work.bulk, KIND, Drawn)) == before
