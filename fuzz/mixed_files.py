"""Fuzz targets: daily files of several forms, read by an example mapping that says `mixed`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

from jinbao.fuzz.province_files import EXAMPLES, ProvinceFile, held_result
from jinbao.fuzz.target import FuzzInput, FuzzResult
from jinbao.regional_adapter.files.mapping.mapping_file import load_mapping

MIXED = ("csv-utf8", "json-lines", "fixed-width")
"""Example sets whose files, one behind the other, are one."""
_MOST_PARTS = 3


class MixedFile:
    """Files of one example set behind one another."""

    def __init__(self, files: ProvinceFile) -> None:
        self.name = f"mixed-{files.name}"
        self.reads_file = True
        self.share = 1
        self._files = files
        self._mapping = replace(load_mapping(EXAMPLES / files.name / "mapping.toml"), mixed=True)

    def draw(self, random: Random) -> FuzzInput:
        """One file to three, each changed as by itself; what is sure of each is sure of all."""
        parts = [self._files.draw(random) for _ in range(random.randint(1, _MOST_PARTS))]
        counted = [part.records for part in parts]
        records = None if None in counted else sum(count or 0 for count in counted)
        spoiled = sum(part.spoiled for part in parts) if records is not None else 0
        return FuzzInput(b"".join(part.data for part in parts), parts[0].suffix, records, spoiled)

    def run(self, file: Path, given: FuzzInput) -> FuzzResult:
        """Read it as the command does."""
        return held_result(file, self._mapping, given)
