"""The transparency log on either database: verified, a change found, proofs and tiles made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from support.paths_of_a_case import every_path

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.platform.audit.export.export import export
from jinbao.platform.audit.history.as_of import Instant, as_it_stood, find
from jinbao.platform.audit.history.closes import close_day
from jinbao.platform.audit.history.folds import verify_store
from jinbao.platform.audit.history.replay import replay
from jinbao.platform.audit.log.proofs import prove_events
from jinbao.platform.audit.log.served import all_paths, served
from jinbao.platform.audit.statements.accesses import listed, take
from jinbao.platform.audit.what_if.clocks import OtherLimits
from jinbao.platform.audit.what_if.what_if import OtherRules, what_if
from jinbao.platform.nation_figures import nation_figures
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.platform.store.store import Store
from jinbao.rules.working_days import day_of
from jinbao.schemas.accesses import Access
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.headers import record_key
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.transparency.check_export import check_export
from jinbao.transparency.check_proof import check_proof, parse_policy

OTHER = OtherRules(OtherLimits(limit=1), Fraction(1, 10))


@contextmanager
def recorded(url: str, embedded: Bus, folder: Path) -> Iterator[Store]:
    """Every path of a case, taken in by a platform whose read models have followed."""
    with closing(Store(url, durable=False)) as store:
        platform = NationalPlatform(embedded, store, batch_size=25, log_key=open_log_key(folder))
        with closing(platform), closing(embedded.producer()) as producer:
            records = []
            for message in every_path():
                data = encode(message)
                key = record_key(message.envelope)
                records.append(OutgoingRecord(SUBMISSIONS_TOPIC, key, data, headers_for(message, data)))
            producer.send(records)
            while platform.step(time.time_ns() // 1_000):
                pass
            platform.projections.catch_up()
        yield store


def test_replay_closes_and_what_stood_then_are_those_of_the_log(url: str, embedded: Bus, tmp_path: Path) -> None:
    now_us = time.time_ns() // 1_000
    with recorded(url, embedded, tmp_path) as store:
        closed = close_day(store, day_of(now_us) + timedelta(days=1), now_us)
        assert closed is not None
        assert all((one.equal, one.closes) == (True, 1) for one in replay(store))
        half = closed.position // 2
        assert {one.equal for one in replay(store, half)} == {None}
        with store.read() as work:
            then = find(work.bulk, Instant(2**62, position=half))
            now = nation_figures(work)
        with as_it_stood(store, then.cut) as (_, work):
            before = nation_figures(work)
        assert (before["events"], before["money_fen"]["sum"]) == (half, 0)
        with as_it_stood(store, then.cut._replace(event=closed.position, intake=2**62)) as (_, work):
            assert nation_figures(work) == now


def test_a_log_is_verified_and_a_change_is_found(url: str, embedded: Bus, tmp_path: Path) -> None:
    with recorded(url, embedded, tmp_path) as store:
        policy = parse_policy((tmp_path / "audit" / "policy").read_text())
        found = verify_store(store, policy)
        assert (found.bad, found.witnessed) == ([], found.size)
        with store.read() as work:
            for _, text in prove_events(work.bulk, [1, 20, 30]):
                assert check_proof(text, policy)["valid"]
            assert all(served(work.bulk, path) for path in all_paths(work.bulk))
        with store.write() as work:
            take(work, "41/aa", [Access(1, 1, "wang", "clerk", "page", "view", case="2025-41-1")], 1)
        made = export(store, tmp_path / "export", "parquet", "auditor", 1_740_963_600_000_000)
        checked = check_export(tmp_path / "export", policy)
        assert (checked["valid"], checked["root"]) == (True, made.root)
        assert {table.table: table.rows for table in made.tables}["log/events"] == made.position > 0
        with store.read() as work:
            assert [one.access.user for one in listed(work.bulk, about={"2025-41-1"})] == ["wang"]
        assert not verify_store(store, policy).bad
        with store.read() as work:
            soon = date.today() + timedelta(days=12)
            now, other = (what_if(work.bulk, rules, soon) for rules in (OtherRules(), OTHER))
        assert (now.clocks.judged, now.amounts.changed) == ([], [])
        assert other.clocks.sum(lambda one: one.overdue_after) == len(other.clocks.judged) > 0
        assert other.amounts.sum(lambda one: one.otherwise) > 0, "the path's sheets name round sums"
        with store.write() as work:
            work.bulk.execute("UPDATE events SET sender = '00' WHERE position = 20")
        first = verify_store(store, policy).first_bad
        assert first is not None
        assert (first.code, first.text[1]) == ("ENTRY_CHANGED", "row 20 of events is not what was recorded")
