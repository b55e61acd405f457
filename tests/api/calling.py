"""Calling the API as somebody, with a token of theirs."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client

from reps import api_tokens
from reps.models import User

ROOT = "/api/v1"


class Api:
    """A program with a token of that person; without one, nobody's. Calls answer (status, what the JSON says)."""

    def __init__(self, owner: User | None, *, writes: bool = True, **token: Any) -> None:
        self.client = Client(raise_request_exception=False)
        self.token, self.secret = None, ""
        if owner is not None:
            issued = api_tokens.issue(owner=owner, writes=writes, by=owner, **token)
            self.token, self.secret = issued.token, issued.secret

    def send(
        self, method: str, path: str, body: Any = None, *, query: Any = None, raw: bytes | None = None, **headers: str
    ) -> HttpResponse:
        """The answer as it is. `headers` are written with underscores: `Idempotency_Key`."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.secret:
            given.setdefault("Authorization", f"Bearer {self.secret}")
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        address = path if path.startswith(ROOT) else f"{ROOT}{path}"
        address += f"?{urlencode(query)}" if query else ""
        return self.client.generic(
            method, address, content, content_type=given.pop("Content-Type", "application/json"), headers=given
        )

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        """Status and JSON."""
        response = self.send(method, path, body, **options)
        return response.status_code, json.loads(response.content) if response.content else None

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        """GET with a query."""
        return self("GET", path, query=query)

    def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """POST."""
        return self("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any) -> tuple[int, Any]:
        """PATCH."""
        return self("PATCH", path, body)

    def delete(self, path: str) -> tuple[int, Any]:
        """DELETE."""
        return self("DELETE", path)


def names(found: Any) -> list[str]:
    """The names in a list's answer."""
    return [row["name"] for row in found["results"]]
