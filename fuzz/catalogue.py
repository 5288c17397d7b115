"""The fuzz targets by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from jinbao.fuzz.mapping_files import MappingFile
from jinbao.fuzz.messages import AvroMessage, BusIntake
from jinbao.fuzz.province_files import province_files
from jinbao.fuzz.target import FuzzTarget


@cache
def targets() -> Sequence[FuzzTarget]:
    """Every target. Raises OSError where the example files are not here."""
    return [*province_files(), MappingFile(), AvroMessage(), BusIntake()]
