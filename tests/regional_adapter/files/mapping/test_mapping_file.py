"""A mapping file: every mistake is told at once, with its path and the nearest right spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinbao.regional_adapter.files.mapping.mapping_file import WrongMappingError, load_mapping, standard_mapping

GOOD = Path(__file__).parents[4] / "examples" / "provinces" / "csv-gb18030" / "mapping.toml"


def _problems(folder: Path, *changes: tuple[str, str]) -> dict[str, str | None]:
    text = GOOD.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "mapping.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(WrongMappingError) as error:
        load_mapping(file)
    return {problem.path: problem.suggestion for problem in error.value.problems}


def test_all_mistakes_are_told_at_once_with_the_nearest_spelling(tmp_path: Path) -> None:
    found = _problems(
        tmp_path,
        ('encoding = "gb18030"', 'encodng = "gb18030"'),
        ('["YYYY-MM-DD"]', '["YYYY-MM-D"]'),
        ('unit = "yuan"', 'unit = "yuna"'),
        ('"身份证号码" = "社会保障号码"', '"身份证号码" = "社保保障号码"'),
        ("version = 1", "version = 0"),
    )
    assert found == {
        "encodng": "encoding",
        "version": None,
        "values.dates[0]": "YYYY-MM-DD",
        "values.unit": "yuan",
        "forms.转移申请.columns.身份证号码": "社会保障号码",
    }


def test_a_column_whose_key_is_misspelt_is_told_once(tmp_path: Path) -> None:
    found = _problems(tmp_path, ('"户籍地" = "户籍省份"', '"户籍地" = { feild = "户籍省份" }'))
    assert found == {"forms.转移申请.columns.户籍地.feild": "field"}


def test_of_two_fields_as_near_the_columns_own_name_is_meant(tmp_path: Path) -> None:
    found = _problems(
        tmp_path,
        (
            '"联系函版次" = "联系函版次"\n"身份证号码" = "社会保障号码"\n"姓名" = "姓名"',
            '"联系函版次" = "联系函版次"\n"身份证号码" = "社会保障号码"\n"姓名" = "性名"',
        ),
    )
    assert found == {"out.联系函.columns.姓名": "姓名"}


@pytest.mark.parametrize(
    ("old", "new", "path", "suggestion"),
    [
        ("valid_from = 2025-01-01\n", "", "valid_from", None),
        ('"csv"', '"cvs"', "format", "csv"),
        ("version = 1", 'version = "2"', "version", "2"),
        ("version = 1", 'version = "-2"', "version", None),
        ("valid_from = 2025-01-01", 'valid_from = "2025-01-01"', "valid_from", "2025-01-01"),
        ('format = "csv"', 'format = "csv"\nmixed = "true"', "mixed", "true"),
        ('format = "csv"', 'format = "csv"\nmixd = true', "mixd", "mixed"),
        ('encoding = "gb18030"', 'encoding = "gb18031"', "encoding", "gb18030"),
        ('[forms."转移申请"]', '[forms."转移申清"]', "forms.转移申清", "转移申请"),
        ('"姓名" = "姓名"', '"姓名" = "社会保障号码"', "forms.转移申请.columns.姓名", None),
        ('"姓名" = "姓名"\n', "", "forms.转移申请.columns", "姓名"),
        ('"姓名" = "姓名"', '"姓名" = { field = "姓名", unit = "fen" }', "forms.转移申请.columns.姓名.unit", None),
        (
            '"姓名" = "姓名"',
            '"姓名" = { field = "姓名", optinal = true }',
            "forms.转移申请.columns.姓名.optinal",
            "optional",
        ),
        ('ignored = ["序号"]', "ignored = 1", "forms.转移申请.ignored", None),
        ("[values]", "[values", "", None),
        (
            '"证件类型" = "证件类型"',
            '"证件类型" = { field = "证件类型", codes = { "01" = "居民身分证" } }',
            "forms.转移申请.columns.证件类型.codes.01",
            "居民身份证",
        ),
        (
            '"办理环节" = "办理事项"',
            '"办理环节" = { field = "办理事项", codes = { "12" = "发出联系涵" } }',
            "forms.办理决定.columns.办理环节.codes.12",
            "发出联系函",
        ),
        (
            '"调动" = "调动"',
            '"调动" = { field = "调动", codes = { "1" = "试" } }',
            "forms.转移申请.columns.调动.codes.1",
            None,
        ),
        (
            'ignored = ["序号"]\n\n[forms."转移申请".columns]\n',
            'constants = { "调动" = "无" }\n[forms."转移申请".columns]\n',
            "forms.转移申请.constants.调动",
            None,
        ),
    ],
)
def test_each_mistake_is_told_where_it_stands(
    tmp_path: Path, old: str, new: str, path: str, suggestion: str | None
) -> None:
    found = _problems(tmp_path, (old, new))
    assert found[path] == suggestion


def test_tables_nested_without_end_are_a_mistake_like_others(tmp_path: Path) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text("a = " + "[" * 5_000, "utf-8")
    with pytest.raises(WrongMappingError):
        load_mapping(file)


def test_gb2312_and_gbk_are_read_as_gb18030(tmp_path: Path) -> None:
    for name in ("gb2312", "GBK", "gb18030"):
        file = tmp_path / "mapping.toml"
        file.write_text(GOOD.read_text("utf-8").replace('"gb18030"\n', f'"{name}"\n', 1), "utf-8")
        assert load_mapping(file).encoding == "gb18030"


def test_the_platforms_own_forms_are_a_mapping_like_a_provinces() -> None:
    assert [form.layout.name for form in standard_mapping().forms] == [
        "转移申请",
        "缴费历史",
        "到账回单",
        "身份更正",
        "办理决定",
    ]
