"""Rules that hold for every source file: views read through visibility words, forms name their fields, templates are safe."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from django.apps import apps

from tests import sources
from tests.sources import FLOORS, ROOT

VISIBILITY = {"visible_to", "editable_by", "readable_by", "outlined_to", "visible_by_link"}
READS = {"all", "filter", "exclude", "get", "first", "last", "count", "exists", "order_by", "values", "values_list", "annotate",
         "aggregate", "select_related", "prefetch_related", "in_bulk", "iterator", "latest", "earliest", "only", "defer"}  # fmt: skip
# Read by everybody who signed in: any of their own words (`present()`, `under()`) will do.
OPEN_TO_ALL = {"Rep", "Team"}


def guarded_models() -> dict[str, set[str]]:
    """Models whose rows not everybody sees → the names under which other models reach them (`account.deals`)."""
    return {
        model.__name__: {
            field.remote_field.get_accessor_name()
            for field in model._meta.concrete_fields
            if field.remote_field and not field.remote_field.hidden and field.remote_field.get_accessor_name()
        }
        for model in apps.get_models()
        if model._meta.app_label in FLOORS and hasattr(model._default_manager, "visible_to")
    }


def chains(parsed: ast.Module) -> Iterator[tuple[list[str], int]]:
    """Each longest dotted chain, calls left out: `Deal.objects.filter(…).order_by(…)` → Deal, objects, filter, order_by."""
    inner = set()
    for node in ast.walk(parsed):
        if isinstance(node, ast.Attribute) and node not in inner:
            names, at = [], node
            while isinstance(at, (ast.Attribute, ast.Call)):
                if isinstance(at, ast.Attribute):
                    names.append(at.attr)
                    inner.add(at)
                    at = at.value
                else:
                    at = at.func
            names.append(at.id if isinstance(at, ast.Name) else "")
            yield names[::-1], node.lineno


def raw_reads(parsed: ast.Module) -> list[str]:
    """Reads of guarded models that pass by no visibility word."""
    guarded, found = guarded_models(), []
    reached = set().union(*guarded.values()) - {"contacts"}  # whoever sees an account sees its contacts
    for names, line in chains(parsed):
        if VISIBILITY & set(names):
            continue
        for at, (name, following) in enumerate(pairwise(names)):
            direct = name == "objects" and at and names[at - 1] in guarded and _is_raw(names[at - 1], names[at + 1 :])
            if direct or (at and name in reached and following in READS):
                found.append(f"line {line}: {'.'.join(names)}")
                break
    for node in ast.walk(parsed):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("get_object_or_404", "get_list_or_404"):
            asked = node.args[0]
            if isinstance(asked, ast.Name) and asked.id in guarded:
                found.append(f"line {node.lineno}: {node.func.id}({asked.id}, …)")
    return found


def _is_raw(model: str, following: list[str]) -> bool:
    return model not in OPEN_TO_ALL or not set(following) - READS


def _views() -> list:
    return [path for path in sources.python("reps", "deals", "metrics", "dashboard")
            if {"views", "api"} & {path.stem, path.parent.name}]  # fmt: skip


@pytest.mark.parametrize("path", _views(), ids=sources.module_name)
def test_views_read_through_visibility_words(path):
    assert raw_reads(sources.tree(path)) == []


@pytest.mark.parametrize(
    "planted",
    [
        "Deal.objects.get(pk=pk)",
        "Deal.objects.open().order_by('pk')",
        "Rep.objects.filter(pk=1)",
        "account.deals.all()",
        "list(found.activities.filter(x=1)[:50])",
        "get_object_or_404(Lead, pk=pk)",
    ],
)
def test_a_raw_read_is_caught(planted):
    assert len(raw_reads(ast.parse(planted))) == 1


@pytest.mark.parametrize(
    "planted",
    [
        "Deal.objects.visible_to(user).filter(pk=1)",
        "Deal.objects.open().visible_to(user)",
        "Rep.objects.present().order_by('name')",
        "Product.objects.filter(is_active=True)",
        "account.deals.visible_to(user)",
    ],
)
def test_a_read_by_words_passes(planted):
    assert raw_reads(ast.parse(planted)) == []


def _catch_all_fields(parsed: ast.Module) -> list[int]:
    """Lines in a form's or serializer's Meta that name its fields by leaving some out, or not at all."""
    return [
        statement.lineno
        for outer in ast.walk(parsed)
        if isinstance(outer, ast.ClassDef)
        for meta in outer.body
        if isinstance(meta, ast.ClassDef) and meta.name == "Meta"
        for statement in meta.body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
        and (statement.targets[0].id == "exclude"
             or (statement.targets[0].id == "fields" and getattr(statement.value, "value", None) == "__all__"))
    ]  # fmt: skip


def test_forms_name_their_fields():
    found = {str(path): lines for path in sources.python() if (lines := _catch_all_fields(sources.tree(path)))}
    assert found == {}


@pytest.mark.parametrize("line", ["fields = '__all__'", "exclude = ['owner']"])
def test_a_form_that_takes_every_field_is_caught(line):
    assert _catch_all_fields(ast.parse(f"class Form:\n    class Meta:\n        {line}")) == [3]


# Put together so that this file does not hold them.
_SLASH = "/"
BANNED = {
    "a path of one machine": re.compile(rf"(?<![\w.]){_SLASH}(?:work|root|home){_SLASH}\w"),
    "a package registry": re.compile(
        r"(?:registry\.\w+\.\w+|pypi\.org|pythonhosted|index-url|npmjs\.(?:org|com))", re.IGNORECASE
    ),
}
_MAY_NAME_A_REGISTRY = {"tests/test_sources.py"}


def test_no_file_names_a_machine_or_a_registry():
    found = []
    for path in sources.files(
        ".py",
        ".html",
        ".js",
        ".css",
        ".md",
        ".yml",
        ".yaml",
        ".toml",
        ".json",
        ".txt",
        ".lock",
        ".svg",
        "Makefile",
        "Dockerfile",
        ".po",
        ".sh",
    ):
        name = str(path.relative_to(ROOT))
        text = path.read_text(errors="replace") if name not in _MAY_NAME_A_REGISTRY else ""
        found += [f"{name}: {what} “{match.group()}”" for what, pattern in BANNED.items() if (match := pattern.search(text))]
    assert found == []
