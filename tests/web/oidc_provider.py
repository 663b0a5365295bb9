"""A small OpenID Connect provider on loopback, which can lie in every way that a client has to notice."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "earmark-console"
CLIENT_SECRET = "s3cret of the client: not to be logged"


@dataclass
class Provider:
    """What it says, and what it was asked.

    Attributes:
        changes: Claims of the ID token that are other than they should be; None leaves one out.
        lie: ``alg-none``, ``alg-hs256``, ``other-key``, ``unsigned-keys``, ``no-token``, ``refuses``, ``not-json``,
            ``other-issuer``, ``new-key`` (an honest one) or nothing.
    """

    issuer: str = ""
    email: str = "ann@example.org"
    changes: dict[str, Any] = field(default_factory=dict)
    about_user: dict[str, Any] = field(default_factory=dict)
    lie: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": "https://elsewhere.example" if self.lie == "other-issuer" else self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/about",
            "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked["state"]})

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        asked = self.codes.pop(form["code"], None)
        expected = base64.b64encode(f"{CLIENT_ID}:{urlencode({'': CLIENT_SECRET})[1:]}".encode()).decode()
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        honest = (
            asked is not None
            and authorization == f"Basic {expected}"
            and asked["code_challenge"] == challenge
            and asked["redirect_uri"] == form["redirect_uri"]
            and form["grant_type"] == "authorization_code"
        )
        if not honest or asked is None or self.lie == "refuses":
            return None
        return {"access_token": "an access token", "token_type": "Bearer", **self.id_token(asked["nonce"])}

    def id_token(self, nonce: str) -> dict[str, str]:
        if self.lie == "no-token":
            return {}
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer, "sub": "subject-1", "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce,
            "email": self.email, "email_verified": True, **self.changes,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.lie == "alg-none":
            parts = ({"alg": "none", "typ": "JWT"}, claims)
            return {"id_token": ".".join(_encoded(json.dumps(part).encode()) for part in parts) + "."}
        if self.lie == "alg-hs256":  # the public key taken for a secret that both know
            import hmac

            head = _encoded(json.dumps({"alg": "HS256", "kid": "one"}).encode())
            signed = f"{head}.{_encoded(json.dumps(claims).encode())}"
            mac = hmac.new(self.key.as_pem(private=False), signed.encode(), hashlib.sha256).digest()
            return {"id_token": f"{signed}.{_encoded(mac)}"}
        key = RSAKey.generate_key(2048, {"kid": "one"}) if self.lie == "other-key" else self.key
        return {"id_token": jwt.encode({"alg": "RS256", "kid": key.kid or "one"}, claims, key)}

    def keys(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)]}


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def running() -> Iterator[Provider]:
    """Serve a provider."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path)
            provider.asked.append(path.path)
            asked = {name: values[0] for name, values in parse_qs(path.query).items()}
            if path.path == "/.well-known/openid-configuration":
                self.answer(provider.discovery())
            elif path.path == "/keys":
                self.answer(provider.keys())
            elif path.path == "/about":
                self.answer({"sub": "subject-1", "email": provider.email, **provider.about_user})
            elif path.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(asked))
                self.end_headers()
            else:
                self.answer(None)

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.answer(provider.token(form, self.headers.get("Authorization", "")))

        def answer(self, said: dict[str, Any] | None) -> None:
            body = b"<html>" if provider.lie == "not-json" else json.dumps(said or {"error": "invalid_grant"}).encode()
            self.send_response(200 if said is not None else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
