"""Attacks on the pages: what is sent to be shown to others, to be too much, or from elsewhere. Also test_sign_in."""

from __future__ import annotations

import gzip
import io
import json
import re
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import msgspec
import pytest
from starlette.routing import Route
from support.pages import PASSWORD, sign_in, token_of

from jinbao.regional_adapter.local.local_records import Person
from jinbao.service.province import Province
from jinbao.web.accounts.sessions import make_token
from jinbao.web.application import Application
from jinbao.web.security import MOST_BYTES

SCRIPT = "<script>alert(1)</script>'\"><img src=x onerror=alert(2)>"


@pytest.fixture
def case_of_script(folder: Path) -> Iterator[str]:
    """A case of province 41 whose person's name and address are scripts."""
    with closing(Province(folder, "41").local_system()) as local:
        application = local.applications()[1]
        person = local.person(application.person)
        assert person is not None
        local.register_person(msgspec.structs.replace(person, name=SCRIPT, address=SCRIPT))
        yield application.number
        local.register_person(person)


def zipped(content: bytes) -> bytes:
    """A ZIP file of one file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("applications.csv", content)
    return made.getvalue()


def posts_of(application: Application) -> list[str]:
    """The path of every form and action, each part in braces filled with something."""
    paths = [r.path for r in application.api.routes if isinstance(r, Route) and "POST" in (r.methods or ())]
    return [re.sub(r"\{[^}]*\}", "x", path) for path in paths]


@pytest.mark.slow
def test_every_form_needs_its_token_and_comes_from_our_own_pages(application, signed_in):
    anothers = token_of(signed_in("clerk44"), "/desk")
    for name in ("ministry", "clerk41", "auditor41", "operator", "supervisor41"):
        client = signed_in(name)
        for path in posts_of(application):
            for fields in ({}, {"csrf_token": "0" * 64}, {"csrf_token": anothers}):
                sent = {"json": fields} if path.startswith("/api/") else {"data": fields}
                assert client.post(path, **sent).status_code == 403, (name, path)
            for headers in (
                {"Origin": "https://evil.example"},
                {"Origin": "null"},
                {"Origin": "http://127.0.0.1:81"},
                {"Sec-Fetch-Site": "cross-site"},
                {"Sec-Fetch-Site": "same-site"},
            ):
                answer = client.post(path, data={}, headers=headers)
                assert (answer.status_code, answer.text) == (403, "foreign origin\n"), (name, path)


def test_scripts_in_names_reasons_and_addresses_are_shown_as_text(signed_in, case_of_script):
    client = signed_in("auditor41")
    fields = {"case": case_of_script, "reason": SCRIPT, "csrf_token": token_of(client, "/persons")}
    pages = [client.post("/persons", data=fields).text, client.get("/views").text]
    reflected = [f"/login?next={SCRIPT}", f"/cases?state={SCRIPT}", f"/persons?lang={SCRIPT}&x={SCRIPT}", f"/{SCRIPT}"]
    pages += [client.get(path).text for path in reflected]
    assert "&lt;script&gt;" in pages[0]
    assert "&lt;script&gt;" in pages[1]
    for page in pages:
        assert "<script>" not in page
        assert "<img src=x" not in page


@pytest.mark.parametrize(
    "body",
    [
        b"{" * 10,
        b'{"case": ' + b"[" * 400_000,
        b'{"case": "' + b"\xff\xfe" + b'"}',
        b'{"case": "\\ud800"}',
        b'{"case": 1e999}',
        b'{"case": ' + b"9" * 5_000 + b"}",
        b"[]",
        b'"x"',
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x>&a;</x>",
        gzip.compress(b" " * 20_000_000, mtime=0),
        b"\x00" * 1_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_object_of_json_is_refused_and_nothing_is_unpacked(visitor, users, body):
    headers = {"Authorization": f"Bearer {make_token(users, 'auditor41')}", "Content-Encoding": "gzip"}
    answer = visitor.post("/api/persons", content=body, headers=headers)
    assert answer.status_code in (404, 422), answer.text
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize(
    "query", ["after=99999999999999999999999", "after=-1", "after=x", "after=1e400", "lang=%ff%00"]
)
def test_what_cannot_be_a_place_in_a_list_is_refused(signed_in, query):
    client = signed_in("auditor41")
    assert client.get(f"/views?{query}").status_code in (200, 422)
    assert client.get(f"/api/views?{query}").status_code in (200, 422)
    assert client.get(f"/cases?{query}").status_code in (200, 404, 422)


def test_a_form_of_very_many_fields_or_files_is_refused(signed_in):
    client = signed_in("auditor41")
    many = {f"f{number}": "x" for number in range(20_000)}
    assert client.post("/persons", data=many).status_code in (400, 403, 413)
    files = [("file", (f"{number}.csv", b"x")) for number in range(100)]
    answer = client.post("/persons", files=files)
    assert answer.status_code in (400, 403)
    assert "没有此页" not in answer.text


@pytest.mark.parametrize(
    "content",
    [
        zipped(b" " * 50_000_000),
        b"PK\x03\x04" + b"\x00" * 100,
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
        b"\xff\xfe\x00",
        b"=1+1,@x\n" * 1_000,
        b"," * 500_000,
    ],
    ids=["zip bomb", "zip", "doctype", "no text", "formulas", "one row"],
)
def test_a_file_that_is_none_of_ours_is_refused_unopened_and_its_name_is_text(signed_in, content):
    client = signed_in("clerk44")
    fields = {"csrf_token": token_of(client, "/desk/files")}
    answer = client.post("/desk/files", data=fields, files={"file": (f"../../{SCRIPT}.csv", content)})
    assert answer.status_code == 422
    assert "<script>" not in answer.text
    assert "<img src=x" not in answer.text
    assert "root:" not in answer.text
    client.headers["Content-Encoding"] = "gzip"
    assert client.post("/desk/files", content=content).status_code in (400, 403)


def test_two_gigabytes_are_refused_before_they_are_sent(address):
    host, _, port = address.removeprefix("http://").partition(":")
    asked = f"POST /login HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    with socket.create_connection((host, int(port)), 10) as known:
        known.sendall(f"{asked}Content-Length: {2 << 30}\r\n\r\n".encode())
        assert b" 413 " in known.recv(100), "a length that is named"
    with socket.create_connection((host, int(port)), 10) as chunked:
        chunked.sendall(f"{asked}Transfer-Encoding: chunked\r\n\r\n".encode())
        part, sent, answer = b"10000\r\n" + b"x" * 65_536 + b"\r\n", 0, b""
        chunked.settimeout(0.05)
        while not answer and sent < 64 * MOST_BYTES:
            try:
                sent += chunked.send(part) if sent % len(part) == 0 else 0
                answer = chunked.recv(100)
            except TimeoutError:
                continue
            except OSError:
                break
        assert sent < 32 * MOST_BYTES, "it stops reading"
        assert b" 413 " in answer or not answer


def test_no_page_may_stand_in_a_frame_or_run_what_is_written_into_it(visitor, signed_in):
    for answer in (
        visitor.get("/login"),
        signed_in("clerk41").get("/desk"),
        signed_in("ministry").get("/api/overview"),
    ):
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_logs_and_headers_tell_nothing_of_a_person_or_a_password(folder, users, tmp_path):
    with closing(Province(folder, "41").local_system()) as local:
        application = local.applications()[0]
        person = local.person(application.person)
    assert person is not None
    secrets = (person.name, person.number, "typed-into-the-wrong-field", PASSWORD)
    log = tmp_path / "log"
    command = [str(Path(sys.executable).parent / "jinbao"), "serve", "--port", "0", "--data", str(folder)]
    with (
        log.open("wb") as file,
        subprocess.Popen([*command, "--log", "json"], stdout=subprocess.PIPE, stderr=file, text=True) as process,
    ):
        assert process.stdout is not None
        address = process.stdout.readline().removeprefix("listening on ").strip()
        try:
            headers = heads_of_a_visit(address, application.number, person, secrets)
        finally:
            process.send_signal(signal.SIGTERM)
            said = process.stdout.read()
    for secret in secrets:
        for place, text in (("log", log.read_text("utf-8")), ("output", said), ("headers", headers)):
            assert secret not in text, place
            assert json.dumps(secret).strip('"') not in text, place


def heads_of_a_visit(address: str, case: str, person: Person, secrets: tuple[str, ...]) -> str:
    """Everything but the bodies that is answered to an auditor who fails, signs in, and is shown the person."""
    heads = []
    with httpx.Client(base_url=address) as client:
        client.event_hooks["response"].append(lambda r: heads.append(f"{r.request.url} {r.headers.multi_items()}"))
        assert sign_in(client, secrets[2], secrets[2]) == 401
        assert sign_in(client, "auditor41") == 303
        fields = {"case": case, "reason": "信访件 2025-17", "csrf_token": token_of(client, "/persons")}
        page = client.post("/persons", data=fields)
        assert person.name in page.text
        assert client.get("/persons/nothing").status_code == 404
        title = re.search("<title>(.*?)</title>", page.text)
        assert title
        heads.append(title[1])
    return "\n".join(heads)
