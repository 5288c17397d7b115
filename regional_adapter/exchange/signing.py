"""Signing of a province's submissions: batches in a chain of its own, by its key, for one log.

The key lies in the adapter's folder, the log's origin in the policy there. A folder without a key sends unsigned, which
a platform takes until its register of keys has begun.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from jinbao.bus.interface import OutgoingRecord
from jinbao.schemas.signatures import leaf_of_headers, with_signature
from jinbao.storage.new_file import write_new
from jinbao.transparency.batches import MOST_MESSAGES, NO_ROOT, sign_batch
from jinbao.transparency.signing import SigningKey
from jinbao.transparency.sm2 import AgencyKey, new_sm2_key, read_agency_key


class Chain(NamedTuple):
    """How far a province's batches have come: the last one's number and root."""

    number: int = 0
    root: bytes = NO_ROOT


class BatchSigner:
    """Signs the batches of one province."""

    def __init__(self, province: str, key: AgencyKey, origin: str) -> None:
        """`origin`: of the log that the signatures are for."""
        self._province = province
        self._key = key
        self._origin = origin

    @property
    def key_id(self) -> bytes:
        """Of its key, as a signature names it."""
        return self._key.verifier.key_id

    def sign(self, records: Sequence[OutgoingRecord], chain: Chain) -> tuple[list[OutgoingRecord], Chain]:
        """The records signed, in batches that go on from there, and how far the chain has come with them."""
        signed: list[OutgoingRecord] = []
        for start in range(0, len(records), MOST_MESSAGES):
            batch = records[start : start + MOST_MESSAGES]
            leaves = [leaf_of_headers(record.headers) for record in batch]
            number = chain.number + 1
            made = sign_batch(self._key, self._origin, self._province, leaves, number, chain.root)
            chain = Chain(number, made.root)
            for record, signature in zip(batch, made.signatures, strict=True):
                headers = with_signature(record.headers, signature)
                signed.append(OutgoingRecord(record.topic, record.key, record.value, headers))
        return signed, chain


def new_key(province: str) -> SigningKey:
    """A province's new key, with a name that no other key has."""
    return SigningKey(_name(province), os.urandom(32))


def _name(province: str) -> str:
    return f"jinbao/{province}/{os.urandom(4).hex()}"


def open_key(path: Path, province: str, *, sm2: bool = False) -> AgencyKey:
    """The key of a file, made where there is none; an empty file is what an earlier version left that was killed.

    `sm2`: where it is made, a key of that kind. Raises OSError and NotValid.
    """
    if path.exists() and not path.stat().st_size:
        path.unlink()
    if not path.exists():
        write_new(path, f"{new_sm2_key(_name(province)) if sm2 else new_key(province)}\n".encode())
    return read_agency_key(path)
