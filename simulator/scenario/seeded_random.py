"""Every chance in the simulated nation: drawn from (seed, subject, purpose) by hashing, never from the order of events.

Two kinds. `draw` gives an independent generator per subject and purpose. `share_of` spreads the subjects evenly over
[0, 1) (an additive recurrence with an irrational step), so that a path taken by a share p of the cases is taken by
n * p of any n consecutive cases, give or take two: a small nation reaches every path.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from math import exp, log, sqrt
from random import Random

from jinbao.schemas.messages import Fen

MEDIAN_FEN = 900_000
"""Median of a transfer's total: 9,000 yuan (domain.md §7, assumed)."""
SIGMA = 1.22
CAP_FEN = 60_000_000
_STEPS = {
    "path": (sqrt(5) - 1) / 2,
    "late": sqrt(2) - 1,
    "incident": sqrt(3) - 1,
    "order": sqrt(7) - 2,
    "reason": sqrt(11) - 3,
    "account": sqrt(13) - 3,
    "rare": sqrt(29) - 5,
    "certificate": sqrt(19) - 4,
}


def derived(seed: int, *parts: object) -> int:
    """64 bits derived from the seed and the parts."""
    text = "|".join(map(str, (seed, *parts))).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def draw(seed: int, *parts: object) -> Random:
    """A generator of its own for this subject and purpose."""
    return Random(derived(seed, *parts))


def share_of(seed: int, purpose: str, index: int) -> float:
    """A number in [0, 1) for the index-th subject; consecutive subjects are spread evenly."""
    return (derived(seed, purpose) / 2**64 + index * _STEPS[purpose]) % 1.0


def pick(shares: Mapping[str, float], share: float) -> str | None:
    """The entry whose slice of [0, 1) holds `share`; None beyond the last one."""
    edge = 0.0
    for name, width in shares.items():
        edge += width
        if share < edge:
            return name
    return None


def transfer_total(random: Random) -> Fen:
    """Total of one transfer in fen: lognormal, median 9,000 yuan, sigma 1.22, at most 600,000 yuan (domain.md §7)."""
    return Fen(min(CAP_FEN, round(exp(log(MEDIAN_FEN) + SIGMA * random.gauss(0.0, 1.0)))))
