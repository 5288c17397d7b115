"""What the office cannot do, in the words of a page: no names that only the command line takes."""

from __future__ import annotations

from jinbao.language.words import Translator
from jinbao.regional_adapter.office.draft import OfficeError
from jinbao.web.province.errors import faults_of

EN = Translator("en")


def test_what_cannot_be_done_now_is_told_without_the_command_lines_names():
    (fault,) = faults_of(EN, OfficeError("NOT_POSSIBLE", "complete", "pass-review, return-letter"), "TransferCompleted")
    assert fault.text == "this cannot be done now: the case is another than it was"


def test_a_field_that_the_form_does_not_have_is_told_at_its_name():
    (fault,) = faults_of(EN, OfficeError("UNKNOWN_FIELD", "colour", ""), "TransferCompleted")
    assert (fault.field, fault.text) == ("colour", "the form has no such field")
