"""`/finance/breaks/B/words`: what the bank says in words of a break's entries, which lies at the province alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.local.bank_entries import LocalEntry
from jinbao.web.finance import BREAKS_PATH
from jinbao.web.page import Asker, Page, not_found
from jinbao.web.province.break_words import about_the_break, nation_of
from jinbao.web.province.offices import Offices

WORDS_PATH = f"{BREAKS_PATH}/{{break_id}}/words"


class WordsQuery(msgspec.Struct, frozen=True):
    """Of which break."""

    break_id: UUID


class EntryWords(msgspec.Struct, frozen=True):
    """What the bank says, in clear."""

    as_of: str
    break_id: UUID
    entries: list[dict[str, Any]]
    """Day, amount, and of each payment within: amount, name, account, remark, references."""
    not_here: int
    """Entries that the province's own system does not have by their ids."""


def entry_words_page(offices: Offices) -> Page:
    """`/finance/breaks/{break_id}/words`: the view is recorded first."""

    def value(asker: Asker, query: WordsQuery) -> EntryWords:
        found = nation_of(offices).find(asker.user.province or "", query.break_id)
        if found is None:
            raise not_found()
        offices.record_seen(asker, str(query.break_id), "bank", "bank_words")
        with offices.bank_of(asker) as bank:
            known = [bank.entries.entry(entry) for entry in found.entries]
        entries = [_entry(entry) for entry in known if entry is not None]
        as_of = formatting.iso(offices.clock.now_us())
        return EntryWords(as_of, query.break_id, entries, len(known) - len(entries))

    title = prose("The bank's words")
    return Page(WORDS_PATH, title, "entry_words.html", value, WordsQuery, about_the_break(offices))


def _entry(entry: LocalEntry) -> dict[str, Any]:
    payments = [msgspec.structs.asdict(payment) for payment in entry.payments]
    return {"booked_on": entry.booked_on, "amount_fen": entry.amount_fen, "payments": payments}
