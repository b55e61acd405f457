"""The product's own files, and what its Python imports: read by the tests that watch over the house."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# HOUSE: imports, foreign keys and migrations point only down.
FLOORS = {"lib": 0, "reps": 1, "deals": 3, "metrics": 4, "dashboard": 7, "salesteam": 8}
_NOT_OURS = {".venv", "node_modules", "var", ".git", "staticfiles", "vendor", "__pycache__"}
# Calls that import or fetch by a name in a string, with the form that string has.
_BY_NAME = {"import_module", "import_string", "get_model", "get_app_config", "get_registered_model", "find_spec"}


@dataclass(frozen=True)
class Import:
    """One import: of which dotted name, on which line, inside a function or at the top."""

    name: str
    line: int
    inside: bool


@cache
def files(*endings: str) -> tuple[Path, ...]:
    """The repository's files with these endings: tracked and new ones, nothing that is ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    paths = [ROOT / line for line in listed.stdout.splitlines()] or _walked(ROOT)
    return tuple(sorted(path for path in set(paths) if path.name.endswith(endings) and path.is_file()))


def _walked(folder: Path) -> list[Path]:
    """The same from the folder itself, where there is no git."""
    return [path for path in folder.rglob("*") if not _NOT_OURS & set(path.relative_to(folder).parts)]


def python(*apps: str) -> list[Path]:
    """Python files of these apps, of all of them by default."""
    return [path for path in files(".py") if path.relative_to(ROOT).parts[0] in (apps or FLOORS)]


def module_name(path: Path) -> str:
    """The dotted name of a file: `deals.views.leads`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(), str(path))


def imports(parsed: ast.Module, package: str) -> Iterator[Import]:
    """Every import of a module in that package, also those inside functions and those by a name in a string."""
    inside = {node for outer in ast.walk(parsed) if isinstance(outer, _FUNCTIONS) for node in ast.walk(outer)}
    for node in ast.walk(parsed):
        for name in _names(node, package):
            yield Import(name, node.lineno, node in inside)  # type: ignore[attr-defined]


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def _names(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, *([node.module] if node.module else [])])
        return [f"{base}.{alias.name}" for alias in node.names]
    if (
        isinstance(node, ast.Call)
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return [node.args[0].value] if called in _BY_NAME else []
    return []


def package_of(path: Path) -> str:
    """The package a file's relative imports start from."""
    return ".".join(path.relative_to(ROOT).parts[:-1])


def floor_of(name: str) -> int | None:
    """The floor of a dotted name; None for what is not ours."""
    return FLOORS.get(name.partition(".")[0])
