"""`/audit/tests`: what an auditor tests first, as `jinbao audit tests` tells it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

import msgspec

from jinbao.language.words import Translator
from jinbao.platform.audit.log.stands_on import stands_on
from jinbao.platform.audit.questions.audit_tests.catalogue import FOREVER_US, as_json, run_tests
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.working_days import end_of_day
from jinbao.views.csv_export import rows_as_csv
from jinbao.web.national.audit import AUDIT_PATH
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Download, File, Page, Refused

PATH = f"{AUDIT_PATH}/tests"
HITS_SHOWN = 50
Day = Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d\d-\d\d)?$")]


class TestsQuery(msgspec.Struct, frozen=True):
    """Over which days, both counted; empty: without an end."""

    since: Day = ""
    until: Day = ""
    run: bool = False
    """Whether to carry them out: they read the whole log."""


def tests_page(nation: Nation) -> Page:
    """`/audit/tests`; hits are shown to auditors of the nation alone."""

    def value(asker: Asker, query: TestsQuery) -> dict[str, Any]:
        with nation.reading() as work:
            head = {"as_of": formatting.iso(nation.clock.now_us()), "checkpoint": stands_on(work.bulk)}
        if not query.run:
            return {**head, "tests": None}
        tests = _tests(nation, asker.tr, query)
        shown = [{**one, "hits": one["hits"][:HITS_SHOWN], "found": len(one["hits"])} for one in tests]
        if asker.user.province is not None:
            shown = [{**one, "hits": [], "found": None} for one in shown]
        return {**head, "tests": shown}

    return Page(PATH, prose("Tests"), "audit_tests.html", value, TestsQuery)


def tests_export(nation: Nation) -> Download:
    """`/audit/tests.csv`: every hit."""

    def made(asker: Asker, query: TestsQuery) -> File:
        tr = asker.tr
        heads = [tr("测试", "test"), tr("对象", "about"), tr("事件", "events"), tr("说明", "text")]
        rows: list[list[object]] = [[*heads]]
        if asker.user.province is None:
            for one in _tests(nation, tr, query):
                for hit in one["hits"]:
                    rows.append([one["test"], hit["about"], " ".join(map(str, hit["positions"])), hit["text"]])
        return File("tests.csv", rows_as_csv(rows), shown="attachment")

    return Download(f"{PATH}.csv", "text/csv", made, TestsQuery)


def _tests(nation: Nation, tr: Translator, query: TestsQuery) -> list[dict[str, Any]]:
    since = end_of_day(_day(query.since) - timedelta(days=1)) if query.since else 0
    until = end_of_day(_day(query.until)) if query.until else FOREVER_US
    with nation.whole_log(), nation.reading() as work:
        return as_json(run_tests(work.bulk, since, until), tr)


def _day(text: str) -> date:
    """Raises Refused for a day that no calendar has."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"没有这一天：{text}", f"there is no such day: {text}", 404) from None
