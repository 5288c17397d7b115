"""Notices of the register of keys: sent to the bus whenever it has changed, so that each agency sees its own keys."""

from __future__ import annotations

from jinbao.bus.interface import OutgoingRecord, Producer
from jinbao.platform.store.key_register import KeyRegister, follow, has_more
from jinbao.platform.store.store import Store
from jinbao.transparency.key_notice import KEYS_TOPIC, NoticedKey, key_notice
from jinbao.transparency.signing import SigningKey


class KeyNotices:
    """Follows the register and sends what it has become."""

    def __init__(self, store: Store, key: SigningKey) -> None:
        """`key`: the log's."""
        self._store, self._key = store, key
        self._register = KeyRegister()

    def send(self, producer: Producer) -> None:
        """Send a notice where anything was said of keys since the last one. Raises BusError, StoreError."""
        with self._store.read() as work:
            if not has_more(work.bulk, self._register.number):
                return
            register = KeyRegister()
            follow(work.bulk, register)
        keys = [NoticedKey(key.agency, key.state, str(key.key)) for key in register.keys.values()]
        producer.send([OutgoingRecord(KEYS_TOPIC, b"", key_notice(self._key, register.number, keys).encode())])
        self._register = register
