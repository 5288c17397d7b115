"""Workaround for kafka-python 3.0.12: a finished join of a group is not thrown away between two polls.

The client joins a group in a task of its network thread. When that task ends while nobody waits in `poll`, the next
`poll` overlooks its result: it joins anew, and a leader that does so makes the whole group join anew, so that members
which poll briefly may never settle; or, where new metadata was the reason, it takes the old assignment for the new one.
Here the next `poll` takes the result. To be removed with a release that does so itself.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

from kafka import KafkaConsumer
from kafka.structs import MemberState


def keep_finished_joins(client: KafkaConsumer) -> None:
    """Let this consumer take the result of a join that ended between two polls."""
    coordinator = client._coordinator
    needs_join = coordinator.need_rejoin
    join_or_wait = coordinator.join_group_async

    def need_rejoin(self: Any) -> bool:
        return bool(self.rejoining or needs_join())  # `rejoining`: from before the request until its result was taken

    async def join_group_async(self: Any, timeout_ms: float | None = None) -> bool:
        task = self._join_task
        if task is None or not task.is_done or task.failed():
            return bool(await join_or_wait(timeout_ms=timeout_ms))
        self._join_task = None
        with self._lock:
            self.rejoining = False
            self.rejoin_needed = False
            self.state = MemberState.STABLE
            self._enable_heartbeat()
        joined = self._generation
        await self._on_join_complete_async(joined.generation_id, joined.member_id, joined.protocol, task.value)
        return True

    coordinator.need_rejoin = MethodType(need_rejoin, coordinator)
    coordinator.join_group_async = MethodType(join_group_async, coordinator)
