"""To whom the log says that it has sent sealed fields: exactly those in whose inboxes they lie."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

from jinbao.bus.embedded import EmbeddedBus
from jinbao.platform.addressees import addressees
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.codec import decode
from jinbao.schemas.messages import Submission, inbox_topic


def test_those_in_whose_inboxes_sealed_fields_lie_and_nobody_else(folder, store):
    delivered: dict[UUID, set[str]] = {}
    with closing(EmbeddedBus(folder / "bus.sqlite")) as bus:
        for province in PROVINCES:
            with closing(bus.consumer([inbox_topic(province)], f"test.{province}")) as inbox:
                for partition in inbox.assignment():
                    inbox.seek(partition, 0)
                while records := inbox.poll(1_000):
                    for message in (decode(record.value) for record in records):
                        if isinstance(message, Submission) and hasattr(message, "personal"):
                            delivered.setdefault(UUID(bytes=message.envelope.relationship_id), set()).add(province)
    with store.read() as work:
        keys = work.bulk.execute("SELECT key FROM streams WHERE kind = 1").scalars()
        found = addressees(work, [UUID(bytes=key) for key in keys])
    assert {relationship: provinces for relationship, provinces in found.items() if provinces} == delivered
    assert len(delivered) > 20
