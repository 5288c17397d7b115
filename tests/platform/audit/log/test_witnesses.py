"""Witnesses: what the adapters have cosigned shows a log that was put back, made anew, or shown in two forms."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec
import pytest
from support.platform_under_test import Platform
from support.recomputed_tree import recompute
from support.told_transfer import Transfer

from jinbao.platform.audit.history.folds import verify_store
from jinbao.platform.audit.log.proofs import prove_messages
from jinbao.platform.audit.log.verify import Verified
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.platform.outbox.witnessing import Witnessing
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.exchange.witness import SAMPLED, Witness, WitnessLine, kept_in
from jinbao.transparency.check_proof import Checkpoint, Policy, decode_base64, parse_note, parse_policy
from jinbao.transparency.merkle import EMPTY_ROOT
from jinbao.transparency.proofs import policy_text
from jinbao.transparency.signing import new_log_key
from jinbao.transparency.witnessing import judge, published, signed_checkpoint

SECOND_US, HOUR_US = 1_000_000, 3_600_000_000
NAMES = ("41", "44", "51", "61")
"""Of four witnesses three are a quorum."""


class Nation:
    """A platform whose log four adapters witness; closed and opened again where files are changed beneath it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.transfers = folder, 0
        self.key = open_log_key(folder)
        self.witnesses = {name: Witness(folder / "kept" / name, f"witness/{name}", durable=False) for name in NAMES}
        keys = {name: one.key.verifier for name, one in self.witnesses.items()}
        self.policy: Policy = parse_policy(policy_text(self.key.verifier, keys))
        self.open()

    def open(self) -> None:
        self._stack = ExitStack()
        self.platform = self._stack.enter_context(closing(Platform(self.folder, log_key=self.key)))
        bus = self.platform.bus
        self.witnessing = self._stack.enter_context(
            closing(Witnessing(bus, self.platform.store, self.policy, prove=prove_messages))
        )
        lines = {name: WitnessLine(bus, one, self.policy, name) for name, one in self.witnesses.items()}
        self.lines = {name: self._stack.enter_context(closing(line)) for name, line in lines.items()}

    def close(self) -> None:
        self._stack.close()

    def go_on(self, *present: str) -> None:
        """Another application, and those witnesses that are present hear of it."""
        self.transfers += 1
        self.platform.take(Transfer(self.transfers).apply())
        self.hear(*present)

    def hear(self, *present: str) -> None:
        while self.witnessing.step():
            for name in present or NAMES:
                self.lines[name].step(self.platform.now)

    def more(self, number: int) -> list[Transfer]:
        """Further transfers, not told yet."""
        self.transfers += number
        return [Transfer(self.transfers - at) for at in range(number)]

    def kept(self) -> list[str]:
        """What an auditor collects from the adapters."""
        return [note for name in NAMES for note in kept_in(self.folder / "kept" / name).notes]

    def verified(self, *against: str) -> Verified:
        with closing(Store(f"sqlite:///{self.folder / 'platform.db'}", durable=False)) as store:
            return verify_store(store, self.policy, against)

    def code(self, *against: str) -> str | None:
        first = self.verified(*against).first_bad
        return first and first.code


@pytest.fixture
def nation(tmp_path: Path) -> Iterator[Nation]:
    found = Nation(tmp_path)
    yield found
    found.close()
    for witness in found.witnesses.values():
        witness.close()


def test_more_than_two_thirds_of_the_witnesses_are_enough(nation):
    nation.go_on("41", "44", "51")
    found = nation.verified(*nation.kept())
    assert (found.bad, found.witnessed, found.cosignatures) == ([], found.size, 3)
    assert nation.witnessing.unwitnessed() is None


def test_without_them_the_log_goes_on_and_its_tail_is_shown(nation):
    nation.go_on()
    nation.go_on("41", "44")
    first = nation.platform.now
    found = nation.verified()
    assert found.bad == []
    assert 0 < found.witnessed < found.size
    tail = nation.witnessing.unwitnessed()
    assert tail is not None
    assert (tail.since_us, tail.entries) == (first, found.size - found.witnessed)
    nation.hear()
    assert nation.lines["51"].step(nation.platform.now) == 1, "it reads on the bus what it was away for"
    nation.hear()
    found = nation.verified(*nation.kept())
    assert (found.bad, found.witnessed) == ([], found.size)
    assert nation.witnessing.unwitnessed() is None


