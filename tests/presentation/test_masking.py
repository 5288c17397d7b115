"""Masking: what a name or number keeps, and that nothing else of a person is told."""

from __future__ import annotations

from datetime import date

import pytest

from jinbao.presentation.masking import masked_field, masked_name, masked_number


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("", ""),
        ("  ", ""),
        ("张", "*"),
        ("张三", "张*"),
        ("张三丰", "张*"),
        ("欧阳娜娜", "欧*"),
        ("阿卜杜拉·买买提", "阿*"),
        ("𠮷田", "𠮷*"),
        ("䶮某", "䶮*"),
        (" John Smith ", "J*"),
    ],
)
def test_of_a_name_stays_its_first_character_whatever_its_length(name, masked):
    assert masked_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("440524188001010014", "4405**********0014"),
        ("44052418800101001X", "4405**********001X"),
        ("440524880101001", "4405*******1001"),
        ("", ""),
        ("H12345678", "*********"),
        ("13800138000", "***********"),
        ("6222020200112233445", "*******************"),
    ],
)
def test_of_an_identity_number_stay_four_at_either_end_and_of_another_nothing(number, masked):
    assert masked_number(number) == masked


def test_every_other_field_of_a_person_is_hidden_whole():
    assert masked_field("address", "郑州市金水区 1 号") == "*"
    assert masked_field("telephone", "13800138000") == "*"
    assert masked_field("birth", date(1980, 1, 1)) == "*"
    assert masked_field("employer_name", None) is None
    assert masked_field("name", "张三") == "张*"
    assert masked_field("sex", "1") == "1"
