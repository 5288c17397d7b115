"""A bank's days, cut into files in any way, written in any form, in any order, again and again: the same breaks.

From the file through the province's own system, the adapter's messages and the account that judges them, to matching.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.platform.aggregates.bank_account.account import BankAccount
from jinbao.platform.aggregates.bank_account.facts import PartBooked
from jinbao.platform.aggregates.decision import Rejection
from jinbao.platform.bank_matching.matcher import match_entries
from jinbao.platform.bank_matching.values import BankAccount as Account, BookedEntry, EntryPayment, Payment, PaymentLine
from jinbao.platform.national_platform import law_in_force
from jinbao.regional_adapter.exchange.bank_messages import bank_message, seal_wanted
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.statements.bank_mapping import load_bank_mapping
from jinbao.regional_adapter.statements.statement_file import RefusedFileError, read_statements
from jinbao.regional_adapter.statements.statement_import import take_in
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.rules.working_days import load_working_days
from jinbao.simulator.bank_statements.bank_forms import FORMS, BookedRow, StatementRows

NUMBER = "4100000000000000017"
BANKS = Path(__file__).parents[3] / "examples" / "banks"
FIRST, DAYS = date(2025, 3, 3), 5
OPENING = Decimal(1_000_000)
MESSES = ("sound", "under", "missing", "duplicate", "mistyped", "unknown", "returned")
Found = Counter[tuple[str, int, int, tuple[str, ...]]]
"""Kind, amount, difference and payments of each break."""


def paid(number: int) -> Payment:
    """A payment from province 44, reported by both."""
    fen = 100_000 + number * 7_919
    lines = (PaymentLine(bytes(16), fen, fen),)
    return Payment(make_payment_reference(f"{number:012}"), "44", "41", FIRST + timedelta(number % DAYS), lines)


def row(number: int, fen: int, reference: str, day: date) -> BookedRow:
    yuan = (Decimal(fen) / 100).quantize(Decimal("0.01"))
    return BookedRow(str(day), yuan, "合成基金44", "4499", "养老转移", reference, "转账", f"{number:04d}")


def rows_of(number: int, mess: str) -> list[BookedRow]:
    """What a bank books of a payment."""
    payment = paid(number)
    fen, reference, day = payment.sides["credit"].amount_fen, payment.reference, payment.ordered_on
    sound = row(number, fen, reference, day)
    foreign = make_payment_reference(f"99{number:010}")
    return {
        "sound": [sound],
        "under": [row(number, fen - 1, reference, day)],
        "missing": [],
        "duplicate": [sound, sound],
        "mistyped": [row(number, fen, reference[:-1] + ("0" if reference[-1] != "0" else "1"), day)],
        "unknown": [sound, row(number, fen, foreign, day)],
        "returned": [sound, row(number, -fen, reference, day)],
    }[mess]


class Province:
    """A province's own system, its account at the platform, and what the bank's files bring there."""

    def __init__(self, folder: Path, local: EmbeddedLocalSystem, ring: EmbeddedKeyRing, rows: Sequence[BookedRow]):
        self.folder, self.bank, self.ring = folder, local.bank, ring
        self.rows = sorted(rows, key=lambda one: one.day)
        self.bank.add_account(NUMBER, "in", "desk", 1)
        self.account = BankAccount.begin(UUID(int=41), 1)
        self.entries: list[BookedEntry] = []
        self.days: list[tuple[date, date]] = []

    def take(self, first: int, last: int, form: str) -> bool:
        """Whether a file of those days, from 0 on, is taken in; not where one between it and the last is missing."""
        days = [str(FIRST + timedelta(day)) for day in range(first, last)]
        opening = OPENING + sum((one.amount for one in self.rows if one.day < days[0]), Decimal(0))
        rows = [one for one in self.rows if one.day in days]
        form = form if rows else "camt053"  # a CSV without a row tells of no day
        file = self.folder / "statement"
        file.write_bytes(FORMS[form](StatementRows(f"S{first}-{last}", NUMBER, opening, days[0], days[-1], rows)))
        mapping = None if form == "camt053" else load_bank_mapping(BANKS / form / "mapping.toml")
        try:
            take_in(self.bank, NUMBER, read_statements(file, mapping, NUMBER), "desk", 1)
        except RefusedFileError as error:
            if {reason.code for reason in error.reasons} != {"OPENING"}:
                raise
            return False
        return True

    def send(self) -> None:
        """What was taken in goes as messages, and the account judges them."""
        for record in self.bank.outgoing(1_000):
            message = bank_message(record, seal_wanted(record, "41", self.ring), self.ring)
            fact = self.account.decide(message, 1, law_in_force())
            assert not isinstance(fact, Rejection), fact
            self.account.advance(fact, message.envelope.event_id, 1)
            if isinstance(fact, PartBooked):
                self.days.append((fact.first_day, fact.last_day))
                self.entries += [
                    BookedEntry(
                        one.entry,
                        self.account.id.bytes,
                        one.booked_on,
                        one.amount_fen,
                        "other",
                        tuple(EntryPayment(p.payment_references, p.amount_fen, p.counterpart) for p in one.payments),
                    )
                    for one in fact.entries
                ]

    def found(self, payments: Sequence[Payment]) -> Found:
        """The breaks."""
        account = Account(self.account.id.bytes, "41", "in", tuple(self.days))
        as_of = FIRST + timedelta(14)
        matching = match_entries([account], payments, self.entries, as_of, load_working_days())
        return Counter((one.kind, one.amount_fen, one.difference_fen, one.references) for one in matching.breaks)


def breaks(
    rows: Sequence[BookedRow], payments: Sequence[Payment], files: Sequence[tuple[int, int]], form: str = "camt053"
) -> Found:
    """What is found where the bank's days come in these files, as soon as each can be taken in."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        ring = stack.enter_context(closing(EmbeddedKeyRing(folder / "keys.sqlite", bytes(64), seed=1)))
        local = stack.enter_context(closing(EmbeddedLocalSystem(folder / "41.sqlite", "41", durable=False)))
        province = Province(folder, local, ring, rows)
        waiting = list(files)
        while waiting:
            left = [one for one in waiting if not province.take(*one, form)]
            assert len(left) < len(waiting), "some file goes on where the statements end"
            waiting = left
        province.send()
        return province.found(payments)


