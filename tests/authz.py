"""Reads tests/authz.yaml, which says what each line means, and tests/authz_api.yaml, the same for the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.urls import URLPattern, URLResolver, get_resolver, reverse

TABLE, API_TABLE = Path(__file__).with_name("authz.yaml"), Path(__file__).with_name("authz_api.yaml")
API = "api:"
ACTORS = {
    "AN": None,
    "RO": "ana",
    "RP": "budi",
    "RX": "outsider",
    "MO": "manager",
    "MX": "south_manager",
    "AD": "admin",
    "FN": "finance",
    "AU": "auditor",
}
# In the API, and with a token of ana's that only reads.
API_ACTORS = {**ACTORS, "RT": "ana"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_COUNTS = {9: "nine", 10: "ten"}
_WORDS = {"in", "ok", "form"}
_KEYS = {"at", "query", "pages only", *METHODS}


class BadTable(Exception):
    """authz.yaml says something that this reader does not understand."""


@dataclass(frozen=True)
class Ask:
    """What one method of one row answers each person, and with which body it is asked."""

    cells: dict[str, str]
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One line of the table: a route, the things in its address, what each method answers."""

    route: str
    asks: dict[str, Ask]
    at: dict[str, str]
    query: dict[str, str]
    pages_only: bool

    @property
    def id(self) -> str:
        """For test names."""
        return " ".join([self.route, *self.at.values(), *self.query.values()])


class _Once(yaml.SafeLoader):
    """YAML in which a name stands once: a second row for a route would silently replace the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        if twice := {name for name in names if names.count(name) > 1}:
            raise BadTable(
                f"{', '.join(sorted(twice))} stands twice near line {node.start_mark.line + 1}: make one row, or a list."
            )
        return super().construct_mapping(node, deep)


@cache
def _document(table: Path = TABLE) -> dict[str, Any]:
    return yaml.load(table.read_text(), _Once)


def exempt_from_csrf() -> dict[str, str]:
    """Routes that take unsafe requests without a token, with their reasons."""
    return _document()["exempt from CSRF"]


def api_rows() -> list[Row]:
    """Every row of the API's table."""
    return rows(API_TABLE, tuple(API_ACTORS))


def rows(table: Path = TABLE, actors: Sequence[str] = tuple(ACTORS)) -> list[Row]:
    """Every row, in the order of the file."""
    document = _document(table)
    found: list[Row] = []
    for policy in document["policies"]:
        _ask(f"the policy {policy}", policy, document["policies"], actors)
    sections = [routes for name, routes in document.items() if name not in ("policies", "exempt from CSRF")]
    names = [route for routes in sections for route in routes]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadTable(f"{', '.join(sorted(twice))} stands in two sections.")
    for routes in sections:
        for route, body in routes.items():
            for row in body if isinstance(body, list) else [body]:
                found.append(read_row(route, row, document["policies"], actors))
    return found


def read_row(route: str, body: dict[str, Any], policies: dict[str, str], actors: Sequence[str] = tuple(ACTORS)) -> Row:
    """One row, or BadTable naming what is wrong with it."""
    if unknown := set(body) - _KEYS:
        raise BadTable(f"{route}: {', '.join(sorted(unknown))} is not known. Known are {', '.join(sorted(_KEYS))}.")
    asks = {method: _ask(route, body[method], policies, actors) for method in METHODS if method in body}
    if not asks:
        raise BadTable(f"{route}: no method.")
    return Row(route, asks, body.get("at", {}), body.get("query", {}), "pages only" in body)


def _ask(route: str, said: Any, policies: dict[str, str], actors: Sequence[str]) -> Ask:
    who, data = (said["who"], said.get("data", {})) if isinstance(said, dict) else (said, {})
    cells = str(policies.get(str(who), who)).split()
    if len(cells) != len(actors):
        raise BadTable(f"{route}: “{who}” is neither a policy nor {_COUNTS[len(actors)]} cells.")
    for cell in cells:
        if cell not in _WORDS and not (cell.isdigit() and len(cell) == 3):
            raise BadTable(f"{route}: the cell “{cell}” is not known.")
    return Ask(dict(zip(actors, cells, strict=True)), data)


def address(row: Row, things: Mapping[str, Any]) -> str:
    """The row's address, given the things' ids."""
    return reverse(row.route, kwargs={name: _thing(thing, things) for name, thing in row.at.items()})


def filled_in(data: Mapping[str, Any], things: Mapping[str, Any]) -> dict[str, Any]:
    """A body with `=name` replaced by the thing's id."""
    return {key: _thing(value[1:], things) if str(value).startswith("=") else value for key, value in data.items()}


def _thing(name: str, things: Mapping[str, Any]) -> Any:
    if name not in things:
        raise BadTable(f"There is no “{name}” in tests/authz_world.py: add it there.")
    return things[name]


def routes(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route of the product by its full name. A route without a name is refused: no row could speak of it."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern, inner)
        else:
            if not pattern.name:
                raise BadTable(f"The route {pattern.pattern} has no name.")
            yield f"{namespace}{pattern.name}", pattern
