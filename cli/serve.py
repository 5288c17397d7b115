"""`jinbao serve`: the pages of the nation and of provinces, in one process at one address."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from functools import partial
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from starlette.types import ASGIApp

from jinbao.cli.alert_watch import outside, watching
from jinbao.cli.clock import ClockOption, instant
from jinbao.cli.language import translator
from jinbao.cli.listening import need_pair, tell_address
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, LogOption, check_province
from jinbao.cli.reading import is_simulation, last_instant, opened, simulated_run
from jinbao.platform.store.store import Store
from jinbao.presentation.prose import prose
from jinbao.rules.provinces import PROVINCES
from jinbao.service.errors import UserError
from jinbao.service.health import Health, Watch
from jinbao.service.logs import logging_as
from jinbao.service.loop import side_loop
from jinbao.service.province import Province
from jinbao.service.settings import OIDC_SECRET_VARIABLE, Settings, load_settings
from jinbao.service.shutdown import stop_asked
from jinbao.service.together import working_together
from jinbao.service.world import OURS, World
from jinbao.simulator.wall_pace import simulated_world
from jinbao.web.accounts.roles_told import tell_roles
from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.application import Application
from jinbao.web.clock import Clock
from jinbao.web.national.accesses import AccessesHere
from jinbao.web.national.breaks_at_hand import BreaksHere
from jinbao.web.national.holder import NationHere
from jinbao.web.national.nation import Nation
from jinbao.web.national.site import national_site
from jinbao.web.openid import OpenIdProvider
from jinbao.web.outside_address import need_protected
from jinbao.web.page import Site
from jinbao.web.province.access_courier import EVERY_S, AccessCourier
from jinbao.web.province.finance_elsewhere import FinanceElsewhere
from jinbao.web.province.national_application import NationalApplication
from jinbao.web.province.offices import Offices
from jinbao.web.province.site import province_site
from jinbao.web.proxy import BehindProxy
from jinbao.web.server import LOOPBACK, listening_socket, serve as serve_pages

app = typer.Typer(help=prose("Serve the pages"))


@app.command(help=prose("Serve the pages of the nation and of provinces; Ctrl-C stops"))
def serve(
    ctx: typer.Context,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help=prose("Port; 0: a free one"))],
    national: Annotated[bool, typer.Option("--national", help=prose("The ministry's pages"))] = False,
    province: Annotated[
        list[str] | None,
        typer.Option("--province", metavar="PP", help=prose("A province's pages: its code, or all; once for each")),
    ] = None,
    clock: ClockOption = None,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help=prose("Address to listen on"))] = LOOPBACK[0],
    tls_certificate: Annotated[Path | None, typer.Option("--tls-certificate", help=prose("Certificate, PEM"))] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help=prose("Its key, PEM"))] = None,
    national_url: Annotated[
        str | None, typer.Option("--national-url", metavar="URL", help=prose("The national application elsewhere"))
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=prose("Let platform and adapters work too, but nobody's staff"))
    ] = False,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help=prose("A proxy in front ends TLS and names addresses"))
    ] = False,
    oidc: Annotated[
        str | None, typer.Option("--oidc", metavar="URL", help=prose("Provider of OpenID Connect to sign in by, too"))
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    log: LogOption = "text",
) -> None:
    """Serve until SIGINT or SIGTERM. Without --national and --province: both kinds, of all provinces."""
    _need_protection(host, tls_certificate, tls_key, behind_proxy=behind_proxy)
    _need_one_nation(national_url, here=national or not province)
    tr, settings = translator(ctx), load_settings(data, database=database, bus=bus)
    with logging_as(log), stop_asked() as stop, ExitStack() as stack:
        last = last_instant(settings)
        time = Clock(instant(clock) if clock else last)
        if last is not None and clock is None and not everything:  # its nation may be running beside
            time = Clock(last, partial(_last_recorded, stack.enter_context(opened(settings, with_read_models=False))))
        if everything:
            world = OURS if last is None and clock is None else _simulated(settings, time)
            stack.enter_context(working_together(settings, stop, Watch(Health(tr), log), world))
        sites: list[Site] = []
        nation: Nation | None = None
        if national or not province:
            store = stack.enter_context(opened(settings))
            watch = stack.enter_context(watching(settings, store, time.now_us, stop, Watch(Health(tr), log, "alerts")))
            nation = Nation(store, time, watch, *outside(settings))
            sites.append(national_site(nation))
        if provinces := _provinces(province, everything=not national):
            site, courier = _province_site(stack, settings, time, provinces, nation, national_url)
            sites.append(site)
            if courier is not None:
                stack.enter_context(_carrying(courier, stop, Watch(Health(tr), log, "accesses")))
        users = _users(stack, settings, nation)
        secure = tls_certificate is not None or behind_proxy
        pages: ASGIApp = Application(sites, users, tr.language, secure=secure, provider=_provider(oidc, settings)).asgi
        listener = stack.enter_context(closing(listening_socket(host, port)))
        tell = partial(tell_address, "http" if tls_certificate is None else "https", host, listener)
        pages = BehindProxy(pages) if behind_proxy else pages
        serve_pages(pages, listener, tell, stop, tls_certificate, tls_key)


def _province_site(
    stack: ExitStack,
    settings: Settings,
    clock: Clock,
    provinces: Sequence[str],
    nation: Nation | None,
    national_url: str | None,
) -> tuple[Site, AccessCourier | None]:
    """The pages of provinces, and who tells a nation elsewhere what they have shown."""
    severe, mib = settings.severe_working_days, settings.upload_mib
    if nation is not None:
        told, breaks = AccessesHere(nation.store), BreaksHere(nation)
        offices = Offices(settings.data, provinces, clock, NationHere(nation), severe, mib, breaks, told)
        return province_site(offices), None
    elsewhere = _elsewhere(stack, settings, national_url, provinces)
    courier = None if elsewhere is None else AccessCourier(elsewhere, settings.data, provinces)
    asked = None if elsewhere is None else FinanceElsewhere(elsewhere)
    return province_site(Offices(settings.data, provinces, clock, elsewhere, severe, mib, asked)), courier


def _users(stack: ExitStack, settings: Settings, nation: Nation | None) -> UsersFile:
    """The file of users; the nation's log learns of changes that it has not got yet. Raises StoreError."""
    users = stack.enter_context(closing(UsersFile(settings.data)))
    if nation is not None:
        tell_roles(users, nation.store, nation.clock.now_us())
    return users


