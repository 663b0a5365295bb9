"""OpenID Connect: the centre's provider tells who somebody is (authorization code with PKCE, state and nonce)."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from app.web.errors import RequestError
from app.web.site import Site
from pipeline.config import SignInSettings

SCOPE = "openid profile email"
_ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
_LEEWAY_S = 60
_TIMEOUT_S = 10.0
_MOST_BYTES = 500_000
_KEPT_FOR = timedelta(hours=1)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ProviderError(RequestError):
    """The provider cannot be asked, or what it says cannot be believed; the message holds nothing secret."""

    status = 502

    def __init__(self, told: str) -> None:
        super().__init__(f"single sign-on does not work: {told}. Sign in with a password, or tell whoever runs Earmark")


class NotSignedInError(RequestError):
    """The provider does not say who somebody is, or nobody has an account here under that name."""

    status = 401


@dataclass(frozen=True, kw_only=True, slots=True)
class Journey:
    """What a browser keeps while its user is at the provider.

    Attributes:
        state: Comes back with the answer: it answers this very question of this very browser.
        nonce: Stands in the ID token: it was made for this question.
        verifier: Whoever has only the code cannot exchange it (PKCE).
        after: Where to go then.
    """

    state: str
    nonce: str
    verifier: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """What a provider says of itself."""

    issuer: str
    authorize_url: str
    token_url: str
    keys_url: str
    about_user_url: str | None
    algorithms: tuple[str, ...]
    secret_in_body: bool
    keys: Mapping[str, Any]
    of: datetime


def set_out(after: str) -> Journey:
    """Return what a sign-in begins with."""
    return Journey(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        after=after,
    )


def packed(journey: Journey) -> str:
    """Return a journey as a cookie holds it."""
    return base64.urlsafe_b64encode(json.dumps(asdict(journey)).encode()).decode()


def unpacked(cookie: str) -> Journey | None:
    """Return the journey that a cookie holds, or None."""
    try:
        told = json.loads(base64.urlsafe_b64decode(cookie.encode()))
        journey = Journey(**told)
    except (binascii.Error, ValueError, TypeError):
        return None
    return journey if all(isinstance(each, str) and each for each in asdict(journey).values()) else None


def question(site: Site, journey: Journey) -> str:
    """Return the address at which the provider asks who is there.

    Raises:
        ProviderError: It cannot be asked.
    """
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # noqa: PLC0415

    provider = provider_of(site)
    asked = {
        "response_type": "code",
        "client_id": site.settings.sign_in.client_id or "",
        "redirect_uri": way_back(site),
        "scope": SCOPE,
        "state": journey.state,
        "nonce": journey.nonce,
        "code_challenge": create_s256_code_challenge(journey.verifier),
        "code_challenge_method": "S256",
    }
    return provider.authorize_url + ("&" if "?" in provider.authorize_url else "?") + urlencode(asked)


def way_back(site: Site) -> str:
    """Return the address that the provider leads back to; it has to be registered there."""
    return site.settings.console.address + "/sign-in/elsewhere/back"


def claims_of(site: Site, journey: Journey, code: str) -> dict[str, Any]:
    """Return what the provider says of whoever it gave a code to.

    Raises:
        ProviderError: It cannot be asked, or what it says cannot be believed.
    """
    provider, settings = provider_of(site), site.settings.sign_in
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": way_back(site),
        "code_verifier": journey.verifier,
    }
    given = _ask("POST", provider.token_url, form=form, settings=settings, secret_in_body=provider.secret_in_body)
    token = given.get("id_token")
    if not isinstance(token, str):
        raise ProviderError("the provider sent no ID token")
    claims = _believed(site, provider, token, journey.nonce)
    access = given.get("access_token")
    if settings.name_claim not in claims and provider.about_user_url and isinstance(access, str):
        told = _ask("GET", provider.about_user_url, bearer=access)
        if told.get("sub") != claims["sub"]:
            raise ProviderError("the provider's two answers are about different people")
        claims = {**told, **claims}
    return claims


def provider_of(site: Site) -> Provider:
    """Return what the provider says of itself; it is asked again after an hour.

    Raises:
        ProviderError: It cannot be asked, or says something that cannot be.
    """
    kept: Provider | None = site.kept.get("openid provider")
    if kept is not None and site.now() - kept.of < _KEPT_FOR:
        return kept
    issuer = site.settings.sign_in.issuer or ""
    told = _ask("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
    if str(told.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        raise ProviderError("the provider names another issuer than sign_in.issuer")
    algorithms = told.get("id_token_signing_alg_values_supported") or ["RS256"]
    ways = told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    about_user = told.get("userinfo_endpoint")
    provider = Provider(
        issuer=str(told["issuer"]),
        authorize_url=_safe_address(told.get("authorization_endpoint")),
        token_url=_safe_address(told.get("token_endpoint")),
        keys_url=_safe_address(told.get("jwks_uri")),
        about_user_url=_safe_address(about_user) if about_user else None,
        algorithms=tuple(each for each in _ASYMMETRIC if each in algorithms),
        secret_in_body="client_secret_basic" not in ways and "client_secret_post" in ways,
        keys=_ask("GET", _safe_address(told.get("jwks_uri"))),
        of=site.now(),
    )
    site.kept["openid provider"] = provider
    return provider


def _believed(site: Site, provider: Provider, token: str, nonce: str) -> dict[str, Any]:
    """Return an ID token's claims, if the provider signed them, for us, now, for this question."""
    from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # noqa: PLC0415
    from joserfc import jwt  # noqa: PLC0415
    from joserfc.errors import InvalidKeyIdError, JoseError  # noqa: PLC0415
    from joserfc.jwk import KeySet  # noqa: PLC0415

    client_id = site.settings.sign_in.client_id or ""

    def read(keys: Mapping[str, Any]) -> dict[str, Any]:
        decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=provider.algorithms)  # type: ignore[arg-type]
        wanted: Any = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": client_id},
            "sub": {"essential": True},
        }
        claims = CodeIDToken(decoded.claims, decoded.header, wanted, {"nonce": nonce, "client_id": client_id})
        claims.validate(now=int(site.now().timestamp()), leeway=_LEEWAY_S)
        return dict(claims)

    try:
        try:
            claims = read(provider.keys)
        except InvalidKeyIdError:  # it signs with a new key since
            claims = read(_ask("GET", provider.keys_url))
            site.kept.pop("openid provider", None)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ProviderError(
            f"its ID token cannot be believed ({getattr(error, 'error', type(error).__name__)})"
        ) from None
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise ProviderError("its ID token does not say who somebody is")
    return claims


