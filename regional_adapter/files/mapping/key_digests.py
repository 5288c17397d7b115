"""Digests of the keys and contents of a file's records, to find keys that come twice with other contents.

They are kept as 64-bit numbers, spread over parts by the key and written to a temporary file: one part at a time is in
memory, however long the file.
"""

from __future__ import annotations

import tempfile
from array import array
from collections import defaultdict
from types import TracebackType
from typing import BinaryIO, Self

_PARTS = 256
_NUMBERS_OF_A_CHUNK = 2_048


class KeyDigests:
    """Digests of one reading; a context manager, for its temporary file."""

    def __init__(self) -> None:
        self._open: defaultdict[int, array[int]] = defaultdict(lambda: array("q"))
        """By part; most files are small and have few."""
        self._chunks: defaultdict[int, list[int]] = defaultdict(list)
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, key: int, content: int) -> None:
        """Note a record."""
        part = self._open[key % _PARTS]
        part.append(key)
        part.append(content)
        if len(part) >= _NUMBERS_OF_A_CHUNK:
            self._write(key % _PARTS)

    def conflicts(self) -> frozenset[int]:
        """Keys that were noted with more than one content."""
        found: set[int] = set()
        for index in self._open:
            contents: dict[int, int] = {}
            for numbers in self._numbers(index):
                for at in range(0, len(numbers), 2):
                    if contents.setdefault(numbers[at], numbers[at + 1]) != numbers[at + 1]:
                        found.add(numbers[at])
        return frozenset(found)

    def _write(self, index: int) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="jinbao-keys-")  # noqa: SIM115 - closed with the digests
        self._chunks[index].append(self._file.seek(0, 2))
        self._open[index].tofile(self._file)
        del self._open[index][:]

    def _numbers(self, index: int) -> list[array[int]]:
        read = [self._open[index]]
        for offset in self._chunks[index]:
            assert self._file is not None, "what was written has a file"
            self._file.seek(offset)
            numbers: array[int] = array("q")
            numbers.fromfile(self._file, _NUMBERS_OF_A_CHUNK)
            read.append(numbers)
        return read
