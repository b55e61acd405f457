"""Talking to the grid of quotas in tests."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.test import Client

from metrics.models import Quota
from tests import make


def where(team: Any, **more: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in {"team": str(team.pk), "year": "2026", **more}.items())
    return f"/quotas/?{query}"


def check(client: Client, team: Any, **fields: Any) -> dict[str, Any]:
    query = where(team, **fields.pop("address", {})).removeprefix("/quotas/")
    body = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in fields.items()}
    return client.post(f"/quotas/check/{query}", body).json()


def save(client: Client, team: Any, typed: dict[str, str], was: dict[str, str] | None = None, **more: Any) -> Any:
    return client.post(where(team), {"typed": json.dumps(typed), "was": json.dumps(was or {}), **more})


def key(person: Any, month: int, year: int = 2026) -> str:
    return f"r{make.rep_of(person).pk}-{year}-{month:02}"


def standing() -> list[tuple[str | None, int, Decimal]]:
    rows = Quota.objects.current().order_by("rep__name", "month_on")
    return [(row.rep.name if row.rep else None, row.month_on.month, row.amount) for row in rows.select_related("rep")]


def message(answer: Any) -> str:
    return " ".join(str(said) for said in answer.context["messages"])
