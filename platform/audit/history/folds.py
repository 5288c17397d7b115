"""What is folded from the log held against it: read models, waiting messages, counts, how far the bus was read.

The read models are folded anew in a database of their own and compared row by row by a digest of each table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

import msgspec

from jinbao.language.words import Words, words_of
from jinbao.platform.audit.history.fresh_fold import Digests, folded_beside, plain, table_digest
from jinbao.platform.audit.log.population import Population
from jinbao.platform.audit.log.verify import Verified, verify_log
from jinbao.platform.audit.statements.rules import rules_changed
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections.catalogue import PROJECTIONS
from jinbao.platform.projections.positions import Positions
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.transparency.check_proof import Policy


def different_read_models(work: UnitOfWork, folded: Callable[[], Digests]) -> Iterator[str]:
    """Tables of read models that are not what the log was folded to. Those of a model that is behind are left out."""
    behind = models_behind(work)
    tables = [table.name for one in PROJECTIONS if one.name not in behind for table in one.tables]
    read = {name: table_digest(work.bulk, name) for name in tables}
    fresh = folded()
    yield from (name for name in tables if read[name] != fresh[name])


def models_behind(work: UnitOfWork) -> set[str]:
    """Read models that do not stand where the log ends, or were built by another version of their folds."""
    end = work.events.max_notification_id() or 0
    stands = {(stand.name, stand.version, stand.position) for stand in Positions(work).all() if not stand.building}
    return {p.name for p in PROJECTIONS if (p.name, p.version, end) not in stands}


def different_folds(bulk: Bulk, population: Population) -> Iterator[Words]:
    """What the tables beside the log say otherwise than the log itself."""
    counted = "SELECT outcome, COUNT(*) FROM intake GROUP BY outcome"
    kept = "SELECT outcome, number FROM intake_counts WHERE number <> 0"
    if set(map(tuple, bulk.execute(counted))) != set(map(tuple, bulk.execute(kept))):
        yield "intake_counts 与收件记录不符", "intake_counts is not what the intake holds"
    waiting = (
        "SELECT i.position, i.stream, i.sender, i.received_at, i.event_id FROM intake i WHERE i.outcome = "
        f"{Outcome.PARKED:d} AND NOT EXISTS (SELECT 1 FROM events e WHERE e.first = i.position) "
        "AND NOT EXISTS (SELECT 1 FROM intake o WHERE o.first = i.position AND o.outcome <> "
        f"{Outcome.DUPLICATE:d} AND o.outcome <> {Outcome.PARKED:d})"
    )
    parked = "SELECT intake, stream, sender, received_at, event_id FROM parked"
    if {plain(row) for row in bulk.execute(waiting)} != {plain(row) for row in bulk.execute(parked)}:
        yield "parked 与收件记录不符", "parked is not what the intake says is waiting"
    read = set(map(tuple, bulk.execute("SELECT topic, partition, next_offset FROM consumer_offsets")))
    if read != {(SUBMISSIONS_TOPIC, partition, offset) for partition, offset in population.next_offsets().items()}:
        yield "consumer_offsets 与记录不符", "consumer_offsets is not where the rows end"


NOT_COVERED: tuple[tuple[str, str], ...] = (
    ("marks", "数据库的记号 / notes about the database"),
    ("outbox.delivered_at", "何时发出 / when it was sent"),
    ("parked.transfer_id", "报文中有 / is in the message"),
    ("parked.headers", "报文头 / headers of the message"),
    ("tree_heads.note", "没有检查点的头 / heads without a checkpoint"),
    ("projection_positions", "读模型的进度 / how far the read models are"),
    ("log_gaps", "读模型发现的缺口 / gaps that the read models met"),
    ("alembic_version", "表结构编号 / the schema's version"),
    (
        "",
        "数据库之外：总线、密钥环和用户的文件本身、适配器、告警、各省自己的系统 / "
        "what lies outside the database: bus, files of key ring and users, adapters, alerts, provinces' own systems",
    ),
)
"""What states no fact, or is not in the log yet: table or column, and words about it."""


def not_covered(store: Store, adopted: Mapping[str, int]) -> list[Words]:
    """What a verification says nothing about. `adopted`: rows that are older than the tree, by table."""
    with store.read() as work:
        behind = sorted(models_behind(work))
    found: list[Words] = []
    if adopted:
        told = ", ".join(f"{table} ≤ {last}" for table, last in sorted(adopted.items()) if last)
        found.append((f"日志开始之前的记录未受保护：{told}", f"unprotected until the log began: {told}"))
    for name, words in NOT_COVERED:
        zh, en = words_of(words)
        found.append((f"{name}：{zh}", f"{name}: {en}") if name else (zh, en))
    if behind:
        found.append(
            (f"未跟到日志末尾的读模型：{'、'.join(behind)}", f"read models behind the log: {', '.join(behind)}")
        )
    return found


def verify_store(
    store: Store, policy: Policy, against: Sequence[str] = (), told: Callable[[int], None] = lambda size: None
) -> Verified:
    """Verify the log, and where it holds what is folded from it. Raises StoreError."""
    with store.read() as work, folded_beside(store, work.events.max_notification_id() or 0) as folded:
        found = verify_log(work.bulk, policy, against, told)
        with suppress(msgspec.DecodeError):  # a statement that was altered, which is told already
            found.rules = list(rules_changed(work.bulk))
        for zh, en in different_folds(work.bulk, found.population):
            found.add(found.size, "PROJECTION_DIFFERS", zh, en)
        for table in () if found.bad else different_read_models(work, folded):
            zh, en = f"读模型 {table} 与日志不符", f"read model {table} is not what the log folds to"
            found.add(found.size, "PROJECTION_DIFFERS", zh, en)
    return found