@given(
    st.lists(st.sampled_from(MESSES), min_size=1, max_size=8),
    st.lists(st.integers(1, DAYS), max_size=4),
    st.lists(st.tuples(st.integers(0, DAYS - 1), st.integers(1, DAYS)), max_size=3),
    st.randoms(use_true_random=False),
    st.sampled_from(sorted(FORMS)),
)
@settings(max_examples=15, phases=[Phase.generate], deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_mess_cut_into_files_in_any_order_and_again_leaves_the_same_breaks(messes, cuts, again, draw, form):
    numbers = [*range(len(messes)), *range(100, 100 + DAYS)]  # something moves each day: a CSV tells to its last row
    rows = [
        one for number, mess in zip(numbers, [*messes, *["sound"] * DAYS], strict=True) for one in rows_of(number, mess)
    ]
    payments = [paid(number) for number in numbers]
    ends = [0, *sorted({*cuts, DAYS}), DAYS + 10]
    files = list(pairwise(ends))
    others = [*files[1:], *files[: len(again)], *((first, last) for first, last in again if first < last)]
    draw.shuffle(others)
    whole = breaks(rows, payments, [(0, DAYS + 10)])
    assert breaks(rows, payments, [files[0], *others], form) == whole
    assert sum(whole.values()) == sum({"sound": 0, "mistyped": 2}.get(mess, 1) for mess in messes)


@pytest.mark.parametrize("change", ["fen", "entry", "event"])
@given(st.integers(2, 8), st.data())
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_one_fen_changed_and_one_entry_or_event_removed_is_named(change, number, data):
    rows = [rows_of(each, "sound")[0] for each in range(number)]
    payments = [paid(each) for each in range(number)]
    files = [(0, 2), (2, DAYS + 10)]
    of = data.draw(st.integers(0, number - 1))
    reference = payments[of].reference
    if change == "fen":
        rows[of] = rows_of(of, "under")[0]
    elif change == "entry":
        del rows[of]
    else:
        del payments[of]
    ((kind, _, difference_fen, named),) = breaks(rows, payments, files)
    assert named == (reference,)
    fen = paid(of).sides["credit"].amount_fen
    expected = {"fen": ("under", -1), "entry": ("unmatched_ledger", -fen), "event": ("unknown_reference", fen)}
    assert (kind, difference_fen) == expected[change]
