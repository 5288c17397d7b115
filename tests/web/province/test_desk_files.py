"""The desk's files: read by the province's own mapping, and what was not taken comes back in the same form."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from openpyxl import load_workbook
from starlette.testclient import TestClient
from support.desk import Clerk, posted
from support.pages import browser, sign_in, token_of

from jinbao.regional_adapter.files.ways_in.file_names import plain_name
from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.application import Application
from jinbao.web.clock import Clock
from jinbao.web.province.offices import Offices
from jinbao.web.province.site import province_site
from jinbao.web.security import MIB

EXAMPLES = Path(__file__).parents[3] / "examples"
SET = EXAMPLES / "provinces" / "csv-gb18030"
MAPPING = (SET / "mapping.toml").read_bytes()


def _early(content: bytes) -> bytes:
    """The same a while before the nation's today."""
    for late, early in ((b"2025-03-0", b"2025-01-0"), (b"2025-02-", b"2024-12-")):
        content = content.replace(late, early)
    return content


SAMPLE = _early((SET / "applications.csv").read_bytes())
BAD = SAMPLE.replace(b"44000019880315001X", b"440000198803150011")


def _sent(client: TestClient, content: bytes, mapping: str = "", new: bytes = b"", name: str = "a.csv") -> Response:
    """A form with a file, as a browser sends it: the field of the mapping is there and may be empty."""
    return client.post(
        "/desk/files",
        data={"csrf_token": token_of(client, "/desk/files"), "mapping": mapping},
        files={"file": (name, content), "new_mapping": ("m.toml" if new else "", new)},
    )


def _imports(client: TestClient) -> list[dict[str, Any]]:
    return client.get("/api/desk/files").json()["imports"]


@pytest.mark.parametrize("name", ["applications-41.csv", "../../evil\u202e.csv", f"{'长' * 90}.csv"])
def test_a_file_of_the_platforms_own_forms_is_taken_in_and_its_rejects_are_a_file(
    clerk: Clerk, name: str, own_folder: Path
):
    client = clerk("clerk41")
    lines = _early((EXAMPLES / "applications-41.csv").read_bytes()).decode("gb18030").splitlines()
    broken = "\r\n".join([lines[0], lines[1], lines[2].replace("41", "99", 1)]).encode("gb18030")
    answer = _sent(client, broken, name=name)
    assert answer.status_code == 303, answer.text
    shown = client.get(answer.headers["location"]).text
    assert "Registered: 1 · Unchanged: 0 · Not taken: 1 ·" in shown
    (taken_in,) = _imports(client)
    assert (taken_in["file"], taken_in["taken"], taken_in["bad"]) == (
        plain_name(Path(name).name.replace("\u202e", "")),
        1,
        1,
    )
    rejects = posted(client, f"/desk/files/{taken_in['number']}")
    assert rejects.headers["content-disposition"].startswith("attachment")
    assert posted(client, "/desk/files/99").status_code == 404
    assert not [file for file in (own_folder / "local" / "files").iterdir() if file.is_dir()], "nothing is left behind"


def test_a_file_is_read_by_a_mapping_that_is_sent_once_and_its_rejects_are_corrected_and_taken(clerk: Clerk):
    client = clerk("clerk41")
    answer = _sent(client, BAD, new=MAPPING)
    assert answer.status_code == 303, answer.text
    shown = client.get(answer.headers["location"]).text
    assert '<option value="csv-gb18030-1" selected>' in shown, "it is kept, and chosen next time"
    assert "Registered: 2 · Unchanged: 0 · Not taken: 1 ·" in shown
    (taken,) = _imports(client)
    rejects = posted(client, f"/desk/files/{taken['number']}").content
    bad = BAD.decode("gb18030").splitlines()[1]
    assert rejects.decode("gb18030").splitlines()[1].startswith(f"{bad},2,身份证号码,"), "cells as they were"
    workbook = posted(client, f"/desk/files/{taken['number']}", kind="workbook").content
    assert load_workbook(io.BytesIO(workbook)).worksheets[0].max_row == 2
    rows = client.post(f"/api/desk/files/{taken['number']}", json={}, headers=_token(client)).json()["rejects"]
    assert [row[-3] for row in rows] == ["退回列", "身份证号码"]

    corrected = rejects.replace(b"440000198803150011", b"44000019880315001X")
    assert _sent(client, corrected, mapping="csv-gb18030-1", name="b.csv").status_code == 303
    assert [(one["taken"], one["bad"]) for one in _imports(client)] == [(1, 0), (2, 1)]


