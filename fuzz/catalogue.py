"""The fuzz targets by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from jinbao.fuzz.mapping_files import MappingFile
from jinbao.fuzz.messages import AvroMessage, BusIntake
from jinbao.fuzz.mixed_files import MIXED, MixedFile
from jinbao.fuzz.province_files import province_files
from jinbao.fuzz.target import FuzzTarget

ALL = "all"


@cache
def targets() -> Sequence[FuzzTarget]:
    """Every target. Raises OSError where the example files are not here."""
    files = province_files()
    mixed = [MixedFile(one) for one in files if one.name in MIXED]
    return [*files, *mixed, MappingFile(), AvroMessage(), BusIntake()]


def named(name: str) -> Sequence[FuzzTarget]:
    """The target of a name, or all; none where there is no such one. Raises OSError as `targets` does."""
    return [target for target in targets() if name in (ALL, target.name)]
