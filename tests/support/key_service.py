"""A key service in a thread of this process, and the rings of provinces that ask it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.remote_key_ring import RemoteKeyRing
from jinbao.rules.schemes import ENTERPRISE_EMPLOYEES
from jinbao.service.key_service.custody import Addressees, Custody
from jinbao.service.key_service.uses import Uses
from jinbao.web.accounts.sessions import make_token
from jinbao.web.accounts.users import add_user
from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.key_service import key_service
from jinbao.web.server import Server, listening_socket

KEEP_S = 60.0
LIMIT = 20
SCHEME = ENTERPRISE_EMPLOYEES


@dataclass
class Hands:
    """A clock that stands until it is moved."""

    seconds: float = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class KeyService:
    """What a test does with a service: it is started and ended, its time is moved, provinces ask it."""

    folder: Path
    ring: EmbeddedKeyRing
    uses: Uses
    users: UsersFile
    custody: Custody
    port: int = 0
    days: float = 0.0
    clock: Hands = field(default_factory=Hands)
    """Of the rings that ask it."""
    _running: ExitStack = field(default_factory=ExitStack)

    def now_us(self) -> int:
        return time.time_ns() // 1_000 + int(self.days * 86_400_000_000)

    def start(self) -> None:
        listener = self._running.enter_context(closing(listening_socket("127.0.0.1", self.port)))
        self.port = listener.getsockname()[1]
        ready, stop = threading.Event(), threading.Event()
        server = Server.of(key_service(self.custody, self.users), ready.set, stop)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        self._running.callback(thread.join)
        self._running.callback(stop.set)
        assert ready.wait(10)

    def end(self) -> None:
        self._running.close()

    def token_file(self, province: str) -> Path:
        file = self.folder / f"{province}.key-token"
        if not file.exists():
            add_user(self.users, f"adapter{province}", "service", province, "")
            file.touch(mode=0o600)
            file.write_text(make_token(self.users, f"adapter{province}"))
        return file

    def ring_of(self, province: str) -> RemoteKeyRing:
        """A ring as that province's adapter opens it; nothing is in its memory."""
        url = f"http://127.0.0.1:{self.port}"
        return RemoteKeyRing(url, self.token_file(province), keep_s=KEEP_S, clock=self.clock)


@contextmanager
def keys_served(
    folder: Path, ring: EmbeddedKeyRing, addressees: Addressees, look_ups_a_day: int = LIMIT
) -> Iterator[KeyService]:
    """A running service over a ring."""
    with closing(Uses(folder, durable=False)) as uses, closing(UsersFile(folder)) as users:
        found: list[KeyService] = []
        now_us: Callable[[], int] = lambda: found[0].now_us()  # noqa: E731
        custody = Custody(ring, uses, addressees, look_ups_a_day, now_us)
        found.append(KeyService(folder, ring, uses, users, custody))
        found[0].start()
        yield found[0]
        found[0].end()
