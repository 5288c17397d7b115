"""torchwood's `litewitness`, a stranger's program, cosigns a log of ours over HTTP, and refuses another history."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from support.go_tools import build_go
from support.platform_under_test import Platform
from support.recomputed_tree import recompute
from support.told_transfer import Transfer

from jinbao.platform.audit.log.verify import verify_log
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.platform.outbox.witnessing import Witnessing
from jinbao.platform.store.store import Store
from jinbao.transparency.check_proof import COSIGNATURE, Policy, VerifierKey, parse_policy
from jinbao.transparency.proofs import policy_text
from jinbao.transparency.signing import SigningKey
from jinbao.transparency.witnessing import witness_addresses

NAME = "example.com/witness"
WAITED_S = 20.0


@pytest.fixture
def log_key(tmp_path: Path) -> SigningKey:
    return open_log_key(tmp_path)


@pytest.fixture
def stranger(tmp_path_factory: pytest.TempPathFactory, log_key: SigningKey) -> Iterator[tuple[VerifierKey, str]]:
    """Its key and its address, while it runs. Two rows name the log, as its `witnessctl` would write."""
    if shutil.which("ssh-agent") is None:
        assert "CI" not in os.environ, "ssh-agent is missing"
        pytest.skip("no ssh-agent here: apt-get install openssh-client")
    folder = tmp_path_factory.mktemp("w")
    program = build_go(folder, "filippo.io/torchwood/cmd/litewitness")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
    public = base64.b64decode((folder / "key.pub").read_text().split()[1])[-32:]
    told = subprocess.run(["ssh-keygen", "-l", "-f", folder / "key.pub"], capture_output=True, text=True, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", folder / "agent"], stdout=subprocess.DEVNULL)
    try:
        _wait(lambda: (folder / "agent").exists())
        environment = {**os.environ, "SSH_AUTH_SOCK": str(folder / "agent")}
        subprocess.run(["ssh-add", "-q", folder / "key"], env=environment, check=True)
        words = ["-name", NAME, "-db", folder / "db", "-ssh-agent", folder / "agent", "-listen", place]
        witness = subprocess.Popen([program, *words, "-key", told.stdout.split()[1]], stderr=subprocess.DEVNULL)
        try:
            _wait(lambda: _answers(f"http://{place}/"))
            with closing(sqlite3.connect(folder / "db")) as database, database:
                empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
                database.execute("INSERT INTO log VALUES (?, 0, ?)", (log_key.verifier.name, empty))
                database.execute("INSERT INTO key VALUES (?, ?)", (log_key.verifier.name, str(log_key.verifier)))
            yield VerifierKey(NAME, COSIGNATURE, public), f"http://{place}"
        finally:
            witness.terminate()
            witness.wait()
    finally:
        agent.terminate()
        agent.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code < 500
    except httpx.HTTPError:
        return False


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAITED_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_litewitness_cosigns_what_goes_on_and_refuses_what_does_not(stranger, log_key, tmp_path):
    key, address = stranger
    text = policy_text(log_key.verifier, {"stranger": key}).replace(str(key), f"{key} {address}")
    policy: Policy = parse_policy(text)

    def witnessed(*transfers: int) -> tuple[int, int, Witnessing]:
        platform = Platform(tmp_path, log_key=log_key)
        platform.now = time.time_ns() // 1_000  # the stranger's clock is not ours
        with closing(platform):
            with closing(Witnessing(platform.bus, platform.store, policy, witness_addresses(text))) as witnessing:
                for number in transfers:
                    platform.take(Transfer(number).apply())
                    witnessing.step()
            with platform.store.read() as work:
                found = verify_log(work.bulk, policy)
            assert found.bad == []
            return found.witnessed, found.size, witnessing

    seen, size, _ = witnessed(1, 2, 3)
    assert seen == size
    seen, size, _ = witnessed(4)
    assert seen == size, "a client that was started anew learns where the witness stands"
    store = Store(f"sqlite:///{tmp_path / 'platform.db'}", durable=False)
    with store.write() as work:
        work.bulk.execute("UPDATE events SET received_at = received_at - 1 WHERE position = 1")
    recompute(store, log_key)
    seen, size, witnessing = witnessed(5)
    assert seen < size
    assert witnessing.refusals[NAME].code == "REFUSED"