def _carrying(courier: AccessCourier, stop: Event, watch: Watch) -> AbstractContextManager[None]:
    """Let the courier go in a thread of its own while the block runs."""
    return side_loop("accesses", courier.step, stop, watch, EVERY_S)


def _last_recorded(store: Store) -> int:
    with store.read() as work:
        return work.last_recorded_at()


def _simulated(settings: Settings, clock: Clock) -> World:
    """The world of the folder's simulated nation, which goes on by the clock. Raises UserError where none lives there.

    Where our time counts no other clock can: deadlines would be those of another day.
    """
    if last_instant(settings) is None:
        raise UserError(
            f"{settings.data}：平台按今天的时间运行，--all 不能与 --clock 同用",
            f"{settings.data}: its platform works in our time; give --all or --clock, not both",
        )
    run = simulated_run(settings.data) if is_simulation(settings.data) else None
    return simulated_world(run, clock.now_us)


def _elsewhere(
    stack: ExitStack, settings: Settings, url: str | None, provinces: Sequence[str]
) -> NationalApplication | None:
    """The national application that the option or the settings name; None where none is named. Raises UserError."""
    url = url or settings.national_url
    if not url:
        return None
    need_protected("--national-url", url)
    files = {code: Province(settings.data, code).national_token_file for code in provinces}
    return stack.enter_context(closing(NationalApplication(url, files)))


def _provider(issuer: str | None, settings: Settings) -> OpenIdProvider | None:
    """The provider that the option or the settings name. Raises UserError."""
    issuer = issuer or settings.oidc_issuer
    if not issuer:
        return None
    secret = os.environ.get(OIDC_SECRET_VARIABLE, "")
    return OpenIdProvider(issuer, settings.oidc_client_id, secret, settings.oidc_name_claim)


def _need_protection(host: str, certificate: Path | None, key: Path | None, *, behind_proxy: bool) -> None:
    """Raise UserError where passwords would go over a network in clear."""
    need_pair(certificate, key)
    if host not in LOOPBACK and certificate is None and not behind_proxy:
        raise UserError(
            f"--host {host}：对外服务须用 --tls-certificate 和 --tls-key，或在代理后面用 --behind-proxy",
            f"--host {host}: others could listen in; give --tls-certificate and --tls-key, or --behind-proxy",
        )


def _need_one_nation(url: str | None, *, here: bool) -> None:
    """Raise UserError where another national application is named beside the one of this process."""
    if url is not None and here:
        raise UserError(
            "--national-url 用于只服务省级页面的进程；本进程自己提供部级页面，请去掉它，或只给 --province",
            "--national-url is for a process that serves provinces alone, and this one serves the ministry's pages "
            "itself: leave it out, or give --province alone",
        )


def _provinces(asked: list[str] | None, *, everything: bool) -> list[str]:
    """Codes of the provinces to serve. Raises UserError."""
    if not asked:
        return list(PROVINCES) if everything else []
    if asked == ["all"]:
        return list(PROVINCES)
    for code in asked:
        check_province(code)
    return asked
