"""What `jinbao schemas export` writes lets Apache Avro's own library read and write every message."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import avro.io
import avro.schema
import pytest
from typer.testing import CliRunner

from jinbao.cli import main as program
from jinbao.schemas.codec import decode, encode
from jinbao.schemas.messages import FundsRemitted, InformationSheetSent, SubmissionAnswered, SubmissionOutcomes
from jinbao.schemas.registry import shipped_registry


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    result = CliRunner().invoke(program.app, ["schemas", "export", str(tmp_path / "out"), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == json.loads((tmp_path / "out" / "index.json").read_text())
    return tmp_path / "out"


def read_by_header_alone(folder: Path, data: bytes) -> Any:
    """Decode a message as a program does that knows nothing but the folder."""
    assert data[:2] == b"\xc3\x01"
    schema = avro.schema.parse((folder / f"{data[2:10].hex()}.avsc").read_text("utf-8"))
    stream = BytesIO(data[10:])
    found = avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(stream))
    assert stream.read() == b""
    return found


def test_every_version_of_every_message_is_there_under_its_fingerprint(exported: Path) -> None:
    index = json.loads((exported / "index.json").read_text())
    releases = {r.fingerprint.hex(): r for r in shipped_registry().releases if r.is_message}
    assert {line["fingerprint"] for line in index} == releases.keys()
    assert {path.name for path in exported.iterdir()} == {"index.json", *(f"{f}.avsc" for f in releases)}
    for line in index:
        release = releases[line["fingerprint"]]
        assert (line["name"], line["version"]) == (release.name, release.version)
        answers = (SubmissionAnswered.NAME, SubmissionOutcomes.NAME)
        topic = "jinbao.inbox.<province>" if release.name in answers else "jinbao.submissions"
        assert line["topic"] == topic


def test_apache_avro_parses_every_file_alone(exported: Path) -> None:
    for path in exported.glob("*.avsc"):
        schema = avro.schema.parse(path.read_text("utf-8"))
        assert isinstance(schema, avro.schema.RecordSchema)
        assert schema.fields[0].name == "envelope"


def test_apache_avro_reads_a_message_by_its_header_alone(
    exported: Path, sheet: InformationSheetSent, remitted: FundsRemitted
) -> None:
    found = read_by_header_alone(exported, encode(sheet))
    assert found["envelope"]["event_id"] == sheet.envelope.event_id
    assert [row["account_balance"] for row in found["rows"]] == [row.account_balance for row in sheet.rows]
    assert found["personal"]["ciphertext"] == sheet.personal.ciphertext
    found = read_by_header_alone(exported, encode(remitted))
    assert (found["purpose"], found["remitted_on"]) == ("transfer", date(2025, 1, 2))
    assert found["envelope"]["occurred_at"] == datetime(2025, 1, 2, 4, 0, 0, 123456, UTC)


def test_what_apache_avro_writes_is_the_message(exported: Path, remitted: FundsRemitted) -> None:
    data = encode(remitted)
    schema = avro.schema.parse((exported / f"{data[2:10].hex()}.avsc").read_text("utf-8"))
    stream = BytesIO()
    stream.write(data[:10])
    avro.io.DatumWriter(schema).write(read_by_header_alone(exported, data), avro.io.BinaryEncoder(stream))
    assert stream.getvalue() == data
    assert decode(stream.getvalue()) == remitted


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(program.app, ["schemas", "export", str(tmp_path / "file" / "below")])
    assert result.exit_code == 2
    assert "file/below" in result.stderr
