"""Payment lines and the books of a case in the plain model."""

from __future__ import annotations

from typing import Any

from support.plain_model.plain_law import MISMATCH, OVER, RETURNED, REVIEW, TRANSFER, UNKNOWN, WAIT


class Money:
    """Part of `PlainModel`."""

    def line(self, t: dict[str, Any], msg: Any) -> dict[str, Any] | None:
        return self.line_of(t, msg.payment_reference, msg.payment_line)

    def line_of(self, t: dict[str, Any], reference: str, number: int) -> dict[str, Any] | None:
        for line in t["lines"]:
            if (line["reference"], line["line"]) == (reference, number):
                return line
        return None

    def new_line(self, msg: Any, *, back: bool, told: bool, came: bool, of: Any = None) -> dict[str, Any]:
        return {
            "reference": msg.payment_reference,
            "line": msg.payment_line,
            "amount": msg.amount,
            "back": back,
            "told": told,
            "came": came,
            "bounced": False,
            "of": of,
        }

    def held(self, t: dict[str, Any]) -> int:
        came = sum(line["amount"] for line in t["lines"] if line["came"] and not line["back"])
        return came - self.given_back(t)

    def given_back(self, t: dict[str, Any]) -> int:
        return sum(x["amount"] for x in t["lines"] if x["told"] and x["back"] and not x["bounced"])

    def under_way(self, t: dict[str, Any]) -> bool:
        return any(x["told"] and not x["came"] and not x["back"] and not x["bounced"] for x in t["lines"])

    def fits(self, t: dict[str, Any]) -> bool:
        return t["sheet_in"] and t["split"] is not None and self.held(t) == self.expected(t)

    def expected(self, t: dict[str, Any]) -> int:
        return 0 if t["info_only"] or t["split"] is None else sum(t["split"])

    def all_in(self, t: dict[str, Any]) -> bool:
        if not t["sheet_in"] or self.under_way(t):
            return False
        return self.fits(t) or self.held(t) > 0

    def all_sent(self, t: dict[str, Any]) -> bool:
        if t["split"] is None:
            return False
        paid = sum(x["amount"] for x in t["lines"] if not x["back"] and not x["bounced"])
        return self.expected(t) == 0 or paid > self.given_back(t)

    def pay(self, t: dict[str, Any], msg: Any, *, back: bool, sign: str, of: Any = None) -> str | None:
        """Put one side's word about a payment line down."""
        if msg.amount == 0:
            return "AMOUNT_DIFFERS"
        line = self.line(t, msg)
        if line is None:
            t["lines"].append(self.new_line(msg, back=back, told=sign == "told", came=sign == "came", of=of))
            return None
        if line["back"] != back or line["bounced"]:
            return "PAYMENT_UNKNOWN"
        if line["amount"] != msg.amount:
            return "AMOUNT_DIFFERS"
        line[sign] = True
        return None

    def _hear_funds_remitted(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        if self.line(t, msg) is None:
            if t["kind"] == "unassigned":
                return "PAYMENT_UNKNOWN"
            if t["state"] == RETURNED:
                return WAIT
            if t["kind"].startswith("temporary") and t["state"] not in OVER and not t["sheet_in"]:
                return WAIT
            if t["info_only"]:
                return "INFORMATION_ONLY"
        return self.pay(t, msg, back=False, sign="told")

    def _hear_funds_received(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        for other in person["transfers"]:
            unknown = other["state"] == UNKNOWN and other["destination"] == t["destination"]
            if unknown and self.line(other, msg) is not None:
                return WAIT
        return self.pay(t, msg, back=False, sign="came")

    def _hear_funds_returned(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        first = self.line_of(t, msg.returned_reference, msg.returned_line)
        came = first is not None and not first["back"] and first["came"]
        if t["state"] == TRANSFER and (t["split"] is not None or not came):
            return WAIT
        if not came:
            return "PAYMENT_UNKNOWN"
        stays = self.expected(t) if t["credited"] or t["state"] == MISMATCH else 0
        returned = [x for x in t["lines"] if x["of"] == (first["reference"], first["line"]) and not x["bounced"]]
        if msg.amount > self.held(t) - stays or msg.amount > first["amount"] - sum(x["amount"] for x in returned):
            return "PAYMENT_EXCEEDS_EXCESS"
        return self.pay(t, msg, back=True, sign="told", of=(first["reference"], first["line"]))

    def _hear_returned_funds_received(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        return WAIT if self.line(t, msg) is None else self.pay(t, msg, back=True, sign="came")

    def _hear_payment_bounced(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        line = self.line(t, msg)
        if line is None:
            return "PAYMENT_UNKNOWN" if t["state"] in OVER or t["kind"] == "unassigned" else WAIT
        if msg.envelope.sender != t["destination" if line["back"] else "origin"]:
            return "ROLE_NOT_ALLOWED"
        if line["came"]:
            return "PAYMENT_UNKNOWN"
        if line["amount"] != msg.amount:
            return "AMOUNT_DIFFERS"
        line["bounced"] = True
        return None

    def _hear_unassigned_funds_assigned(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        case = self.transfer(msg.envelope.relationship_id, msg.assigned_to)
        nameless = all(x["kind"] == "unassigned" for x in person["transfers"])
        if case is None and nameless:
            found = [x for p in self.people.values() for x in p["transfers"] if x["id"] == msg.assigned_to]
            case = next((x for x in found if x["state"] != "moved"), found[0] if found else None)
        way = (t["origin"], t["destination"])
        if case is None or case["kind"] == "unassigned" or (case["origin"], case["destination"]) != way:
            return "MONEY_OF_ANOTHER_CASE"
        if case["state"] == "moved":
            return "RELATIONSHIP_MOVED"
        if case["state"] == REVIEW:
            return "STATE_CONFLICT" if nameless else WAIT
        mine = t["lines"][0]
        known = self.line_of(case, mine["reference"], mine["line"])
        if known and (known["bounced"] or known["back"] or known["amount"] != mine["amount"]):
            return "MONEY_OF_ANOTHER_CASE"
        if any(line["back"] and not line["bounced"] for line in t["lines"]):
            return "STATE_CONFLICT"
        t["lines"] = []
        return None

    def _hear_overlap_cleared(self, person: Any, t: dict[str, Any], msg: Any, at: int) -> str | None:
        undone = any(x["split"] is not None for x in self.reversals(person, t))
        if msg.refund and (undone or self.moved_on(person, t)):
            return "MONEY_MOVED_ON"
        if msg.refund + sum(r[2] for r in t["refunds"]) > t["split"][0]:
            return "PAYMENT_EXCEEDS_EXCESS"
        t["refunds"].append((msg.payment_reference, msg.payment_line, msg.refund))
        return None

    def reversals(self, person: dict[str, Any], t: dict[str, Any]) -> list[dict[str, Any]]:
        """Those that took the transfer's money back, or may still."""
        named = [x for x in person["transfers"] if x["kind"] == "reversal" and x["names"] == t["id"]]
        return [x for x in named if x["state"] == "completed" or x["state"] not in OVER]

    def moved_on(self, person: dict[str, Any], t: dict[str, Any]) -> bool:
        """The sheet of an onward transfer is out, and it has not come to nothing."""
        later = person["transfers"][person["transfers"].index(t) + 1 :]
        onward = [x for x in later if x["kind"] == "application" and x["origin"] == t["destination"]]
        gone = [x for x in onward if x["state"] in ("completed", "moved") or x["state"] not in OVER]
        return any(x["split"] is not None for x in gone)

    def books(self, t: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
        """What stands on each account: personal, pooling, and money that no sheet explains."""
        accounts: dict[str, list[int]] = {}

        def book(account: str, parts: list[int], sign: int) -> None:
            sums = accounts.setdefault(account, [0, 0, 0])
            for i in range(3):
                sums[i] += sign * parts[i]

        if t["state"] == "moved":
            return {}
        here = "destination_fund" if t["credited"] else "suspense"
        open_own, open_pool = (0, 0) if t["info_only"] else t["split"] or (0, 0)
        inside = [0, 0, 0]
        for line in t["lines"]:
            if line["bounced"] and line["back"]:
                continue
            if line["bounced"]:
                parts = [0, 0, line["amount"]]
            elif line["back"]:
                free = min(line["amount"], inside[2])
                pool = min(line["amount"] - free, inside[1])
                parts = [line["amount"] - free - pool, pool, free]
                open_own, open_pool = open_own + parts[0], open_pool + parts[1]
                inside = [inside[i] - parts[i] for i in range(3)]
            else:
                own = min(line["amount"], open_own)
                pool = min(line["amount"] - own, open_pool)
                parts = [own, pool, line["amount"] - own - pool]
                open_own, open_pool = open_own - own, open_pool - pool
                inside = [inside[i] + parts[i] for i in range(3)]
            explained, loose = [*parts[:2], 0], [0, 0, parts[2]]
            if line["told"] and line["back"]:
                book(here, explained, -1)
                book("suspense", loose, -1)
            elif line["told"]:
                book("origin_fund", parts, -1)
            if line["came"] and line["back"]:
                book("returned", parts, 1)
            elif line["came"]:
                book(here, explained, 1)
                book("suspense", loose, 1)
            if line["bounced"]:
                book("returned", parts, 1)
            else:
                book("in_transit", parts, line["told"] - line["came"])
        for _, _, refund in t["refunds"]:
            book("destination_fund", [refund, 0, 0], -1)
            book("refunded", [refund, 0, 0], 1)
        return {account: (sums[0], sums[1], sums[2]) for account, sums in accounts.items() if any(sums)}
