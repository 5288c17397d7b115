"""Settings: option before environment before file before default, and mistakes named by file, key and expectation."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jinbao.cli.config import app
from jinbao.service.errors import UserError
from jinbao.service.settings import load_configuration, load_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def in_file(file: Path, text: str, **environ: str) -> dict[str, str]:
    file.write_text(text, encoding="utf-8")
    return {"JINBAO_CONFIG": str(file), **environ}


def test_defaults_are_those_of_the_law_and_follow_the_data_folder() -> None:
    settings = load_settings(environ={})
    assert settings.data == Path(".jinbao")
    assert (settings.database_url, settings.bus_url) == (
        "sqlite:///.jinbao/platform.sqlite",
        "embedded:///.jinbao/bus.sqlite",
    )
    assert (settings.procedure, settings.lang, settings.batch_size) == ("national-2009", "zh", 2000)
    assert settings.warn_working_days == 3
    assert settings.parked_expiry_working_days == 10
    assert settings.deemed_receipt_working_days == 1
    assert settings.severe_working_days == 10
    assert load_settings(Path("/srv/nation"), {}).bus_url == "embedded:////srv/nation/bus.sqlite"


def test_option_beats_environment_beats_file_beats_default(file: Path) -> None:
    environ = in_file(
        file,
        'data = "from_file"\nwarn_working_days = 5\nbatch_size = 7\n',
        JINBAO_DATA="from_environment",
        JINBAO_BATCH_SIZE="9",
    )
    found = load_configuration(Path("from_option"), environ)
    assert (found.settings.data, found.sources["data"]) == (Path("from_option"), "--data")
    assert (found.settings.batch_size, found.sources["batch_size"]) == (9, "JINBAO_BATCH_SIZE")
    assert (found.settings.warn_working_days, found.sources["warn_working_days"]) == (5, str(file))
    assert (found.settings.procedure, found.sources["procedure"]) == ("national-2009", "default")
    assert load_settings(None, environ).data == Path("from_environment")


def test_the_addresses_given_as_options_win_and_are_named_as_sources() -> None:
    environ = {"JINBAO_DATABASE_URL": "sqlite:///other.sqlite", "JINBAO_BUS_URL": "kafka://other:9092"}
    found = load_configuration(Path("here"), environ, database="sqlite:///{data}/mine.sqlite", bus="kafka://mine:9092")
    assert (found.settings.database_url, found.sources["database_url"]) == ("sqlite:///here/mine.sqlite", "--database")
    assert (found.settings.bus_url, found.sources["bus_url"]) == ("kafka://mine:9092", "--bus")
    assert load_settings(Path("here"), environ).bus_url == "kafka://other:9092"


def test_the_file_in_the_current_folder_is_read_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_configuration(environ={}).file is None
    (tmp_path / "jinbao.toml").write_text("batch_size = 11")
    assert load_settings(environ={}).batch_size == 11


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("batch_sise = 1", "unknown key 'batch_sise'; did you mean batch_size? expected: data, database_url, "),
        ("batch_size = 0", ": batch_size = 0: expected a whole number from 1 to 100000"),
        ('batch_size = "9"', ": batch_size = '9': expected a whole number from 1 to 100000"),
        ("warn_working_days = -1", "warn_working_days = -1: expected a whole number from 0 to 250"),
        ('lang = "fr"', "lang = 'fr': expected one of en, zh"),
        ("data = 3", "data = 3: expected the path of a folder"),
        ('data = ""', "data = '': expected the path of a folder"),
        ("procedure = 2009", "procedure = 2009: expected a text"),
        ('master_key = "c2VjcmV0"', "master_key does not belong in this file; set JINBAO_MASTER_KEY instead"),
        ("batch_size = ", "not valid TOML: "),
    ],
)
def test_a_mistake_in_the_file_names_file_key_and_expectation(file: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(str(file))}") as caught:
        load_settings(environ=in_file(file, text))
    assert message in str(caught.value)
    assert "c2VjcmV0" not in str(caught.value)


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"^JINBAO_WARN_WORKING_DAYS = 'soon'：.* 'soon': expected a whole number from 0 to 250$"
    ):
        load_settings(environ={"JINBAO_WARN_WORKING_DAYS": "soon"})
    with pytest.raises(UserError, match=r"missing\.toml: no such settings file"):
        load_settings(environ={"JINBAO_CONFIG": str(tmp_path / "missing.toml")})


def test_config_show_masks_secrets_and_names_sources(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in in_file(
        file,
        'database_url = "postgresql+psycopg2://jinbao:hidden@db/jinbao"\n',
        JINBAO_MASTER_KEY="c2VjcmV0",
        JINBAO_BATCH_SIZE="500",
        JINBAO_SERVICE_PORT="1",
    ).items():
        monkeypatch.setenv(name, value)

    result = CliRunner().invoke(app, ["show", "--json"])

    shown = json.loads(result.output)
    assert shown["settings"]["database_url"] == {
        "value": "postgresql+psycopg2://jinbao:********@db/jinbao",
        "source": str(file),
    }
    assert shown["settings"]["batch_size"] == {"value": 500, "source": "JINBAO_BATCH_SIZE"}
    assert shown["settings"]["master_key"] == {"value": "********", "source": "JINBAO_MASTER_KEY"}
    assert (shown["file"], shown["ignored"]) == (str(file), ["JINBAO_SERVICE_PORT"])
    table = CliRunner().invoke(app, ["show"]).output
    assert re.search(r"batch_size +500 +JINBAO_BATCH_SIZE", table)
    for secret in ("hidden", "c2VjcmV0"):
        assert secret not in result.output + table
