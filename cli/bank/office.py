"""A province's own system as the commands about banks use it: its accounts, and what is written there sent on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from jinbao.cli.reading import is_simulation, last_instant, simulated_run
from jinbao.cli.this_user import this_user
from jinbao.language.words import Translator, Words
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.local.bank_book import OwnAccount, Told
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.reason_codes import REASON_CODES
from jinbao.service.answering import wait_for_answer
from jinbao.service.errors import UserError
from jinbao.service.health import Health, Watch
from jinbao.service.logs import logging_as
from jinbao.service.province import Province
from jinbao.service.province_files import working
from jinbao.service.settings import Settings
from jinbao.service.shutdown import stop_asked
from jinbao.service.world import OURS, World
from jinbao.simulator.wall_pace import simulated_world
from jinbao.web.clock import Clock

OperatorOption = Annotated[
    str | None, typer.Option("--operator", help=prose("Who signs; else the user's name"), metavar="NAME")
]


@dataclass(frozen=True, slots=True)
class BankOffice:
    """A province's own system, and how what is written there is sent."""

    settings: Settings
    place: Province
    local: EmbeddedLocalSystem

    def send(self, tr: Translator, messages: Sequence[int]) -> list[Told]:
        """What the platform says of messages, in their order; waits until it has said so."""
        bank = self.local.bank

        def is_answered() -> bool:
            return all(told.state >= DocumentState.REJECTED for told in bank.told(messages))

        if messages:
            with logging_as("text"), stop_asked() as stop:
                watch = Watch(Health(tr), "text")
                wait_for_answer(self.settings, self.place, self.local, is_answered, stop, watch, _world(self.settings))
        return bank.told(messages)


@contextmanager
def bank_office(settings: Settings, province: str) -> Iterator[BankOffice]:
    """The province's own system in a data folder."""
    place = Province(settings.data, province)
    with closing(place.local_system()) as local, working(settings.data, [place.local_file]):
        yield BankOffice(settings, place, local)


def find_account(settings: Settings, name: str) -> tuple[str, OwnAccount]:
    """The province of an account that was named in this folder, by number or id. Raises UserError."""
    for code in PROVINCES:
        for own in own_accounts(settings, code):
            if name in (own.number, str(own.account)):
                return code, own
    raise UserError(
        f"--account {name}：没有登记这个账户；请先运行 jinbao bank accounts add",
        f"--account {name}: no such account was named; run jinbao bank accounts add first",
    )


def own_accounts(settings: Settings, province: str) -> list[OwnAccount]:
    """The accounts that a province has named in this folder."""
    place = Province(settings.data, province)
    if not place.local_file.is_file():
        return []
    with closing(place.local_system()) as local, working(settings.data, [place.local_file]):
        return local.bank.accounts()


def refusal(told: Told) -> Words:
    """Why the platform has not taken a message, and what to do."""
    assert told.code is not None, "a refusal has its code"
    reason = REASON_CODES[told.code]
    return f"{reason.text_zh}；{reason.next_step_zh}", f"{reason.text_en}; {reason.next_step_en}"


def signing(operator: str | None) -> str:
    """Who signs: who is named, else the user of this machine."""
    return operator or this_user("bank")


def _world(settings: Settings) -> World:
    """Ours, or that of the folder's simulated nation."""
    last = last_instant(settings)
    if last is None:
        return OURS
    run = simulated_run(settings.data) if is_simulation(settings.data) else None
    return simulated_world(run, Clock(last).now_us)
