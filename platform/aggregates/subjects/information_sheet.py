"""The information sheet (信息表), which says what months and money move."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates import lump_sums
from jinbao.platform.aggregates.case_postings import of_lines
from jinbao.platform.aggregates.decision import WAIT, Draft, Rejection
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.lump_sums import left_behind
from jinbao.platform.aggregates.recorded_contributions import sheet_differs
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_destination
from jinbao.platform.aggregates.same_money import MOVED_ON, left_of, moved_on, reversals
from jinbao.platform.aggregates.sheet_contradictions import contradiction
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.money import NO_FEN, Fen
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m


class InformationSheetSent(Fact, frozen=True, gc=False, kw_only=True):
    """The origin sent an information sheet."""

    TOPIC: ClassVar[str] = "information-sheet-sent"
    sheet_version: int
    individual_total: Fen
    pooling_total: Fen
    withheld_months: int = 0
    """Months that stay behind: the transfer is partial."""
    withheld_amount: Fen = NO_FEN

    def assign(self, transfer: Transfer) -> None:
        """The latest sheet splits the money."""
        transfer.withheld = (self.withheld_months, self.withheld_amount) if self.withheld_months else None
        if transfer.lump_sums:
            transfer.lump_sums = left_behind(transfer.lump_sums)
        transfer.sheet_version = self.sheet_version
        transfer.split = (self.individual_total, self.pooling_total)
        transfer.sheet_received = False


def _withheld_otherwise(t: Transfer, message: m.InformationSheetSent) -> Rejection | None:
    """Why the sheet's withheld months and money are not exactly the back-payments without a document (94号)."""
    months, amount = lump_sums.totals(lump_sums.undocumented(t.lump_sums))
    if months and not message.withheld_months:
        return Rejection("LUMP_SUM_NOT_WITHHELD", "withheld_months")
    if (message.withheld_months or 0) != months:
        return Rejection("WITHHELD_DIFFERS", "withheld_months")
    if (message.withheld_amount or NO_FEN) != amount:
        return Rejection("WITHHELD_DIFFERS", "withheld_amount")
    return None


def _send_information_sheet(t: Transfer, message: m.InformationSheetSent, at: int) -> Draft:
    if message.letter_version > t.letter_version or message.sheet_version > t.sheet_version + 1:
        return WAIT
    if message.letter_version < t.letter_version:
        return Rejection("VERSION_OUT_OF_ORDER", "letter_version")
    if t.arrears == "reported":
        return WAIT
    if t.has_open_lump_sum:
        return WAIT
    withheld = _withheld_otherwise(t, message)
    if withheld is not None:
        return withheld
    wrong = contradiction(message, day_of(at))
    if wrong is not None:
        return Rejection(*wrong)
    return InformationSheetSent(
        **base_of(t, message),
        sheet_version=message.sheet_version,
        individual_total=message.individual_total,
        pooling_total=message.pooling_total,
        withheld_months=message.withheld_months or 0,
        withheld_amount=message.withheld_amount or NO_FEN,
    )


def _held_against_other_transfers(
    r: Relationship, t: Transfer, message: m.InformationSheetSent, at: int
) -> Draft | None:
    if t.account is not None:
        return sheet_differs(r, t, message, day_of(at))
    if t.kind == "reversal":
        first = r.transfer(t.names or b"")
        if first is None or first.state is not State.COMPLETED:
            return Rejection("CASE_CLOSED", "envelope.transfer_id")
        if t.money != "none" and (message.individual_total, message.pooling_total) != left_of(first):
            return Rejection("REVERSAL_DIFFERS", "individual_total")
        return Rejection(MOVED_ON, "envelope.transfer_id") if moved_on(r, first) else None
    if t.kind != "application":
        return None
    for earlier in r.transfers:
        if earlier.destination == t.origin and any(other.live for other in reversals(r, earlier)):
            return WAIT
    return None


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.InformationSheetSent,
        role="origin",
        accept={State.TRANSFER, State.CONFIRMATION, State.MISMATCH},
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED, State.ORIGIN_REVIEW, State.RETURNED},
        recorded_before=lambda t, message: t.knows_sheet(message.sheet_version),
        objection=_held_against_other_transfers,
        decide=_send_information_sheet,
        fact=InformationSheetSent,
        ordinary=True,
        effect=Effect(sends=True, arrives=True, postings=of_lines),
        readers=to_destination,
        annullable=True,
    ),
)
