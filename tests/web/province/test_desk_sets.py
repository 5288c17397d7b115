"""The desk's page takes the example files of every form as the command does, and gives back what it has not taken."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from starlette.testclient import TestClient
from support.desk import posted
from support.pages import browser, sign_in, token_of

from jinbao.regional_adapter.files.mapping.mapping_file import load_mapping
from jinbao.regional_adapter.files.mapping_check import check_file
from jinbao.service.province import Province
from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.application import Application
from jinbao.web.clock import Clock
from jinbao.web.province.offices import Offices
from jinbao.web.province.site import province_site

FOLDER = Path(__file__).parents[3] / "examples" / "provinces"
SETS: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_text("utf-8"))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HANDED_IN = ("41 applications", "44 history", "41 decisions", "44 reviews", "41 bank-slips", "41 findings")
COUNTS = [
    ("applications", 3, 0),
    ("history", 10, 0),
    ("decisions", 4, 2),
    ("reviews", 0, 4),
    ("bank-slips", 0, 2),
    ("findings", 0, 1),
]
"""Of each file what is registered and what is not: no letter has come and no money was sent."""
GOOD, BAD = "44000019880315001X", "440000198803150019"
DOCUMENT_TYPE = b'<?xml version="1.0" encoding="GB18030"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
Clerk = Callable[[str], TestClient]


def bomb() -> bytes:
    """A workbook whose sheet holds a hundred megabytes of nothing."""
    sheet, saved = "xl/worksheets/sheet1.xml", io.BytesIO()
    with (
        zipfile.ZipFile(FOLDER / "xlsx" / "applications.xlsx") as source,
        zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, b" " * (100 << 20) if name == sheet else source.read(name))
    return saved.getvalue()


def lone_cell() -> bytes:
    """A workbook with one cell in the last row and column that there can be."""
    book, saved = Workbook(), io.BytesIO()
    book.worksheets[0]["XFD1048576"] = "1"
    book.save(saved)
    return saved.getvalue()


@pytest.fixture
def clerk(tmp_path: Path, users: UsersFile) -> Clerk:
    """Desks of two provinces in which nothing has happened yet, a while after the examples' days."""
    for code in ("41", "44"):
        Province(tmp_path, code).local_system().close()
    offices = Offices(tmp_path, ["41", "44"], Clock(int(NOW.timestamp() * 1e6)))
    application = Application([province_site(offices)], users, "en")

    def found(name: str) -> TestClient:
        client = browser(application.asgi)
        assert sign_in(client, name) == 303
        return client

    return found


def file_of(one: dict[str, Any], name: str) -> Path:
    return next(FOLDER / file for file in one["files"] if Path(file).stem == name)


def taken_in(
    client: TestClient, name: str, content: bytes, mapping: Path | None = None, key: str = ""
) -> dict[str, Any]:
    """A file sent by the page's form, and what the page then says of it."""
    answer = client.post(
        "/desk/files",
        data={"csrf_token": token_of(client, "/desk/files"), "mapping": ""},
        files={"file": (name, content), "new_mapping": ("m.toml", mapping.read_bytes())},
    )
    assert answer.status_code == 303, answer.text
    shown = client.get(answer.headers["location"]).text
    said = re.search(
        r"Registered: (\d+) · Unchanged: (\d+) · Not taken: (\d+) · Skipped: (\d+) · Records: (\d+)", shown
    )
    assert said, shown
    (*parts, records) = map(int, said.groups())
    assert sum(parts) == records
    found: dict[str, Any] = client.get("/api/desk/files").json()["imports"][0]
    assert parts == [found["taken"], found["unchanged"], found["bad"], found["skipped"]]
    return found


