"""Accesses as entries: each once, in order, whatever a place tells again; what it keeps back shows."""

from __future__ import annotations

from contextlib import closing

import pytest
from msgspec.structs import replace

from jinbao.platform.audit.statements.accesses import TooLong, gaps, last_number, listed, newest, take
from jinbao.platform.audit.statements.statements import append
from jinbao.platform.store.key_register import KeyStatement
from jinbao.platform.store.store import StoreError
from jinbao.platform.store.tables import tree_statements
from jinbao.schemas.accesses import LONGEST, Access
from tests.platform.audit.conftest import Recorded

AT = 1_740_000_000_000_000


def told(first: int, last: int, reason: str = "信访件") -> list[Access]:
    """What a place has recorded under those numbers."""
    return [
        Access(n, AT + n, "wang", "clerk", "page", "view", reason=reason, province="41", case=f"2025-41-{n:04}")
        for n in range(first, last + 1)
    ]


def test_what_is_told_twice_is_one_entry_and_what_is_kept_back_shows(copied: Recorded) -> None:
    with closing(copied.store()) as store:
        for first, last in ((1, 3), (2, 5), (8, 9)):
            with store.write() as work:
                assert take(work, "41/aa", told(first, last), AT) == last
                take(work, "44/bb", told(1, 1), AT)
        with store.read() as work:
            found = [(one.place, one.access.number) for one in listed(work.bulk)]
            assert [number for place, number in found if place == "41/aa"] == [1, 2, 3, 4, 5, 8, 9]
            assert gaps(work.bulk) == {"41/aa": [8]}
            assert (last_number(work.bulk, "41/aa"), last_number(work.bulk, "44/bb")) == (9, 1)
            assert [one.access.number for one in listed(work.bulk, since_us=AT + 9)] == [9]
            assert [one.access.number for one in listed(work.bulk, until_us=AT + 2, about={"2025-41-0001"})] == [1, 1]
    assert copied.code() is None


def test_pages_by_statement_tell_each_access_once_the_newest_first(copied: Recorded) -> None:
    with closing(copied.store()) as store:
        for first in range(1, 20, 2):
            with store.write() as work:
                take(work, "41/aa", told(first, first + 1), AT)
                take(work, "44/bb", [replace(one, province="44", user="li") for one in told(first, first + 1)], AT)
        with store.read() as work:
            found: list[tuple[str, int]] = []
            sizes, before = [], 2**53
            while before:
                page, following = newest(work.bulk, 5, before, user=None, about=frozenset(), province=None)
                found += [(one.access.province or "", one.access.number) for one in page]
                sizes.append(len(page))
                before = following or 0
            assert found == [(p, n) for top in range(20, 0, -2) for p in ("44", "41") for n in (top, top - 1)]
            assert set(sizes[:-1]) == {6}
            alone, _ = newest(work.bulk, 3, 2**53, user="wang", about=frozenset(), province="41")
            assert [one.access.number for one in alone] == [20, 19, 18, 17]
            assert newest(work.bulk, 3, 2**53, user=None, about=frozenset(), province="11") == ([], None)


def test_an_auditor_of_a_province_is_told_of_its_own_gaps_alone(copied: Recorded) -> None:
    with closing(copied.store()) as store:
        with store.write() as work:
            take(work, "41/aa", told(3, 4), AT)
            take(work, "44/bb", told(2, 2), AT)
        with store.read() as work:
            assert gaps(work.bulk) == {"41/aa": [3], "44/bb": [2]}
            assert (gaps(work.bulk, "44"), gaps(work.bulk, "11")) == ({"44/bb": [2]}, {})


def test_the_longest_are_split_so_that_each_entry_fits_and_no_number_is_in_them(copied: Recorded) -> None:
    number = "11010519491231002X"
    with closing(copied.store()) as store:
        with store.write() as work:
            take(work, "41/aa", told(1, 300, number + chr(34) * (LONGEST - len(number))), AT)
        with store.read() as work:
            assert len(list(listed(work.bulk, about={"2025-41-0300"}))) == 1
            rows = list(work.bulk.stream("SELECT body FROM tree_statements"))
            names = [column.name for column in tree_statements.columns]
            assert names[-1] == "body"
            assert max(len(body) for (body,) in rows) <= 40_000
            assert not [body for (body,) in rows if number in body]
    assert copied.code() is None


def test_what_no_entry_can_hold_is_not_taken_and_changes_nothing(copied: Recorded) -> None:
    with closing(copied.store()) as store:
        long = Access(2, AT, "wang", "clerk", "page", "view", relationships=["\1" * 64] * 200)
        with pytest.raises(TooLong), store.write() as work:
            take(work, "41/aa", [*told(1, 1), long], AT)
        step = KeyStatement("request_revocation", "41", "key", "wang", reason="长" * 30_000)
        with pytest.raises(StoreError, match="an entry of the log at most 65,535"), store.write() as work:
            append(work, "agency_key", step, AT)
        with store.read() as work:
            assert last_number(work.bulk, "41/aa") == 0
    assert copied.code() is None
