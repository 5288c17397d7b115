"""A store of an older program is upgraded: an accepted message becomes one row of the log, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, text

from jinbao.platform.audit.history.folds import not_covered
from jinbao.platform.audit.log.places import placed
from jinbao.platform.audit.log.verify import verify_log
from jinbao.platform.outbox.checkpoints import Checkpoints
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.platform.projections.last_heard import last_heard
from jinbao.platform.projections.ledger_check import wrong_balances, wrong_entries
from jinbao.platform.projections.runner import Runner
from jinbao.platform.queries import ingest_counts
from jinbao.platform.store import schema
from jinbao.platform.store.store import Store, StoreError
from jinbao.platform.store.tables import metadata
from jinbao.transparency.check_proof import parse_policy

STORED = json.loads((Path(__file__).parents[1] / "platform" / "store" / "store_0007.json").read_text())
"""Table → columns and rows that a platform of schema 0007 wrote, bytes in hexadecimal: a whole case, one that waited
and was taken, some that waited in vain, duplicates, rejections, a dead letter, one that lay elsewhere."""
BYTES = {"relationship_id", "state", "submission", "event_id", "digest", "bytes", "transfer_id", "headers"}
POSITIONS = {"events": ("position",), "intake": ("position", "event", "first"), "parked": ("intake",)}

Stored = dict[str, list[dict[str, Any]]]


def stored(shift: int) -> Stored:
    """Table → rows, every position moved on by so many."""
    found: Stored = {}
    for name, content in STORED.items():
        rows = found[name] = [dict(zip(content["columns"], row, strict=True)) for row in content["rows"]]
        for row in rows:
            for column in BYTES & row.keys():
                row[column] = None if row[column] is None else bytes.fromhex(row[column])
            for column in POSITIONS.get(name, ()):
                row[column] = None if row[column] is None else row[column] + shift
    return found


@pytest.fixture
def opened(url: str) -> Iterator[Store]:
    store = Store(url, durable=False)
    yield store
    store.close()


def fill(store: Store, version: str, content: Stored) -> None:
    """Make the tables of that version, and put in what of the rows they had already."""
    with store.write() as work:
        schema.upgrade(work.bulk.connection, version)
        tables = MetaData()
        tables.reflect(work.bulk.connection)
        for name in content.keys() & tables.tables.keys():
            table = tables.tables[name]
            for row in content[name]:
                work.bulk.connection.execute(
                    table.insert().values({k: row[k] for k in row.keys() & table.columns.keys()})
                )


def rows(store: Store, table: str) -> list[dict[str, Any]]:
    with store.read() as work:
        found = work.bulk.connection.execute(text(f"SELECT * FROM {table} ORDER BY position"))
        return [{k: bytes(v) if isinstance(v, memoryview) else v for k, v in row.items()} for row in found.mappings()]


@pytest.mark.slow
@pytest.mark.parametrize("shift", [0, 9_990], ids=["one span", "two spans"])
@pytest.mark.parametrize("version", ["0001", "0007"])
def test_every_message_keeps_its_outcome_its_bytes_and_its_place(opened: Store, version: str, shift: int) -> None:
    old = stored(shift)
    fill(opened, version, old)
    opened.upgrade()
    opened.check()
    with opened.read() as work:
        context = MigrationContext.configure(work.bulk.connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        counts = ingest_counts(work)

    took = {row["event"]: row for row in old["intake"] if row["event"] is not None}
    waited = {row["position"]: row for row in old["intake"]}
    expected, last = [], 0
    for event in old["events"]:
        row = took[event["position"]]
        kept = {k: row[k] for k in ("sender", "digest", "partition", "bus_offset", "first")}
        data = row["bytes"] if row["first"] is None else waited[row["first"]]["bytes"]
        expected.append({**event, **kept, "bytes": data, "signature": None})
    assert rows(opened, "events") == expected
    others = []
    for row in old["intake"]:
        last = row["event"] or last
        if row["event"] is None:
            others.append({**{k: v for k, v in row.items() if k != "event"}, "log_position": last, "signature": None})
    assert rows(opened, "intake") == others
    was = {outcome: messages for outcome, _, messages in STORED["ingest_counts"]["rows"]}
    assert [counts[name] for name in ("duplicate", "parked", "rejected", "dead_letter")] == [
        was[n] for n in (2, 3, 4, 5)
    ]
    assert counts["accepted"] == was[1] + shift, "the log is as long as its last position"


def test_a_fact_that_was_lost_leaves_its_message_in_the_intake(opened: Store) -> None:
    old = stored(0)
    lost = old["events"].pop(5)
    fill(opened, "0007", old)
    opened.upgrade()
    [row] = [row for row in old["intake"] if row["event"] == lost["position"]]
    assert row["bytes"] in {kept["bytes"] for kept in rows(opened, "intake")}
    assert len(rows(opened, "events")) == len(old["events"])


def test_a_fact_whose_message_is_gone_stops_the_upgrade_and_changes_nothing(opened: Store) -> None:
    old = stored(0)
    old["intake"] = [row for row in old["intake"] if row["event"] != 7]
    fill(opened, "0007", old)
    with pytest.raises(
        StoreError, match="1 of the events 1 to 10000 have no row in the intake: put a whole backup back"
    ):
        opened.upgrade()
    with opened.read() as work:
        assert schema.version(work.bulk.connection) == "0007"
    assert len(rows(opened, "intake")) == len(old["intake"])


def test_the_read_models_of_an_upgraded_store_are_built_from_its_log(opened: Store) -> None:
    """The older program wrote them inside ingest, in the tables that the upgrade drops."""
    fill(opened, "0007", stored(0))
    opened.upgrade()
    with closing(Runner(opened)) as runner:
        runner.catch_up()
    with opened.read() as work:
        cases = work.bulk.execute("SELECT COUNT(*) FROM case_board").scalar_one()
        assert cases == len({(row["stream"]) for row in stored(0)["events"]})
        heard: dict[str, int] = {}
        for sender, _, received_at in STORED["last_heard"]["rows"]:
            heard[sender] = max(received_at, heard.get(sender, 0))
        assert last_heard(work) == heard
        assert wrong_entries(work) == wrong_balances(work) == []


def test_an_older_stores_rows_are_in_the_log_which_says_since_when(opened: Store, tmp_path: Path) -> None:
    fill(opened, "0007", stored(0))
    opened.upgrade()
    with closing(Runner(opened)) as runner:
        runner.catch_up()
    key = open_log_key(tmp_path)
    policy = parse_policy((tmp_path / "audit" / "policy").read_text())
    Checkpoints(opened, key).sign()
    with opened.read() as work:
        found = verify_log(work.bulk, policy)
        last = work.events.max_notification_id()
        entries = [each.entry for each in placed(work.bulk, 0, found.size)]
    assert (found.bad, found.witnessed) == ([], found.size)
    assert found.adopted["events"] == last
    assert len(set(entries)) == found.size
    assert f"events ≤ {last}" in not_covered(opened, found.adopted)[0][1]
    with opened.write() as work:
        work.bulk.execute("UPDATE events SET sender = '00' WHERE position = 2")
    with opened.read() as work:
        assert [bad.code for bad in verify_log(work.bulk, policy).bad] == ["ENTRY_CHANGED"]
