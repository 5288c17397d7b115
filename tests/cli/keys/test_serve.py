"""`jinbao keys serve`: a province on its own host has its token alone; it waits for the service, and says so."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from support.certificate import certificate_in
from support.country import invented
from support.in_process import jinbao_in
from support.programs import JINBAO
from support.running import PATIENCE_S, Running

from jinbao.bus.embedded import EmbeddedBus
from jinbao.platform.national_platform import topics
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.service.province import Province

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
APPLICATIONS = EXAMPLES / "applications-41.csv"


@contextmanager
def serving(port: int, data: Path, certificate: Path, key: Path) -> Iterator[subprocess.Popen[str]]:
    words = ["--port", str(port), "--host", "localhost", "--data", str(data)]
    tls = ["--tls-certificate", str(certificate), "--tls-key", str(key)]
    with subprocess.Popen([str(JINBAO), "keys", "serve", *words, *tls], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == f"listening on https://localhost:{port}\n"
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def another_application(folder: Path) -> Path:
    """The first of the examples, of another person and number."""
    header, first, *_ = APPLICATIONS.read_text("gb18030").splitlines(keepends=True)
    cells = first.split(",")
    cells[1], cells[3] = "2025-41-0099", invented(1_901).number
    file = folder / "another.csv"
    file.write_text(header + ",".join(cells), "gb18030")
    return file


def until(holds: Callable[[], bool]) -> None:
    last = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < last
        time.sleep(0.1)


@pytest.mark.slow
def test_a_province_on_its_own_host_waits_for_the_key_service_and_goes_on_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, province, jinbao = tmp_path / "keys", tmp_path / "province", jinbao_in(tmp_path, "--lang", "en")
    certificate, key = certificate_in(tmp_path)
    with closing(EmbeddedBus(tmp_path / "bus.sqlite")) as bus, closing(socket.create_server(("localhost", 0))) as free:
        bus.create_topics(topics())
        port = free.getsockname()[1]

    def sent() -> int:
        with closing(EmbeddedBus(tmp_path / "bus.sqlite")) as bus:
            return sum(bus.end_offsets(SUBMISSIONS_TOPIC).values())

    assert jinbao("users", "add", "adapter41", "--role", "service", "--province", "41", "--data", keys).exit_code == 0
    token = json.loads(jinbao("users", "token", "adapter41", "--json", "--data", keys).stdout)["token"]
    assert jinbao("adapter", "import", APPLICATIONS, "--data", province).exit_code == 0
    token_file = Province(province, "41").key_token_file
    token_file.touch(mode=0o600)
    token_file.write_text(f"{token}\n")

    monkeypatch.setenv("JINBAO_KEY_SERVICE_URL", f"https://localhost:{port}")
    monkeypatch.setenv("JINBAO_LANG", "en")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    where = ["--data", str(province), "--bus", f"embedded:///{tmp_path / 'bus.sqlite'}"]
    adapter = Running("adapter", "run", "--province", "41", "--config", str(EXAMPLES / "adapter-41.toml"), *where)
    try:
        assert adapter.told("waiting")["text"].startswith(f"key service https://localhost:{port}: no answer")
        assert adapter.get("/readyz")[0] == 503
        with serving(port, keys, certificate, key) as service:
            adapter.until_ready()
            until(lambda: sent() > 0)
            before = sent()
            service.kill()
        assert jinbao("adapter", "import", another_application(tmp_path), "--data", province).exit_code == 0
        until(lambda: adapter.get("/readyz")[0] == 503)
        assert "no answer" in adapter.get("/readyz")[1]
        listed = json.loads(jinbao("adapter", "set-aside", "list", "--province", "41", "--json", *where[:2]).stdout)
        codes = [one["code"] for one in listed["set_aside"]]
        assert codes == ["KEY_SERVICE", "WAITS_FOR_EARLIER"], "the application, and the letter after it"
        with serving(port, keys, certificate, key):
            until(lambda: sent() == before + 2)
            adapter.until_ready()
            adapter.stop()
    finally:
        adapter.process.kill()
        adapter.process.wait()
    assert (keys / "keys.sqlite").is_file()
    assert not [file for file in province.rglob("*") if file.name.startswith(("keys.sqlite", "master.key"))]


def test_keys_go_over_a_network_by_tls_only(tmp_path: Path) -> None:
    refused = jinbao_in(tmp_path, "--lang", "en")("keys", "serve", "--port", "0", "--host", "0.0.0.0", "--data", ".")
    assert (refused.exit_code, refused.output) == (
        2,
        "jinbao: --host 0.0.0.0: others could listen in; give --tls-certificate and --tls-key\n",
    )
    assert not list(tmp_path.iterdir())
