"""Who asks the API: a token's owner. A session opens nothing here but the schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from reps import api_tokens
from reps.addresses import exact_address
from reps.models import ApiToken, User


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer st_…`. Whatever is wrong with a token, the answer is the same."""

    def authenticate(self, request: Any) -> tuple[User, ApiToken] | None:
        """The owner and the token; None where none was sent."""
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _blank, secret = header.partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationFailed
        try:
            token = api_tokens.recognise(secret.strip(), address=exact_address(request._request))
        except api_tokens.Unknown:
            raise AuthenticationFailed from None
        return token.owner, token

    def authenticate_header(self, request: Any) -> str:
        """What a 401 asks for."""
        return "Bearer"


class SignedIn(BaseAuthentication):
    """Somebody who reads the schema in a browser; for addresses that change nothing."""

    def authenticate(self, request: Any) -> tuple[User, None] | None:
        """The person of the session."""
        user = request._request.user
        return (user, None) if user.is_authenticated else None


class TokenScheme(OpenApiAuthenticationExtension):
    """How the schema names the token."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Bearer."""
        return {"type": "http", "scheme": "bearer", "description": "A token of your account page: `st_…`."}


class SessionScheme(OpenApiAuthenticationExtension):
    """How the schema names a session."""

    target_class = SignedIn
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "salesteam_session"}
