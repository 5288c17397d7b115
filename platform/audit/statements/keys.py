"""The register of keys: what two persons say of an agency's key, and what stands in it."""

from __future__ import annotations

from collections.abc import Sequence

from jinbao.platform.audit.statements.statements import append
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.key_register import KIND, KeyRegister, KeyStatement, RegisteredKey, follow
from jinbao.platform.store.store import Store


def say_of_keys(store: Store, steps: Sequence[KeyStatement], now_us: int) -> None:
    """Append steps of keys' lives, all or none. Raises NotValid where one may not be taken, StoreError."""
    with store.write() as work:
        register = register_of(work.bulk)
        for step in steps:
            register.take(step)
            append(work, KIND, step, now_us)


def register_of(bulk: Bulk) -> KeyRegister:
    """The register as the log makes it."""
    register = KeyRegister()
    follow(bulk, register)
    return register


def registered_keys(bulk: Bulk) -> list[RegisteredKey]:
    """All keys, by agency and in the order in which they were asked for."""
    return sorted(register_of(bulk).keys.values(), key=lambda key: key.agency)
