"""A whole case by two clerks in two provinces, each at a desk of a process of its own, with a return and a correction.

Neither process has the platform's database in reach: its folder holds its province's own system and the users.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from support.browser import violations, watched
from support.pages import PASSWORD

from jinbao.web.accounts.users import add_user
from jinbao.web.accounts.users_file import UsersFile

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[3] / "examples"
NUMBER, NAME = "44000019880315001X", "合成甲一"
"""The first person of the example's history."""


@pytest.fixture
def nation(tmp_path: Path) -> Path:
    """Two provinces that nobody's automatic desk works for, one with a history."""
    folder = tmp_path / "nation"
    (tmp_path / "adapters").mkdir()
    for code in ("41", "44"):
        text = (EXAMPLES / f"adapter-{code}.toml").read_text("utf-8").replace("auto = true", "auto = false")
        (tmp_path / "adapters" / f"adapter-{code}.toml").write_text(text, "utf-8")
    exchange(folder, EXAMPLES / "history-44.csv")
    return folder


def exchange(folder: Path, *files: Path) -> None:
    """Let platform and adapters work until nothing is left."""
    words = ["run", *map(str, files), "--adapters", str(folder.parent / "adapters"), "--data", str(folder)]
    subprocess.run([sys.executable, "-m", "jinbao.cli.main", *words], check=True, capture_output=True, timeout=300)


@contextmanager
def served(nation: Path, code: str) -> Iterator[str]:
    """The desk of one province, in a process of its own: its address."""
    folder = nation.parent / f"province-{code}"
    folder.mkdir()
    (folder / "local").symlink_to(nation / "local")
    with closing(UsersFile(folder)) as users:
        add_user(users, f"clerk{code}", "clerk", code, PASSWORD)
    words = ["serve", "--port", "0", "--province", code, "--data", str(folder)]
    process = subprocess.Popen([sys.executable, "-m", "jinbao.cli.main", *words], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        found = re.search(r"http://\S+", told)
        assert found, told
        yield found[0]
    finally:
        process.terminate()
        process.wait(20)


def signed_in(browser: Browser, address: str, name: str) -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{address}/desk?lang=en")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/desk*")
    return page


def next_case(page: Page) -> None:
    """Open the case due next."""
    page.get_by_role("link", name="Work list").click()
    page.get_by_role("button", name="Open the next case").click()


def submitted(page: Page, label: str) -> None:
    """Submit the form that is shown, which is the one of that name."""
    page.get_by_role("button", name=f"Submit: {label}").click()
    page.get_by_text("Written:").wait_for()


def test_two_clerks_do_a_case_with_a_return_and_a_correction(browser: Browser, nation: Path):
    with ExitStack() as stack:
        there = {code: stack.enter_context(served(nation, code)) for code in ("41", "44")}
        destination = signed_in(browser, there["41"], "clerk41")
        origin = signed_in(browser, there["44"], "clerk44")
        troubles = [*watched(destination), *watched(origin)]

        begin(destination)
        submitted(destination, "issue the contact letter")
        exchange(nation)

        next_case(origin)
        assert violations(origin) == []
        origin.get_by_role("link", name="return the letter").click()
        origin.get_by_label("reason code").select_option("BANK_DATA_INVALID")
        origin.get_by_label("reason", exact=True).fill("the account is closed")
        submitted(origin, "return the letter")
        exchange(nation)

        next_case(destination)
        assert "letter returned" in destination.get_by_role("table", name="Documents").inner_text()
        submitted(destination, "issue the contact letter")
        exchange(nation)

        next_case(origin)
        submitted(origin, "pass the review")
        submitted(origin, "send the information sheet")
        submitted(origin, "order the payment")
        exchange(nation)

        next_case(destination)
        report_wrongly_and_correct(destination)
        exchange(nation)
        exchange(nation)

        next_case(destination)
        submitted(destination, "complete the transfer")
        exchange(nation)
        assert troubles == []
    assert states(nation) == {"completed"}


def begin(page: Page) -> None:
    """Take an application: the person is not known here, so everything is typed once."""
    page.get_by_role("link", name="New case").click()
    page.get_by_label("identity number").fill(NUMBER)
    page.get_by_label("name", exact=True).fill(NAME)
    page.get_by_label("origin").select_option("44")
    submitted(page, "accept the application")
    assert page.get_by_role("heading", level=1).evaluate("(element) => element === document.activeElement")


def report_wrongly_and_correct(page: Page) -> None:
    """Report the money with a wrong day of receipt, and say it again rightly."""
    right = page.get_by_label("received on").input_value()
    wrong = f"{right[:8]}01" if right[8:] != "01" else f"{right[:5]}01-01"
    page.get_by_label("received on").fill(wrong)
    submitted(page, "report money received")
    page.get_by_role("status").get_by_role("link").click()
    page.get_by_role("link", name="Correct it").click()
    page.get_by_label("received on").fill(right)
    page.get_by_label("why it is taken back").select_option("typing_error")
    submitted(page, "correct a document")


def states(nation: Path) -> set[str]:
    """The states of all cases, as the platform has them."""
    words = ["case", "list", "--data", str(nation), "--json"]
    done = subprocess.run([sys.executable, "-m", "jinbao.cli.main", *words], check=True, capture_output=True, text=True)
    return set(re.findall(r'"state": ?"(\w+)"', done.stdout))
