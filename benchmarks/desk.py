"""The desk of a province with many cases that wait, by keyboard in a real browser.

`python benchmarks/desk.py --cases 5000 --decisions 60` prints JSON: milliseconds from the deciding key until the next
heading has the focus; the list; the first list after all cases were registered, which makes its table; and a search by
name that finds one case, that finds more than are shown, and that finds none.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from statistics import quantiles

import httpx
from playwright.sync_api import Page, sync_playwright

from jinbao.regional_adapter.adapter_config import load_adapter_config
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Application, Person
from jinbao.rules.identity import check_digit
from jinbao.rules.working_days import day_of
from jinbao.service.province import Province
from jinbao.web.accounts.sessions import begin_session
from jinbao.web.accounts.users import add_user, all_users
from jinbao.web.accounts.users_file import UsersFile

CODE, CLERK, PASSWORD, LISTS, SEARCHES = "41", "li", "correct horse battery", 20, 200
NAMESAKE, ONE_IN = "合成同名", 1_000
"""The name of one applicant in so many; every other has one of its own."""
CHROMIUM = "/usr/bin/chromium"
ADAPTER = Path(__file__).parents[1] / "examples" / f"adapter-{CODE}.toml"


def fill(folder: Path, cases: int) -> None:
    """Applications that nobody has accepted yet."""
    today = day_of(time.time_ns() // 1_000)
    agency = load_adapter_config(ADAPTER, CODE).agency
    assert agency is not None
    with closing(Province(folder, CODE, durable=False).local_system()) as local, local.batch():
        local.keep_agency(agency)
        for serial in range(cases):
            _apply(local, serial, today)


def _apply(local: EmbeddedLocalSystem, serial: int, today: date) -> None:
    month = serial // 1_000
    body = f"110105{1960 + month // 12}{month % 12 + 1:02}01{serial % 1_000:03}"
    number = body + check_digit(body)
    name = NAMESAKE if serial % ONE_IN == 0 else f"合成{serial}"
    local.register_person(Person(number=number, name=name, hukou_province=CODE, synthetic=True))
    local.register_application(
        Application(
            number=f"{today.year}-{CODE}-{serial + 1:05}",
            person=number,
            origin="44",
            applied_on=today,
            accepted_on=today,
        )
    )


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the province's pages, in a process of their own."""
    words = ["serve", "--port", "0", "--province", CODE, "--data", str(folder)]
    command = [sys.executable, "-m", "jinbao.cli.entry", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def decided_ms(page: Page) -> float:
    """Press the deciding key, and wait until the heading of the page that follows has the focus."""
    began = time.perf_counter()
    with page.expect_navigation(wait_until="commit"):
        page.keyboard.press("s")
    page.wait_for_function("() => document.activeElement?.tagName === 'H1'", polling=5)
    return (time.perf_counter() - began) * 1_000


def searched_ms(client: httpx.Client, names: list[str]) -> dict[str, float]:
    """A search by each name, until what it has found is shown: the case itself where there is one."""
    page = client.get("/desk/search").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    times = []
    for name in names:
        began = time.perf_counter()
        client.post("/desk/search", data={"text": name, "csrf_token": token}).raise_for_status()
        times.append((time.perf_counter() - began) * 1_000)
    return percentiles(times)


def measured(folder: Path, cases: int, decisions: int) -> dict[str, object]:
    """All of it."""
    fill(folder, cases)
    with closing(UsersFile(folder)) as users:
        add_user(users, CLERK, "clerk", CODE, PASSWORD)
        cookie = begin_session(users, all_users(users)[0])
    with (
        served(folder) as address,
        httpx.Client(base_url=address, cookies={"jinbao_session": cookie}, follow_redirects=True, timeout=60) as client,
    ):
        began = time.perf_counter()
        client.get("/desk", timeout=600).raise_for_status()
        first_s = time.perf_counter() - began
        lists = []
        for _ in range(LISTS):
            began = time.perf_counter()
            client.get("/desk").raise_for_status()
            lists.append((time.perf_counter() - began) * 1_000)
        searches = {
            "one": searched_ms(client, [f"合成{serial}" for serial in range(1, SEARCHES + 1)]),
            "namesakes": searched_ms(client, [NAMESAKE] * SEARCHES),
            "none": searched_ms(client, [f"无{serial}" for serial in range(SEARCHES)]),
        }
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
            context = browser.new_context()
            context.add_cookies([{"name": "jinbao_session", "value": cookie, "url": address}])
            page = context.new_page()
            page.goto(f"{address}/desk")
            with page.expect_navigation():
                page.keyboard.press("n")
            times = [decided_ms(page) for _ in range(decisions)]
            browser.close()
    return {
        "cases": cases,
        "first_list_s": round(first_s, 2),
        "list_ms": percentiles(lists),
        "search_by_name_ms": searches,
        "decisions": decisions,
        "next_heading_ms": percentiles(times),
    }


def percentiles(values: list[float]) -> dict[str, float]:
    """The median and the 95th percentile."""
    cuts = quantiles(values, n=100)
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1)}


def main() -> None:
    """Read the options, print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5_000)
    parser.add_argument("--decisions", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(json.dumps(measured(Path(folder), asked.cases, asked.decisions), indent=1) + "\n")


if __name__ == "__main__":
    main()
