"""Bank accounts on both databases: statements taken in, their read model followed and built anew."""

from __future__ import annotations

import hashlib
from contextlib import closing
from datetime import date
from uuid import UUID

from support.bank_messages import ACCOUNT, REFERENCE, annulled, booked, confirmed, entry, opened, unexplained
from support.rows import rows

from jinbao.bus.interface import BusRecord
from jinbao.bus.packed_headers import pack_headers
from jinbao.platform.ingest.arrival import Arrival
from jinbao.platform.ingest.batch import write_batch
from jinbao.platform.ingest.case_cache import Cases
from jinbao.platform.ingest.intake import Intake
from jinbao.platform.national_platform import law_in_force
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections.bank_accounts import (
    PROJECTION,
    accounts,
    booked_entries,
    first_day_changed,
    officers_words,
    statement_days,
)
from jinbao.platform.projections.bank_findings import PROJECTION as FINDINGS
from jinbao.platform.projections.catalogue import PROJECTIONS
from jinbao.platform.projections.found_breaks import Standing, is_taken_elsewhere, standing
from jinbao.platform.projections.runner import Runner
from jinbao.platform.projections.statement_matching import Scope
from jinbao.platform.projections.statement_reconciliation import reconcile_statements
from jinbao.platform.reconciling.progress import Progress, keep_progress, kept_progress, progress_change, reconciled_to
from jinbao.platform.reconciling.scope import touched
from jinbao.platform.store.store import Store
from jinbao.rules.working_days import load_working_days
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.headers import record_key
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, BankMessage
from jinbao.schemas.messages.bank import BookedPayment
from jinbao.simulator.digest import nation_digest


def arrived(offset: int, message: BankMessage) -> Arrival:
    data = encode(message)
    headers = pack_headers(headers_for(message, data))
    record = BusRecord(SUBMISSIONS_TOPIC, 0, offset, record_key(message.envelope), data, headers, 10 + offset)
    return Arrival(record, 10 + offset, message, hashlib.sha256(data).digest()[:16], None)


def take_in(store: Store, first: int, *messages: BankMessage) -> list[Outcome]:
    """Judge messages as ingest does, with nothing in memory, and write what came of them."""
    arrivals = [arrived(first + number, message) for number, message in enumerate(messages)]
    cases = Cases()
    with store.read() as work:
        cases.load(work, {arrival.record.key: 0 for arrival in arrivals}, 1)
        batch = Intake(cases, law_in_force(), lambda case, known: b"", work.forwarded_at).judge(arrivals)
    with store.write() as work:
        write_batch(work, batch, {0: (first, first + len(arrivals))}, 20 + first)
    return [row.outcome for row in batch.rows]


def models(store: Store) -> list[list[tuple[object, ...]]]:
    tables = (*PROJECTION.tables, *FINDINGS.tables)
    return [sorted(map(tuple, rows(store, f"SELECT * FROM {table.name}")), key=repr) for table in tables]


def test_statements_are_taken_in_behind_each_other_and_the_read_model_is_their_fold(store: Store) -> None:
    taken, refused = Outcome.ACCEPTED, Outcome.REJECTED
    first, second = booked(1, 500, entry(1, 20), entry(2, -70)), booked(2, 450, entry(3, 1))
    assert take_in(store, 0, opened(), first, booked(3, 451)) == [taken, taken, refused]
    with closing(Runner(store, (PROJECTION, FINDINGS))) as runner:
        runner.catch_up()
        assert take_in(store, 3, first, second) == [Outcome.DUPLICATE, taken], "also with nothing in memory"
        runner.catch_up()
        followed = models(store)
        runner.rebuild()
    assert models(store) == followed
    with store.read() as work:
        (account,) = accounts(work)
        assert account[:5] == (ACCOUNT, "41", "in", 500, 451)
        assert (str(account.statements_to), account.entries) == ("2025-04-30", 3)
        found = list(booked_entries(work, ACCOUNT))
        assert [(of, one.amount_fen) for of, one in found] == [(ACCOUNT, 20), (ACCOUNT, -70), (ACCOUNT, 1)]
        assert found[0][1].payments[0].payment_references == (REFERENCE,)
        assert list(booked_entries(work)) == found
        assert not list(booked_entries(work, UUID(int=5)))
        assert [str(day) for _, *days in statement_days(work) for day in days] == ["2025-04-01", "2025-04-30"] * 2


def test_an_officers_word_is_followed_and_everything_is_explained_on_both_databases(store: Store) -> None:
    unnamed = entry(1, 20, payments=[BookedPayment(payment_references=[])])
    taken = Outcome.ACCEPTED
    said = (opened(), booked(1, 500, unnamed), unexplained(10, 1, REFERENCE))
    words = (confirmed(11, 1), confirmed(12, 1), annulled(13, 1), confirmed(14, 1))
    assert take_in(store, 0, *said, *words) == [taken, taken, taken, taken, Outcome.REJECTED, taken, taken]
    with closing(Runner(store, PROJECTIONS)) as runner:
        runner.catch_up()
        followed = models(store)
        runner.rebuild()
    assert models(store) == followed
    with store.read() as work:
        found = reconcile_statements(work, date(2025, 4, 30), load_working_days())
        assert [word.payment_reference for word in officers_words(work).values()] == [REFERENCE]
    assert [one.kind for one in found.breaks()] == ["unmatched_bank"], "nobody has reported that payment"
    assert [one.unexplained_fen for one in found.accounts()] == [0]


def test_a_statement_whose_place_another_takes_counts_no_more(store: Store) -> None:
    messages = [opened(), booked(1, 0, entry(1, 5), entry(2, 1)), booked(2, 6, entry(3, 1))]
    take_in(store, 0, *messages)
    before = nation_digest(store)
    take_in(store, 3, booked(3, 0, entry(4, 6), replaces=(1).to_bytes(16)))
    assert nation_digest(store) != before
    with closing(Runner(store, (PROJECTION,))) as runner:
        runner.catch_up()
    with store.read() as work:
        assert [row[3:5] + row[6:] for row in accounts(work)] == [(0, 7, 2)]
        assert sorted(one.amount_fen for _, one in booked_entries(work)) == [1, 6]
        assert len(list(statement_days(work))) == 2


def test_how_far_reconciling_has_come_is_kept_and_gone_on_from_on_both_databases(store: Store) -> None:
    take_in(store, 0, opened(), booked(1, 500, entry(1, 20)))
    with closing(Runner(store, PROJECTIONS)) as runner:
        runner.catch_up()
    first = (1).to_bytes(16)
    before = Progress(1, date(2025, 4, 30), Scope({REFERENCE}, {(9).to_bytes(16)}))
    after = Progress(2, date(2025, 5, 1), Scope(set(), {first}))
    with store.write() as work:
        keep_progress(work, before, progress_change(work, before))
        assert kept_progress(work) == before
        keep_progress(work, after, progress_change(work, after))
    with store.read() as work:
        assert (kept_progress(work), reconciled_to(work)) == (after, 2)
        assert (first_day_changed(work, 1), first_day_changed(work, 2)) == (True, False)
        assert set(touched(work, Scope(set(), set()), 1, before.day).entries) == {first}
        assert standing(work, ACCOUNT) == Standing(0, 0, 0)
        assert not is_taken_elsewhere(work, first, REFERENCE)
