"""Loop of the log's witnessing, in a thread beside ingest and relay: about one checkpoint a second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from jinbao.language.words import Words
from jinbao.platform.outbox.witnessed import Tail
from jinbao.platform.outbox.witnessing import Refusal, Witnessing
from jinbao.presentation import formatting
from jinbao.service.errors import Unavailable
from jinbao.service.health import Watch
from jinbao.service.loop import side_loop

EVERY_S = 1.0
UNWITNESSED_US = 60_000_000
"""So long may the log's end be without a quorum before the operator is told; ingest goes on all the same."""


def witnessing(
    witnesses: Witnessing | None, now: Callable[[], int], stop: threading.Event, watch: Watch
) -> AbstractContextManager[None]:
    """Publish and gather while the block runs; nothing where no policy names the log."""
    if witnesses is None:
        return nullcontext()

    def step() -> int:
        witnesses.step()
        trouble = _trouble(witnesses, now())
        if trouble is None:
            watch.succeeded()
        else:
            watch.waiting(trouble)
        return 0

    return side_loop("witnesses", step, stop, watch, EVERY_S)


def _refused(refusal: Refusal) -> Unavailable:
    if refusal.code == "REFUSED":
        return Unavailable(
            f"见证方 {refusal.witness} 答称检查点不延续它见证过的（未签名的答复）",
            f"witness {refusal.witness} says, unsigned, that the checkpoint does not continue what it has cosigned",
        )
    return Unavailable(
        f"本数据库的日志不是见证方 {refusal.witness} 见证过的那份（{refusal.code}）：请与其所持的签名检查点核对",
        f"this database's log is not the one that witness {refusal.witness} has cosigned ({refusal.code}): "
        "hold it against the signed checkpoint that the witness keeps",
    )


def _trouble(witnesses: Witnessing, now_us: int) -> Unavailable | None:
    for refusal in sorted(witnesses.refusals.values(), key=lambda one: one.code == "REFUSED"):
        return _refused(refusal)
    tail = witnesses.unwitnessed()
    if tail is None or now_us - tail.since_us < UNWITNESSED_US:
        return None
    return Unavailable(*unwitnessed_told(tail))


def unwitnessed_told(tail: Tail) -> Words:
    """What an operator is told of a log without a quorum."""
    told = formatting.instant(tail.since_us)
    return (
        f"自 {told} 起日志未获足够见证，尾部 {tail.entries:,} 条",
        f"the log has too few witnesses since {told}: {tail.entries:,} entries at its end",
    )
