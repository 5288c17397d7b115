"""The application: every page and action of the sites as routes, each of which the table of access knows.

Every request for a page or an action passes `_allowed`: who is signed in, whether the role may use the endpoint, and
whether what it is about is theirs to see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from jinbao.language.words import Language, Translator
from jinbao.rules.type_fault import fault_in
from jinbao.rules.working_days import CalendarError
from jinbao.web.access import Access, endpoint_of, load_access
from jinbao.web.accounts.sessions import end_session
from jinbao.web.accounts.users import User
from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.api_description import described, described_action, description
from jinbao.web.door import SESSION_COOKIE, Door, bearer_token, csrf_token, need_csrf_token
from jinbao.web.downloads import add_downloads
from jinbao.web.errors import ErrorPages, add_error_pages
from jinbao.web.form_data import downloaded, read_form
from jinbao.web.live import Feed
from jinbao.web.openid import OpenIdProvider
from jinbao.web.page import LEAST, MOST, About, Action, Asker, Done, Page, Refused, Site, built_ins, not_found
from jinbao.web.rendering import Rendering, reading_of
from jinbao.web.security import MOST_BYTES, BodyLimits, Protection
from jinbao.web.sign_in import OPENID_ANSWER, OPENID_BEGIN, SignIn
from jinbao.web.static_files import StaticFiles

_MOST_FIELDS = 2_000
"""Of a form: a long history has some hundred."""
_MOST_FILES = 2
"""Of a form: a province's file and its mapping."""

HOME = {
    "ministry": "/overview",
    "auditor": "/overview",
    "operator": "/overview",
    "clerk": "/desk",
    "finance": "/finance/breaks",
    "supervisor": "/desk",
}
"""Where a role begins; where only one kind of pages is served and this is not there, at the first that it may see."""


