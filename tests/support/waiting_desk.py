"""A province whose desk has many cases to decide, beside a real platform; its pages in a process that may be killed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from support.country import Clerk, Country, country_in, invented, now
from support.pages import PASSWORD

from jinbao.regional_adapter.local.local_records import Application
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.rules.working_days import day_of
from jinbao.web.accounts.users import add_user
from jinbao.web.accounts.users_file import UsersFile

expect.set_options(timeout=20_000)  # of a machine that does much else meanwhile
OTHER = "44"
"""Whoever is at the other end of every case."""


@dataclass
class Served:
    """`jinbao serve` of some provinces, at one port whenever it runs."""

    folder: Path
    codes: Sequence[str]
    port: int = 0
    _process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        desks = [word for code in self.codes for word in ("--province", code)]
        words = ["serve", "--port", str(self.port), *desks, "--data", str(self.folder)]
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
    """One province, the country about it, and who works at its desk."""

    country: Country
    served: Served
    ours: Clerk

    def applications(self, number: int) -> list[str]:
        """Register so many applications that nobody has accepted; their numbers."""
        local, today = self.ours.local, day_of(now())
        first, numbers = len(self.country.persons), []
        for serial in range(first, first + number):
            person = self.country.persons.setdefault(f"applied {serial}", invented(1000 + 2 * serial))
            local.register_person(person)
            told = Application(
                number=f"{today.year}-{self.ours.province}-{serial + 1:04d}",
                person=person.number,
                origin=OTHER,
                applied_on=today,
                accepted_on=today,
            )
            local.register_application(told)
            numbers.append(told.number)
        return numbers

    def letters(self, number: int) -> list[str]:
        """So many contact letters of another province come in; their numbers."""
        other, day = self.country.clerk(OTHER), day_of(now()).isoformat()
        names = [f"L-{len(self.country.persons) + serial}" for serial in range(number)]
        for name in names:
            person = self.country.person(name)
            self.country.insure(self.ours.province, person)
            told = {"personal__number": person.number, "personal__name": person.name, "origin": self.ours.province}
            other.act(name, "accept-application", **told, accepted_on=day)
        self.country.settle()
        written = [other.act(name, "issue-letter") for name in names]
        self.country.settle()
        return [document.key for document in written]

    def documents(self, case: str) -> list[LocalDocument]:
        """What the province has written on a case, by any of its numbers."""
        return list(self.ours.case(case).outgoing)

    def clerk(self, browser: Browser, name: str, language: str = "en") -> Page:
        """The page of a clerk who has just signed in, with the keyboard."""
        page = browser.new_context(reduced_motion="reduce").new_page()
        page.set_default_timeout(90_000)  # milliseconds; other tests may have the processors meanwhile
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

    def opened(self, page: Page, case: str) -> None:
        """Find a case with the keyboard and take it, where nobody has it."""
        page.keyboard.press("/")
        page.keyboard.type(case)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        if page.get_by_role("button", name="Take this case").count():
            with page.expect_navigation():
                page.keyboard.press("t")


@contextmanager
def waiting_desks(folder: Path, clerks: Mapping[str, str]) -> Iterator[dict[str, WaitingDesk]]:
    """Provinces without cases at first, by code, their pages served together; `clerks`: province by name."""
    codes = sorted(set(clerks.values()))
    served = Served(folder, codes)
    with closing(UsersFile(folder)) as file:
        for name, code in clerks.items():
            add_user(file, name, "supervisor" if name.startswith("chief") else "clerk", code, PASSWORD)
    with country_in(folder) as country:
        desks = {}
        for code in codes:
            ours = country.clerk(code)
            agency = ours.office.case("", now()).agency
            assert agency is not None
            ours.local.keep_agency(agency)
            desks[code] = WaitingDesk(country, served, ours)
        served.start()
        try:
            yield desks
        finally:
            served.kill()
