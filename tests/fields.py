"""Which parameters and form fields the views read: from their source and from the forms they show."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from html.parser import HTMLParser
from types import FunctionType
from typing import Any

from django.urls import URLPattern

from tests import sources

# Names that pages share, asked of every address whether or not its own module seems to read them.
SHARED = {"q", "after", "page", "sort", "scope", "period", "team", "rep", "owner", "next", "from", "to", "on"}


def view_of(pattern: URLPattern) -> Any:
    """The function behind a route, without its decorators."""
    view = pattern.callback
    while hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    return view


@cache
def read_by_module(module: str) -> dict[str, set[str]]:
    """What a module and its package read from `request.GET` and `request.POST`: {"GET": {"q", …}, "POST": {…}}."""
    found: dict[str, set[str]] = defaultdict(set)
    package = module.split(".")[0]
    for path in sources.python(*({package} & set(sources.FLOORS))):
        if sources.module_name(path) == module or "views" not in path.parts:
            for which, name in _reads(sources.tree(path)):
                found[which].add(name)
    return found


def _reads(parsed: ast.Module) -> Iterable[tuple[str, str]]:
    """`clean_param(request.GET, "q")`, `request.POST.get("q")`, `params["q"]`, `asked.get("q")`: which, name."""
    for node in ast.walk(parsed):
        if isinstance(node, ast.Call):
            words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            text = ast.unparse(node)
            if words and ("request.GET" in text or "params" in text):
                yield "GET", words[0]
            if words and "request.POST" in text:
                yield "POST", words[0]
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            text = ast.unparse(node.value)
            if text in ("request.GET", "request.POST"):
                yield text[-4:].strip("."), node.slice.value


def parameters(pattern: URLPattern) -> set[str]:
    """Query parameters worth asking this route."""
    view = view_of(pattern)
    own = read_by_module(view.__module__)["GET"] if isinstance(view, FunctionType) else set()
    return own | SHARED


def own_parameters(pattern: URLPattern) -> set[str]:
    """Those that the module of the view itself reads."""
    path = sources.ROOT / (view_of(pattern).__module__.replace(".", "/") + ".py")
    return {name for which, name in _reads(sources.tree(path)) if which == "GET"} if path.exists() else set()


class _Forms(HTMLParser):
    """Names of the fields of each form, by the address it posts to ("" is the page itself)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, set[str]] = defaultdict(set)
        self.open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            target = given.get("hx-post") or given.get("action") or ""
            posts = "hx-post" in given or (given.get("method") or "").lower() == "post"
            self.open = target.partition("?")[0] if posts else None
        elif self.open is not None and tag in ("input", "select", "textarea", "button") and given.get("name"):
            self.found[self.open].add(str(given["name"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None


def forms_in(html: str, path: str) -> dict[str, set[str]]:
    """Address → names of the fields that a page's forms post there."""
    parser = _Forms()
    parser.feed(html)
    return {target or path: names - {"csrfmiddlewaretoken"} for target, names in parser.found.items()}


def posted_by_module(pattern: URLPattern) -> set[str]:
    """Field names that the view's module reads from the body."""
    view = view_of(pattern)
    return read_by_module(view.__module__)["POST"] if isinstance(view, FunctionType) else set()
