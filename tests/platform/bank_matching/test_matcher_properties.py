"""Properties of matching: any order, each planted fault is one break of its kind, and every change is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings, strategies as st
from support.bank_world import AS_OF, MONDAY, BankWorld, account_id, shuffled

from jinbao.platform.bank_matching.candidates import CANDIDATE_WORKING_DAYS
from jinbao.platform.bank_matching.values import AccountKind, BookedEntry, EntryPayment, Matching
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.rules.working_days import load_working_days

PROVINCES = ("41", "44", "65")
KINDS: tuple[AccountKind, ...] = ("in", "out", "fiscal")
ONE_DAY = timedelta(days=1)
Plant = Callable[[BankWorld, int], None]


def _paid(world: BankWorld, fen: int) -> None:
    world.book_both(world.pay(fen))


def _split(world: BankWorld, fen: int) -> None:
    reference = world.pay(fen)
    world.book_both(reference, credit=False)
    world.book("44", "in", fen - 1, reference, on=MONDAY + ONE_DAY)
    world.book("44", "in", 1, reference, on=MONDAY + 2 * ONE_DAY)


def _batch(world: BankWorld, fen: int) -> None:
    world.book_both(world.pay(fen, fen + 1, fen))


def _allocated(world: BankWorld, fen: int) -> None:
    references = [world.pay(fen), world.pay(fen + 7)]
    for reference in references:
        world.book_both(reference, credit=False)
    world.book("44", "in", 2 * fen + 7, details=tuple(EntryPayment((reference,)) for reference in references))


def _bounced(world: BankWorld, fen: int) -> None:
    reference = world.pay(fen, received=False, bounced_fen=fen)
    world.book_both(reference, credit=False)
    world.book("41", "out", fen, reference, on=MONDAY + 3 * ONE_DAY)


def _own(world: BankWorld, fen: int) -> None:
    world.book("44", "in", -fen, entry_class="own")
    world.book("44", "fiscal", fen, entry_class="own")
    world.book("44", "fiscal", -50, entry_class="charge")


SOUND: tuple[Plant, ...] = (_paid, _split, _batch, _allocated, _bounced, _own)


def _mistyped(world: BankWorld, fen: int) -> None:
    world.book_both(world.pay(fen), debit=False)
    world.book("41", "out", -fen, counterpart=account_id("44", "in"))


def _not_executed(world: BankWorld, fen: int) -> None:
    world.pay(fen, received=False)


def _under(world: BankWorld, fen: int) -> None:
    reference = world.pay(fen)
    world.book_both(reference, credit=False)
    world.book("44", "in", fen - 1, reference)


def _over(world: BankWorld, fen: int) -> None:
    reference = world.pay(fen)
    world.book_both(reference, debit=False)
    world.book("41", "out", -fen - 1, reference)


def _double(world: BankWorld, fen: int) -> None:
    reference = world.pay(fen)
    world.book_both(reference)
    world.book("41", "out", -fen, reference, on=MONDAY + ONE_DAY)


def _unknown(world: BankWorld, fen: int) -> None:
    world.book("44", "in", fen, make_payment_reference(f"77{fen}"), counterpart=account_id("41", "out"))


def _wrong_account(world: BankWorld, fen: int) -> None:
    reference = world.pay(fen, received=False)
    world.book_both(reference, credit=False)
    world.book("44", "fiscal", fen, reference, on=MONDAY + ONE_DAY)


def _wrong_batch(world: BankWorld, fen: int) -> None:
    reference = world.pay(fen, fen)
    world.book_both(reference, credit=False)
    world.book("44", "in", fen, reference)


def _late(world: BankWorld, fen: int) -> None:
    world.book_both(world.pay(fen, received=False), credit=False)


def _returned(world: BankWorld, fen: int) -> None:
    reference = world.pay(fen, received=False)
    world.book_both(reference, credit=False)
    world.book("41", "out", fen, reference, on=MONDAY + 2 * ONE_DAY)


def _missing(world: BankWorld, fen: int) -> None:
    world.without_statement_of(account_id("65", KINDS[fen % 3]), MONDAY + fen % 5 * ONE_DAY)


FAULTS: dict[str, Plant] = {
    "unmatched_bank": _mistyped,
    "unmatched_ledger": _not_executed,
    "under": _under,
    "over": _over,
    "duplicate": _double,
    "unknown_reference": _unknown,
    "wrong_account": _wrong_account,
    "batch_mismatch": _wrong_batch,
    "late_in_transit": _late,
    "returned": _returned,
    "missing_statement": _missing,
}
FEN = st.integers(100, 5_000_000)
PLANS = st.lists(st.tuples(st.one_of(st.sampled_from(SOUND), st.sampled_from(sorted(FAULTS))), FEN), max_size=25)
CHEAP = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(PLANS)
@CHEAP
def test_each_planted_fault_is_one_break_of_its_kind_and_nothing_else_is(plan: list[tuple[Plant | str, int]]) -> None:
    world = BankWorld()
    planted: Counter[str] = Counter()
    for place, (plant, fen) in enumerate(plan):
        distinct_fen = fen * 100 + place  # two equal ones would be candidates of each other
        if isinstance(plant, str):
            planted[plant] = 1 if plant == "missing_statement" else planted[plant] + 1
            FAULTS[plant](world, fen if plant == "missing_statement" else distinct_fen)
        else:
            plant(world, distinct_fen)
    expected = {**planted}
    missing = sum(len(account.statements) - 1 for account in world.accounts.values())
    if missing:
        expected["missing_statement"] = missing
    assert Counter(world.broken()) == expected


def _messy_world(data: st.DataObject) -> BankWorld:
    """Few amounts, few days, few payments, and entries that name some, several, none or unknown ones."""
    world = BankWorld(as_of=data.draw(st.sampled_from([MONDAY, MONDAY + 4 * ONE_DAY, AS_OF])))
    amounts, days = st.integers(1, 3), st.integers(0, 3)
    known = []
    for _ in range(data.draw(st.integers(1, 4))):
        payer, payee = data.draw(st.permutations(PROVINCES))[:2]
        lines = data.draw(st.lists(amounts, min_size=1, max_size=3))
        received, ordered = data.draw(st.sampled_from([(True, True), (False, True), (True, False)]))
        day = MONDAY + data.draw(days) * ONE_DAY
        bounced = lines[-1] if ordered and data.draw(st.booleans()) else 0
        made = world.pay(
            *lines, payer=payer, payee=payee, on=day, received=received, ordered=ordered, bounced_fen=bounced
        )
        known.append(made)
    for payment in world.payments:
        for _ in range(data.draw(st.integers(0, 3))):  # entries that name one payment, where it belongs, often alike
            side = data.draw(st.sampled_from(sorted(payment.sides.values(), key=lambda side: side.role)))
            fen = data.draw(st.sampled_from([side.amount_fen, side.amount_fen, -side.amount_fen, 1, -1]))
            world.book(*side.at, fen or 1, payment.reference, on=MONDAY + data.draw(days) * ONE_DAY)
    names = st.sampled_from([*known, make_payment_reference("123123123")])
    for _ in range(data.draw(st.integers(0, 12))):
        details = tuple(
            EntryPayment(
                tuple(data.draw(st.lists(names, max_size=2))),
                data.draw(st.one_of(st.none(), amounts)),
                data.draw(st.sampled_from([None, account_id("41", "out"), account_id("44", "in")])),
            )
            for _ in range(data.draw(st.integers(1, 2)))
        )
        world.book(
            data.draw(st.sampled_from(PROVINCES)),
            data.draw(st.sampled_from(KINDS)),
            data.draw(st.sampled_from([-3, -2, -1, 1, 2, 3, 4])),
            on=MONDAY + data.draw(days) * ONE_DAY,
            entry_class=data.draw(st.sampled_from(["other", "other", "other", "charge", "own"])),
            details=details,
        )
    if world.entries and data.draw(st.booleans()):
        world.confirmed[data.draw(st.sampled_from(world.entries)).id] = data.draw(names)
    return world


@given(st.data())
@settings(parent=CHEAP, max_examples=50)
def test_any_order_of_arrival_leaves_the_same(data: st.DataObject) -> None:
    world = _messy_world(data)
    order = data.draw(st.permutations(range(30)))
    assert shuffled(world, order).match() == world.match()


@given(st.data())
@CHEAP
def test_every_fen_of_every_account_is_explained_in_any_mess(data: st.DataObject) -> None:
    assert [figures.unexplained_fen for figures in _messy_world(data).figures(500)] == [0] * 9


@given(st.data())
@settings(parent=CHEAP, max_examples=40)
def test_candidates_are_those_of_a_plain_search(data: st.DataObject) -> None:
    world = _messy_world(data)
    matching = world.match()
    calendar = load_working_days()
    entries = {entry.id: entry for entry in world.entries}
    open_sides = {*matching.awaited, *matching.proposed}
    open_sides |= {s for b in matching.breaks if b.anchor in b.sides and not b.entries for s in b.sides}
    for found in matching.breaks:
        if found.kind != "unmatched_bank" or found.sides:
            continue
        entry = entries[found.entries[0]]
        others = {world.accounts.get(payment.counterpart or b"") for payment in entry.payments}
        other = others.pop() if len(others) == 1 else None
        plain = []
        for payment in world.payments:
            for side in payment.sides.values():
                far = abs(calendar.between(payment.ordered_on, entry.booked_on)) > CANDIDATE_WORKING_DAYS
                here = world.accounts[entry.account]
                opposite = payment.payer if side.role == "credit" else payment.payee
                alike = side.amount_fen == entry.amount_fen and side.at == (here.province, here.kind) and not far
                if alike and side.key in open_sides and other and other.province == opposite and not found.references:
                    plain.append(payment.reference)
        plain += _whose_money_left_by(world, entry, matching) if not found.references else []
        assert sorted(found.candidates) == sorted(set(plain))


def _whose_money_left_by(world: BankWorld, entry: BookedEntry, matching: Matching) -> list[str]:
    """The payments whose money is on an account of the province where it does not belong, by a plain search."""
    entries, calendar = {one.id: one for one in world.entries}, load_working_days()
    here = world.accounts[entry.account].province
    references = []
    for found in matching.breaks:
        wrong = entries[found.entries[0]] if found.kind == "wrong_account" else None
        if wrong is None or (found.province, wrong.amount_fen) != (here, -entry.amount_fen):
            continue
        if {payment.counterpart for payment in wrong.payments} == {payment.counterpart for payment in entry.payments}:
            ordered = {one.reference: one.ordered_on for one in world.payments if one.reference in found.references}
            near = (
                r for r, day in ordered.items() if abs(calendar.between(day, entry.booked_on)) <= CANDIDATE_WORKING_DAYS
            )
            references += near
    return references


@given(st.lists(st.tuples(st.sampled_from(SOUND), FEN), min_size=1, max_size=8), st.data())
@CHEAP
def test_one_fen_or_one_entry_or_one_report_that_is_wrong_is_named(
    plan: list[tuple[Plant, int]], data: st.DataObject
) -> None:
    world = BankWorld()
    for place, (plant, fen) in enumerate(plan):
        plant(world, fen * 100 + place)
    assert world.broken() == []
    place = data.draw(st.integers(0, len(world.entries) - 1))
    entry = world.entries[place]
    if entry.entry_class == "other":
        world.entries[place] = replace(entry, amount_fen=entry.amount_fen + (1 if entry.amount_fen > 0 else -1))
        assert world.broken()
        del world.entries[place]
        assert world.broken()
        world.entries.insert(place, entry)
    if world.payments:
        place = data.draw(st.integers(0, len(world.payments) - 1))
        payment = world.payments[place]
        first = payment.lines[0]
        if first.received_fen is not None:
            for line in (first._replace(received_fen=None), first._replace(ordered_fen=None)):
                world.payments[place] = replace(payment, lines=(line, *payment.lines[1:]))
                assert world.broken()
        del world.payments[place]
        assert world.broken()


def _nation(payments: int) -> BankWorld:
    world = BankWorld()
    for number in range(payments):
        reference = world.pay(850_000 + number % 97)
        if number % 50:
            world.book_both(reference)
        else:
            world.book("41", "out", -850_000 - number % 97, counterpart=account_id("44", "in"))
    return world


@given(st.data())
@CHEAP
def test_adjusted_balances_are_equal_in_any_mess_and_a_fen_less_is_told(data: st.DataObject) -> None:
    world = _messy_world(data)
    assert all(one.agrees for one in world.month())
    assert not any(one.agrees for one in world.month(lost_fen=1))