def _token(client: TestClient) -> dict[str, str]:
    return {"X-CSRF-Token": token_of(client, "/desk/files")}


def test_mistakes_of_a_mapping_are_all_told_and_nothing_is_taken(clerk: Clerk):
    client = clerk("clerk41")
    wrong = MAPPING.replace(b"encoding =", b"encodng =").replace(b'unit = "yuan"', b'unit = "yan"')
    answer = _sent(client, SAMPLE, new=wrong)
    assert answer.status_code == 422
    assert "<code>encodng</code>" in answer.text
    assert "<code>values.unit</code>" in answer.text
    assert "meant: yuan" in answer.text
    assert _imports(client) == []
    assert _sent(client, SAMPLE, mapping="../../x").status_code == 422


def test_a_version_that_was_used_cannot_be_sent_changed(clerk: Clerk):
    client = clerk("clerk41")
    assert _sent(client, SAMPLE, new=MAPPING).status_code == 303
    answer = _sent(client, SAMPLE, new=MAPPING.replace(b'unit = "yuan"', b'unit = "fen"'))
    assert (answer.status_code, "<code>version</code>" in answer.text) == (422, True)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04zip", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", "没有,这种\n".encode("gb18030")]
)
def test_what_is_no_form_is_refused_at_the_field(clerk: Clerk, content: bytes):
    client = clerk("clerk41")
    answer = _sent(client, content)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert [(one["state"], one["code"]) for one in _imports(client)] == ([("refused", "HEADER")] if content else [])


def test_a_program_sends_a_file_in_base64(clerk: Clerk):
    client = clerk("clerk41")
    _sent(client, SAMPLE, new=MAPPING)
    sent = {"file": base64.b64encode(BAD).decode(), "file_name": "p.csv", "mapping": "csv-gb18030-1"}
    answer = client.post("/api/desk/files", json=sent, headers=_token(client))
    assert (answer.status_code, answer.json()["bad"], answer.json()["unchanged"]) == (202, 1, 2)
    assert client.post("/api/desk/files", json={"file": "no base64!"}, headers=_token(client)).status_code == 422


@pytest.fixture
def narrow(own_folder: Path, clock: Clock, users: UsersFile) -> Application:
    """Pages that take files of 2 MiB."""
    return Application([province_site(Offices(own_folder, ["41"], clock, upload_mib=2))], users, "en")


def test_a_file_of_more_than_a_megabyte_is_taken_up_to_what_is_set(narrow: Application):
    client = browser(narrow.asgi)
    assert sign_in(client, "clerk41") == 303
    line = b",".join([b" " * 150] * (SAMPLE.splitlines()[0].count(b",") + 1)) + b"\r\n"
    blank = line * (3 * MIB // 2 // len(line))
    assert _sent(client, SAMPLE + blank, new=MAPPING).status_code == 303
    assert _imports(client)[0]["taken"] == 3
    answer = _sent(client, SAMPLE + 2 * blank, new=MAPPING)
    assert answer.status_code == 413
    assert "At most 2 MiB" in answer.text
    assert "2 MiB" in client.get("/desk/files").text


def test_nothing_large_is_read_of_who_may_not_send_it(narrow: Application):
    stranger, auditor = browser(narrow.asgi), browser(narrow.asgi)
    assert sign_in(auditor, "auditor41") == 303
    large = {"file": ("a.csv", b"x" * (3 * MIB // 2))}
    assert stranger.post("/desk/files", files=large).status_code == 401
    assert auditor.post("/desk/files", files=large).status_code == 403
    assert stranger.post("/desk/search", files=large).status_code == 413
