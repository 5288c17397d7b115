"""A view as a value: the same ledger rendered in two languages at once, as one server answers two requests."""

from __future__ import annotations

import threading

from jinbao.language.words import Language, Translator
from jinbao.platform.projections.fund_ledger import LedgerRow, Money
from jinbao.views.ledger import ledger_page
from jinbao.views.table import Table, View

ROWS = [LedgerRow("41", "destination_fund", 100_00, 200_00, 0), LedgerRow("62", "origin_fund", -100_00, -200_00, 0)]
NATION = Money(300_00, 0, 300_00, 0, 0, 0, 0)
TIMES = 100


def texts(view: View) -> list[str]:
    found: list[str] = []
    for part in view:
        if isinstance(part, Table):
            found += [str(part.title), *(c if isinstance(c, str) else c[0] for c in part.columns)]
            found += [str(cell) for row in part.rows for cell in row]
        else:
            found.append(str(part))
    return found


def test_two_threads_render_one_page_in_two_languages_at_once() -> None:
    together, rendered = threading.Barrier(2), dict[Language, list[list[str]]]()

    def serve(language: Language) -> None:
        rendered[language] = []
        for _ in range(TIMES):
            together.wait()
            rendered[language].append(texts(ledger_page(Translator(language), ROWS, NATION, whole=True)))

    threads = [threading.Thread(target=serve, args=(language,)) for language in ("zh", "en")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for language, pages in rendered.items():
        assert len(pages) == TIMES
        assert all(page == pages[0] for page in pages), language
    assert all(text.isascii() for text in rendered["en"][0])
    assert {"基金账（元）", "河南", "转入地基金", "300.00"} <= set(rendered["zh"][0])
    assert {"Ledger (yuan)", "Henan", "destination fund", "300.00"} <= set(rendered["en"][0])