class Application:
    """The pages of some sites as one ASGI application. Raises AccessError where one is not in the table of access."""

    def __init__(
        self,
        sites: Sequence[Site],
        users: UsersFile,
        language: Language,
        *,
        secure: bool = False,
        provider: OpenIdProvider | None = None,
    ) -> None:
        """`language`: of whoever has chosen none; `secure`: browsers come by HTTPS; `provider`: of OpenID Connect."""
        self.access: Access = load_access()
        self.static = StaticFiles()
        self.rendering = Rendering([site.templates for site in sites], self.static)
        self.door = Door(users, secure)
        self.language = language
        self.sites = tuple(sites)
        self.pages = [page for site in sites for page in site.pages]
        self._shown_paths = {page.path for page in self.pages if page.template is not None}
        self.api = FastAPI(title="Jinbao", docs_url=None, redoc_url=None)
        self.api.openapi = lambda: description(self.api, self.pages)  # type: ignore[method-assign]
        self._add("GET", "/healthz", lambda request: JSONResponse({"status": "ok"}))
        self._add("GET", "/static/{name:path}", self.static.answer)
        self._add("GET", "/", self._home)
        self.sign_in = SignIn(self.door, self.rendering, language, provider)
        self._add("GET", "/login", self.sign_in.show)
        self._add("POST", "/login", self.sign_in.submit)
        self._add("GET", OPENID_BEGIN, self.sign_in.to_provider)
        self._add("GET", OPENID_ANSWER, self.sign_in.from_provider)
        self._add("POST", "/logout", self._log_out)
        for page in self.pages:
            self._add_page(page)
        for site in sites:
            for action in site.actions:
                self._add_action(action)
            for live in site.live:
                feed = Feed(live, self.door, self.access)
                self.api.router.add_websocket_route(live.path, feed.serve)
        add_downloads(self.api, [download for site in sites for download in site.downloads], self._allowed)
        limits = BodyLimits({action.path: action.most_bytes for site in sites for action in site.actions})
        errors = ErrorPages(self.door, self.rendering, language, self._menu_of, limits)
        add_error_pages(self.api, errors)
        self.access.check(self.endpoints())
        self.asgi = Protection(self.api, lambda request: errors.answer(request, 413), limits, secure=secure)

    def endpoints(self) -> list[str]:
        """Every endpoint that a request can reach."""
        found = set()
        for route in self.api.routes:
            assert isinstance(route, Route | WebSocketRoute), "one that cannot be held against the table of access"
            methods = {"SOCKET"} if isinstance(route, WebSocketRoute) else set(route.methods or ()) - {"HEAD"}
            found |= {endpoint_of(method, route.path) for method in methods}
        return sorted(found)

    def _add(self, method: str, path: str, answer: Callable[[Request], Any]) -> None:
        self.api.router.add_route(path, answer, methods=[method], include_in_schema=False)

    # --- pages ---

    def _add_page(self, page: Page) -> None:
        endpoint = endpoint_of("GET", page.path)

        def value_for(request: Request) -> tuple[Asker, msgspec.Struct, Any]:
            asker, query = self._allowed(request, endpoint, page.about, request.query_params, page.query)
            try:
                return asker, query, built_ins(page.value(asker, query))
            except CalendarError as error:  # a day was asked for that no calendar has
                raise Refused(*error.words, status=404) from None

        def show(request: Request) -> Response:
            asker, query, value = value_for(request)
            return self._shown(request, asker, page, value, asked=built_ins(query))

        def answer(request: Request) -> Response:
            return Response(msgspec.json.encode(value_for(request)[2]), media_type="application/json")

        if page.template is not None:
            self._add("GET", page.path, show)
        self.api.add_api_route(
            f"/api{page.path}", answer, methods=["GET"], response_model=None, openapi_extra=described(page)
        )

    def _shown(
        self, request: Request, asker: Asker, page: Page, value: Any, status: int = 200, asked: Any = None
    ) -> Response:
        """A page of a user as HTML."""
        assert page.template is not None, "a value for programs is shown to nobody"
        reading = reading_of(request, self.language)
        text = self.rendering.page(
            page.template,
            request,
            reading,
            title=page.title,
            value=value,
            asked=asked,
            user=asker.user,
            menu=self._menu_of(asker.user),
            live=page.live,
            may_get=lambda path: path in self._shown_paths and self.access.may_reach(asker.user, f"GET {path}"),
            csrf_token=csrf_token(request.cookies.get(SESSION_COOKIE, "")),
        )
        response = Response(text, status, media_type="text/html; charset=utf-8")
        self.door.keep(response, reading.asked)
        return response

    def _menu_of(self, user: User) -> list[Page]:
        return [page for page in self.pages if page.menu and self.access.may_reach(user, endpoint_of("GET", page.path))]

    def _allowed(
        self, request: Request, endpoint: str, about: About, fields: Mapping[str, Any], kind: type[msgspec.Struct]
    ) -> tuple[Asker, Any]:
        """Who asks, and what for. What is foreign is as if it did not exist. Raises NotSignedIn, Refused."""
        user = self._user_of(request, endpoint)
        asker = Asker(user, Translator(reading_of(request, self.language).language))
        try:
            asked = msgspec.convert({**fields, **request.path_params}, kind, strict=False)
        except msgspec.ValidationError:
            fault = fault_in({**fields, **request.path_params}, kind, strict=False)
            assert fault is not None, "msgspec found one"
            zh, en = (f"{fault.path} {words}" for words in fault.words)
            raise Refused(f"所填内容不对：{zh}", f"what was sent cannot be read: {en}") from None
        if any(isinstance(part, int) and not LEAST <= part <= MOST for part in msgspec.structs.astuple(asked)):
            raise Refused("数字太大", "a number is too large")
        subject = about(asker, asked)
        if subject is None or not self.access.may_see(user, endpoint, subject):
            raise not_found()
        return asker, asked

    def _user_of(self, request: Request, endpoint: str) -> User:
        """Who asks. Raises NotSignedIn, and Refused where the role may not use the endpoint."""
        user = self.door.user(request)
        if not self.access.may_use(user, endpoint):
            raise Refused(
                "您的角色不能使用此页；如需使用，请联系管理用户的人",
                "your role may not use this page: if you need it, ask whoever manages users",
                403,
            )
        return user

    # --- actions ---

    def _add_action(self, action: Action) -> None:
        endpoint = endpoint_of("POST", action.path)

        def act(request: Request, fields: dict[str, Any]) -> tuple[Asker, Done]:
            self.door.user(request)
            if not bearer_token(request):
                need_csrf_token(request, fields, request.cookies.get(SESSION_COOKIE, ""))
            asker, form = self._allowed(request, endpoint, action.about, fields, action.form)
            return asker, action.act(asker, form)

        async def submit(request: Request) -> Response:
            if action.most_bytes > MOST_BYTES:
                await run_in_threadpool(self._user_of, request, endpoint)
            async with request.form(max_fields=_MOST_FIELDS, max_files=_MOST_FILES) as form:
                asker, done = await run_in_threadpool(act, request, await read_form(form))
            if done.download is not None:
                return downloaded(*done.download)
            if done.shown is not None:
                page, value = done.shown
                return await run_in_threadpool(self._shown, request, asker, page, built_ins(value), done.status)
            if done.status == 204 and request.headers.get("HX-Request"):
                return Response(status_code=204)
            return RedirectResponse(done.location, 303)

        async def answer(request: Request) -> Response:
            if action.most_bytes > MOST_BYTES:
                await run_in_threadpool(self._user_of, request, endpoint)
            _, done = await run_in_threadpool(act, request, _object(await request.body()))
            body = b"" if done.status == 204 else msgspec.json.encode(built_ins(done.value))
            return Response(body, done.status, media_type="application/json")

        self._add("POST", action.path, submit)
        self.api.add_api_route(
            f"/api{action.path}", answer, methods=["POST"], response_model=None, openapi_extra=described_action(action)
        )

    # --- home and logout ---

    def _home(self, request: Request) -> Response:
        user = self.door.user(request)
        here = [page.path for page in self._menu_of(user)]
        if not here:
            raise Refused("此处没有您角色的页面", "there is no page for your role here", 403)
        home = HOME[user.role]
        response = RedirectResponse(home if home in here else here[0], 303)
        self.door.keep(response, reading_of(request, self.language).asked)
        return response

    async def _log_out(self, request: Request) -> Response:
        secret = request.cookies.get(SESSION_COOKIE, "")
        need_csrf_token(request, dict(await request.form()), secret)
        await run_in_threadpool(end_session, self.door.users, secret)
        response = RedirectResponse("/login", 303)
        response.delete_cookie(SESSION_COOKIE, path="/")
        return response


def _object(body: bytes) -> dict[str, Any]:
    """The fields of a JSON object. Raises Refused."""
    try:
        return msgspec.json.decode(body or b"{}", type=dict[str, Any])
    except RecursionError:
        raise Refused("JSON 嵌套太深", "JSON that is nested too deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(f"不是 JSON 对象：{error}", f"not a JSON object: {error}") from None
