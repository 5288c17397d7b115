"""Checkpoints of the transparency log: signed and stored before anything that they cover is relayed."""

from __future__ import annotations

from contextlib import closing

import pytest

from jinbao.platform.outbox.checkpoints import newest_note
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.platform.outbox.relay import Relay
from jinbao.platform.store.entries import SOURCES
from jinbao.platform.store.store import StoreRefused
from jinbao.platform.store.tree import stored_rows
from jinbao.transparency.check_proof import leaf_hash, parse_checkpoint, parse_note, parse_policy
from jinbao.transparency.tiles import TiledTree


class Looks:
    """The bus, for a relay; it notes which checkpoint is stored when something is sent."""

    def __init__(self, platform):
        self._platform, self._producer = platform, platform.bus.producer()
        self.seen = []

    def producer(self):
        return self

    def send(self, records):
        heads = self._platform.rows("SELECT size, outbox, note FROM tree_heads ORDER BY size DESC LIMIT 1")
        self.seen += heads
        self._producer.send(records)

    def close(self):
        self._producer.close()


def test_nothing_is_relayed_before_a_signed_checkpoint_covers_it(platform, transfer, tmp_path):
    key, bus = open_log_key(tmp_path), Looks(platform)
    platform.send(transfer.apply())
    with closing(Relay(bus, platform.store, key)) as relay:
        platform.ingest.step(platform.now)
        assert platform.rows("SELECT note FROM tree_heads") == [(None,)]
        assert relay.step(platform.now) > 0
    ((size, covered, note),) = bus.seen
    assert parse_note(note).signed_by(parse_policy((tmp_path / "audit" / "policy").read_text()).logs)
    assert parse_checkpoint(parse_note(note).text).size == size
    assert platform.rows("SELECT MAX(id) FROM outbox") == [(covered,)]


def test_a_row_that_no_entry_covers_is_never_relayed(platform, transfer):
    platform.take(transfer.apply())
    with platform.store.write() as work:
        work.bulk.execute("INSERT INTO outbox SELECT id + 1000, '44', 0, 0, X'90', 0, NULL, NULL FROM outbox LIMIT 1")
    platform.run()
    assert platform.rows("SELECT COUNT(*) FROM outbox WHERE delivered_at IS NULL") == [(1,)]


def test_the_tree_is_that_of_the_stored_rows(platform, every_path, neighbours):
    platform.take(*every_path(neighbours[:13]))
    (first,) = platform.rows("SELECT size, root, streams, intake, events, outbox FROM tree_heads ORDER BY size LIMIT 1")
    tree = TiledTree(0, lambda _: b"")
    with platform.store.read() as work:
        ends = dict(zip(("streams", "intake", "events", "outbox"), first[2:], strict=True))
        for source in SOURCES:
            rows = stored_rows(work.bulk, source, 0, ends.get(source.name, 0))
            tree.extend([leaf_hash(source.entry(row)) for row in rows])
        assert newest_note(work.bulk)
    assert (tree.size, tree.root()) == first[:2]


def test_a_log_is_signed_by_no_other_key(platform, transfer, tmp_path):
    own, other = open_log_key(tmp_path / "own"), open_log_key(tmp_path / "other")
    assert str(open_log_key(tmp_path / "own")) == str(own)
    platform.send(transfer.apply())
    platform.ingest.step(platform.now)
    with closing(Relay(platform.bus, platform.store, own)) as relay:
        relay.step(platform.now)
    with pytest.raises(StoreRefused, match="put the log's own key file back"):
        Relay(platform.bus, platform.store, other)
    assert (tmp_path / "own" / "audit" / "log.key").stat().st_mode & 0o077 == 0
