"""What clerks do on purpose in a case that carries a plant: another operator, another hour, another bank account."""

from __future__ import annotations

from datetime import date, timedelta

from msgspec.structs import replace

from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import Agency
from jinbao.simulator.population.agencies import agency_of
from jinbao.simulator.scenario.plan import Plan
from jinbao.simulator.scenario.plants import Planted
from jinbao.simulator.virtual_clock import MICROSECONDS, VirtualClock, midnight

_NIGHT_S = 2 * 3600 + 30 * 60
_BACK_WORKING_DAYS = 20
_AFTER_MONTH_WORKING_DAYS = 6


def planted_operator(plan: Plan, kind: str, drawn: str) -> str:
    """Who acts: as drawn, or one for both."""
    match plan.planted:
        case Planted.TWO_ROLES if kind in ("InformationSheetSent", "FundsRemitted"):
            return f"{plan.origin}-77"
        case Planted.TWO_AGENCIES if kind in ("OriginReviewPassed", "TransferCompleted"):
            return f"{plan.origin}-88"
    if plan.planted is not None and kind in ("FundsRemitted", "FundsReceived"):
        return f"{drawn[:2]}-3{drawn[-1]}"  # by nobody who does anything else in the case
    return drawn


def planted_moment(plan: Plan, kind: str, day: date, drawn: int, clock: VirtualClock) -> int:
    """When it is said to have happened: as drawn, in the night, or long before."""
    if kind == "TransferCompleted":
        match plan.planted:
            case Planted.OFF_HOURS:
                return midnight(day) + _NIGHT_S * MICROSECONDS
            case Planted.BACK_DATED:
                return drawn - midnight(day) + midnight(clock.working_days.before(day, _BACK_WORKING_DAYS))
    return drawn


def planted_slip_day(plan: Plan, action: str, booked_on: date, day: date, clock: VirtualClock) -> date:
    """When a bank slip is reported: as planned, or long after the month is over."""
    if plan.planted != Planted.CUT_OFF or action != "report-funds":
        return day
    next_month = (booked_on.replace(day=1) + timedelta(days=32)).replace(day=1)
    return max(day, clock.after(next_month, _AFTER_MONTH_WORKING_DAYS))


def planted_agency(plan: Plan, province: str, agency: Agency) -> Agency:
    """The agency as the destination's letter tells it: its own, or with a wrong bank account."""
    if province == plan.destination:
        match plan.planted:
            case Planted.SHARED_ACCOUNT:
                codes = [code for code in PROVINCES if code not in (plan.origin, plan.destination)]
                return replace(agency, account_number=agency_of(codes[plan.index % len(codes)]).account_number)
            case Planted.CHANGED_ACCOUNT:
                return replace(agency, account_number=f"{agency.account_number[:-6]}{plan.index % 10**6:06d}")
    return agency