def _ask(
    method: str,
    address: str,
    *,
    form: dict[str, str] | None = None,
    settings: SignInSettings | None = None,
    secret_in_body: bool = False,
    bearer: str | None = None,
) -> dict[str, Any]:
    """Ask the provider something and return its JSON; its words are not told on, they may hold what is secret."""
    import httpx  # noqa: PLC0415

    headers = {"Accept": "application/json"}
    auth = None
    if form is not None and settings is not None:
        secret = settings.client_secret.get_secret_value() if settings.client_secret else None
        if secret is None or secret_in_body:
            form = {**form, "client_id": settings.client_id or "", **({"client_secret": secret} if secret else {})}
        else:
            auth = httpx.BasicAuth(_quoted(settings.client_id or ""), _quoted(secret))
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    name = urlsplit(_safe_address(address)).hostname or ""
    try:
        with (
            httpx.Client(timeout=_TIMEOUT_S, trust_env=name not in _LOOPBACK) as client,
            client.stream(method, address, data=form, headers=headers, auth=auth) as answer,
        ):
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    raise ProviderError(f"{name} answers with more than is read")
        told = json.loads(body) if answer.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ProviderError(f"{name} does not answer as it should ({type(error).__name__})") from None
    if not isinstance(told, dict):
        raise ProviderError(f"{name} answers with status {answer.status_code}")
    return told


def _safe_address(address: object) -> str:
    """Return an address to which secrets may be sent: https, or this machine."""
    if not isinstance(address, str):
        raise ProviderError("the provider does not say where to ask")
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ProviderError("the provider has to be reached by https")
    return address


def _quoted(text: str) -> str:
    """Return an id or secret as RFC 6749 (2.3.1) wants it in a header."""
    from urllib.parse import quote_plus  # noqa: PLC0415

    return quote_plus(text)
