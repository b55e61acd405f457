"""The house stands: imports, foreign keys and migrations point only down, and files stay readable."""

import ast
import statistics

import pytest
from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from tests import sources
from tests.sources import FLOORS, ROOT

_HERE = "deals.planted"
_LONGEST_FILE = 400
_P90_FUNCTION = 25


def upward(parsed: ast.Module, module: str) -> list[str]:
    """Imports of a module that do not point down: to a higher floor, or to another app of the same one."""
    own = module.partition(".")[0]
    return [
        f"{module}:{found.line} imports {found.name}"
        for found in sources.imports(parsed, module.rpartition(".")[0])
        if (floor := sources.floor_of(found.name)) is not None and found.name.partition(".")[0] != own and floor >= FLOORS[own]
    ]


def test_every_app_has_a_floor():
    packages = {path.relative_to(ROOT).parts[0] for path in sources.files(".py") if len(path.relative_to(ROOT).parts) > 1}
    assert packages - {"tests", "scripts", "bench"} - set(FLOORS) == set()
    assert {app.name for app in apps.get_app_configs() if (ROOT / app.name).is_dir()} <= set(FLOORS)
    assert all((ROOT / name / "__init__.py").exists() for name in FLOORS)


def test_imports_point_down():
    assert [line for path in sources.python() for line in upward(sources.tree(path), sources.module_name(path))] == []


def test_no_import_of_ours_hides_inside_a_function():
    hidden = [
        f"{sources.module_name(path)}:{found.line} imports {found.name}"
        for path in sources.python()
        for found in sources.imports(sources.tree(path), sources.package_of(path))
        if found.inside
        and "." in found.name
        and sources.floor_of(found.name) is not None
        # It runs on any Python before anything is installed, and imports the rest once there is something to import.
        and sources.module_name(path) != "salesteam.bootstrap"
    ]
    assert hidden == []


@pytest.mark.parametrize(
    "planted",
    [
        "from metrics import kpis",
        "import dashboard.panels",
        "def late():\n    from metrics.kpis import won",
        "from django.apps import apps\nSprint = apps.get_model('metrics', 'Fact')",
        "import importlib\nimportlib.import_module('dashboard.views')",
        "from ..metrics import kpis",
    ],
)
def test_an_upward_import_is_caught(planted):
    assert len(upward(ast.parse(planted), _HERE)) == 1


def test_a_downward_import_passes():
    assert upward(ast.parse("from reps.models import Rep\nfrom lib import clock\nfrom deals import changes"), _HERE) == []


def test_foreign_keys_point_down():
    upwards = [
        f"{model._meta.label}.{field.name} to {field.related_model._meta.label}"
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in FLOORS
        for field in model._meta.get_fields()
        if not field.auto_created and field.is_relation and field.related_model is not None
        and FLOORS.get(field.related_model._meta.app_label, -1) > FLOORS[model._meta.app_label]
    ]  # fmt: skip
    assert upwards == []


def test_migrations_point_down():
    upwards = [
        f"{app}.{name} needs {needs}"
        for (app, name), migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items()
        if app in FLOORS
        for needs in [*migration.dependencies, *migration.run_before]
        if FLOORS.get(needs[0], -1) > FLOORS[app]
    ]
    assert upwards == []


def test_templates_of_an_app_include_nothing_from_above():
    upwards = []
    for path in sources.files(".html"):
        app = path.relative_to(ROOT / "templates").parts[0] if path.is_relative_to(ROOT / "templates") else ""
        if app in FLOORS:
            upwards += [f"{path.name}: {above}" for above in FLOORS if FLOORS[above] > FLOORS[app] for word in ("include", "extends")
                        if f'{{% {word} "{above}/' in path.read_text()]  # fmt: skip
    assert upwards == []


def test_models_know_neither_forms_nor_views():
    """Inside an app: urls → views, commands → forms → verbs and rules → models."""
    wrong = []
    for path in sources.python():
        module, app = sources.module_name(path), path.relative_to(ROOT).parts[0]
        for found in sources.imports(sources.tree(path), sources.package_of(path)):
            kind = ".".join(found.name.split(".")[:2])
            of_views = kind == f"{app}.views" and not module.startswith(f"{app}.views") and not module.endswith("urls")
            of_forms = kind == f"{app}.forms" and module.startswith(f"{app}.models")
            if of_views or of_forms:
                wrong.append(f"{module} imports {found.name}")
    assert wrong == []


def test_files_stay_short():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources.files(".py")
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > _LONGEST_FILE
    }
    assert long == {}


def test_functions_stay_short():
    lengths = sorted(
        node.end_lineno - node.lineno + 1
        for path in sources.python()
        if "migrations" not in path.parts
        for node in ast.walk(sources.tree(path))
        if isinstance(node, ast.FunctionDef)
    )
    assert statistics.quantiles(lengths, n=10)[-1] <= _P90_FUNCTION


def test_settings_list_our_apps():
    assert set(FLOORS) - {"salesteam"} <= set(settings.INSTALLED_APPS)
