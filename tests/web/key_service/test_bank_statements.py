"""Bank statements at a key service: ids and seals of a batch are asked for at once, and wait while it is away."""

from __future__ import annotations

import time
from pathlib import Path

from jinbao.keys.key_service_client import REST_S
from jinbao.regional_adapter.statements.statement_file import read_statements
from jinbao.regional_adapter.statements.statement_import import take_in

NUMBER = "4100000000000000017"
STATEMENT = Path(__file__).parents[3] / "examples" / "banks" / "camt053" / "202504.xml"


def test_a_statement_waits_for_the_service_and_then_asks_it_twice(country, service, monkeypatch):
    clerk, asked = country.clerk("62"), []
    clerk.local.bank.add_account(NUMBER, "in", "clerk", 1)
    take_in(clerk.local.bank, NUMBER, read_statements(STATEMENT, None, NUMBER), "clerk", 2)
    ring = clerk.adapter._ring
    ask = ring._service.ask
    monkeypatch.setattr(ring._service, "ask", lambda *words: asked.append(words[0]) or ask(*words))
    service.end()
    clerk.adapter.step(time.time_ns() // 1_000)
    assert clerk.local.bank.waits()
    assert ring.trouble is not None
    service.start()
    service.clock.seconds += REST_S
    asked.clear()
    country.settle()
    assert not clerk.local.bank.waits()
    assert asked == ["/keys/relationships", "/keys/seals"]
