"""The checkpoint that an auditor's page or report stands on."""

from __future__ import annotations

import msgspec

from jinbao.platform.audit.log.places import newest_head
from jinbao.platform.store.bulk import Bulk
from jinbao.transparency.check_proof import parse_checkpoint, parse_note


class StandsOn(msgspec.Struct, frozen=True):
    """The log's end as it is stored."""

    origin: str | None
    """None where nothing was signed yet."""
    size: int
    """Entries of the log."""
    root: str
    """Of its tree, hexadecimal."""
    signed: int
    """Entries under the newest signed checkpoint."""


def stands_on(bulk: Bulk) -> StandsOn:
    """The log's end, signed or not."""
    head, signed = newest_head(bulk), newest_head(bulk, signed=True)
    origin = parse_checkpoint(parse_note(signed.note).text).origin if signed.note else None
    return StandsOn(origin, head.size, head.root.hex(), signed.size)
