"""Attacks on a recorded log, with database, disk and in the end the log's key in hand (docs/threat-model.md)."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing, contextmanager
from typing import Any

import pytest
from support.recomputed_tree import recompute

from jinbao.platform.audit.export.logged import Exported
from jinbao.platform.audit.history import fresh_fold
from jinbao.platform.audit.log.verify import verify_log
from jinbao.platform.audit.statements.statements import say
from jinbao.platform.store import beside
from jinbao.platform.store.entries import SOURCES
from jinbao.platform.store.tree import stored_rows
from jinbao.transparency.check_proof import Checkpoint, parse_checkpoint, parse_note, parse_policy
from jinbao.transparency.proofs import policy_text
from jinbao.transparency.signing import SigningKey, new_log_key

MIDDLE = "(SELECT MAX(position) / 2 FROM events)"


def test_what_was_recorded_holds_and_says_of_whom_it_had_what(recorded):
    found = recorded.verified(recorded.note())
    assert found.bad == []
    assert found.size == found.witnessed > 100
    assert found.signatures > 3
    told = found.population.as_json()
    assert told["gaps"] == []
    assert (
        told["received"]
        == sum(told["by_sender"].values())
        == recorded.rows("SELECT SUM(next_offset) FROM consumer_offsets")[0][0]
    )


def other(value: Any) -> list[Any]:
    """The value with each of its bytes changed, one at a time."""
    if isinstance(value, bytes):
        return [value[:i] + bytes([value[i] ^ 1]) + value[i + 1 :] for i in range(len(value))] + [value + b"\0"]
    if isinstance(value, str):
        return [value[:i] + chr(ord(value[i]) ^ 1) + value[i + 1 :] for i in range(len(value))] + [value + " "]
    return [b"1"] if value is None else [value ^ (1 << bit) for bit in range(0, 60, 7)]


def test_every_byte_of_every_row_is_in_its_entry(recorded):
    """All of a small log: no byte of a column can be another, and no two rows have one entry."""
    left_out = {"outbox": ("records", "delivered_at")}
    seen = set()
    with closing(recorded.store()) as store, store.read() as work:
        for source in SOURCES:
            names = [column.name for column in source.table.columns]
            for row in list(stored_rows(work.bulk, source, 0, 2**62)):
                entry = source.entry(row)
                assert len(entry) <= 65_535
                assert entry not in seen
                seen.add(entry)
                for at, name in enumerate(names):
                    if name not in left_out.get(source.name, ()):
                        assert all(source.entry((*row[:at], new, *row[at + 1 :])) != entry for new in other(row[at]))


@pytest.mark.parametrize(
    ("attack", "code"),
    [
        (f"UPDATE events SET sender = '44' WHERE position = {MIDDLE}", "ENTRY_CHANGED"),
        (f"UPDATE events SET state = CAST(state || X'00' AS BLOB) WHERE position = {MIDDLE}", "ENTRY_CHANGED"),
        (f"UPDATE events SET recorded_at = recorded_at - 1 WHERE position = {MIDDLE}", "ENTRY_CHANGED"),
        (f"UPDATE events SET received_at = received_at - 86400000000 WHERE position = {MIDDLE}", "ENTRY_CHANGED"),
        ("UPDATE intake SET code = 'DEADLINE_PASSED' WHERE position = 1", "ENTRY_CHANGED"),
        (f"DELETE FROM events WHERE position = {MIDDLE}", "ENTRY_MISSING"),
        ("DELETE FROM events WHERE position = (SELECT MAX(position) FROM events)", "ENTRY_MISSING"),
        ("DELETE FROM outbox WHERE id = 3", "ENTRY_MISSING"),
        (
            "INSERT INTO events SELECT position + 1, stream, version + 1000, topic, state, submission, sender, digest, "
            "partition, bus_offset + 1, first, received_at, recorded_at, bytes, signature FROM events "
            "ORDER BY position DESC LIMIT 1",
            "ENTRY_MISSING",
        ),
        ("UPDATE tree_heads SET note = replace(note, '— jinbao', '— jimbao') WHERE size > 0", "BAD_SIGNATURE"),
        ("UPDATE tree_heads SET note = NULL", "BAD_SIGNATURE"),
        (
            "UPDATE tree_heads SET recorded_at = recorded_at + 1 WHERE size = (SELECT MAX(size) FROM tree_heads)",
            "TIME_IMPLAUSIBLE",
        ),
        ("UPDATE case_board SET state = state + 1", "PROJECTION_DIFFERS"),
    ],
)
def test_an_edit_is_seen(copied, attack, code):
    file = "platform-projections.db" if "case_board" in attack else "platform.db"
    copied.attack(attack, file=file)
    assert copied.code() == code


def test_a_newest_head_that_claims_a_row_more_than_it_has_is_seen(copied):
    with closing(copied.store()) as store:
        say(store, "note", Exported("auditor", "0" * 64, 1), 0)
    assert copied.code() is None
    copied.attack(
        "UPDATE tree_heads SET tree_statements = tree_statements + 1 WHERE size = (SELECT MAX(size) FROM tree_heads)"
    )
    assert [bad.code for bad in copied.verified().bad] == ["ENTRY_MISSING", "ENTRY_CHANGED"]


@pytest.mark.slow
def test_a_long_logs_read_models_are_folded_by_other_processes(copied, monkeypatch):
    monkeypatch.setattr(beside, "LONG_LOG_EVENTS", 0)
    assert copied.code() is None
    copied.attack("UPDATE payment_reports SET cash = cash + 1", file="platform-projections.db")
    assert copied.code() == "PROJECTION_DIFFERS"


def test_the_first_changed_entry_is_named(copied):
    copied.attack("UPDATE events SET sender = '44' WHERE position IN (20, 21, 60)")
    found = copied.verified()
    (index,) = {bad.at for bad in found.bad if "row 20 of events" in bad.text[1]}
    assert found.first_bad.at == index
    assert found.first_bad.code == "ENTRY_CHANGED"


def test_two_rows_that_were_swapped_are_seen_as_such(copied):
    copied.attack(
        "UPDATE events SET position = -1 WHERE position = 20",
        "UPDATE events SET position = 20 WHERE position = 21",
        "UPDATE events SET position = 21 WHERE position = -1",
    )
    found = copied.verified().first_bad
    assert found.code == "ORDER_CHANGED"
    assert "row 20 of events" in found.text[1]


def test_a_tree_recomputed_without_the_key_is_bracketed_by_signed_checkpoints(copied):
    copied.attack("UPDATE events SET sender = '44' WHERE position = 60")
    recompute(copied.store())
    found = copied.verified().first_bad
    sizes = [0, *(size for (size,) in copied.rows("SELECT size FROM tree_heads ORDER BY size"))]
    assert found.code == "ENTRY_CHANGED"
    assert found.at in sizes
    assert f"and {sizes[sizes.index(found.at) + 1]} are not those that the checkpoint signed" in found.text[1]


def test_a_tree_recomputed_with_the_logs_own_key_is_seen_by_whoever_kept_a_checkpoint(copied):
    kept = copied.note()
    copied.attack("UPDATE events SET sender = '44' WHERE position = 60")
    copied.attack("UPDATE last_accepted SET sender = sender", file="platform-projections.db")
    recompute(copied.store(), copied.key)
    assert copied.code(kept) == "FORKED"
    with closing(copied.store()) as store, store.read() as work:
        assert verify_log(work.bulk, copied.policy).bad == [], "nobody but a witness can tell"


def test_an_old_copy_that_was_restored_is_seen_by_whoever_kept_a_checkpoint(copied):
    kept = copied.key.sign(str(Checkpoint(copied.key.verifier.name, 10_000, b"\0" * 32)))
    assert copied.code() is None
    assert copied.code(kept) == "ROLLED_BACK"


def test_another_nations_log_is_not_taken_for_this_one(copied):
    other_key = new_log_key("jinbao")
    assert copied.verified(policy=parse_policy(policy_text(other_key.verifier, {}))).first_bad.code == "FOREIGN_LOG"
    copied.attack("UPDATE tree_heads SET note = NULL")
    recompute(copied.store(), other_key)
    assert copied.code() == "FOREIGN_LOG"
    kept = other_key.sign(str(Checkpoint(other_key.verifier.name, 1, b"\0" * 32)))
    assert copied.code(kept) == "FOREIGN_LOG"


def test_a_checkpoint_signed_by_another_key_of_the_same_name_is_refused(copied):
    recompute(copied.store(), SigningKey(copied.key.verifier.name, b"x" * 32))
    assert copied.code() == "BAD_SIGNATURE"


def test_what_is_still_to_be_sent_cannot_be_changed(copied):
    copied.attack("UPDATE outbox SET delivered_at = NULL, records = X'90' WHERE id = 3")
    assert copied.code() == "ENTRY_CHANGED"


def test_a_checkpoint_says_which_log_it_is_of(recorded):
    checkpoint = parse_checkpoint(parse_note(recorded.note()).text)
    assert checkpoint.origin == recorded.key.verifier.name


def test_a_changed_row_is_named_though_a_kept_checkpoint_contradicts_it_too(copied):
    kept = copied.note()
    copied.attack("UPDATE events SET sender = '44' WHERE position = 20")
    found = copied.verified(kept)
    assert {"ENTRY_CHANGED", "FORKED"} <= {bad.code for bad in found.bad}
    assert found.first_bad.code == "ENTRY_CHANGED"
    assert "20" in found.first_bad.text[1]


@pytest.mark.slow
def test_a_long_log_that_does_not_hold_leaves_no_copy_behind(copied, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(beside, "LONG_LOG_EVENTS", 0)
    began = fresh_fold.beside

    @contextmanager
    def begun(*args, **more):
        with began(*args, **more) as answer:
            while not list(tmp_path.glob("jinbao-past-*/past.sqlite")):
                time.sleep(0.05)
            yield answer

    monkeypatch.setattr(fresh_fold, "beside", begun)
    copied.attack("UPDATE events SET sender = '44' WHERE position = 20")
    assert copied.code() == "ENTRY_CHANGED"
    assert list(tmp_path.glob("jinbao-past-*")) == []
