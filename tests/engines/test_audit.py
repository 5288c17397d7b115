"""The transparency log on either database: verified, a change found, proofs and tiles made."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from support.paths_of_a_case import every_path

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.platform.audit.accesses import listed, take
from jinbao.platform.audit.export.export import export
from jinbao.platform.audit.folds import verify_store
from jinbao.platform.audit.proofs import prove_events
from jinbao.platform.audit.served import all_paths, served
from jinbao.platform.audit.what_if import OtherRules, what_if
from jinbao.platform.audit.what_if_clocks import OtherLimits
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.platform.store.store import Store
from jinbao.schemas.accesses import Access
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.headers import record_key
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.transparency.check_export import check_export
from jinbao.transparency.check_proof import check_proof, parse_policy

OTHER = OtherRules(OtherLimits(limit=1), Fraction(1, 10))


def test_a_log_is_verified_and_a_change_is_found(url: str, embedded: Bus, tmp_path: Path) -> None:
    with closing(Store(url, durable=False)) as store:
        platform = NationalPlatform(embedded, store, batch_size=25, log_key=open_log_key(tmp_path))
        policy = parse_policy((tmp_path / "audit" / "policy").read_text())
        with closing(platform), closing(embedded.producer()) as producer:
            records = []
            for message in every_path():
                data = encode(message)
                key = record_key(message.envelope)
                records.append(OutgoingRecord(SUBMISSIONS_TOPIC, key, data, headers_for(message, data)))
            producer.send(records)
            while platform.step(time.time_ns() // 1_000):
                pass
        found = verify_store(store, policy)
        assert (found.bad, found.witnessed) == ([], found.size)
        with store.read() as work:
            for _, text in prove_events(work.bulk, [1, 20, 30]):
                assert check_proof(text, policy)["valid"]
            assert all(served(work.bulk, path) for path in all_paths(work.bulk))
        with store.write() as work:
            take(work, "41/aa", [Access(1, 1, "wang", "clerk", "page", "view", case="2025-41-1")], 1)
        made = export(store, tmp_path / "export", "parquet", "2025-03-03T09:00:00+08:00")
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
