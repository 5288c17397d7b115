"""What is said when a local engine cannot be had, and that nothing is started then."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jinbao.cli.main import app
from jinbao.dev import engines, local_kafka
from jinbao.dev.engine_error import EngineError, EngineMissing


def test_a_missing_program_is_named_with_its_debian_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineMissing, match="install the Debian package openjdk-17-jre-headless"):
        engines.up(tmp_path)

    old_java = tmp_path / "java"
    old_java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    old_java.chmod(0o755)
    with pytest.raises(EngineMissing, match=r"Java 17 or later, not 'openjdk version \"11.0.2\"'"):
        engines.up(tmp_path)

    old_java.write_text("#!/bin/sh\necho 'openjdk version \"21.0.1\"' >&2\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(EngineMissing, match="install the Debian package maven"):
        engines.up(tmp_path)

    assert [engine.running for engine in engines.status(tmp_path)[1]] == [False, False]


def test_a_missing_program_ends_the_command_with_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(app, ["dev", "up", "--data", str(tmp_path)])
    assert result.exit_code == 2
    assert "openjdk-17-jre-headless" in result.stderr


def test_ctrl_c_does_not_reach_what_prepares_a_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\ncut -d ' ' -f 6 /proc/self/stat > $0.session\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(local_kafka, "jars", lambda: tmp_path)
    local_kafka.prepare([local_kafka.Node(1, 1, 2)], local_kafka.new_cluster_id(), tmp_path / "dev")
    assert int((tmp_path / "java.session").read_text()) != os.getsid(0)


def test_the_number_of_brokers_has_bounds(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="--brokers 0: a number from 1 to 9"):
        engines.up(tmp_path, 0)


def test_where_nothing_was_started_there_is_nothing_to_end(tmp_path: Path) -> None:
    assert engines.down(tmp_path) == []
    assert engines.status(tmp_path) == (None, [])
    result = CliRunner().invoke(app, ["dev", "status", "--json", "--data", str(tmp_path)])
    assert (result.exit_code, json.loads(result.stdout)) == (1, {"engines": []})


def test_a_damaged_memory_is_named(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "engines.json").write_text("{")
    with pytest.raises(EngineError, match=r"engines\.json cannot be read"):
        engines.status(tmp_path)
