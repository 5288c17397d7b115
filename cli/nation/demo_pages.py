"""The pages of the demo: a server of its own beside the nation, and a user of each role with a password for today."""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from jinbao.simulator.engines import Engines
from jinbao.web.accounts.users import Role, add_user, all_users, set_password
from jinbao.web.accounts.users_file import UsersFile

USERS: dict[str, tuple[Role, str | None]] = {
    "ministry": ("ministry", None),
    "clerk41": ("clerk", "41"),
    "clerk44": ("clerk", "44"),
    "supervisor41": ("supervisor", "41"),
    "finance41": ("finance", "41"),
    "auditor": ("auditor", None),
    "operator": ("operator", None),
}
_PATIENCE_S = 10


class DemoPages:
    """Where the pages are, and who may sign in there."""

    def __init__(self, server: subprocess.Popen[str], password: str) -> None:
        self._server, self.password = server, password
        self.address: str | None = None
        """None until the server listens."""
        self.ready = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._server.stdout is not None
        said = self._server.stdout.readline().split()
        self.address = said[-1] if said else None
        self.ready.set()


@contextmanager
def demo_pages(folder: Path, engines: Engines | None, port: int) -> Iterator[DemoPages]:
    """Serve the nation of the folder while the block runs; the server ends with it. Raises UserError."""
    password = secrets.token_urlsafe(9)
    with closing(UsersFile(folder)) as file:
        known = {user.name for user in all_users(file)}
        for name, (role, province) in USERS.items():
            if name in known:
                set_password(file, name, password)
            else:
                add_user(file, name, role, province, password)
    where = [] if engines is None else ["--database", engines.database_url, "--bus", engines.bus_url]
    command = [sys.executable, "-m", "jinbao.cli.entry", "serve", "--port", str(port), "--data", str(folder), *where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield DemoPages(server, password)
        finally:
            server.terminate()
            try:
                server.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                server.kill()
