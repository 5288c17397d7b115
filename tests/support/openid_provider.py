"""An OpenID Connect provider as a program of its own, by Authlib's server on Flask: PKCE asked for, codes good once.

`python openid_provider.py CLIENT_ID CLIENT_SECRET REDIRECT_URI` prints its address, then signs in whom `/set/name/NAME`
has named. `/set/forge/KIND` spoils its next token: another nonce, audience, issuer, key or time, or no signature.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.wrappers import Response as AnyResponse


class Client:
    """The one client that is registered."""

    def __init__(self, client_id: str, secret: str, redirect_uri: str) -> None:
        self.client_id, self.secret, self.redirect_uri = client_id, secret, redirect_uri

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, secret: str) -> bool:
        return secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind == "authorization_code"


class Code:
    """An authorization code, with what it was asked for."""

    def __init__(self, code: str, asked: Any, name: str) -> None:
        data = asked.payload.data
        self.code, self.name, self.nonce = code, name, data.get("nonce", "")
        self.redirect_uri, self.scope = asked.payload.redirect_uri, asked.payload.scope
        self.code_challenge = data.get("code_challenge")
        self.code_challenge_method = data.get("code_challenge_method")

    def get_redirect_uri(self) -> str:
        return str(self.redirect_uri)

    def get_scope(self) -> str:
        return str(self.scope)


CODES: dict[str, Code] = {}
STATE = {"name": "ministry", "forge": ""}
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one"})


class Grant(AuthorizationCodeGrant):  # type: ignore[misc]
    """Codes in memory; each is good once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def save_authorization_code(self, code: str, asked: Any) -> None:
        CODES[code] = Code(code, asked, asked.user)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        return CODES.get(code)

    def delete_authorization_code(self, code: Code) -> None:
        del CODES[code.code]

    def authenticate_user(self, code: Code) -> str:
        self.request.nonce = code.nonce
        return code.name


def id_token(name: str, nonce: str, client_id: str, issuer: str) -> str:
    """The signed token, or what `STATE["forge"]` makes of it."""
    forge, now = STATE["forge"], int(time.time())
    STATE["forge"] = ""
    claims = {
        "iss": "https://elsewhere.example" if forge == "issuer" else issuer,
        "sub": f"sub-{name}",
        "aud": "another-client" if forge == "audience" else client_id,
        "iat": now - 7_200 if forge == "time" else now,
        "exp": now - 3_600 if forge == "time" else now + 300,
        "nonce": "another" if forge == "nonce" else nonce,
        "preferred_username": name,
    }
    if forge == "nonce_missing":
        del claims["nonce"]
    if forge == "unsigned":
        import base64
        import json

        parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
        return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, OTHER_KEY if forge == "key" else KEY)


def provider(client: Client) -> Flask:
    """The program's pages."""
    app = Flask("provider")

    def save_token(token: dict[str, Any], asked: Any) -> None:
        issuer = request.host_url.rstrip("/")
        token["id_token"] = id_token(asked.user, asked.nonce, client.client_id, issuer)

    server = AuthorizationServer(
        app, query_client=lambda name: client if name == client.client_id else None, save_token=save_token
    )
    server.register_grant(Grant, [CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def configuration() -> Response:
        issuer = request.host_url.rstrip("/")
        paths = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return jsonify({"issuer": issuer, **{name: issuer + path for name, path in paths.items()}})

    @app.get("/keys")
    def keys() -> Response:
        return jsonify(KeySet([KEY]).as_dict(private=False))

    @app.get("/authorize")
    def authorize() -> AnyResponse:
        answer: AnyResponse = server.create_authorization_response(
            grant=server.get_consent_grant(end_user=STATE["name"]), grant_user=STATE["name"]
        )
        return answer

    @app.post("/token")
    def token() -> AnyResponse:
        answer: AnyResponse = server.create_token_response()
        return answer

    @app.post("/set/<what>/<value>")
    def change(what: str, value: str) -> str:
        STATE[what] = value
        return ""

    return app


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, format: str, *args: Any) -> None:
        return


if __name__ == "__main__":
    logging.disable()
    with make_server("127.0.0.1", 0, provider(Client(*sys.argv[1:4])), handler_class=Quiet) as listening:
        print(f"http://127.0.0.1:{listening.server_port}", flush=True)
        listening.serve_forever()
