"""`jinbao keys serve`: a province joins with its token and nothing else; it waits for the service, and says so."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from support.certificate import certificate_in
from support.in_process import jinbao_in
from support.programs import JINBAO
from support.running import PATIENCE_S, Running

from jinbao.bus.embedded import EmbeddedBus
from jinbao.platform.national_platform import topics
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.service.province import Province

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_a_province_on_its_own_host_waits_for_the_key_service_and_then_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, province = tmp_path / "keys", tmp_path / "province"
    with closing(EmbeddedBus(tmp_path / "bus.sqlite")) as bus:
        bus.create_topics(topics())
    in_keys, in_province = jinbao_in(tmp_path, "--lang", "en"), jinbao_in(tmp_path, "--lang", "en")
    assert in_keys("users", "add", "adapter41", "--role", "service", "--province", "41", "--data", keys).exit_code == 0
    token = json.loads(in_keys("users", "token", "adapter41", "--json", "--data", keys).stdout)["token"]
    assert in_province("adapter", "import", EXAMPLES / "applications-41.csv", "--data", province).exit_code == 0
    place = Province(province, "41").key_token_file
    place.touch(mode=0o600)
    place.write_text(f"{token}\n")

    certificate, key = certificate_in(tmp_path)
    with closing(socket.create_server(("localhost", 0))) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("JINBAO_KEY_SERVICE_URL", f"https://localhost:{port}")
    monkeypatch.setenv("JINBAO_LANG", "en")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    bus_url = f"embedded:///{tmp_path / 'bus.sqlite'}"
    config = str(EXAMPLES / "adapter-41.toml")
    words = ["adapter", "run", "--province", "41", "--config", config, "--data", str(province), "--bus", bus_url]
    adapter = Running(*words)
    try:
        told = adapter.told("waiting")["text"]
        assert told.startswith(f"key service https://localhost:{port}: no answer")
        status, text = adapter.get("/readyz")
        assert (status, "no answer" in text) == (503, True)
        serve = [str(JINBAO), "keys", "serve", "--port", str(port), "--host", "localhost", "--data", str(keys)]
        tls = ["--tls-certificate", str(certificate), "--tls-key", str(key)]
        with subprocess.Popen([*serve, *tls], stdout=subprocess.PIPE, text=True) as service:
            assert service.stdout is not None
            assert service.stdout.readline() == f"listening on https://localhost:{port}\n"
            adapter.until_ready()
            with closing(EmbeddedBus(tmp_path / "bus.sqlite")) as bus:
                until = time.monotonic() + PATIENCE_S
                while not any(bus.end_offsets(SUBMISSIONS_TOPIC).values()):
                    assert time.monotonic() < until, adapter.raw
                    time.sleep(0.05)
            adapter.stop()
            service.terminate()
            assert service.wait(PATIENCE_S) == 0
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
