"""How far a consumer group is behind, on any bus."""

from __future__ import annotations

from jinbao.bus.interface import Bus, TopicPartition


def lag(bus: Bus, topic: str, group: str) -> dict[TopicPartition, int]:
    """Per partition, how many records the group has not yet reported as read; BusError when there is no such topic.

    The reported offsets are informational (see `jinbao.bus.interface`): a consumer that keeps its own may be further.
    """
    committed = bus.committed(topic, group)  # read first: an end that grows meanwhile makes no negative number
    return {place: end - committed[place] for place, end in bus.end_offsets(topic).items()}
