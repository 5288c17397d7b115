"""The way back: what is written in a province's form is read back by its mapping as it was, or told and not written."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st
from openpyxl import load_workbook

from jinbao.regional_adapter.files.document_table import form_for
from jinbao.regional_adapter.files.exports.out_file import SUFFIXES, DoesNotFitError, out_form, read_out, write_out
from jinbao.regional_adapter.files.mapping.mapping_file import FormRule, Mapping, WrongMappingError, mapping_of
from jinbao.regional_adapter.files.mapping.out_layouts import OUT_LAYOUTS
from jinbao.regional_adapter.files.out_values import plain
from jinbao.schemas.messages import MESSAGES

FORMATS = sorted(SUFFIXES)
FIELDS = {
    "ID": "转移业务号",
    "NAME": "姓名",
    "NUMBER": "社会保障号码",
    "REMARK": "经办机构地址",
    "BORN": "出生日期",
    "KIND": "证件类型",
}
ROW = {
    "转移业务号": "00000000-0000-0000-0000-000000000001",
    "姓名": "合成䶮·二",
    "社会保障号码": "440000199107220023",
    "经办机构地址": "合成市样本路1号",
    "出生日期": "1991-07-22",
    "证件类型": "居民身份证",
}
FIELDS_OF_NOTICES = next((*layout.required, *layout.optional) for layout in OUT_LAYOUTS if layout.name == "通知")
SHEET = {"ID": "转移业务号", "YEAR": "年度", "BASE": "缴费基数合计(元)", "RATE": "记账比例(%)"}


def content(format: str, form: str, fields: dict[str, str], width: int = 120, **values: Any) -> dict[str, Any]:
    """A mapping file of a format with one form of the way back, each column as wide as that."""
    columns: dict[str, Any] = {}
    for at, (column, field) in enumerate(fields.items()):
        columns[column] = rule = {"field": field}
        if field == "证件类型":
            rule["codes"] = {"01": "居民身份证", "02": "港澳台居民居住证", "99": "其他"}
        if format == "fixed-width":
            rule["at"] = [3 + at * width, 2 + (at + 1) * width]
        if format == "dbf":
            rule["width"] = width
    out: dict[str, Any] = {"columns": columns}
    if format in ("xml", "fixed-width"):
        out["record"] = "RE"
    if format == "fixed-width":
        out["length"] = 2 + len(fields) * width
    made = {"name": "p", "version": 1, "valid_from": date(2025, 1, 1), "format": format}
    if format not in ("xlsx", "xls"):
        made["encoding"] = "gb18030"
    return {**made, "forms": {}, "values": values, "out": {form: out}}


def made(format: str, form: str = "联系函", fields: dict[str, str] = FIELDS, **more: Any) -> tuple[Mapping, FormRule]:
    mapping = mapping_of(content(format, form, fields, **more))
    (rule,) = mapping.out
    return mapping, rule


@pytest.fixture(scope="module")
def folder() -> Any:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


NASTY = [
    *("𠮷", "䶮", "·", '"', "'", "=1+1", "+86", "-", "@", ",", ";", "|", "\n", "\r\n", "\r", "\t", " ", "<&>", "]]>"),
    *(
        "\\",
        "440000199107220023",
        "００１",
        "合成",
        "_x0041_",
        "\t#",
        "\x1a",
        "\u3000",
        "\ufeff",
        "\0",
        "\ud800",
        "\uffff",
    ),
    *("\ue7c7", "é", "1e5", "true", "null", "%", "\x85", "\u2028"),
]
TEXTS = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=3)), max_size=6).map("".join)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3))
@example(texts=[("合成𠮷一", '"a,b";=c|\n\r\nd')])
def test_what_is_written_is_read_back_as_it_was_or_is_told(
    folder: Path, format: str, texts: list[tuple[str, str]]
) -> None:
    mapping, form = made(format)
    rows = [{**ROW, "姓名": name, "经办机构地址": address} for name, address in texts]
    file = folder / f"{format}{SUFFIXES[format]}"
    file.unlink(missing_ok=True)
    try:
        write_out(file, mapping, form, rows)
    except DoesNotFitError:
        assert not file.exists()
    else:
        rules = {rule.field: rule for rule in form.columns}
        assert read_out(file, mapping, form) == [
            {field: plain(value, rules[field]) for field, value in row.items()} for row in rows
        ]
    assert not list(folder.glob("*.part"))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "name", ["合成𠮷一", "合成䶮·二", '"引号"', "=1+1", "+8600000000000", "-1", "6228480012345678901234", "<&>,;|"]
)
def test_rare_characters_and_signs_fit_everywhere(folder: Path, format: str, name: str) -> None:
    mapping, form = made(format)
    file = folder / f"rare{SUFFIXES[format]}"
    write_out(file, mapping, form, [{**ROW, "姓名": name}])
    assert read_out(file, mapping, form) == [{**ROW, "姓名": name}]


@pytest.mark.parametrize("format", [format for format in FORMATS if format != "xls"])
@pytest.mark.parametrize("unit", ["yuan", "wan-yuan", "fen"])
@settings(max_examples=10, deadline=None)
@given(fen=st.integers(0, 10**13), rate=st.integers(0, 10_000))
@example(fen=0, rate=0)
@example(fen=1, rate=800)
def test_amounts_come_back_to_the_fen_in_every_unit(folder: Path, format: str, unit: str, fen: int, rate: int) -> None:
    mapping, form = made(format, "信息表", SHEET, width=40, unit=unit)
    file = folder / f"sheet{SUFFIXES[format]}"
    row = {
        "转移业务号": ROW["转移业务号"],
        "年度": "2017",
        "缴费基数合计(元)": f"{fen // 100}.{fen % 100:02d}",
        "记账比例(%)": f"{rate // 100}.{rate % 100:02d}",
    }
    write_out(file, mapping, form, [row, {**row, "年度": "2018"}])
    assert read_out(file, mapping, form) == [row, {**row, "年度": "2018"}]


@pytest.mark.parametrize("days", ["YYYY-MM-DD", "YYYYMMDD", "YYYY/M/D", "YYYY.M.D", "YYYY年M月D日", "excel"])
def test_days_are_written_as_the_mapping_says_first(folder: Path, days: str) -> None:
    mapping, form = made("csv", dates=[days])
    file = folder / "days.csv"
    write_out(file, mapping, form, [ROW])
    written = file.read_text("gb18030").splitlines()[1]
    assert {"YYYYMMDD": "19910722", "YYYY/M/D": "1991/7/22"}.get(days, "1991") in written
    assert read_out(file, mapping, form) == [ROW]


def faults(mapping: Mapping, form: FormRule, file: Path, **fields: str) -> str:
    with pytest.raises(DoesNotFitError) as raised:
        write_out(file, mapping, form, [{**ROW, **fields}])
    assert not file.exists()
    assert not any(value in str(raised.value) for value in fields.values())
    return str(raised.value)


@pytest.mark.parametrize("format", ["fixed-width", "dbf"])
def test_what_is_too_wide_is_named_with_bytes_and_never_cut(tmp_path: Path, format: str) -> None:
    mapping, form = made(format, width=36)
    told = faults(mapping, form, tmp_path / "x", 姓名="合成" * 10, 经办机构地址="合成市样本路" * 4)
    assert told == (
        "NAME：需 40 字节，只有 36 字节；REMARK：需 48 字节，只有 36 字节"
        " / NAME: needs 40 bytes, and there are 36; REMARK: needs 48 bytes, and there are 36"
    )


@pytest.mark.parametrize(("encoding", "name", "at"), [("gbk", "合成𠮷", 3), ("gbk", "䶮", 1), ("gb2312", "合镕", 2)])
def test_a_character_that_an_older_encoding_lacks_is_named_and_never_a_question_mark(
    tmp_path: Path, encoding: str, name: str, at: int
) -> None:
    mapping = mapping_of({**content("csv", "联系函", FIELDS), "encoding": encoding})
    told = faults(mapping, mapping.out[0], tmp_path / "x.csv", 姓名=name)
    assert f"第 {at} 个字符 U+{ord(name[at - 1]):04X} 不在 {encoding.upper()} 中" in told
    write_out(tmp_path / "y.csv", mapping, mapping.out[0], [{**ROW, "姓名": "合成·一"}])


def test_other_limits_of_formats_are_named(tmp_path: Path) -> None:
    assert "超过 32767 个字符" in faults(*made("xlsx"), tmp_path / "x", 姓名="合" * 32_768)
    assert "_xNNNN_" in faults(*made("xlsx"), tmp_path / "x", 姓名="_x0041_")
    assert "U+0001" in faults(*made("xml"), tmp_path / "x", 姓名="合成\x01一")
    assert "是换行" in faults(*made("fixed-width"), tmp_path / "x", 姓名="合成\n一")
    assert "没有这个值的代码" in faults(*made("csv"), tmp_path / "x", 证件类型="护照")
    assert "不是日期" in faults(*made("csv"), tmp_path / "x", 出生日期="1991-02-30")
    assert "不允许 15 位" in faults(*made("csv"), tmp_path / "x", 社会保障号码="410000850101123")


def test_line_breaks_become_blanks_only_where_the_mapping_says_so(tmp_path: Path) -> None:
    mapping, form = made("fixed-width", line_breaks="blank")
    write_out(tmp_path / "x", mapping, form, [{**ROW, "经办机构地址": "合成市\r\n样本路"}])
    assert read_out(tmp_path / "x", mapping, form)[0]["经办机构地址"] == "合成市 样本路"


def test_numbers_of_fixed_width_are_filled_with_zeros_where_the_mapping_says_so(tmp_path: Path) -> None:
    shape = content("fixed-width", "信息表", SHEET, width=10, unit="fen")
    for column in ("YEAR", "BASE", "RATE"):
        shape["out"]["信息表"]["columns"][column]["zeros"] = True
    mapping = mapping_of(shape)
    rows = [
        {"转移业务号": "T1", "年度": "2017", "缴费基数合计(元)": "480.00", "记账比例(%)": "0.50"},
        {"转移业务号": "T2", "年度": "", "缴费基数合计(元)": "0.00", "记账比例(%)": ""},
    ]
    write_out(tmp_path / "x", mapping, mapping.out[0], rows)
    assert (tmp_path / "x").read_text().splitlines()[0] == "RET1        000000201700000480000000000.50"
    assert read_out(tmp_path / "x", mapping, mapping.out[0]) == rows
    shape["out"]["信息表"]["columns"]["ID"]["zeros"] = True
    assert problems(shape) == [("out.信息表.columns.ID.zeros", None)]


def test_a_workbook_has_titles_and_text_cells_and_no_formula(tmp_path: Path) -> None:
    shape = content(
        "xlsx", "信息表", {"序": "年度", "基数（万元）": "缴费基数合计(元)", "号": "转移业务号"}, unit="wan-yuan"
    )
    shape["out"]["信息表"] |= {"title_rows": 2, "sheet": "表一"}
    mapping = mapping_of(shape)
    row = {"年度": "2017", "缴费基数合计(元)": "21345.67", "转移业务号": "=1+1"}
    write_out(tmp_path / "a.xlsx", mapping, mapping.out[0], [row])
    sheet = load_workbook(tmp_path / "a.xlsx")["表一"]
    assert [[cell.value for cell in line] for line in sheet.iter_rows()] == [
        ["信息表", None, None],
        [None, None, None],
        ["序", "基数（万元）", "号"],
        ["2017", "2.134567", "=1+1"],
    ]
    assert {cell.data_type for line in sheet.iter_rows(min_row=3) for cell in line} == {"s"}
    assert read_out(tmp_path / "a.xlsx", mapping, mapping.out[0]) == [row]


def test_bytes_of_each_text_format(tmp_path: Path) -> None:
    row = {"转移业务号": "T1", "缴费基数合计(元)": "480.00", "年度": "2017", "记账比例(%)": ""}
    expected = {
        "csv": "\ufeffID;YEAR;BASE;RATE\r\nT1;2017;480.00;\r\n",
        "json-lines": '{"ID": "T1", "YEAR": 2017, "BASE": "480.00", "RATE": ""}\n',
        "fixed-width": "RET1        2017      480.00              \r\n",
        "xml": '<?xml version="1.0" encoding="utf-8"?>\n<DATA>\n<RE><ID>T1</ID><YEAR>2017</YEAR>'
        "<BASE>480.00</BASE><RATE></RATE></RE>\n</DATA>\n",
    }
    for format, text in expected.items():
        shape = {**content(format, "信息表", SHEET, width=10), "encoding": "utf-8"}
        if format == "csv":
            shape |= {"delimiter": ";", "bom": True}
        mapping = mapping_of(shape)
        write_out(tmp_path / format, mapping, mapping.out[0], [row])
        assert (tmp_path / format).read_bytes().decode() == text
        assert (tmp_path / format).stat().st_mode & 0o077 == 0


def problems(shape: dict[str, Any]) -> list[tuple[str, str | None]]:
    with pytest.raises(WrongMappingError) as raised:
        mapping_of(shape)
    return [(problem.path, problem.suggestion) for problem in raised.value.problems]


def test_every_mistake_of_the_way_back_is_told_at_once() -> None:
    fields = {"ID": "转移业务号", "NAME": "姓  名", "KIND": "证件类型", "BORN": "出生日期", "LONG": "户名"}
    shape = content("fixed-width", "联系函", fields, width=10)
    columns = shape["out"]["联系函"]["columns"]
    columns["KIND"]["codes"] = {"01": "居民身份正", "02": "其他", "03": "其他"}
    columns["BORN"]["at"] = [25, 40]
    columns["LONG"]["at"] = [50, 60]
    columns["LONG"]["optional"] = True
    shape["out"]["联系涵"] = shape["out"]["联系函"]
    shape["out"]["联系函"]["total"] = {"column": "ID", "text": "合计"}
    where = "out.联系函.columns"
    assert sorted(problems(shape)) == sorted(
        [
            ("out.联系涵", "联系函"),
            ("out.联系函.total", None),
            (f"{where}.LONG.optional", None),
            (f"{where}.NAME", "姓名"),
            (f"{where}.KIND.codes.01", "居民身份证"),
            (f"{where}.KIND.codes.03", None),
            (f"{where}.BORN.at", None),
            (f"{where}.LONG.at", None),
        ]
    )


def test_names_and_widths_of_dbf_and_xml_are_checked() -> None:
    dbf = content("dbf", "联系函", {"一个很长的列名": "转移业务号"})
    del dbf["out"]["联系函"]["columns"]["一个很长的列名"]["width"]
    where = "out.联系函.columns.一个很长的列名"
    assert problems(dbf) == [(where, None), (f"{where}.width", None)]
    xml = content("xml", "联系函", {"1号": "转移业务号"})
    xml["out"]["联系函"]["record"] = "A B"
    assert problems(xml) == [("out.联系函.columns.1号", None), ("out.联系函.record", None)]
    wide = content("dbf", "通知", {f"C{at}": field for at, field in enumerate(FIELDS_OF_NOTICES)}, width=254)
    wide["out"]["通知"]["columns"] |= {f"D{at}": {"field": "文书", "width": 254} for at in range(200)}
    assert ("out.通知.columns", None) in problems(wide)


def test_an_element_may_be_called_as_the_root_is(tmp_path: Path) -> None:
    shape = content("xml", "联系函", FIELDS)
    shape["out"]["联系函"]["record"] = "DATA"
    mapping = mapping_of(shape)
    write_out(tmp_path / "x.xml", mapping, mapping.out[0], [ROW])
    assert read_out(tmp_path / "x.xml", mapping, mapping.out[0]) == [ROW]


def test_every_message_has_a_form_and_every_field_one_meaning() -> None:
    names = {layout.name for layout in OUT_LAYOUTS}
    assert {form_for(message.NAME) for message in MESSAGES} | {"付款指令", "受理结果"} == names  # type: ignore[attr-defined]
    for layout in OUT_LAYOUTS:
        for field in (*layout.required, *layout.optional):
            kind = layout.kinds[field]
            assert (kind == "amount") == field.endswith("(元)"), field
            assert (kind == "rate") == field.endswith("(%)"), field
            assert (kind == "date") == (field.endswith(("日期", "到期日"))), field


def test_a_mapping_without_a_form_has_none() -> None:
    mapping, form = made("csv")
    assert out_form(mapping, "联系函") is form
    assert out_form(mapping, "信息表") is None
