"""/welcome/: the first admin of an empty installation, then the steps of the set-up, each of which can wait."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import first_run as rules
from dashboard.forms import CompanyForm, FirstAdminForm
from lib.htmx import go, say
from lib.text import clean, clean_param
from reps import sessions
from reps.forms.fields import faults_into
from reps.gates import for_admins
from reps.idempotency import idempotent
from reps.models import User
from reps.requests import Request

MOST_TYPED = 20_000


@login_not_required
@sensitive_post_parameters("password", "token")
@require_http_methods(["GET", "POST"])
def first_run(request: HttpRequest) -> HttpResponse:
    """The page of the first admin while there is nobody, of the set-up steps for an admin."""
    if isinstance(request.user, User):
        return _steps(request) if request.method == "GET" else HttpResponse(status=HTTPStatus.METHOD_NOT_ALLOWED)
    if not rules.is_open():
        return _sign_in(request)
    form = FirstAdminForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with faults_into(form):
            return _made(request, form)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "dashboard/first_admin.html", {"form": form, "is_production": settings.PRODUCTION}, status=status)


def _made(request: HttpRequest, form: FirstAdminForm) -> HttpResponse:
    data = form.cleaned_data
    user = rules.make_first_admin(
        name=data["name"], email=data["email"], password=data["password"], language=get_language() or ""
    )
    if user is None:
        return _sign_in(request)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    sessions.begin(request, remembered=True)
    return redirect("dashboard:first_run")


def _sign_in(request: HttpRequest) -> HttpResponse:
    """Somebody is there already: only they can let others in."""
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        response["HX-Redirect"] = resolve_url(settings.LOGIN_URL)
        return response
    say(request, _("This installation is set up already. Sign in, or ask an admin to invite you."), state="info")
    return redirect(settings.LOGIN_URL)


def _steps(request: Request | HttpRequest, *, company_form: CompanyForm | None = None, **extra: Any) -> HttpResponse:
    if not request.user.is_admin:  # type: ignore[union-attr]
        raise PermissionDenied
    company = request.company  # type: ignore[union-attr]
    context = {
        "progress": rules.progress(company),
        "company_form": company_form or CompanyForm(company=company),
        "presets": rules.PRESETS,
        "editing": clean_param(request.GET, "step"),
        **extra,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if company_form else HTTPStatus.OK
    return render(request, "dashboard/first_run.html", context, status=status)


@require_POST
@for_admins
def first_run_company(request: Request) -> HttpResponse:
    """Step 1: the company."""
    form = CompanyForm(request.POST, company=request.company)
    if form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("name", "currency", "time_zone", "language")}
        with faults_into(form):
            rules.set_up_company(
                company=request.company, by=request.user, holidays=form.cleaned_data.get("holidays", ""), **fields
            )
            say(request, _("Saved."))
            return go(request, "dashboard:first_run")
    return _steps(request, company_form=form, editing="company")


@require_POST
@for_admins
@idempotent
def first_run_people(request: Request) -> HttpResponse:
    """Step 2: invite everyone whose address was pasted."""
    invited = rules.invite_team(typed=clean(request.POST.get("addresses", ""))[:MOST_TYPED], by=request.user)
    if invited.count:
        text = ngettext("%(n)s invitation is on its way.", "%(n)s invitations are on their way.", invited.count)
        say(request, text % {"n": invited.count})
    else:
        say(request, _("Nobody was invited. Paste at least one e-mail address."), state="warning")
    for refused in invited.refused[:5]:
        say(request, refused, state="warning")
    return go(request, "dashboard:first_run")


@require_POST
@for_admins
def first_run_stages(request: Request) -> HttpResponse:
    """Step 4: the stages of a preset."""
    made = rules.choose_pipeline(key=clean_param(request.POST, "preset"), by=request.user)
    if made is None:
        say(request, _("Choose one of the presets."), state="warning")
    return go(request, "dashboard:first_run")
