"""Numbers under which a person was known before they were corrected; plainly invented like the right ones."""

from __future__ import annotations

from typing import Literal

import msgspec

from jinbao.regional_adapter.local.local_records import Person
from jinbao.rules.identity import check_digit
from jinbao.simulator.scenario.special_cases import SpecialCase

Reason = Literal["upgraded_15_to_18", "wrong_digit", "permit_to_citizen"]
_PERMIT = "8399"
_LAST_YEAR_OF_15_DIGITS = 1999


def reason_of(special: SpecialCase) -> Reason:
    """Why the number is corrected."""
    match special:
        case SpecialCase.NUMBER_UPGRADED:
            return "upgraded_15_to_18"
        case SpecialCase.PERMIT_TO_CITIZEN:
            return "permit_to_citizen"
        case _:
            return "wrong_digit"


def known_as(special: SpecialCase | None, person: Person) -> Person:
    """The person under the number that will be corrected; else as they are."""
    number = person.number
    match special:
        case SpecialCase.NUMBER_UPGRADED if person.birth is not None and person.birth.year <= _LAST_YEAR_OF_15_DIGITS:
            return msgspec.structs.replace(person, number=number[:6] + number[8:17])
        case SpecialCase.NUMBER_UPGRADED | SpecialCase.NUMBER_MISTYPED:
            return msgspec.structs.replace(person, number=_other_sequence(number))
        case SpecialCase.PERMIT_TO_CITIZEN:
            first17 = _PERMIT + number[4:17]
            return msgspec.structs.replace(person, number=first17 + check_digit(first17), id_type="residence_permit")
        case _:
            return person


def corrected(special: SpecialCase, person: Person) -> Person:
    """The person under the right number: the opposite of `known_as`."""
    number = person.number
    match special:
        case SpecialCase.NUMBER_UPGRADED if len(number) == 15:
            first17 = number[:6] + "19" + number[6:]
        case SpecialCase.PERMIT_TO_CITIZEN:
            home = person.hukou_province or "65"
            first17 = f"{'65' if home == '66' else home}99{number[4:17]}"
        case _:
            return msgspec.structs.replace(person, number=_other_sequence(number))
    return msgspec.structs.replace(person, number=first17 + check_digit(first17), id_type="resident_id")


def _other_sequence(number: str) -> str:
    """The same number with the last digit of the sequence changed to its neighbour, which no other person has."""
    first17 = number[:16] + str(int(number[16]) ^ 1)
    return first17 + check_digit(first17)
