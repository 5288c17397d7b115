"""A province whose desk has many cases to decide, beside a real platform; its pages in a process that may be killed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page
from support.country import Clerk, Country, country_in, invented, now
from support.pages import PASSWORD

from jinbao.regional_adapter.local.local_records import Application
from jinbao.regional_adapter.local.local_system import DocumentState, LocalDocument
from jinbao.rules.working_days import day_of
from jinbao.web.accounts.users import add_user
from jinbao.web.accounts.users_file import UsersFile

OURS, OTHER = "41", "44"


@dataclass
class Served:
    """`jinbao serve` of one province, at one port whenever it runs."""

    folder: Path
    code: str
    port: int = 0
    _process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        words = ["serve", "--port", str(self.port), "--province", self.code, "--data", str(self.folder)]
        command = [sys.executable, "-m", "jinbao.cli.entry", *words]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        told = self._process.stdout.readline()
        found = re.search(r":(\d+)$", told.strip())
        assert found, told
        self.port = int(found[1])

    def kill(self) -> None:
        """End it as a failing machine does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@dataclass
class WaitingDesk:
    """The province, the country about it, and who works at its desk."""

    country: Country
    served: Served
    ours: Clerk

    def applications(self, number: int) -> None:
        """Register so many applications that nobody has accepted."""
        local, today = self.ours.local, day_of(now())
        first = len(self.country.persons)
        for serial in range(first, first + number):
            person = self.country.persons.setdefault(f"applied {serial}", invented(1000 + 2 * serial))
            local.register_person(person)
            told = Application(
                number=f"{today.year}-{OURS}-{serial + 1:04d}",
                person=person.number,
                origin=OTHER,
                applied_on=today,
                accepted_on=today,
            )
            local.register_application(told)

    def letters(self, number: int) -> list[str]:
        """So many contact letters of another province come in; their numbers."""
        other, day = self.country.clerk(OTHER), day_of(now()).isoformat()
        names = [f"L-{len(self.country.persons) + serial}" for serial in range(number)]
        for name in names:
            person = self.country.person(name)
            self.country.insure(OURS, person)
            told = {"personal__number": person.number, "personal__name": person.name, "origin": OURS}
            other.act(name, "accept-application", **told, accepted_on=day)
        self.country.settle()
        written = [other.act(name, "issue-letter") for name in names]
        self.country.settle()
        return [document.key for document in written]

    def last(self) -> LocalDocument:
        """The document that was written last."""
        local = self.ours.local
        (found,) = local.outgoing(local.last_sequence() - 1, 1)
        return found

    def decided(self) -> DocumentState:
        """Let everybody work; what became of the document that was written last."""
        self.country.settle()
        return self.last().state

    def clerk(self, browser: Browser, name: str, language: str = "en") -> Page:
        """The page of a clerk who has just signed in, with the keyboard."""
        page = browser.new_context(reduced_motion="reduce").new_page()
        page.goto(f"{self.served.address}/desk?lang={language}")
        self.sign_in(page, name, language)
        return page

    def sign_in(self, page: Page, name: str, language: str = "en") -> None:
        page.get_by_role("textbox", name={"en": "User name", "zh": "用户名"}[language]).focus()
        page.keyboard.type(name)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")


@contextmanager
def waiting_desk(folder: Path, clerks: tuple[str, ...] = ("li", "wang")) -> Iterator[WaitingDesk]:
    """A province without cases at first, its pages served."""
    served = Served(folder, OURS)
    with closing(UsersFile(folder)) as file:
        for name in clerks:
            add_user(file, name, "clerk", OURS, PASSWORD)
        add_user(file, "chief", "supervisor", OURS, PASSWORD)
    with country_in(folder) as country:
        ours = country.clerk(OURS)
        agency = ours.office.case("", now()).agency
        assert agency is not None
        ours.local.keep_agency(agency)
        served.start()
        try:
            yield WaitingDesk(country, served, ours)
        finally:
            served.kill()
