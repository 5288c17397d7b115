"""Whoever writes to the witnesses' topics, or answers the log over HTTP, discredits nobody and ends nobody's work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import msgspec
import pytest

from jinbao.bus.interface import OutgoingRecord
from jinbao.platform.outbox.stranger_witnesses import RETRY_S, StrangerWitness
from jinbao.platform.outbox.witnessing import _with_lines
from jinbao.regional_adapter.exchange.witness import LAYOUT, Witness, _is_of, kept_in
from jinbao.storage.sqlite_file import Layout, open_file, open_for_reading
from jinbao.transparency.check_proof import COSIGNATURE, Checkpoint, node_hash, parse_policy
from jinbao.transparency.merkle import Subtree, consistency_proof, root_at
from jinbao.transparency.proofs import policy_text
from jinbao.transparency.signing import SigningKey, new_log_key
from jinbao.transparency.witnessing import CHECKPOINTS_TOPIC, COSIGNATURES_TOPIC, Answer, judge, published
from tests.platform.audit.log.test_witnesses import HOUR_US, Nation, nation

__all__ = ["nation"]


def test_a_line_that_holds_two_signatures_is_passed_over():
    key = new_log_key("jinbao")
    note = key.sign("jinbao/1\n1\nAAAA\n")
    line = note.rpartition("\n\n")[2]
    assert _with_lines(parse_policy(policy_text(key.verifier, {})), note, [line + line]) == note


def test_an_entry_of_another_table_is_no_message():
    for entry in (b'["streams",1,1,"AA==",0]', b'["intake"]', b'["intake",1,null,null,"41"]'):
        assert _is_of(entry, bytes(16), "41") is False


def _send(nation: Nation, topic: str, *values: bytes) -> None:
    nation.platform.producer.send([OutgoingRecord(topic, b"", value) for value in values])


def test_a_false_proof_and_an_old_checkpoint_say_nothing_against_an_honest_log(nation: Nation) -> None:
    nation.go_on()
    old = nation.kept()[0]
    nation.go_on()
    nation.platform.take(*(each.apply() for each in nation.more(3)))
    nation.witnessing.publish()
    with nation.platform.store.read() as work:
        sql = "SELECT note FROM tree_heads WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1"
        newest = work.bulk.execute(sql).scalar_one()
    kept = nation.verified().witnessed
    wrong = [{kept: proof} for proof in ([], [b"\0" * 32], [b"\0" * 32] * 3)]
    _send(nation, CHECKPOINTS_TOPIC, *(published(newest, each) for each in wrong), published(old, {}))
    for line in nation.lines.values():
        line.step(nation.platform.now)
    nation.hear()
    assert all(not one.evidence() for one in nation.witnesses.values())
    assert nation.witnessing.refusals == {}
    found = nation.verified(*nation.kept())
    assert (found.bad, found.witnessed) == ([], found.size), "they cosign what is proven, whatever lies beside it"


@pytest.mark.parametrize("old", range(1, 20))
def test_no_proof_however_made_forks_an_honest_log(old: int) -> None:
    """Every hash of a true proof flipped, left out or doubled: never evidence."""
    leaves = [bytes([number]) * 32 for number in range(32)]

    def tree(level: int, number: int) -> bytes:
        if level == 0:
            return leaves[number]
        return node_hash(tree(level - 1, 2 * number), tree(level - 1, 2 * number + 1))

    kept, new = Checkpoint("jinbao", old, root_at(old, tree)), Checkpoint("jinbao", 20, root_at(20, tree))
    true = consistency_proof(old, 20, tree)
    assert judge(kept, new, true) == "continues"
    false = [[*true[:at], b"\1" * 32, *true[at + 1 :]] for at in range(len(true))]
    false += [true[:-1], true[1:], [*true, b"\1" * 32], [], true[::-1]]
    roots = (None, kept.root, b"\1" * 32, new.root)
    assert {judge(kept, new, proof, root) for proof in false if proof != true for root in roots} <= {"unproven"}
    assert {judge(kept, new, true, root) for root in roots} == {"continues"}
    other = kept._replace(root=b"\2" * 32)
    assert judge(other, new, true, kept.root) == "forked"
    assert judge(other, new, true) == ("forked" if old & (old - 1) else "unproven")


def test_a_log_that_proves_nothing_is_told_after_a_minute_and_is_no_evidence(nation: Nation) -> None:
    nation.go_on()
    key, witness = nation.key, nation.witnesses["41"]
    size = nation.verified().size + 5
    longer = published(key.sign(str(Checkpoint(key.verifier.name, size, b"\3" * 32))), {})
    assert witness.behind_since() is None
    for now in (10, 20):
        witness.hear([longer], key.verifier, now)
    assert (witness.behind_since(), witness.evidence()) == (10, [])
    kept = witness.hear([longer], key.verifier, 30)
    assert kept is not None
    witness.hear([published(kept.note, {})], key.verifier, 30)
    assert witness.behind_since() == 10, "what it has already, shown again, takes nothing back"
    nation.go_on()
    assert witness.behind_since() is None


def test_a_stand_counts_by_both_signatures_only(nation: Nation) -> None:
    """Neither a size nor a checkpoint of the log's own key is believed in a witness's name without its cosignature."""
    nation.go_on()
    key, before = nation.key, dict(nation.witnessing._known)
    longer = key.sign(str(Checkpoint(key.verifier.name, 10**6, b"\3" * 32)))
    cosigner = nation.witnesses["44"].key
    foreign = SigningKey("witness/41", b"\7" * 32, COSIGNATURE)
    lines = ("", cosigner.line(longer.partition("\n\n")[0] + "\n", 1), foreign.line("x\n", 1), "nonsense")
    told = [Answer("witness/41", 10**6, longer, line) for line in lines]
    told += [Answer("witness/41", 0, ""), Answer("witness/99", 5, longer)]
    refusal = {"witness": "witness/41", "size": 1, "note": "", "refused": "FORKED", "shown": longer}
    _send(nation, COSIGNATURES_TOPIC, *map(msgspec.json.encode, [*told, refusal]))
    nation.witnessing.gather()
    assert (nation.witnessing._known, nation.witnessing.refusals) == (before, {})


def test_the_tail_without_a_quorum_is_as_old_as_its_oldest_head(nation: Nation) -> None:
    nation.go_on()
    nation.platform.take(nation.more(1)[0].apply())
    first = nation.platform.now
    with nation.platform.store.write() as work:  # a thousand heads and more that were never signed
        columns = "root, recorded_at, streams, time_confirmations, intake, events, outbox, tree_statements"
        work.bulk.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
            f"INSERT INTO tree_heads (size, {columns}) SELECT h.size + n.i, {columns.replace('recorded_at', '?')} "
            "FROM n, (SELECT * FROM tree_heads ORDER BY size DESC LIMIT 1) AS h",
            first + HOUR_US,
        )
    tail = nation.witnessing.unwitnessed()
    assert tail is not None
    assert (tail.since_us, tail.entries > 1_500) == (first, True)


def test_evidence_of_before_that_proved_nothing_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "41.sqlite"
    with closing(open_file(file, Layout(LAYOUT.steps[:1]), synchronous="OFF")) as made:
        made.execute("INSERT INTO own_key VALUES ('witness/41', zeroblob(32))")
        made.execute("INSERT INTO evidence VALUES ('a', 'b', 'ROLLED_BACK', 1)")
    assert kept_in(file).evidence == [], "read without changing the file"
    with closing(open_for_reading(file)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
    with closing(Witness(file, "witness/41", durable=False)) as again:
        assert again.evidence() == []


@contextmanager
def stranger(answers: list[tuple[int, bytes]]) -> Iterator[tuple[str, list[int]]]:
    """A witness elsewhere that gives these answers one after the other: its address, and how often it was asked."""
    asked: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = answers[min(len(asked), len(answers) - 1)]
            asked.append(status)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            try:
                for _ in range(64 if len(body) > 1_000 else 1):
                    self.wfile.write(body)
            except OSError:
                asked.append(-1)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_one_that_failed_is_asked_again_for_the_same_checkpoint_and_not_at_once() -> None:
    now = 100.0
    with (
        stranger([(503, b""), (503, b""), (200, b"line\n")]) as (address, asked),
        closing(StrangerWitness("w", address, lambda: now)) as one,
    ):
        for seconds, times in ((0, 1), (1, 1), (RETRY_S, 2), (RETRY_S + 1, 2)):
            now = 100.0 + seconds
            assert one.ask("note", 5, lambda old: ()) == []
            assert len(asked) == times
        now = 200.0
        assert one.ask("note", 5, lambda old: ()) == ["line\n"]
        assert one.ask("note", 5, lambda old: ()) == []
        assert len(asked) == 3, "it has cosigned that"


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    with (
        stranger([(409, b"1" * (1 << 20))]) as (address, asked),
        closing(StrangerWitness("w", address)) as one,
    ):
        assert one.ask("note", 5, lambda old: ()) == []
        assert not one.refused
    assert -1 in asked, "the connection was given up before all of it was sent"


def test_a_strangers_refusal_is_its_word_and_ends_when_it_cosigns(nation: Nation) -> None:
    nation.go_on()
    key = nation.witnesses["41"].key
    with nation.platform.store.read() as work:
        note = work.bulk.execute("SELECT note FROM tree_heads WHERE note IS NOT NULL ORDER BY size DESC").scalar()
    assert note is not None
    line = key.line(note.partition("\n\n")[0] + "\n", 7)
    now = 0.0
    with stranger([(422, b""), (200, line.encode())]) as (address, _):
        nation.witnessing._strangers = [StrangerWitness("witness/41", address, lambda: now)]
        nation.witnessing.step()
        assert nation.witnessing.refusals["witness/41"].code == "REFUSED"
        now = RETRY_S
        nation.witnessing.step()
        assert nation.witnessing.refusals == {}


@pytest.mark.parametrize("old", [4, 5])
def test_another_history_is_proven_from_every_size(tmp_path: Path, old: int) -> None:
    """Also from a power of two, of which a proof of consistency does not hold the root."""

    def history(first: int) -> Subtree:
        def tree(level: int, number: int) -> bytes:
            if level == 0:
                return bytes([first if number == 0 else number]) * 32
            return node_hash(tree(level - 1, 2 * number), tree(level - 1, 2 * number + 1))

        return tree

    log, honest, other = new_log_key("jinbao"), history(0), history(99)
    kept, shown = Checkpoint(log.verifier.name, old, root_at(old, honest)), root_at(7, other)
    note = log.sign(str(Checkpoint(log.verifier.name, 7, shown)))
    proofs, roots = {old: consistency_proof(old, 7, other)}, {4: root_at(4, other)}
    with closing(Witness(tmp_path / "41.sqlite", "witness/41", durable=False)) as witness:
        witness.hear([published(log.sign(str(kept)), {})], log.verifier, 1)
        witness.hear([published(note, proofs, roots)], log.verifier, 2)
        (evidence,) = witness.evidence()
    assert (evidence.shown, len(evidence.proof.split())) == (note, len(proofs[old]) + (old == 4))
