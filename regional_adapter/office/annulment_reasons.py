"""Why a document of an agency's own is taken back: a code with a short remark, told to the platform as one text."""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.language.words import Words

ANNULMENT_REASONS: Mapping[str, Words] = {
    "typing_error": ("录入有误", "typed wrongly"),
    "wrong_case": ("报在了别的业务上", "said of another case"),
    "too_early": ("尚不具备条件", "said too early"),
    "wrong_basis": ("依据的材料有误", "rested on a wrong document"),
    "withdrawn_by_person": ("本人撤回", "the person has withdrawn it"),
    "other": ("其他（请备注）", "another reason: say which"),
}


def reason_text(code: str, remark: str) -> str:
    """The reason as the annulment says it: the code's words, then the remark. Raises KeyError for another code.

    Raises ValueError where the remark is missing that must say everything.
    """
    words = ANNULMENT_REASONS[code][0]
    remark = remark.strip()
    if code == "other":
        if not remark:
            raise ValueError(code)
        return remark
    return f"{words}：{remark}" if remark else words
