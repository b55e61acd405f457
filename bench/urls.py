"""The product's addresses, and the floor."""

from django.http import HttpResponse
from django.template import engines
from django.urls import include, path
from django.views.decorators.http import require_GET

from reps.requests import Request

_TEMPLATE = engines["django"].from_string("<!doctype html><title>Floor</title><p>{{ user.name }}</p>")


@require_GET
def floor(request: Request) -> HttpResponse:
    """H: the smallest page of somebody who is signed in: session, user, one template."""
    return HttpResponse(_TEMPLATE.render({"user": request.user}, request))


urlpatterns = [path("bench/floor/", floor, name="bench_floor"), path("", include("salesteam.urls"))]
handler400 = "dashboard.errors.bad_request"
handler403 = "dashboard.errors.forbidden"
handler404 = "dashboard.errors.not_found"
handler500 = "salesteam.health.server_error"
