"""The key service over HTTP: whose token it is, what it asks for as JSON, and errors that say what to do.

Its messages are `keys/service_messages.py`; who is given what is `service/key_service/custody.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from jinbao.keys import service_messages as said
from jinbao.keys.key_ring import KeyRingError
from jinbao.language.words import Words
from jinbao.platform.store.store import StoreError
from jinbao.service.errors import Unavailable, UserError
from jinbao.service.key_service.custody import Custody
from jinbao.service.logs import tell
from jinbao.web.accounts.sessions import user_of_token
from jinbao.web.accounts.users import SERVICE, service_named
from jinbao.web.accounts.users_file import UsersFile
from jinbao.web.client_certificate import certified_name

_NO_TOKEN: Words = (
    "令牌或证书无效：请由密钥服务用 jinbao users token 重新生成令牌，写入适配器的令牌文件；"
    "或使用以其用户名为 CN 的证书",
    "no valid token: have one made at the key service by jinbao users token, and put it into the adapter's token file; "
    "or show a certificate whose common name is that user's",
)
_UNREADABLE: Words = ("发来的内容无法读取", "what was sent cannot be read")
_TOO_LARGE: Words = ("内容太大", "too much was sent")
_NOT_NOW: Words = (
    "暂时无法办理，请稍后再试；其运行维护员可看日志",
    "it cannot answer now: try again later; its operator finds the reason in its log",
)
_Request = TypeVar("_Request", said.LookUp, said.SealOrders, said.Opening)
_encode = msgspec.json.Encoder().encode


class _Refused(Exception):
    def __init__(self, status: int, words: Words) -> None:
        super().__init__(words[1])
        self.status, self.words = status, words


def key_service(custody: Custody, users: UsersFile) -> Starlette:
    """The application. Provinces sign in as their users of role `service`, by token or by certificate."""
    return Starlette(
        routes=[
            Route(said.RING_PATH, _named(custody, users)),
            Route(said.RELATIONSHIPS_PATH, _answering(users, said.LookUp, custody.look_up), methods=["POST"]),
            Route(said.SEALS_PATH, _answering(users, said.SealOrders, custody.seal), methods=["POST"]),
            Route(said.OPENINGS_PATH, _answering(users, said.Opening, custody.open), methods=["POST"]),
        ]
    )


def _named(custody: Custody, users: UsersFile) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        return _answer(lambda: (_province(users, request), custody.named())[1])

    return endpoint


def _answering(
    users: UsersFile, kind: type[_Request], answer: Callable[[str, _Request], msgspec.Struct]
) -> Callable[[Request], object]:
    """An endpoint: the request's body, read whole, then answered in a thread."""
    read = msgspec.json.Decoder(kind).decode

    async def endpoint(request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > said.MOST_BYTES:
                return _response(413, said.NotDone(*_TOO_LARGE))

        def done() -> msgspec.Struct:
            province = _province(users, request)
            try:
                asked = read(body)
            except (msgspec.DecodeError, UnicodeDecodeError):  # which may quote what was sent
                raise _Refused(400, _UNREADABLE) from None
            return answer(province, asked)

        return await run_in_threadpool(_answer, done)

    return endpoint


def _province(users: UsersFile, request: Request) -> str:
    """Whose token it is, or without one, whose certificate the connection has shown. Raises _Refused."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        user = user_of_token(users, token.strip()) if scheme.lower() == "bearer" else None
    else:
        name = certified_name(request)
        user = None if name is None else service_named(users, name)
    if user is None or user.role != SERVICE or user.province is None:
        raise _Refused(401, _NO_TOKEN)
    return user.province


def _answer(done: Callable[[], msgspec.Struct]) -> Response:
    try:
        return _response(200, done())
    except _Refused as refused:
        return _response(refused.status, said.NotDone(*refused.words))
    except (KeyRingError, StoreError, Unavailable, UserError) as error:
        tell("keys_not_served", logging.ERROR, error=error.words[1])
        return _response(503, said.NotDone(*_NOT_NOW))


def _response(status: int, content: msgspec.Struct) -> Response:
    return Response(_encode(content), status, {"Cache-Control": "no-store"}, "application/json")
