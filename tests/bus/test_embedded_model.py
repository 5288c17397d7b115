"""Whatever order sends, polls, seeks, commits and reopenings come in, the bus equals a few plain lists."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord, TopicPartition, partition_of

TOPICS = {"cases": 3, "inbox": 1}
records = st.builds(
    OutgoingRecord,
    topic=st.sampled_from(sorted(TOPICS)),
    key=st.binary(max_size=2),
    value=st.binary(max_size=3),
    headers=st.lists(st.tuples(st.text(max_size=2), st.binary(max_size=2)), max_size=2).map(tuple),
)


class BusAgainstLists(RuleBasedStateMachine):
    """The model: per partition the list of sent records, the next offset to read and the committed one."""

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.sent: dict[TopicPartition, list[OutgoingRecord]] = {
            (topic, p): [] for topic, partitions in TOPICS.items() for p in range(partitions)
        }
        self.committed: dict[TopicPartition, int] = defaultdict(int)
        self.open()

    def open(self) -> None:
        self.bus = EmbeddedBus(Path(self.folder.name) / "bus.sqlite", durable=False)
        self.bus.create_topics(TOPICS)
        self.producers = [self.bus.producer(), self.bus.producer()]
        self.join()

    def join(self) -> None:
        self.consumer = self.bus.consumer(sorted(TOPICS), "g")
        self.next = dict.fromkeys(self.sent, 0) | self.committed

    @rule(batch=st.lists(records, max_size=6), producer=st.integers(0, 1))
    def send(self, batch: list[OutgoingRecord], producer: int) -> None:
        self.producers[producer].send(batch)
        for record in batch:
            self.sent[record.topic, partition_of(record.key, TOPICS[record.topic])].append(record)

    @rule(max_records=st.integers(1, 5))
    def poll(self, max_records: int) -> None:
        waiting = any(self.next[p] < len(self.sent[p]) for p in self.sent)
        read = self.consumer.poll(max_records)
        assert bool(read) == waiting
        assert len(read) <= max_records
        for record in read:
            place = (record.topic, record.partition)
            assert record.offset == self.next[place]
            assert (
                OutgoingRecord(record.topic, record.key, record.value, record.headers)
                == (self.sent[place][record.offset])
            )
            self.next[place] += 1

    @rule(data=st.data())
    def seek(self, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(sorted(self.sent)))
        self.next[place] = data.draw(st.integers(0, len(self.sent[place])))
        self.consumer.seek(place, self.next[place])

    @rule()
    def commit(self) -> None:
        self.consumer.commit(self.next)
        self.committed.update(self.next)

    @rule()
    def leave_and_join_again(self) -> None:
        self.consumer.close()
        self.join()

    @precondition(lambda self: any(self.sent.values()))
    @rule()
    def reopen(self) -> None:
        self.bus.close()
        self.open()

    @rule()
    def ends_and_commits_are_those_of_the_model(self) -> None:
        for topic in TOPICS:
            assert self.bus.end_offsets(topic) == {p: len(r) for p, r in self.sent.items() if p[0] == topic}
            assert self.bus.committed(topic, "g") == {p: self.committed[p] for p in self.sent if p[0] == topic}

    def teardown(self) -> None:
        if hasattr(self, "bus"):
            while any(self.next[p] < len(self.sent[p]) for p in self.sent):
                self.poll(100)
            self.bus.close()
            self.folder.cleanup()


TestBusAgainstLists = BusAgainstLists.TestCase
TestBusAgainstLists.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