def test_one_that_stood_elsewhere_is_asked_again_from_there(nation):
    nation.go_on("41", "44", "51")
    nation.close()
    nation.open()
    for _ in range(3):
        nation.platform.take(Transfer(90 + _).apply())
        nation.hear("41")
    assert nation.lines["44"].step(nation.platform.now) == 1
    nation.hear()
    found = nation.verified(*nation.kept())
    assert (found.bad, found.witnessed) == ([], found.size)


def told(nation: Nation, code: str) -> None:
    refusals = nation.witnessing.refusals
    assert {name: one.code for name, one in refusals.items()} == {f"witness/{name}": code for name in NAMES}


def refused(nation: Nation, code: str) -> None:
    """Every witness that was there refuses, and the platform is told by its own log's signature."""
    before = nation.verified().size
    nation.go_on()
    told(nation, code)
    found = nation.verified()
    assert found.witnessed <= before < found.size, "no quorum for what they refuse"


def proven(nation: Nation) -> None:
    """Every witness holds both checkpoints, each signed by the log, and the proof that they are of two histories."""
    for name in NAMES:
        (evidence, *_) = kept_in(nation.folder / "kept" / name).evidence
        kept, shown = (signed_checkpoint(note, nation.key.verifier)[1] for note in evidence[:2])
        hashes = [*map(decode_base64, evidence.proof.split())]
        root_there = hashes.pop(0) if kept.size & (kept.size - 1) == 0 else None
        assert judge(kept, shown, hashes, root_there) == "forked"


def test_an_old_copy_that_is_restored_is_refused_by_every_witness(nation):
    nation.go_on()
    nation.close()
    shutil.copytree(nation.folder, nation.folder.parent / "old", dirs_exist_ok=True)
    nation.open()
    nation.go_on()
    nation.go_on()
    nation.close()
    for file in (nation.folder.parent / "old").glob("platform*"):
        shutil.copy(file, nation.folder / file.name)
    assert nation.code() is None, "nobody else can tell"
    assert nation.code(*nation.kept()) == "ROLLED_BACK"
    nation.open()
    nation.transfers = 70
    nation.hear()
    told(nation, "ROLLED_BACK")
    assert all(not one.evidence() for one in nation.witnesses.values()), "a checkpoint that is old is only old"
    for number in range(80, 90):
        nation.platform.take(Transfer(number).apply())
    assert nation.code(*nation.kept()) == "FORKED", "longer than what they cosigned, and another history"
    refused(nation, "FORKED")
    nation.hear()
    proven(nation)


def test_a_tree_recomputed_with_the_logs_key_is_refused_by_every_witness(nation):
    for _ in range(3):
        nation.go_on()
    nation.close()
    store = Store(f"sqlite:///{nation.folder / 'platform.db'}", durable=False)
    with store.write() as work:
        work.bulk.execute("UPDATE events SET received_at = received_at - 1 WHERE position = 2")
    recompute(store, nation.key)
    assert nation.code(*nation.kept()) == "FORKED"
    nation.open()
    refused(nation, "FORKED")
    proven(nation)


def test_two_provinces_are_never_both_shown_a_log_of_their_own(nation):
    """One history to 41 and another to 44: neither has a quorum, and whoever sees both has them in hand."""
    logs = [nation.key.sign(str(Checkpoint(nation.key.verifier.name, 5, bytes([n]) * 32))) for n in (1, 2)]
    shown = {"41": logs[0], "61": logs[0], "44": logs[1], "51": logs[1]}
    lines = {}
    for name, note in shown.items():
        answer = nation.witnesses[name].hear([published(note, {})], nation.key.verifier, 1)
        assert answer is not None
        lines[name] = answer.line
    for note in logs:
        signed = note + "".join(line for name, line in lines.items() if shown[name] == note)
        assert not nation.policy.is_enough(nation.policy.cosigned_by(parse_note(signed)))
    for name, note in zip(("41", "44"), reversed(logs), strict=True):
        answer = nation.witnesses[name].hear([published(note, {})], nation.key.verifier, 2)
        assert answer is not None
        assert (answer.note, answer.line) == (shown[name], lines[name]), "it stands where it stood"
        assert [one[:2] for one in nation.witnesses[name].evidence()] == [(shown[name], note)]


