"""The adapter's TOML file: the examples are good, and a bad one is named by file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinbao.regional_adapter.adapter_config import ConfigError, load_adapter_config

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("province", ["41", "44"])
def test_the_examples_are_good(province: str) -> None:
    config = load_adapter_config(EXAMPLES / f"adapter-{province}.toml", province)
    assert config.desk.auto
    assert "合成" in config.agency.name


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('postcode = "450000"', 'postcode = "45000"', "agency.postcode"),
        ("auto = true", 'auto = "yes"', "desk.auto"),
        ('operator = "auto-desk-41"', 'operator = ""', "desk.operator"),
        ('operator = "auto-desk-41"', 'operator = "  "', "desk.operator"),
        ('operator = "auto-desk-41"', 'operator = "a\\u001b[2J"', "desk.operator"),
        ("[files]", "[file]", "file：没有这一项；可有 province, agency, desk, files"),
        ('province = "41"', 'province = "71"', "province"),
        ('province = "41"', "province = ", "TOML"),
    ],
)
def test_a_bad_file_is_named_with_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    file = tmp_path / "adapter.toml"
    text = (EXAMPLES / "adapter-41.toml").read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")

    with pytest.raises(ConfigError) as error:
        load_adapter_config(file, "41")

    assert "adapter.toml" in str(error.value)
    assert key in str(error.value)
