"""The synthetic nation with adapters in processes of their own, none of which has the key ring, and one key service."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import make_url
from support.clear_engines import clear
from support.programs import JINBAO

from jinbao.dev import engines as local
from jinbao.rules.provinces import PROVINCES
from jinbao.service.key_service.uses import NAME
from jinbao.service.province import Province
from jinbao.simulator.adapter_processes import AdaptersApart
from jinbao.simulator.engines import Engines
from jinbao.simulator.nation import Nation
from jinbao.torture.phase import differences, undisturbed
from jinbao.torture.subject import NationSize
from jinbao.web.accounts.sessions import make_token
from jinbao.web.accounts.users import add_user
from jinbao.web.accounts.users_file import UsersFile

pytestmark = pytest.mark.slow

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
SIZE = NationSize(transfers=12, days=9, seed=5)
APART = os.environ.get("ADAPTERS_APART", "4")
"""How many of the 32 provinces' adapters run in processes of their own: as many as a machine of two cores bears."""


class Served:
    """`jinbao keys serve` over a nation's ring, killed and begun again."""

    def __init__(self, folder: Path) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        self._words = [JINBAO, "keys", "serve", "--port", str(self.port), "--data", folder]
        self.database = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen([*self._words, "--database", self.database], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("listening on ")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def give_tokens(folder: Path, provinces: list[str]) -> None:
    with closing(UsersFile(folder)) as users:
        for code in provinces:
            add_user(users, f"adapter{code}", "service", code, "")
            file = Province(folder, code).key_token_file
            file.touch(mode=0o600)
            file.write_text(make_token(users, f"adapter{code}"))


def reader_of_the_log(database: str) -> str:
    """The address for a user that may read what docs/operations.md grants the key service, and no message's bytes."""
    url = make_url(database)
    server = psycopg2.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database
    )
    granted = re.search(r"CREATE ROLE keys LOGIN; (GRANT[^`]+)`", OPERATIONS.read_text(encoding="utf-8"))
    assert granted
    with closing(server), server, server.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = 'keys'")
        if not cursor.fetchone():
            cursor.execute("CREATE ROLE keys LOGIN PASSWORD 'keys'")
        cursor.execute(granted[1])
    return url.set(username="keys", password="keys").render_as_string(hide_password=False)


def test_the_nation_is_the_same_with_adapters_apart_and_a_key_service_that_is_killed(
    private_folder: Path, tmp_path: Path
) -> None:
    engines = local.up(private_folder)
    clear(engines)
    # those with the most cases first, so that few of them have much to say
    provinces = sorted(PROVINCES, key=lambda code: code not in ("44", "41", "51", "31"))[: int(APART)]
    folder = tmp_path / "nation"
    served = Served(folder)
    url = f"http://127.0.0.1:{served.port}"
    apart = Engines(engines.database_url, engines.bus_url, adapters_apart=AdaptersApart(frozenset(provinces), url))
    size = {"seed": SIZE.seed, "transfers": SIZE.transfers, "days": SIZE.days}
    with Nation.begin(folder, **size, engines=apart) as nation:
        give_tokens(folder, provinces)
        try:
            served.database = reader_of_the_log(engines.database_url)
            served.start()
            while not nation.finished:
                nation.run_day()
                if nation.run.day in (3, 6):
                    served.kill()
                    later = threading.Timer(2.0, served.start)  # while the day goes on
                    later.start()
            later.join()
            assert differences(undisturbed(SIZE), nation.summary()) == ()
        finally:
            served.kill()
    assert (folder / NAME).stat().st_size
