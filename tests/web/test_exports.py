"""Exports: all rows of a filter, who made them and when; no cell is a formula, no long number is rounded."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest

from jinbao.presentation.spreadsheet_cell import BOM, cell
from jinbao.views.csv_export import as_csv
from jinbao.views.table import Table


def read(content: bytes) -> list[list[str]]:
    text = content.decode()
    assert text.startswith(BOM)
    return list(csv.reader(StringIO(text.removeprefix(BOM), newline="")))


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n@x", "-"])
def test_what_begins_like_a_formula_is_text(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["110105194912310021", "6222020200112233445", "0371", "12345678901E5"])
def test_a_long_number_or_one_with_leading_zeros_is_text(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["张三", "2025-41-0001", "-12.50", "1,234.56", "12", "", "0"])
def test_everything_else_stays_as_it_is(text):
    assert cell(text) == text


def test_a_file_is_read_back_as_it_was():
    rows = [["张“三”,", 'a"b', "line\nend"], ["𠮷", None, 5]]
    found = read(as_csv([["谁", "clerk41"]], Table(["甲", ("乙", "right"), "丙"], rows)))
    assert found == [["谁", "clerk41"], [], ["甲", "乙", "丙"], ["张“三”,", 'a"b', "line\nend"], ["𠮷", "", "5"]]


def test_the_list_of_cases_is_exported_whole_with_who_when_and_position(signed_in):
    client = signed_in("clerk41")
    shown: dict[str, Any] = client.get("/api/cases?rows=all").json()
    answer = client.get("/cases.csv?lang=en")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    lines = read(answer.content)
    head, rows = lines[: lines.index([])], lines[lines.index([]) + 2 :]
    assert ["Made by", "clerk41"] in head
    assert ["Event", str(shown["position"])] in head
    assert ["Time zone", "Asia/Shanghai"] in head
    assert [row[0] for row in rows] == [case["transfer"] for case in shown["cases"]]
    assert client.get("/api/cases.csv").status_code == 200


def test_an_export_is_of_whom_the_list_is(signed_in):
    assert signed_in("clerk41").get("/cases.csv?province=44").status_code == 404
    listed = signed_in("ministry").get("/api/cases?rows=all&state=completed").json()["cases"]
    rows = read(signed_in("ministry").get("/cases.csv?state=completed").content)
    assert [row[0] for row in rows[-len(listed) :]] == [case["transfer"] for case in listed]
