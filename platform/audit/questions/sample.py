"""A sample of the transfers that anybody can draw again: the seed alone decides. Each draw is logged before shown.

Every transfer has a key from the seed and its id; the smallest keys are the sample. With weights, −ln u / w of a
uniform u makes the chance of each proportional to its weight (Efraimidis and Spirakis, 2006).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from heapq import nsmallest
from math import log
from typing import Literal, NamedTuple, TypeAlias, get_args
from uuid import UUID

import msgspec

from jinbao.language.words import BilingualError
from jinbao.platform.audit.log.places import newest_head
from jinbao.platform.audit.questions.audit_tests.catalogue import FOREVER_US, run_tests
from jinbao.platform.audit.statements.statements import said, say
from jinbao.platform.projections.positions import followed_to
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.rules.unprintable import has_unprintable

Method: TypeAlias = Literal["random", "amount", "risk"]
METHODS: tuple[Method, ...] = get_args(Method)
LONGEST_SEED = 200
MOST = 10_000
KIND = "sample_drawn"
_WEIGHTS: dict[Method, str] = {
    "random": "SELECT transfer_id, 1 FROM case_board GROUP BY transfer_id",
    "amount": "SELECT transfer_id, COALESCE(MAX(sheet_total), 0) FROM case_board GROUP BY transfer_id",
    "risk": (
        "SELECT b.transfer_id, 1 + COALESCE(SUM(c.missed), 0) + SUM(b.late_reports) "
        "+ SUM(CASE WHEN b.letter_version > 1 THEN b.letter_version - 1 ELSE 0 END) "
        "+ SUM(CASE WHEN b.sheet_version > 1 THEN b.sheet_version - 1 ELSE 0 END) FROM case_board b LEFT JOIN "
        "(SELECT case_id, COUNT(*) AS missed FROM clocks WHERE missed_at IS NOT NULL GROUP BY case_id) c "
        "ON c.case_id = b.case_id GROUP BY b.transfer_id"
    ),
}
"""Method → each transfer and its weight; to a risk [assumed] come the hits of the tests: see docs/audit.md."""


class WrongDraw(BilingualError):
    """A draw that cannot be made."""


class Drawn(msgspec.Struct, frozen=True):
    """A draw as it is logged: with the database of then, it gives the sample again."""

    by: str
    seed: str
    method: Method
    n: int
    population: int
    digest: str
    """Of the population: SHA-256, hexadecimal, of the transfers' ids in order, a line each."""
    position: int
    """The last event that the read models had taken in."""
    weights: str = ""
    """SHA-256, hexadecimal, of a line each: id, space, weight. Draws of before have none."""


class Population(msgspec.Struct, frozen=True):
    """What was drawn from."""

    n: int
    digest: str
    position: int
    root: str
    """Of the log's tree before the draw was logged, hexadecimal."""


class Picked(NamedTuple):
    """One transfer of a sample."""

    transfer: str
    key: str | float
    """Hexadecimal for `random`, else a number."""
    weight: int


class Sample(NamedTuple):
    """A sample, and the draws from the same population before it."""

    population: Population
    picked: list[Picked]
    """Smallest key first."""
    earlier: list[Drawn]


def draw(store: Store, seed: str, n: int, method: Method, by: str, now_us: int) -> Sample:
    """Log a draw, then show it. Raises WrongDraw, StoreError."""
    if not seed or len(seed) > LONGEST_SEED or has_unprintable(seed):
        raise WrongDraw(
            f"种子应为 1 至 {LONGEST_SEED} 个可见字符", f"a seed has 1 to {LONGEST_SEED} visible characters"
        )
    if not 1 <= n <= MOST:
        raise WrongDraw(f"样本数应为 1 至 {MOST}", f"a sample has 1 to {MOST} transfers")
    with store.read() as work:
        weights, population = _population(work, method)
        earlier = [one.body for one in said(work.bulk, KIND, Drawn) if one.body.digest == population.digest]
    drawn = Drawn(by, seed, method, n, population.n, population.digest, population.position, _digest_of(weights))
    say(store, KIND, drawn, now_us)
    return Sample(population, pick(weights, seed, n, method), earlier)


def redraw(work: UnitOfWork, drawn: Drawn) -> list[Picked] | None:
    """The sample of a draw once more; None where population or weights are no longer those that were drawn from."""
    weights, population = _population(work, drawn.method)
    if population.digest != drawn.digest or drawn.weights not in ("", _digest_of(weights)):
        return None
    return pick(weights, drawn.seed, drawn.n, drawn.method)


def pick(weights: Iterable[tuple[str, int]], seed: str, n: int, method: Method) -> list[Picked]:
    """The sample that a seed gives: transfers without weight are never in it."""
    keyed = (
        Picked(transfer, _key(seed, transfer, weight, method), weight) for transfer, weight in weights if weight > 0
    )
    return nsmallest(n, keyed, key=lambda one: (one.key, one.transfer))


def _key(seed: str, transfer: str, weight: int, method: Method) -> str | float:
    digest = sha256(f"{seed}\n{transfer}".encode())
    if method == "random":
        return digest.hexdigest()
    return -log((int.from_bytes(digest.digest()[:8], "big") + 1) / 2**64) / weight


def _population(work: UnitOfWork, method: Method) -> tuple[list[tuple[str, int]], Population]:
    hits = _hits_of_tests(work.bulk) if method == "risk" else Counter()
    rows = ((str(UUID(bytes=bytes(transfer))), int(weight)) for transfer, weight in work.bulk.stream(_WEIGHTS[method]))
    weights = sorted((transfer, weight + hits[transfer]) for transfer, weight in rows)
    digest = sha256("".join(f"{transfer}\n" for transfer, _ in weights).encode()).hexdigest()
    return weights, Population(len(weights), digest, followed_to(work), newest_head(work.bulk).root.hex())


def _hits_of_tests(bulk: Bulk) -> Counter[str]:
    """Transfer → how many hits of the tests are about it; reads the whole log."""
    return Counter(hit.about for test in run_tests(bulk, 0, FOREVER_US) for hit in test.hits)


def _digest_of(weights: Iterable[tuple[str, int]]) -> str:
    return sha256("".join(f"{transfer} {weight}\n" for transfer, weight in weights).encode()).hexdigest()
