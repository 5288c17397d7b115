"""The platform's log, asked by the key service whom it has sent sealed fields; opened when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from uuid import UUID

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from jinbao.platform.addressees import addressees
from jinbao.platform.store.store import Store, StoreUnavailable


class NationalLog:
    """The database at an address, read only; threads may share it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._store: Store | None = None
        self._one_at_a_time = threading.Lock()

    def __call__(self, relationships: Sequence[UUID]) -> Mapping[UUID, Set[str]]:
        """Relationship → provinces. Raises StoreError."""
        with self.store().read() as work:
            return addressees(work, relationships)

    def close(self) -> None:
        """Close it."""
        if self._store is not None:
            self._store.close()

    def store(self) -> Store:
        """The database, opened when it is first needed. Raises StoreError."""
        with self._one_at_a_time:
            if self._store is None:
                self._need_file()
                store = Store(self._url)
                try:
                    store.check()
                except BaseException:
                    store.close()
                    raise
                self._store = store
            return self._store

    def _need_file(self) -> None:
        """A file that is missing is not made here. Raises StoreUnavailable."""
        try:
            parsed = make_url(self._url)
        except ArgumentError:
            return  # the store says what is wrong with it
        if parsed.get_backend_name() == "sqlite" and parsed.database and not Path(parsed.database).is_file():
            raise StoreUnavailable(
                f"{parsed.database}：还没有平台数据库；请用 --database 指明",
                f"{parsed.database}: no platform database yet; name it by --database",
            )
