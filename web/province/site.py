"""A province's application: all its pages. Whoever adds one lists it here."""

from __future__ import annotations

from pathlib import Path

from jinbao.web.page import Site
from jinbao.web.province.case_forms import case_form
from jinbao.web.province.desk import desk_page
from jinbao.web.province.offices import Offices
from jinbao.web.province.persons import person_action, person_page, views_page


def province_site(offices: Offices) -> Site:
    """The pages of the provinces that are served here."""
    return Site(
        "province",
        pages=[
            desk_page(offices),
            person_page(offices),
            views_page(offices),
        ],
        actions=[
            person_action(offices),
        ],
        downloads=[
            case_form(offices),
        ],
        templates=Path(__file__).parent / "templates",
    )
