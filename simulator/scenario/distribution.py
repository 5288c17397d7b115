"""Where people go from and to: the weights of origins and destinations (domain.md §7, assumed), nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from random import Random

from jinbao.rules.provinces import PROVINCES

_LARGEST_ORIGINS = {"44": 28.0, "33": 14.0, "32": 12.0, "31": 9.0, "11": 7.0, "35": 6.0, "12": 3.0}
_LARGEST_DESTINATIONS = {
    "41": 12.0,
    "43": 10.0,
    "51": 10.0,
    "34": 9.0,
    "42": 8.0,
    "36": 8.0,
    "45": 6.0,
    "50": 5.0,
    "52": 5.0,
}


def _with_the_rest(largest: Mapping[str, float]) -> dict[str, float]:
    """Per cent for all 32 provinces: what the largest leave is spread evenly over the others."""
    others = [code for code in PROVINCES if code not in largest]
    each = (100.0 - sum(largest.values())) / len(others)
    return {code: largest.get(code, each) for code in sorted(PROVINCES)}


ORIGINS = _with_the_rest(_LARGEST_ORIGINS)
DESTINATIONS = _with_the_rest(_LARGEST_DESTINATIONS)


def draw_province(weights: Mapping[str, float], random: Random, without: Collection[str] = ()) -> str:
    """One province by weight, never one of `without`."""
    codes = [code for code in weights if code not in without]
    return random.choices(codes, [weights[code] for code in codes])[0]
