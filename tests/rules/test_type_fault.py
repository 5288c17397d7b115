"""Faults: msgspec says whether a value fits a type, the walk over the type says where it does not and what may be."""

from __future__ import annotations

from typing import Any

import pytest

from jinbao.rules.benefit_place import BenefitPlaceForm
from jinbao.rules.type_fault import fault_in


@pytest.mark.parametrize(
    ("form", "path", "zh", "en"),
    [
        ({}, "hukou", "缺这一项", "is missing"),
        ([], "", "应为一组项", "expected a record of fields"),
        ({"hukuo": 1}, "hukuo", "没有这一项；可有 hukou, ", "no such field; known are hukou, "),
        ({"hukou": 3}, "hukou", "3：应为文字或列表", "3: expected a text or a list"),
        ({"hukou": [{"province": "41", "since": "x"}]}, "hukou[0].since", "'x'：应为日期，如 ", "'x': expected a day "),
        (
            {"hukou": None, "places": [{"province": "41", "months": -1}]},
            "places[0].months",
            "-1：应为不小于 0 的整数",
            "-1: expected a whole number of at least 0",
        ),
    ],
)
def test_path_value_and_what_is_allowed_are_told_in_both_languages(form: Any, path: str, zh: str, en: str) -> None:
    whole = {"current": "41", "places": []} | form if form else form
    fault = fault_in(whole, BenefitPlaceForm)
    assert fault is not None
    told = fault.words_with_value
    assert (fault.path, told[0].startswith(zh), told[1].startswith(en)) == (path, True, True), (fault.path, told)
