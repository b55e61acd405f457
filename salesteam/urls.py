"""Every address of the product, by app. tests/authz.yaml says who may open each."""

from django.urls import include, path

from salesteam import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("healthz/live", health.live, name="healthz_live"),
    path("api/v1/", include("salesteam.api")),
    path("account/", include("reps.signin_urls")),
    path("", include("reps.urls")),
    path("", include("deals.urls")),
    path("", include("metrics.urls")),
    path("", include("dashboard.urls")),
]
handler400 = "dashboard.errors.bad_request"
handler403 = "dashboard.errors.forbidden"
handler404 = "dashboard.errors.not_found"
handler500 = "salesteam.health.server_error"
