"""The register of keys: what two persons say of an agency's key or of its chain of batches, and what stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from jinbao.platform.audit.statements.statements import append
from jinbao.platform.store import chain_register
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.chain_register import ChainRegister, ChainStatement
from jinbao.platform.store.key_register import KIND, KeyRegister, KeyStatement, RegisteredKey, follow
from jinbao.platform.store.store import Store
from jinbao.transparency.check_proof import NotValid


def say_of_keys(store: Store, steps: Sequence[KeyStatement], now_us: int) -> None:
    """Append steps of keys' lives, all or none. Raises NotValid where one may not be taken, StoreError."""
    with store.write() as work:
        register = register_of(work.bulk)
        for step in steps:
            register.take(step)
            append(work, KIND, step, now_us)


def say_of_chain(store: Store, said: ChainStatement, now_us: int) -> ChainRegister:
    """Append a step of what an agency declares of its chain of batches; the register as it then is.

    Raises NotValid where it may not be taken, StoreError.
    """
    with store.write() as work:
        chains = chains_of(work.bulk)
        chains.take(said)
        append(work, chain_register.KIND, said, now_us)
        return chains


def chains_of(bulk: Bulk) -> ChainRegister:
    """What agencies have declared of their chains."""
    chains = ChainRegister()
    for (body,) in bulk.stream("SELECT body FROM tree_statements WHERE kind = ? ORDER BY number", chain_register.KIND):
        with suppress(NotValid):  # `verify` tells it
            chains.take_text(body)
    return chains


def register_of(bulk: Bulk) -> KeyRegister:
    """The register as the log makes it."""
    register = KeyRegister()
    follow(bulk, register)
    return register


def registered_keys(bulk: Bulk) -> list[RegisteredKey]:
    """All keys, by agency and in the order in which they were asked for."""
    return sorted(register_of(bulk).keys.values(), key=lambda key: key.agency)
