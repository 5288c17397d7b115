"""Keys of a synthetic nation: every province's and the log's own, registered before anybody speaks."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path

from jinbao.platform.audit.log.places import newest_head
from jinbao.platform.audit.statements.keys import register_of, say_of_keys
from jinbao.platform.audit.statements.rules import note_rules, rules_at_hand
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.platform.store.key_register import KeyStatement
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.exchange.signing import BatchSigner, open_key
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import PLATFORM
from jinbao.service.province import Province
from jinbao.simulator.rounds import Rounds
from jinbao.simulator.virtual_clock import round_instant
from jinbao.transparency.check_proof import VerifierKey
from jinbao.transparency.signing import SigningKey

_ASKED_BY, _APPROVED_BY = "key-officer", "second-officer"


def begin_log(folder: Path, store: Store, start: date, procedure: str) -> tuple[SigningKey, dict[str, BatchSigner]]:
    """The log's key, and who signs for each province, in a store that is marked as a simulated one's.

    A nation that began without keys goes on without. The rules of its data are noted. Raises StoreError.
    """
    log_key = open_log_key(folder)
    with store.write() as work:
        work.mark_simulated()
        is_new, begun = not newest_head(work.bulk).size, register_of(work.bulk).begun
    if not is_new and not begun:
        return log_key, {}
    keys = {code: open_key(Province(folder, code).signing_key_file, code) for code in sorted(PROVINCES)}
    if is_new:
        begun_at = round_instant(start, 0)
        verifiers = {code: key.verifier for code, key in keys.items()} | {PLATFORM: log_key.verifier}
        say_of_keys(store, [step for code, key in verifiers.items() for step in _steps(code, key)], begun_at)
    note_rules(store, rules_at_hand(procedure), round_instant(start, 0))
    return log_key, {code: BatchSigner(code, key, log_key.verifier.name) for code, key in keys.items()}


def take_chains(folder: Path, rounds: Rounds) -> None:
    """Go on where adapters of the folder, which worked by themselves meanwhile, have come with their batches."""
    for code in rounds.signers:
        with closing(Province(folder, code, durable=False).store()) as store:
            if (chain := store.chain()).number > rounds.chain(code).number:
                rounds.set_chain(code, chain)


def hand_chains(folder: Path, rounds: Rounds) -> None:
    """Let the adapters of the folder go on where the rounds have come."""
    for code in rounds.signers:
        with closing(Province(folder, code, durable=False).store()) as store:
            store.continue_chain(rounds.chain(code))


def _steps(agency: str, key: VerifierKey) -> tuple[KeyStatement, KeyStatement]:
    return (
        KeyStatement("request", agency, str(key), _ASKED_BY),
        KeyStatement("approve", agency, str(key), _APPROVED_BY),
    )
