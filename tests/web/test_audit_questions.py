"""The auditor's questions on pages: as it stood, what if, samples, who looked. Each is what the command tells."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from io import BytesIO, StringIO

from openpyxl import load_workbook
from pypdf import PdfReader
from support.pages import token_of

from jinbao.platform.audit.statements.accesses import Access, record
from jinbao.web.national.nation import WHOLE_LOGS_AT_ONCE


def test_as_it_stood_is_the_nation_of_then(signed_in, store):
    client = signed_in("auditor")
    with store.read() as work:
        first, last = work.bulk.execute("SELECT MIN(recorded_at), MAX(recorded_at) FROM events").one()
        total = work.bulk.execute("SELECT COUNT(*) FROM events").scalar_one()
    then = client.get("/api/audit/as-of?at=2099-01-01T12:00").json()["then"]
    assert then["position"] == total
    assert then["overview"]["money_fen"]["sum"] == 0
    assert client.get("/api/audit/as-of?at=2012-01-01T12:00").json()["then"]["position"] == 0
    assert client.get("/api/audit/as-of?at=1901-01-01T12:00").status_code == 404
    assert "全国" in client.get("/audit/as-of?at=2099-01-01T12:00").text
    assert first < last


def test_a_province_and_a_case_as_they_stood(signed_in, store):
    client = signed_in("auditor")
    listed = client.get("/api/cases?waiting=true").json()["cases"]
    transfer = listed[0]["transfer"]
    case = client.get(f"/api/audit/as-of?at=2099-01-01T12:00&case={transfer}").json()["then"]["case"]
    assert (case["transfer"], case["state"]) == (transfer, listed[0]["state"])
    assert client.get(f"/api/audit/as-of?at=2001-01-01T12:00&case={transfer}").json()["then"]["case"] is None
    province = listed[0]["waiting_for"]
    work = client.get(f"/api/audit/as-of?at=2099-01-01T12:00&province={province}").json()["then"]["work_list"]
    assert transfer in [row["transfer"] for row in work]
    assert client.get("/audit/as-of?at=2099-01-01T12:00&case=nothing").status_code == 404
    assert client.get("/api/audit/as-of?at=2025-02-30T12:00").status_code == 404


def test_what_if_lists_the_cases_that_come_out_otherwise(signed_in):
    client = signed_in("auditor")
    found = client.get("/api/audit/what-if?limit=1&pooling=0.10").json()["found"]
    assert found["clocks"]["newly_late"] > 0
    page = client.get("/audit/what-if?limit=1&pooling=0.10").text
    assert found["cases"][0]["transfer"] in page
    rows = list(csv.reader(StringIO(client.get("/audit/what-if.csv?limit=1&pooling=0.10").text)))
    assert {case["transfer"] for case in found["cases"]} <= {row[0] for row in rows}
    assert client.get("/api/audit/what-if?limit=251").status_code == 422


def test_a_draw_is_logged_shown_and_can_be_drawn_again(signed_in, store):
    client = signed_in("auditor")
    fields = {"csrf_token": token_of(client, "/audit/samples"), "seed": "第一季度", "n": "5", "method": "random"}
    assert client.post("/audit/samples", data=fields).status_code == 303
    found = client.get("/api/audit/samples").json()
    newest = found["draws"][0]
    assert (newest["by"], newest["seed"], newest["n"], len(found["sample"])) == ("auditor", "第一季度", 5, 5)
    again = client.get(f"/api/audit/samples?draw={newest['number']}").json()
    assert again["sample"] == found["sample"]
    rows = list(csv.reader(StringIO(client.get(f"/audit/samples.csv?draw={newest['number']}").text)))
    assert [row[0] for row in rows[1:]] == [one["transfer"] for one in found["sample"]]
    assert client.post("/audit/samples", data={**fields, "n": "0"}).status_code == 422


def test_who_looked_is_told_with_whom_and_why(signed_in, store, clock):
    opened = Access(
        number=0, at=clock.now_us(), user="wang", role="auditor", way="page", action="view", reason="投诉", case="C-1"
    )
    record(store, [opened], clock.now_us())
    client = signed_in("auditor")
    [one, *_] = client.get("/api/audit/accesses?user=wang").json()["accesses"]
    assert (one["user"], one["case"], one["reason"]) == ("wang", "C-1", "投诉")
    assert client.get("/api/audit/accesses?user=nobody").json()["accesses"] == []
    assert "投诉" in client.get("/audit/accesses?about=C-1").text
    assert "投诉" in client.get("/audit/accesses.csv").text


def test_every_page_says_the_checkpoint_that_it_stands_on(signed_in, store):
    client = signed_in("auditor")
    for path in ("/audit", "/audit/as-of", "/audit/what-if", "/audit/samples", "/audit/findings", "/audit/accesses"):
        checkpoint = client.get(f"/api{path}").json()["checkpoint"]
        assert checkpoint["size"] > 0, path
        assert checkpoint["root"][:16] in client.get(path).text, path


def test_an_auditor_of_a_province_is_told_of_that_alone(signed_in, store, clock):
    record(
        store,
        [Access(number=0, at=clock.now_us(), user="li", role="clerk", way="page", action="view", province="44")],
        clock.now_us(),
    )
    client = signed_in("auditor41")
    assert "li" not in {one["user"] for one in client.get("/api/audit/accesses").json()["accesses"]}
    found = client.get("/api/audit/what-if?limit=1").json()["found"]
    assert {row["province"] for row in found["by_province"]} <= {"41"}
    assert "work_list" in client.get("/api/audit/as-of?at=2099-01-01T12:00").json()["then"]
    assert client.get("/api/audit/as-of?at=2099-01-01T12:00&province=44").status_code == 404
    assert client.get("/api/audit/samples").json()["sample"] is None


def test_the_tests_are_carried_out_with_their_parameters(signed_in):
    client = signed_in("auditor")
    assert client.get("/api/audit/tests").json()["tests"] is None
    found = {one["test"]: one for one in client.get("/api/audit/tests?run=true").json()["tests"]}
    assert found["off_hours"]["parameters"] == {"first_hour": 7, "last_hour": 20}
    assert found["late_posting"]["population"] > 100
    page = client.get("/audit/tests?run=true").text
    assert "迟报" in page
    rows = list(csv.reader(StringIO(client.get("/audit/tests.csv").text)))
    assert len(rows) - 1 == sum(one["found"] for one in found.values())
    none = client.get("/api/audit/tests?run=true&since=2000-01-01&until=2001-01-01").json()["tests"]
    assert {one["population"] for one in none} == {0}


def test_a_finding_is_recorded_with_its_file_remarked_on_and_reported(signed_in):
    client = signed_in("auditor")
    [case, *_] = client.get("/api/cases?waiting=true").json()["cases"]
    token = token_of(client, "/audit/findings")
    fields = {"csrf_token": token, "title": "重复支付", "text": "一\n二", "severity": "high", "positions": "1 2"}
    sent = {"file": ("slip.txt", b"abc", "text/plain")}
    recorded = client.post("/audit/findings", data={**fields, "transfers": case["transfer"]}, files=sent)
    assert recorded.status_code == 303
    [one, *_] = client.get("/api/audit/findings").json()["findings"]
    assert (one["by"], one["title"], one["open"], one["evidence"]["positions"]) == ("auditor", "重复支付", True, [1, 2])
    assert one["evidence"]["transfers"] == [case["transfer"]]
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert one["evidence"]["files"] == [{"name": "slip.txt", "size": 3, "sha256": digest}]
    closing = {"csrf_token": token, "finding": one["number"], "text": "已退回", "closes": "true"}
    assert client.post("/audit/findings/remark", data=closing).status_code == 303
    page = client.get("/audit/findings").text
    assert "重复支付" in page
    assert "已退回" in page
    assert client.get("/api/audit/findings").json()["findings"][0]["open"] is False
    assert client.post("/audit/findings", data={**fields, "transfers": "nothing"}).status_code == 422
    assert client.post("/audit/findings/remark", data={**closing, "finding": "1"}).status_code == 422
    sheet = load_workbook(BytesIO(client.get("/audit/report.xlsx").content)).active
    assert "重复支付" in {cell.value for row in sheet for cell in row}
    told = "".join(page.extract_text() for page in PdfReader(BytesIO(client.get("/audit/report.pdf").content)).pages)
    assert "重复支付" in told
    assert digest in "".join(told.split())


def test_an_auditor_of_a_province_neither_sees_nor_records_findings_on_the_nation(signed_in):
    client = signed_in("auditor41")
    assert client.get("/api/audit/findings").json()["findings"] is None
    fields = {"csrf_token": token_of(client, "/audit"), "title": "t", "text": "x"}
    assert client.post("/audit/findings", data=fields).status_code == 403
    told = [
        [cell.value for cell in row] for row in load_workbook(BytesIO(client.get("/audit/report.xlsx").content)).active
    ]
    assert ["范围", "不含测试与审计发现"] in [row[:2] for row in told]
    assert "重复支付" not in {cell for row in told for cell in row}


def test_few_questions_read_the_whole_log_at_once(signed_in, nation, monkeypatch):
    monkeypatch.setattr("jinbao.web.national.nation._WAIT_S", 0.01)
    client = signed_in("auditor")
    asked = ("/audit/as-of?at=2099-01-01T12:00", "/audit/what-if?limit=1", "/audit/tests?run=true", "/audit/report.pdf")
    with ExitStack() as others:
        for _ in range(WHOLE_LOGS_AT_ONCE):
            others.enter_context(nation.whole_log())
        assert [client.get(path).status_code for path in asked] == [503] * len(asked)
        assert client.get("/audit/as-of").status_code == 200
    assert client.get(asked[0]).status_code == 200


def test_who_looked_is_paged_by_statement(signed_in, store, clock):
    for number in range(3):
        opened = [Access(0, clock.now_us(), f"pager{number}", "auditor", "page", "view", case="P-1")] * 150
        record(store, opened, clock.now_us())
    client = signed_in("auditor")
    first = client.get("/api/audit/accesses?about=P-1").json()
    assert [one["user"] for one in first["accesses"]] == ["pager2"] * 150 + ["pager1"] * 150
    assert f"after={first['after']}" in client.get("/audit/accesses?about=P-1").text
    second = client.get(f"/api/audit/accesses?about=P-1&after={first['after']}").json()
    assert [one["user"] for one in second["accesses"]] == ["pager0"] * 150
    assert (second["after"], second["gaps"]) == (None, {})
