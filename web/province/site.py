"""A province's application: all its pages. Whoever adds one lists it here."""

from __future__ import annotations

from pathlib import Path

from jinbao.web.page import Site
from jinbao.web.province.bank_accounts import name_an_account
from jinbao.web.province.break_words import say_of_a_break
from jinbao.web.province.case_forms import case_form
from jinbao.web.province.case_page import case_page
from jinbao.web.province.decisions import decide
from jinbao.web.province.desk import desk_page, give_back, keep_draft, take, take_next
from jinbao.web.province.document_page import document_page
from jinbao.web.province.entry_words import entry_words_page
from jinbao.web.province.finance_elsewhere import FinanceElsewhere, finance_files, finance_pages
from jinbao.web.province.keys import keys_page, switch_keys
from jinbao.web.province.loads import loads_page, move
from jinbao.web.province.month_seal import seal_a_month
from jinbao.web.province.new_case import begin, new_page
from jinbao.web.province.offices import Offices
from jinbao.web.province.persons import person_action, person_page, views_page
from jinbao.web.province.search import search, search_page
from jinbao.web.province.statements import statements_page, take_statement_in
from jinbao.web.province.taking_in import fetch_rejects, files_page, take_in


def province_site(offices: Offices) -> Site:
    """The pages of the provinces that are served here. Addresses of their own stand before those of a case.

    Where the nation is elsewhere, what it shows of breaks and months is shown here.
    """
    apart = offices.breaks if isinstance(offices.breaks, FinanceElsewhere) else None
    statements = statements_page(offices)
    case, new, searched, files = case_page(offices), new_page(offices), search_page(offices), files_page(offices)
    return Site(
        "province",
        pages=[
            desk_page(offices),
            person_page(offices),
            views_page(offices),
            new,
            searched,
            loads_page(offices),
            keys_page(offices),
            files,
            document_page(offices),
            *(finance_pages(offices, apart) if apart else ()),
            statements,
            entry_words_page(offices),
            case,
        ],
        actions=[
            person_action(offices),
            take_next(offices),
            begin(offices, new),
            search(offices, searched),
            move(offices),
            switch_keys(offices),
            take_in(offices, files),
            fetch_rejects(offices),
            take(offices),
            give_back(offices),
            keep_draft(offices),
            decide(offices, case),
            say_of_a_break(offices),
            seal_a_month(offices),
            take_statement_in(offices, statements),
            name_an_account(offices, statements),
        ],
        downloads=[
            case_form(offices),
            *(finance_files(apart) if apart else ()),
        ],
        templates=Path(__file__).parent / "templates",
    )
