"""`/audit/what-if`: what another limit or rate would have given, with the cases that come out otherwise."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from jinbao.language.words import words_of
from jinbao.platform.audit.log.stands_on import stands_on
from jinbao.platform.audit.what_if.clocks import OtherLimits
from jinbao.platform.audit.what_if.what_if import OtherRules, as_json, what_if
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.money import parse_rate
from jinbao.rules.working_days import day_of
from jinbao.views.csv_export import rows_as_csv
from jinbao.web.access import Subject, asked_for
from jinbao.web.national.audit import AUDIT_PATH
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Download, File, Page, Refused

PATH = f"{AUDIT_PATH}/what-if"
CASES_SHOWN = 200


class WhatIfQuery(msgspec.Struct, frozen=True):
    """What is different."""

    limit: Annotated[str, msgspec.Meta(pattern=r"^(0*[1-9]\d?|0*1\d\d|0*2[0-4]\d|0*250)?$")] = ""
    """Working days of every clock, 1 to 250; empty: as they are."""
    pooling: Annotated[str, msgspec.Meta(pattern=r"^(0(\.\d{1,6})?|1)?$")] = ""
    """Part of the base that moves; empty: as it is."""
    province: str = ""
    """Code; empty: a user's own, or all."""


def what_if_page(nation: Nation) -> Page:
    """`/audit/what-if`."""

    def value(asker: Asker, query: WhatIfQuery) -> dict[str, Any]:
        with nation.reading() as work:
            head = {"as_of": formatting.iso(nation.clock.now_us()), "checkpoint": stands_on(work.bulk)}
        if not (query.limit or query.pooling):
            return {**head, "found": None, "more": 0}
        found = _derived(nation, asker, query)
        more = len(found["cases"]) - CASES_SHOWN
        return {**head, "found": {**found, "cases": found["cases"][:CASES_SHOWN]}, "more": max(0, more)}

    return Page(PATH, prose("What if"), "audit_what_if.html", value, WhatIfQuery, _about)


def what_if_export(nation: Nation) -> Download:
    """`/audit/what-if.csv`: every case that comes out otherwise."""

    def made(asker: Asker, query: WhatIfQuery) -> File:
        tr, found = asker.tr, _derived(nation, asker, query)
        heads = [tr("业务", "transfer"), tr("期限", "clock"), tr("责任方", "responsible"), tr("原到期", "due")]
        heads += [tr("变为", "becomes"), tr("结束", "ended"), tr("原金额（分）", "fen")]
        rows: list[list[object]] = [[*heads, tr("变为（分）", "becomes (fen)")]]
        for case in found["cases"]:
            money = [case.get("before_fen", ""), case.get("after_fen", "")]
            for one in case["clocks"] or [{}]:
                clock = [one.get(name, "") for name in ("clock", "province", "due_before", "due_after")]
                rows.append([case["transfer"], *clock, one.get("ended_on") or "", *money])
        return File("what-if.csv", rows_as_csv(rows), shown="attachment")

    return Download(f"{PATH}.csv", "text/csv", made, WhatIfQuery, _about)


def _derived(nation: Nation, asker: Asker, query: WhatIfQuery) -> dict[str, Any]:
    try:
        rate = parse_rate(query.pooling) if query.pooling else None
    except ValueError as error:
        raise Refused(*words_of(str(error))) from None
    other = OtherRules(OtherLimits(int(query.limit) if query.limit else None), rate)
    province = query.province or asker.user.province
    with nation.whole_log(), nation.reading() as work:
        found = what_if(work.bulk, other, day_of(nation.clock.now_us()))
    return as_json(found if province is None else found.of(province))


def _about(asker: Asker, query: WhatIfQuery) -> Subject | None:
    return asked_for(asker.user, query.province)