@pytest.mark.parametrize(("moved_h", "code"), [(-1, "TIME_IMPLAUSIBLE"), (0, None), (1, "TIME_IMPLAUSIBLE")])
def test_the_witnesses_times_bound_when_rows_were_recorded(nation, moved_h, code):
    """The platform's clock is moved, all is signed and cosigned as it should be: only the witnesses' clocks tell."""
    nation.platform.take(Transfer(1).apply())
    true = nation.platform.now = nation.platform.now + 2 * HOUR_US
    nation.hear()
    nation.platform.take(Transfer(2).apply(), now=true + moved_h * HOUR_US)
    nation.platform.now = true
    nation.hear()
    found = nation.verified(*nation.kept())
    assert found.size == found.witnessed
    assert (found.first_bad and found.first_bad.code) == code


def test_what_the_log_did_not_sign_is_no_evidence_and_is_not_cosigned(nation):
    other = new_log_key("jinbao")
    forged = other.sign(str(Checkpoint(nation.key.verifier.name, 0, EMPTY_ROOT)))
    for value in (published(forged, {}), b"nonsense", b"{}"):
        assert nation.witnesses["41"].hear([value], nation.key.verifier, 1) is None
    assert nation.witnesses["41"].evidence() == []


def test_a_witness_remembers_across_a_restart(nation):
    nation.go_on()
    nation.witnesses["41"].close()
    nation.witnesses["41"] = again = Witness(nation.folder / "kept" / "41", "witness/41", durable=False)
    assert again.key.verifier == nation.policy.witnesses["41"]
    note = nation.key.sign(str(Checkpoint(nation.key.verifier.name, 1, b"\0" * 32)))
    answer = again.hear([published(note, {})], nation.key.verifier, 1)
    assert answer is not None
    assert (answer.note, again.evidence()) == (nation.kept()[0], [])


def test_a_message_that_is_in_no_cosigned_checkpoint_after_a_minute_is_not_logged(nation):
    """One is taken in and one is not, as when the platform passes over a place on the bus."""
    witness, now = nation.witnesses["41"], nation.platform.now
    there, gone = Transfer(1).apply(), Transfer(2).apply()
    witness.watch([message.envelope.event_id for message in (there, gone)], (), now)
    nation.platform.take(there)
    nation.hear()
    assert (witness.asks(now), witness.not_logged(now)) == ((), None)
    for seconds in (11, 12):
        nation.platform.now = now + seconds * SECOND_US
        nation.lines["41"].step(nation.platform.now)
        nation.hear()
    assert witness.not_logged(now + 59 * SECOND_US) is None
    assert witness.not_logged(now + 60 * SECOND_US) == (1, now, gone.envelope.event_id.hex())
    nation.platform.take(gone)
    nation.hear()
    nation.lines["41"].step(now + 61 * SECOND_US)
    nation.hear()
    assert witness.not_logged(now + 62 * SECOND_US) is None, "late, but there"


def test_every_message_is_watched_until_its_outcome_was_told_and_some_until_they_are_proved(nation):
    witness, now = nation.witnesses["41"], nation.platform.now
    ids = [number.to_bytes(16) for number in range(SAMPLED + 300)]
    witness.watch(ids, (), now)
    witness.watch((), ids[:-7], now + SECOND_US)
    found = witness.not_logged(now + 60 * SECOND_US)
    assert found is not None
    assert found.number == SAMPLED + 7, "the platform's word is not enough for the sample"
    asked = {one for _ in range(200) for one in witness.asks(now + 11 * SECOND_US)}
    assert asked == {one.hex() for one in (*ids[:SAMPLED], *ids[-7:])}


def test_a_message_is_not_taken_for_logged_without_a_quorum_or_under_another_province(nation):
    witness, message = nation.witnesses["41"], Transfer(1).apply()
    nation.platform.take(message)
    nation.witnessing.publish()
    for name in ("41", "44"):
        nation.lines[name].step(nation.platform.now)
    nation.witnessing.gather()
    witness.watch([message.envelope.event_id], (), nation.platform.now)
    with nation.platform.store.read() as work:
        assert prove_messages(work.bulk, nation.policy, [message.envelope.event_id]) is None
        alone = parse_policy(policy_text(nation.key.verifier, {}))
        proved = msgspec.json.encode(prove_messages(work.bulk, alone, [message.envelope.event_id]))
    for policy, province in ((nation.policy, "41"), (alone, "44")):
        witness.see(proved, policy, province)
        assert witness.not_logged(nation.platform.now + 60 * SECOND_US)
    witness.see(proved, alone, "41")
    assert not witness.not_logged(nation.platform.now + 60 * SECOND_US)
