"""Turns a form into a PDF: selectable text, PDF/UA-1, the same bytes for the same value."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock

import msgspec
import typst

from jinbao.language.words import BilingualError
from jinbao.views.law_forms import FormName, LawForm
from jinbao.web.page import File

_TEMPLATE = Path(__file__).parent / "form.typ"
_FONTS = Path(str(files("noto_cjk_sans_otc")))
_MISSING = re.compile(r'the text `"(.*?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_TURN = Lock()
"""One compiler for all requests: it keeps fonts and template, and works for one at a time."""


class MissingGlyph(BilingualError):
    """A character that the font does not have: no form is made, since it would vanish from the paper."""

    status = 422


class FormQuery(msgspec.Struct, frozen=True):
    """Which form of which case is made."""

    transfer: str
    form: FormName
    version: int | None = None
    """Of letter or sheet; the one that counts now unless given."""


def form_file(query: FormQuery, content: bytes) -> File:
    """The file that a browser is given; its name says nothing of the person."""
    version = "" if query.version is None else f"-{query.version}"
    return File(f"{query.transfer[:8]}-{query.form}{version}.pdf", content)


def pdf(form: LawForm) -> bytes:
    """The form as PDF. Raises MissingGlyph."""
    return compiled(_TEMPLATE, msgspec.json.encode(form).decode())


def compiled(template: Path, data: str) -> bytes:
    """A template's PDF of JSON data. Raises MissingGlyph."""
    with _TURN:
        try:
            compiler = _compiler(template)
            made = compiler.compile(sys_inputs={"form": data}, format="pdf", pdf_standards=["ua-1"], timestamp=0)
        except typst.TypstError as error:
            said = "".join(_MISSING.findall(error.diagnostic))
            missing = set(_ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), said))
            if not missing:
                raise
            code_points = ", ".join(f"U+{ord(character):04X}" for character in sorted(missing))
            raise MissingGlyph(
                f"字库没有下列字，不能出具表单：{code_points}",
                f"the form cannot be made: the font lacks the characters {code_points}",
            ) from None
    assert isinstance(made, bytes)
    return made


@cache
def _compiler(template: Path) -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FONTS])
    return typst.Compiler(template, root=template.parent, font_paths=fonts, ignore_system_fonts=True)
