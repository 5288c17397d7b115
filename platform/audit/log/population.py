"""Population of the log: how many messages the bus gave it, from whom, and which it should have and has not."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from jinbao.platform.audit.log.batches import BegunAnew
from jinbao.platform.store.bulk import Row
from jinbao.platform.store.tables import events, intake

_PLACES = {
    table.name: tuple(
        [column.name for column in table.columns].index(name) for name in ("sender", "partition", "bus_offset")
    )
    for table in (events, intake)
}


class Population:
    """The places on the bus that rows of log and intake name; a message that waited has two rows of one place."""

    def __init__(self) -> None:
        self._seen: dict[int, set[int]] = {}
        self._by_sender: Counter[str] = Counter()
        self.gaps_of_batches: list[dict[str, Any]] = []
        """What senders' batches show to be missing."""
        self.begun_anew: list[BegunAnew] = []
        """Chains of batches that senders have begun anew."""

    def add(self, table: str, row: Row) -> None:
        """Count a row's message, unless its place was counted before."""
        sender, partition, offset = (row[at] for at in _PLACES[table])
        seen = self._seen.setdefault(partition, set())
        if offset not in seen:
            seen.add(offset)
            self._by_sender[sender or ""] += 1

    def next_offsets(self) -> dict[int, int]:
        """Partition → the place after the last that was seen."""
        return {partition: max(seen) + 1 for partition, seen in self._seen.items()}

    def as_json(self) -> dict[str, Any]:
        """As `jinbao audit verify --json` has it; the sender of what cannot be read is empty."""
        gaps = list(self.gaps_of_batches)
        for partition, seen in sorted(self._seen.items()):
            for before, after in pairwise([-1, *sorted(seen)]):
                if after > before + 1:
                    gaps.append({"partition": partition, "first": before + 1, "last": after - 1})
        return {
            "received": self._by_sender.total(),
            "by_sender": dict(sorted(self._by_sender.items())),
            "gaps": gaps,
            "begun_anew": [one.as_json() for one in self.begun_anew],
        }
