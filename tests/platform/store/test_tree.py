"""The transparency log's tree as connections keep it: whoever writes, and whatever is rolled back, it fits the rows."""

from __future__ import annotations

from contextlib import ExitStack, closing, suppress

from jinbao.platform.store import tree
from jinbao.platform.store.entries import SOURCES
from jinbao.platform.store.store import Store
from jinbao.transparency.check_proof import leaf_hash
from jinbao.transparency.tiles import TiledTree


class Fails(Exception):
    """What makes a transaction roll back."""


def say(store, number, *, fails=False):
    """So many statements in one transaction."""
    with suppress(Fails), store.write() as work:
        for _ in range(number):
            tree.state(work.bulk, "test", {"fails": fails}, 1)
        if fails:
            raise Fails


def is_that_of_the_rows(store):
    """Whether newest head and stored tiles are those of a tree made anew from the rows."""
    made = TiledTree(0)
    with store.read() as work:
        for source in SOURCES:
            made.extend([leaf_hash(source.entry(row)) for row in tree.stored_rows(work.bulk, source, 0, 2**40)])
        size, root = work.bulk.execute("SELECT size, root FROM tree_heads ORDER BY size DESC LIMIT 1").one()
        stored = {key: tree.read_tile(work.bulk, key) for key in made.changed}
    return (made.size, made.root()) == (size, root) and stored == made.changed


def test_the_tree_fits_the_rows_whoever_wrote_last_and_whatever_was_rolled_back(tmp_path):
    with ExitStack() as opened:
        one, other = (opened.enter_context(closing(Store(f"sqlite:///{tmp_path}/p.sqlite"))) for _ in range(2))
        one.create()
        for store, number, fails in (
            (one, 3, True),
            (one, 250, False),
            (one, 20, True),
            (one, 6, False),
            (other, 5, False),
            (one, 5, True),
            (other, 5, True),
            (one, 7, False),
            (other, 260, False),
            (one, 1, False),
        ):
            say(store, number, fails=fails)
            assert fails or is_that_of_the_rows(store)


def test_a_head_that_was_changed_meanwhile_is_the_one_that_counts(tmp_path):
    url = f"sqlite:///{tmp_path}/p.sqlite"
    with closing(Store(url)) as store, closing(Store(url)) as other:
        store.create()
        say(store, 3)
        with other.write() as work:  # put back by somebody, and written to again: as long as before
            work.bulk.execute("DELETE FROM tree_heads")
            work.bulk.execute("DELETE FROM tree_tiles")
            work.bulk.execute("DELETE FROM tree_statements")
            for _ in range(3):
                tree.state(work.bulk, "test", {"other": True}, 2)
        say(store, 1)
        assert is_that_of_the_rows(store)


def test_where_a_batch_goes_on_is_behind_the_last_row_of_each_table(tmp_path):
    with closing(Store(f"sqlite:///{tmp_path}/p.sqlite")) as store:
        store.create()
        with store.read() as work:
            assert tree.ends(work.bulk) == (0, 0, 0, 0, 0)
        say(store, 2)
        with store.write() as work:
            work.bulk.execute("INSERT INTO outbox VALUES (7, '41', 0, 0, X'90', 5, NULL, NULL)")
        with store.read() as work:
            assert tree.ends(work.bulk) == (0, 0, 7, 2, 1)