@pytest.mark.parametrize("one", SETS, ids=[one["name"] for one in SETS])
def test_each_form_is_taken_in_with_every_record_counted_and_gives_the_same(one, clerk: Clerk, tmp_path: Path):
    mapping = FOLDER / one["mapping"]
    clerks = {"41": clerk("clerk41"), "44": clerk("clerk44")}
    counts = []
    for what in HANDED_IN:
        province, name = what.split()
        file = file_of(one, name)
        found = taken_in(clerks[province], file.name, file.read_bytes(), mapping)
        checked = check_file(file, load_mapping(mapping), NOW.date())
        assert found["taken"] + found["bad"] == checked.accepted + checked.rejected
        assert found["skipped"] == checked.skipped
        counts.append((name, found["taken"], found["bad"]))
    assert counts == COUNTS
    with closing(Province(tmp_path, "41").local_system()) as local:
        assert [a.number for a in local.applications()] == ["2025-41-0001", "2025-41-0002", "2025-41-0003"]
        assert len(local.documents(kind="ApplicationAccepted")) == 3


def changed(content: bytes, old: str, new: str) -> bytes:
    """A file in which one text stands for another of the same length, in workbooks too."""
    if not content.startswith(b"PK"):
        assert old.encode() in content
        return content.replace(old.encode(), new.encode())
    book, saved = load_workbook(io.BytesIO(content)), io.BytesIO()
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value == old]
    assert cells
    for cell in cells:
        cell.value = new
    book.save(saved)
    return saved.getvalue()


@pytest.mark.parametrize("one", SETS, ids=[one["name"] for one in SETS])
def test_rejects_come_back_in_the_same_form_and_as_a_workbook_and_are_taken_once_corrected(one, clerk: Clerk):
    file, mapping, client = file_of(one, "applications"), FOLDER / one["mapping"], clerk("clerk41")
    found = taken_in(client, file.name, changed(file.read_bytes(), GOOD, BAD), mapping)
    assert (found["taken"], found["bad"]) == (2, 1)
    same = posted(client, f"/desk/files/{found['number']}")
    name = re.search(r"filename\*=UTF-8''(\S+)", same.headers["content-disposition"])
    assert name
    assert name[1].endswith(file.suffix)
    workbook = load_workbook(io.BytesIO(posted(client, f"/desk/files/{found['number']}", kind="workbook").content))
    cells = [cell for row in workbook.worksheets[0].iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert BAD in [cell.value for cell in cells], "as it was"
    assert "校验码不" in str([cell.value for cell in cells])
    again = taken_in(client, f"corrected{file.suffix}", changed(same.content, BAD, GOOD), mapping)
    assert (again["taken"], again["unchanged"], again["bad"]) == (1, 0, 0)


@pytest.mark.parametrize(
    ("name", "mapping", "content", "code"),
    [
        ("entities.xml", "xml-gb18030", DOCUMENT_TYPE, "UNSAFE_FILE"),
        ("bomb.xlsx", "xlsx", bomb, "TRUNCATED"),
        ("lone.xlsx", "xlsx", lone_cell, "HEADER"),
        ("archive.csv", "csv-gb18030", b"PK\x03\x04" + bytes(100) + b"\r\n", "HEADER"),
        ("nul.csv", "csv-utf8", bytes(1000) + b"\r\n", "HEADER"),
        ("empty.dbf", "dbf", b"\x03", "TRUNCATED"),
    ],
)
def test_a_hostile_file_is_refused_with_its_code_within_a_second_or_two_and_the_next_is_taken(
    clerk: Clerk, name: str, mapping: str, content: bytes | Callable[[], bytes], code: str
):
    client, file = clerk("clerk41"), FOLDER / mapping / "mapping.toml"
    content = content if isinstance(content, bytes) else content()
    began = time.monotonic()
    answer = client.post(
        "/desk/files",
        data={"csrf_token": token_of(client, "/desk/files"), "mapping": ""},
        files={"file": (name, content), "new_mapping": ("m.toml", file.read_bytes())},
    )
    assert time.monotonic() - began < 10
    assert answer.status_code == 422, answer.text
    assert 'role="alert"' in answer.text
    (seen,) = client.get("/api/desk/files").json()["imports"]
    assert (seen["state"], seen["code"]) == ("refused", code)
    good = next(one for one in SETS if one["name"] == mapping)
    whole = file_of(good, "applications")
    assert taken_in(client, whole.name, whole.read_bytes(), file)["taken"] == 3
