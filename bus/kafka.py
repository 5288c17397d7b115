"""The bus on Apache Kafka, through kafka-python: topics, offsets, and the making of producers and consumers.

Records carry the brokers' own time (LogAppendTime). Partitions are chosen here, never by the client, and their number
never changes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import TypeVar

from kafka import IsolationLevel, KafkaAdminClient, OffsetSpec, TopicPartition as Partition
from kafka.errors import TopicAlreadyExistsError

from jinbao.bus.interface import BusError, BusUnavailable, TopicPartition
from jinbao.bus.kafka_address import connecting, need_files, parse
from jinbao.bus.kafka_consumer import KafkaBusConsumer
from jinbao.bus.kafka_patience import patiently
from jinbao.bus.kafka_producer import KafkaBusProducer
from jinbao.bus.kafka_reader import KafkaReader

logging.getLogger("kafka.admin").setLevel(logging.INFO)  # at DEBUG it would log its settings, password and all

CLIENT_DEFAULTS = {
    "client_id": "jinbao",
    "bootstrap_timeout_ms": 10_000,
    "reconnect_backoff_max_ms": 1_000,  # a broker that is back after a restart is found within a second
}
_MOST_COPIES = 3
_Part = TypeVar("_Part", KafkaBusProducer, KafkaBusConsumer, KafkaReader)
_Answer = TypeVar("_Answer")
_CREATED_WITHIN_MS = 30_000
_ENDS_WITHIN_MS = 2_000


class KafkaBus:
    """A Kafka cluster as a bus (see `jinbao.bus.interface.Bus`). Threads may share it; a forked child opens its own."""

    def __init__(self, url: str) -> None:
        """Connect to the brokers of a `kafka://` URL; BusError when none answers or they refuse the user."""
        self.address = parse(url)
        self._settings = {**CLIENT_DEFAULTS, **self.address.client}
        self._partitions: dict[str, int] = {}
        self._open: set[KafkaBusProducer | KafkaBusConsumer | KafkaReader] = set()
        need_files(self.address)
        with connecting(self.address, "connect"):
            self._admin = KafkaAdminClient(**self._settings)

    def create_topics(self, topics: Mapping[str, int]) -> None:
        """Create each missing topic with its number of partitions; BusError if one exists with another number.

        Up to three copies: a record is sent when every copy in sync has it, and refused while more than one is out of
        sync. Kept until an operator deletes it; stamped by the broker; compressed with lz4 whatever the sender used, so
        that every reader can read it.
        """
        if bad := [name for name, partitions in topics.items() if partitions < 1 or not name]:
            raise BusError(
                f"总线 {self.address}：主题 {bad[0]!r} 须有名称和至少一个分区",
                f"bus {self.address}: topic {bad[0]!r} needs a name and at least one partition",
            )
        known = self._asked("create topics", lambda admin: self._with_missing(admin, topics))
        for name, partitions in topics.items():
            if known.get(name) != partitions:
                raise BusError(
                    f"总线 {self.address}：主题 {name} 有 {known.get(name)} 个分区，"
                    f"不是 {partitions}；分区数不能改，请按此数或另选集群",
                    f"bus {self.address}: topic {name!r} has {known.get(name)} partitions, not {partitions}; "
                    "the number cannot change: ask for that one or use another cluster",
                )
        self._partitions.update(known)

    def partitions(self, topic: str) -> int:
        """Number of partitions of the topic; BusError when there is no such topic."""
        if topic not in self._partitions:
            self._partitions.update(self._asked(f"look up topic {topic!r}", lambda admin: _described(admin, [topic])))
        if topic not in self._partitions:
            raise BusError(
                f"总线 {self.address}：没有主题 {topic}；请先建立（jinbao platform init）",
                f"bus {self.address}: no topic {topic!r}; create the topics first (jinbao platform init)",
            )
        return self._partitions[topic]

    def end_offsets(self, topic: str) -> dict[TopicPartition, int]:
        """Per partition, the offset that the next record will get."""
        wanted = {Partition(topic, p): OffsetSpec.LATEST for p in range(self.partitions(topic))}
        action = f"read the ends of topic {topic!r}"
        found = self._asked(action, lambda admin: admin.list_partition_offsets(wanted))
        return {(topic, p): found[Partition(topic, p)].offset for p in range(len(wanted))}

    def _readable_ends(self, places: Collection[Partition]) -> dict[Partition, int]:
        """Up to where consumers may read: before the first transaction of another client that is still open."""
        wanted = dict.fromkeys(places, OffsetSpec.LATEST)
        found = self._admin.list_partition_offsets(wanted, IsolationLevel.READ_COMMITTED, timeout_ms=_ENDS_WITHIN_MS)
        return {place: at.offset for place, at in found.items()}

    def committed(self, topic: str, group: str) -> dict[TopicPartition, int]:
        """Per partition, the group's committed next offset (0 where none)."""
        wanted = [Partition(topic, p) for p in range(self.partitions(topic))]
        action = f"read the offsets of group {group!r}"
        found = self._asked(action, lambda admin: admin.list_group_offsets({group: wanted}))[group]
        return {(topic, p.partition): max(0, found[p].offset) if p in found else 0 for p in wanted}

    def producer(self) -> KafkaBusProducer:
        """A new producer with its own connections."""
        return self._keep(KafkaBusProducer(self.address, self._settings, self.partitions))

    def consumer(
        self,
        topics: Sequence[str],
        group: str,
        *,
        on_assigned: Callable[[frozenset[TopicPartition]], None] | None = None,
        on_revoked: Callable[[frozenset[TopicPartition]], None] | None = None,
    ) -> KafkaBusConsumer:
        """Join the group; its members share the partitions. The callbacks run inside `poll` and `close`.

        Joining takes several polls: until then `assignment` is empty and nothing is read.
        """
        counts = {topic: self.partitions(topic) for topic in topics}
        return self._keep(
            KafkaBusConsumer(self.address, self._settings, counts, group, self._readable_ends, on_assigned, on_revoked)
        )

    def reader(self, topic: str) -> KafkaReader:
        """A reader of the topic that belongs to no group; BusError when there is no such topic."""
        return self._keep(KafkaReader(self.address, self._settings, topic, self.partitions(topic)))

    def close(self) -> None:
        """Close every producer, consumer and reader of this bus, then the connection."""
        with ExitStack() as all_of_it:  # whatever fails, the rest is closed too
            all_of_it.callback(self._admin.close)
            for part in self._open:
                all_of_it.callback(part.close)
        self._open.clear()

    def _keep(self, part: _Part) -> _Part:
        self._open = {other for other in self._open if not other.closed} | {part}
        return part

    def _asked(self, action: str, ask: Callable[[KafkaAdminClient], _Answer]) -> _Answer:
        return patiently(self._admin, self.address, action, ask)

    def _with_missing(self, admin: KafkaAdminClient, topics: Mapping[str, int]) -> dict[str, int]:
        """Number of partitions of each topic, those made that were missing."""
        known = _described(admin, topics)
        missing = {name: count for name, count in topics.items() if name not in known}
        if missing:
            self._create(admin, missing)
            known |= _described(admin, missing)
        return known

    def _create(self, admin: KafkaAdminClient, missing: Mapping[str, int]) -> None:
        running, named = len(admin.describe_cluster()["brokers"]), len(self.address.brokers)
        if running < min(_MOST_COPIES, named):
            raise BusUnavailable(
                f"总线 {self.address}：{named} 个节点只有 {running} 个在运行，此时建立的主题副本会一直不足；"
                "请启动其余节点",
                f"bus {self.address}: cannot create topics: {running} of {named} brokers run, and topics made now "
                "would have fewer copies for ever; start the others",
            )
        copies = min(_MOST_COPIES, running)
        configs = {
            "message.timestamp.type": "LogAppendTime",
            "min.insync.replicas": str(max(1, copies - 1)),
            "retention.ms": "-1",
            "compression.type": "lz4",
        }
        wanted = {
            name: {"num_partitions": count, "replication_factor": copies, "configs": configs}
            for name, count in missing.items()
        }
        with suppress(TopicAlreadyExistsError):  # another process was quicker; the numbers are compared all the same
            admin.create_topics(wanted, timeout_ms=_CREATED_WITHIN_MS)
        admin.wait_for_topics(list(missing), timeout_ms=_CREATED_WITHIN_MS)


def _described(admin: KafkaAdminClient, topics: Iterable[str]) -> dict[str, int]:
    """Number of partitions of those topics that exist."""
    found = admin.describe_topics(list(topics)) if topics else []
    return {topic["name"]: len(topic["partitions"]) for topic in found if topic["partitions"]}
