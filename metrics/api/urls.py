"""Addresses of quotas and numbers below `/api/v1/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from metrics.api import figures, quotas

urlpatterns: list[URLPattern] = [
    path("quotas/", quotas.Quotas.as_view(), name="quotas"),
    path("quotas/<int:pk>/", quotas.QuotaDetail.as_view(), name="quota"),
    path("metrics/kpis/", figures.KpisView.as_view(), name="kpis"),
    path("metrics/attainment/", figures.AttainmentView.as_view(), name="attainment"),
]
