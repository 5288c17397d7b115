"""The ministry's application: all its pages. Whoever adds one lists it here."""

from __future__ import annotations

from pathlib import Path

from jinbao.web.national.accesses import take_accesses
from jinbao.web.national.alerts import alerts_page, runbook_page
from jinbao.web.national.audit import Verifier, audit_page, verify_action
from jinbao.web.national.audit_accesses import accesses_export, accesses_page
from jinbao.web.national.audit_findings import finding_action, findings_page, remark_action, report_exports
from jinbao.web.national.audit_past import past_page
from jinbao.web.national.audit_samples import draw_action, samples_export, samples_page
from jinbao.web.national.audit_tests import tests_export, tests_page
from jinbao.web.national.audit_what_if import what_if_export, what_if_page
from jinbao.web.national.breaks import break_page, breaks_page
from jinbao.web.national.case_forms import case_form
from jinbao.web.national.cases import case_page, cases_page
from jinbao.web.national.cases_export import cases_export
from jinbao.web.national.finance_for_provinces import finance_for_provinces
from jinbao.web.national.flow import flow_page
from jinbao.web.national.holder import holder_page
from jinbao.web.national.index import index_page
from jinbao.web.national.ingest import dead_letter_page, ingest_page, replay_action
from jinbao.web.national.log_tiles import log_files
from jinbao.web.national.month import month_page, month_pdf
from jinbao.web.national.nation import Nation
from jinbao.web.national.overview import live_overview, overview_page
from jinbao.web.national.province import province_page
from jinbao.web.page import Site


def national_site(nation: Nation) -> Site:
    """The pages of the nation."""
    verifier = Verifier(nation)
    return Site(
        "national",
        pages=[
            overview_page(nation),
            province_page(nation),
            flow_page(nation),
            cases_page(nation),
            case_page(nation),
            holder_page(nation),
            alerts_page(nation),
            runbook_page(nation),
            index_page(nation),
            ingest_page(nation),
            dead_letter_page(nation),
            breaks_page(nation),
            break_page(nation),
            month_page(nation),
            *finance_for_provinces(nation),
            audit_page(nation, verifier),
            past_page(nation),
            what_if_page(nation),
            tests_page(nation),
            samples_page(nation),
            findings_page(nation),
            accesses_page(nation),
        ],
        actions=[
            replay_action(nation),
            verify_action(nation, verifier),
            take_accesses(nation),
            draw_action(nation),
            finding_action(nation),
            remark_action(nation),
        ],
        downloads=[
            cases_export(nation),
            case_form(nation),
            month_pdf(nation),
            log_files(nation),
            what_if_export(nation),
            tests_export(nation),
            samples_export(nation),
            *report_exports(nation),
            accesses_export(nation),
        ],
        templates=Path(__file__).parent / "templates",
        live=[
            live_overview(nation),
        ],
    )
