"""Clocks, turns and what an evening says in the plain model."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from support.plain_model.plain_law import LETTER, OVER, STOPPED_BY

from jinbao.rules.working_days import day_of


class Clocks:
    """Part of `PlainModel`."""

    def runs(self, t: dict[str, Any]) -> dict[str, int]:
        runs = dict(t.get("runs_before", {}))
        for clock in t["clocks"]:
            runs[clock["clock"]] = max(runs.get(clock["clock"], 0), clock["run"])
        return runs

    def reported_late(self, msg: Any, at: int) -> int:
        """1 where a province reports it later than one working day after it happened."""
        by_province = msg.envelope.sender != "00"
        return int(by_province and day_of(at) > self.calendar.due(day_of(msg.envelope.occurred_at), 1).date)

    def start_clocks(self, t: dict[str, Any], reached: set[str], day: Any) -> None:
        for name, (_, _, starts, _, _) in self.law.items():
            if reached & starts:
                self.start(t, name, day)

    def start(self, t: dict[str, Any], name: str, day: Any) -> None:
        whose, limit = self.law[name][:2]
        t["clocks"].append(
            {
                "clock": name,
                "run": self.runs(t).get(name, 0) + 1,
                "whose": t[whose],
                "due": self.calendar.due(day, limit).date,
                "from": day,
                "limit": limit,
                "calendar": self.calendar.version,
                "warned": False,
                "missed": False,
                "outcome": None,
            }
        )

    def stop_clocks(self, t: dict[str, Any], reached: set[str], day: Any) -> None:
        for clock in t["clocks"]:
            _, _, _, stops, cancels = self.law[clock["clock"]]
            if clock["outcome"] is None and reached & stops:
                clock["outcome"] = "missed" if day > clock["due"] else "met"
            elif clock["outcome"] is None and reached & cancels:
                clock["outcome"] = "cancelled"

    def clock(self, t: dict[str, Any], msg: Any) -> dict[str, Any] | None:
        for clock in t["clocks"]:
            if clock["outcome"] is None and (clock["clock"], clock["run"]) == (msg.clock, msg.clock_run):
                return clock
        return None

    def first_due(self, t: dict[str, Any]) -> str:
        running = [clock["due"].isoformat() for clock in t["clocks"] if clock["outcome"] is None]
        return min(running, default="")

    def outstanding(self, t: dict[str, Any]) -> str:
        if t["state"] == LETTER and not t["letter_in"]:
            return "letter"
        return "sheet" if t["split"] is not None and not t["sheet_in"] and t["state"] not in OVER else ""

    def turn(self, t: dict[str, Any]) -> str:
        match t["state"]:
            case "application_review" | "returned" | "confirmation" | "frozen" | "unassigned":
                return t["destination"]
            case "letter_issued" | "origin_review":
                return t["origin"]
            case "transfer":
                return t["destination"] if self.all_sent(t) else t["origin"]
            case "mismatch":
                request, sheet, received = t["mismatch"]
                answered = (sheet, received) != (t["sheet"], self.held(t)) or self.under_way(t)
                return t["destination"] if answered or request == "take_back_excess" else t["origin"]
        return ""

    def evening(self, now: int) -> list[tuple[str, str, str | None]]:
        """What the platform itself says on the evening of a working day, and what comes of it."""
        self.now, today = now, day_of(now)
        soon = self.calendar.due(today, 3).date
        said: list[tuple[Any, ...]] = []
        for person in self.people.values():
            for t in person["transfers"]:
                for clock in t["clocks"]:
                    if clock["outcome"] is None and clock["calendar"] != self.calendar.version:
                        new = self.calendar.due(clock["from"], clock["limit"]).date
                        if new != clock["due"]:
                            said.append(("ClockRedated", t, clock, new))
        for relationship, person in self.people.items():
            for msg, at in person["parked"]:
                if self.expired(at, today):
                    said.append(("ParkedMessageExpired", relationship, msg.envelope.event_id))
        due: list[tuple[Any, ...]] = []
        for person in self.people.values():
            for t in person["transfers"]:
                for clock in t["clocks"]:
                    if clock["outcome"] or clock["missed"] or clock["due"] > soon:
                        continue
                    late = clock["due"] < today
                    if self.stopped_soon(person, t, clock, late, today) or (clock["warned"] and not late):
                        continue
                    due.append(("DeadlineMissed" if late else "DeadlineApproaching", t, clock, clock["due"]))
        said += sorted(due, key=lambda words: words[2]["due"])
        for relationship, person in self.people.items():
            for t in person["transfers"]:
                if t["owed"] and self.calendar.due(day_of(t["receipt_since"]), 1).date < today:
                    name = "ContactLetterDeemedReceived" if t["owed"] == "letter" else "InformationSheetDeemedReceived"
                    said.append((name, relationship, person, t))
        return [row for words in said for row in self._say(words, now)]

    def expired(self, at: int, today: Any) -> bool:
        return bool(self.calendar.due(day_of(at), 10).date < today)

    def stopped_soon(self, person: dict[str, Any], t: dict[str, Any], clock: Any, late: bool, today: Any) -> bool:
        """A message that would stop the clock came in time and waits, and has not waited too long."""
        last = clock["due"] if late else self.calendar.before(clock["due"], 3) - timedelta(days=1)
        return any(
            p.envelope.transfer_id == t["id"]
            and p.NAME in STOPPED_BY[clock["clock"]]
            and day_of(at) <= last
            and not self.expired(at, today)
            for p, at in person["parked"]
        )

    def _say(self, words: tuple[Any, ...], now: int) -> list[tuple[str, str, str | None]]:
        name, *rest = words
        if name == "ParkedMessageExpired":
            return self.expire(*rest)
        if name.startswith("Deadline") or name == "ClockRedated":
            t, clock, day = rest
            if clock["outcome"] or (name != "ClockRedated" and clock["due"] != day):
                return [(name, "rejected", "CLOCK_NOT_RUNNING")]
            if name == "ClockRedated":
                later = day > clock["due"]
                clock |= {"due": day, "calendar": self.calendar.version}
                clock |= {"warned": False, "missed": False} if later else {}
            else:
                clock |= {"warned": True, "missed": name == "DeadlineMissed"}
            person = next(p for p in self.people.values() if any(x is t for x in p["transfers"]))
            return [(name, "accepted", None), *self._try_parked(person)]
        _, person, t = rest

        class Deemed:
            NAME = name
            letter_version, sheet_version = t["letter"], t["sheet"]

            class envelope:  # noqa: N801
                relationship_id, transfer_id, sender, event_id = rest[0], t["id"], "00", name.encode()

        verdict = self.judge(person, Deemed, now)
        if verdict is not None:
            return [(name, "rejected", verdict)]
        return [(name, "accepted", None), *self._try_parked(person)]
