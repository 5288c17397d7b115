"""What `deploy/` ships is accepted by the programs that read it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import msgspec
import pytest

from jinbao.service.settings import Settings

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
SECRETS = {"JINBAO_PASSWORD": "synthetic", "JINBAO_MASTER_KEY": "synthetic", "JINBAO_TLS": "/tls"}


def compose_command() -> list[str]:
    """Docker's plugin, or the older program of its own."""
    plugin = ["docker", "compose"]
    if shutil.which("docker") and not subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode:
        return plugin
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    pytest.skip("neither `docker compose` nor `docker-compose` is installed")


def test_compose_accepts_the_file_and_asks_for_the_secrets() -> None:
    command = [*compose_command(), "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet"]
    bare = {name: value for name, value in os.environ.items() if name not in SECRETS}
    done = subprocess.run(command, env=bare | SECRETS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    refused = subprocess.run(command, env=bare, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "JINBAO_" in refused.stderr or "password" in refused.stderr


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / "jinbao"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    for unit in sorted((DEPLOY / "systemd").glob("*.service")):
        text = unit.read_text(encoding="utf-8").replace("/opt/jinbao/bin/jinbao", str(program))
        here = tmp_path / unit.name
        here.write_text(text, encoding="utf-8")
        done = subprocess.run(["systemd-analyze", "verify", here], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), unit.name


def test_the_example_settings_are_settings() -> None:
    content = tomllib.loads((DEPLOY / "jinbao.toml").read_text(encoding="utf-8"))
    assert set(content) <= {field.name for field in msgspec.structs.fields(Settings)}


def test_the_image_has_only_packages_that_were_held_against_the_lock_file() -> None:
    steps = [line for line in (DEPLOY / "Dockerfile").read_text().splitlines() if "pip" in line]
    assert len(steps) == 2
    assert "pip download" in steps[0]
    assert "--require-hashes --requirement requirements.lock" in steps[0]
    assert "--no-index" in steps[1]
