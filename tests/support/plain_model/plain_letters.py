"""Letters, reviews, sheets and ends of a transfer in the plain model."""

from __future__ import annotations

from typing import Any

from support.plain_model.plain_law import OVER, REVIEW, WAIT, untold

from jinbao.rules.working_days import day_of


class Letters:
    """Part of `PlainModel`."""

    def _hear_application_refused(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        t["board_reason"] = msg.reason_code
        return None

    def _hear_contact_letter_issued(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.letter_version != t["letter"] + 1:
            return WAIT
        t |= {"letter": msg.letter_version, "letter_in": False, "withdrawal": False, "return_reason": ""}
        t |= {"owed": "letter", "receipt_since": self.now, "board_reason": ""}
        return None

    def _hear_contact_letter_received(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.letter_version > t["letter"]:
            return WAIT
        t |= {"letter_in": True, "letter_day": day_of(at), "owed": ""}
        return None

    _hear_contact_letter_deemed_received = _hear_contact_letter_received

    def _hear_origin_review_passed(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        return WAIT if msg.letter_version > t["letter"] else None

    def _hear_transfer_returned(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.letter_version > t["letter"]:
            return WAIT
        if msg.reason_code == "WITHDRAWAL_AGREED" and not t["withdrawal"]:
            return "WITHDRAWAL_NOT_AGREED"
        if t["split"] is not None or self.held(t) or self.under_way(t):
            return "STATE_CONFLICT"
        t |= {"return_reason": msg.reason_code, "board_reason": msg.reason_code}
        return None

    def of_the_same_money(self, person: dict[str, Any], t: dict[str, Any], msg: Any) -> str | None:
        """A collection, a reversal or an onward transfer is held against the person's other transfers."""
        if t["account"] is not None:
            recorded = person["recorded"].get(t["account"], {})
            paid = sum(sum(parts) for parts in recorded.values())
            own = sum(individual for individual, _ in recorded.values())
            most = paid and own + max(paid - own, own * 12 / 8) + 100
            return "CONTRIBUTIONS_DIFFER" if recorded and not paid <= msg.total <= most * 1.0262 else None
        if t["kind"] == "reversal":
            first = self.transfer(msg.envelope.relationship_id, t["names"])
            if first is None or first["state"] != "completed":
                return "CASE_CLOSED"
            own, pooling = first["split"]
            if not t["info_only"] and (msg.individual_total, msg.pooling_total) != (
                own - sum(x[2] for x in first["refunds"]),
                pooling,
            ):
                return "REVERSAL_DIFFERS"
            return "MONEY_MOVED_ON" if self.moved_on(person, first) else None
        if t["kind"] == "application":
            came = [x for x in person["transfers"] if x["destination"] == t["origin"]]
            if any(back["state"] not in OVER for x in came for back in self.reversals(person, x)):
                return WAIT
        return None

    def _hear_information_sheet_sent(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        trouble = self.of_the_same_money(person, t, msg)
        if trouble is not None:
            return trouble
        if msg.letter_version > t["letter"] or msg.sheet_version > t["sheet"] + 1:
            return WAIT
        if msg.letter_version < t["letter"]:
            return "VERSION_OUT_OF_ORDER"
        if t["arrears"] == "reported":
            return WAIT
        if untold(t):
            return WAIT
        without = [lump for lump in t["lumps"] if not lump["document"]]
        if without and not msg.withheld_months:
            return "LUMP_SUM_NOT_WITHHELD"
        exactly = (sum(lump["months"] for lump in without), sum(lump["amount"] for lump in without))
        if (msg.withheld_months or 0, msg.withheld_amount or 0) != exactly:
            return "WITHHELD_DIFFERS"
        own = msg.individual_before_1998 + msg.account_at_previous_year_end + msg.current_year_principal
        if msg.individual_total != own or msg.total != own + msg.pooling_total:
            return "SHEET_TOTALS_DIFFER"
        if self.months_wrong(msg, day_of(at)):
            return "SHEET_MONTHS_WRONG"
        t |= {"sheet": msg.sheet_version, "sheet_in": False, "split": (own, msg.pooling_total)}
        t |= {"withheld": bool(msg.withheld_months), "owed": "sheet", "receipt_since": self.now}
        for lump in t["lumps"]:
            lump["behind"] = not lump["document"]
        return None

    def months_wrong(self, msg: Any, today: Any) -> bool:
        """Months that do not exist, run backwards, have not come, or are fewer than those paid."""
        first, last = (divmod(month, 100) for month in (msg.first_month, msg.last_month))
        exist = 1 <= first[1] <= 12 and 1 <= last[1] <= 12 and max(first, last) <= (today.year, today.month)
        between = (last[0] - first[0]) * 12 + last[1] - first[1] + 1
        return not exist or between < 1 or msg.months > between

    def _hear_information_sheet_received(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.sheet_version > t["sheet"]:
            return WAIT
        t |= {"sheet_in": True, "owed": ""}
        return None

    _hear_information_sheet_deemed_received = _hear_information_sheet_received

    def _hear_mismatch_reported(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.sheet_version != t["sheet"]:
            return WAIT if msg.sheet_version > t["sheet"] else "VERSION_OUT_OF_ORDER"
        if msg.expected != self.expected(t) or msg.received != self.held(t):
            return "AMOUNT_DIFFERS"
        if msg.expected == msg.received:
            return "NO_MISMATCH"
        found = (msg.request, msg.sheet_version, msg.received)
        if t["mismatch"] == found:
            return "ALREADY_RECORDED"
        t["mismatch"] = found
        return None

    def _hear_transfer_completed(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.sheet_version != t["sheet"]:
            return WAIT if msg.sheet_version > t["sheet"] else "VERSION_OUT_OF_ORDER"
        if (msg.individual_total, msg.pooling_total) != t["split"]:
            return "AMOUNT_DIFFERS"
        if not t["sheet_in"]:
            return WAIT
        if self.held(t) != self.expected(t) or self.under_way(t):
            return "SHEET_FUNDS_MISMATCH"
        t["credited"] = True
        return None

    def _hear_withdrawal_requested(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if msg.letter_version != t["letter"]:
            return "VERSION_OUT_OF_ORDER"
        if t["split"] is not None or self.held(t) or self.under_way(t):
            return "STATE_CONFLICT"
        t["withdrawal"] = True
        return None

    def _hear_transfer_withdrawn(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        agreed = t["state"] == REVIEW or t["return_reason"] == "WITHDRAWAL_AGREED"
        return None if agreed else "WITHDRAWAL_NOT_AGREED"

    def _hear_transfer_closed(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        return "MONEY_STILL_HELD" if self.held(t) or self.under_way(t) else None
