"""The catalogue of subjects refuses what is missing or doubled, and names it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from jinbao.platform.aggregates import subjects
from jinbao.platform.aggregates.catalogue import (
    FACT_RULES,
    FACTS,
    IN_ORDER,
    RULES,
    SUBJECTS,
    WITHOUT_RULE,
    CatalogueError,
    by_fact,
    by_message,
    rules_of,
    subjects_in,
)
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.subjects import arrears, mismatch, suspension
from jinbao.schemas import messages as m

ALL = rules_of(SUBJECTS)


def test_every_file_of_a_subject_is_listed_once():
    files = {path.stem for path in Path(subjects.__path__[0]).glob("*.py")} - {"__init__"}
    read = [subject.__name__.rpartition(".")[2] for subject in SUBJECTS]
    assert sorted(read) == sorted(files)
    assert read[: len(IN_ORDER)] == list(IN_ORDER)


def test_a_subject_that_is_not_listed_follows_the_others_by_name():
    read = subjects_in(subjects.__path__, subjects.__name__, ["payment", "mismatch"])
    names = [subject.__name__.rpartition(".")[2] for subject in read]
    assert names[:2] == ["payment", "mismatch"]
    assert names[2:] == sorted(names[2:])
    assert set(read) == set(SUBJECTS)


@pytest.mark.parametrize("order", [["payment", "paiment"], ["payment", "payment"]])
def test_a_subject_that_is_listed_twice_or_has_no_file_is_refused(order):
    with pytest.raises(CatalogueError, match=rf"subjects\.{order[1]}: is listed twice, or has no file$"):
        subjects_in(subjects.__path__, subjects.__name__, order)


def test_two_messages_of_one_name_and_one_without_a_name_are_refused():
    for twin in (m.ArrearsSettled, m.Submission):
        with pytest.raises(TypeError, match=rf"{twin.__name__}: its NAME '{twin.NAME}' is empty or another's$"):
            m.by_name([*m.SUBMISSIONS, twin])


def test_every_released_message_has_its_rule_or_a_reason_for_none():
    assert RULES.keys() | WITHOUT_RULE.keys() == set(m.SUBMISSIONS)
    assert not RULES.keys() & WITHOUT_RULE.keys()
    assert set(FACTS.values()) == FACT_RULES.keys()


def test_messages_and_facts_of_a_subject_stand_in_files_of_one_name():
    for rule in ALL:
        assert rule.message.__module__.rpartition(".")[2] == rule.fact.__module__.rpartition(".")[2], rule.message


def test_a_released_message_without_a_rule_is_refused():
    fewer = [rule for rule in ALL if rule.message is not m.ArrearsSettled]
    with pytest.raises(CatalogueError, match=r"^ArrearsSettled: is released, and no subject has a rule for it$"):
        by_message(fewer, m.SUBMISSIONS)


def test_two_rules_for_one_message_are_refused():
    with pytest.raises(CatalogueError, match=r"^ArrearsReported: has two rules$"):
        by_message([*ALL, arrears.RULES[0]], m.SUBMISSIONS)


def test_a_fact_without_a_rule_is_refused():
    class Unheard(Fact, frozen=True, kw_only=True):
        TOPIC: ClassVar[str] = "unheard"

    with pytest.raises(CatalogueError, match=r"^Unheard: no subject has a rule for it$"):
        by_fact(ALL, [Unheard])


def test_two_rules_for_one_fact_are_refused():
    with pytest.raises(CatalogueError, match=r"^MismatchReported: has two rules$"):
        by_fact([*ALL, mismatch.RULES[0]], [])


def test_two_facts_under_one_stored_name_are_refused():
    class Impostor(Fact, frozen=True, kw_only=True):
        TOPIC: ClassVar[str] = "mismatch-reported"

    with pytest.raises(CatalogueError, match=r"^Impostor: is stored as 'mismatch-reported', like MismatchReported$"):
        by_fact([*ALL, replace(arrears.RULES[0], fact=Impostor)], [])


def test_a_subject_without_rules_is_refused():
    with pytest.raises(CatalogueError, match=r"^empty: has no RULES$"):
        rules_of([SimpleNamespace(__name__="empty")])


def test_a_rule_for_the_fact_of_another_subject_is_refused():
    with pytest.raises(CatalogueError, match=r"^lost: ArrearsReported belongs to .*\.arrears$"):
        rules_of([SimpleNamespace(__name__="lost", RULES=arrears.RULES)])


def test_a_fact_of_either_side_that_may_be_annulled_says_who_may():
    nobody = replace(suspension.RULES[0], reported_by=None)
    with pytest.raises(CatalogueError, match=r"^TransferFrozen: either side sends it, and nobody says which"):
        rules_of([SimpleNamespace(__name__=suspension.__name__, RULES=(nobody,))])
