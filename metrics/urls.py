"""Addresses of this app."""

from django.urls import URLPattern, path

from metrics.views import explain, numbers

app_name = "metrics"
urlpatterns: list[URLPattern] = [
    path("numbers/", numbers.numbers, name="numbers"),
    path("numbers/table.csv", numbers.table_csv, name="table_csv"),
    path("numbers/scopes/", numbers.scope_options, name="scopes"),
    path("numbers/figures/", numbers.figures, name="figures"),
    path("numbers/reps/<int:pk>/", numbers.rep_panel, name="rep_panel"),
    path("numbers/explain/", explain.explain, name="explain"),
    path("numbers/explain/rows/", explain.explain_rows, name="explain_rows"),
    path("numbers/explain/rows.csv", explain.explain_csv, name="explain_csv"),
    path("numbers/definitions/", explain.definitions, name="definitions"),
]
