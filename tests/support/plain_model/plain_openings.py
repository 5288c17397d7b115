"""How transfers, certificates and temporary accounts begin in the plain model."""

from __future__ import annotations

from typing import Any
from uuid import uuid5

from support.plain_model.plain_law import OVER, REVIEW, TRANSFER, TRANSFER_IDS, UNKNOWN, WAIT, new_transfer

from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import day_of


class Openings:
    """Part of `PlainModel`."""

    def misaddressed(self, msg: Any, origin: str, destination: str, by: str) -> str | None:
        if origin not in PROVINCES or destination not in PROVINCES:
            return "UNKNOWN_PROVINCE"
        if origin == destination:
            return "SAME_PROVINCE"
        if msg.envelope.sender != by:
            return "ROLE_NOT_ALLOWED" if msg.envelope.sender in (origin, destination) else "NOT_CASE_PARTY"
        return None

    def not_its_own(self, person: dict[str, Any], msg: Any) -> str | None:
        """A transfer begins once, under the id that belongs to person, province and document."""
        said = msg.envelope
        if any(t["id"] == said.transfer_id for t in person["transfers"]):
            return "ALREADY_RECORDED"
        name = f"{said.relationship_id.hex()}\x1f{said.sender}\x1f{said.local_document}"
        return None if uuid5(TRANSFER_IDS, name).bytes == said.transfer_id else "TRANSFER_ID_DIFFERS"

    def in_the_way(self, person: dict[str, Any], origin: str, destination: str) -> str | None:
        for other in person["transfers"]:
            if other["state"] in OVER or other["kind"] in ("reversal", "unassigned"):
                continue
            if other["destination"] != destination:
                return "LIVE_TRANSFER_ELSEWHERE"
            if other["origin"] == origin:
                return "LIVE_TRANSFER_EXISTS"
        return None

    def _open_application_accepted(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        trouble = self.misaddressed(msg, msg.origin, msg.destination, msg.destination)
        if trouble:
            return trouble
        if (trouble := self.not_its_own(person, msg)) is not None:
            return trouble
        trouble = self.in_the_way(person, msg.origin, msg.destination)
        if trouble:
            return trouble
        issuers = {issuer for issuer, number in person["certificates"] if number == msg.certificate_number}
        reporting = {issuer for issuer, _ in person["certificates"]}
        if msg.origin in reporting and issuers and msg.origin not in issuers:
            return "CERTIFICATE_OF_OTHER_ORIGIN"
        t = new_transfer(msg, "application", msg.origin, msg.destination, REVIEW)
        t |= {"info_only": self.procedure == "information-only", "late": self.reported_late(msg, at)}
        person["transfers"].append(t)
        self.start_clocks(t, {msg.NAME}, day_of(at))
        return None

    def _open_transfer_offered(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        trouble = self.misaddressed(msg, msg.origin, msg.destination, msg.origin)
        if trouble:
            return trouble
        if (trouble := self.not_its_own(person, msg)) is not None:
            return trouble
        trouble = self.offer_of_account(person, msg) if msg.account_number else self.offer_after(person, msg)
        if not trouble and msg.kind != "reversal":
            trouble = self.in_the_way(person, msg.origin, msg.destination)
        if trouble:
            return trouble
        t = new_transfer(msg, msg.kind, msg.origin, msg.destination, TRANSFER)
        t |= {"letter": 1, "letter_in": True, "names": msg.names, "account": msg.account_number}
        t |= {"late": self.reported_late(msg, at), "info_only": self.procedure == "information-only"}
        if msg.kind == "supplement":
            first = next(one for one in person["transfers"] if one["id"] == msg.names)
            t["covers"] = [lump["number"] for lump in self._behind(person, first) if lump["document"]]
        person["transfers"].append(t)
        return None

    def offer_of_account(self, person: dict[str, Any], msg: Any) -> str | None:
        if msg.kind not in ("temporary_move", "temporary_collection"):
            return "INVALID_REQUEST"
        if (msg.origin, msg.account_number) not in person["accounts"]:
            return WAIT
        if self.has_moved(person, msg.origin, msg.account_number):
            return "TEMPORARY_ACCOUNT_MOVED"
        late = msg.offered_on.isoformat() >= "2016-11-28"
        return "TEMPORARY_ACCOUNT_SEALED" if late and msg.kind == "temporary_move" else None

    def offer_after(self, person: dict[str, Any], msg: Any) -> str | None:
        if msg.kind not in ("supplement", "reversal"):
            return "INVALID_REQUEST"
        if msg.names is None:
            return "INVALID_REQUEST"
        first = self.transfer(msg.envelope.relationship_id, msg.names)
        if first is None:
            return WAIT
        way = (first["origin"], first["destination"])
        if (msg.origin, msg.destination) != (way if msg.kind == "supplement" else way[::-1]):
            return "NOT_CASE_PARTY"
        if first["state"] == "moved":
            return "RELATIONSHIP_MOVED"
        if first["state"] != "completed":
            return "CASE_CLOSED" if first["state"] in OVER else WAIT
        if msg.kind == "supplement":
            behind = self._behind(person, first)
            if not behind:
                return "NOTHING_WITHHELD"
            if not any(lump["document"] for lump in behind):
                return WAIT
        if msg.kind == "reversal" and self.moved_on(person, first):
            return "MONEY_MOVED_ON"
        for t in person["transfers"]:
            if t["names"] == msg.names and t["kind"] == msg.kind:
                if t["state"] not in OVER:
                    return "LIVE_TRANSFER_EXISTS"
                if t["state"] == "completed" and msg.kind == "reversal":
                    return "CASE_CLOSED"
        return None

    @staticmethod
    def _behind(person: Any, first: dict[str, Any]) -> list[dict[str, Any]]:
        """Back-payments that the last sheet left behind and that no completed supplement has brought."""
        brought: set[int] = set()
        for t in person["transfers"]:
            if t["kind"] == "supplement" and t["names"] == first["id"] and t["state"] == "completed":
                brought |= set(t["covers"])
        return [lump for lump in first["lumps"] if lump["behind"] and lump["number"] not in brought]

    def _open_unassigned_funds_received(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        me = msg.envelope.sender
        trouble = self.misaddressed(msg, msg.payer, me, me)
        if trouble:
            return trouble
        if (trouble := self.not_its_own(person, msg)) is not None:
            return trouble
        if msg.amount == 0:
            return "AMOUNT_DIFFERS"
        t = new_transfer(msg, "unassigned", msg.payer, me, UNKNOWN)
        t["lines"].append(self.new_line(msg, back=False, told=False, came=True))
        t["late"] = self.reported_late(msg, at)
        person["transfers"].append(t)
        return None

    def _open_certificate_issued(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        own = (msg.envelope.sender, msg.certificate_number)
        version = person["certificates"].get(own, 0)
        if msg.certificate_version <= version:
            return "ALREADY_RECORDED"
        if msg.certificate_version > version + 1:
            return WAIT
        person["certificates"][own] = msg.certificate_version
        return None

    def _open_temporary_account_opened(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        if (msg.envelope.sender, msg.account_number) in person["accounts"]:
            return "ALREADY_RECORDED"
        person["accounts"][msg.envelope.sender, msg.account_number] = "open"
        return None

    def has_moved(self, person: dict[str, Any], holder: str, account: str) -> bool:
        moved = [t for t in person["transfers"] if (t["origin"], t["account"]) == (holder, account)]
        return any(t["state"] == "completed" for t in moved)

    def own_account(self, person: dict[str, Any], msg: Any) -> tuple[str | None, str]:
        holder, number = msg.envelope.sender, msg.account_number
        state = person["accounts"].get((holder, number))
        if state is None:
            return WAIT, ""
        return ("TEMPORARY_ACCOUNT_MOVED" if self.has_moved(person, holder, number) else None), state

    def _open_contributions_recorded(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        trouble, state = self.own_account(person, msg)
        if trouble or state == "sealed":
            return trouble or "TEMPORARY_ACCOUNT_SEALED"
        if self.months_wrong(msg, day_of(at)):
            return "SHEET_MONTHS_WRONG"
        for t in person["transfers"]:
            if t["account"] == msg.account_number and t["state"] not in OVER and t["split"] is not None:
                return WAIT
        months = (msg.first_month, msg.last_month)
        person["recorded"].setdefault(msg.account_number, {})[months] = (msg.individual, msg.employer)
        return None

    def _open_temporary_account_sealed(self, person: dict[str, Any], msg: Any, at: int) -> str | None:
        trouble, state = self.own_account(person, msg)
        if trouble or state == "sealed":
            return trouble or "ALREADY_RECORDED"
        person["accounts"][msg.envelope.sender, msg.account_number] = "sealed"
        return None
