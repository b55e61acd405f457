"""The second factor: the second step of signing in, and setting it up, renewing and switching off one's own."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account.internal.stagekit import clear_login
from allauth.account.stages import LoginStageController
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from lib.htmx import go
from lib.text import clean_param
from reps import second_factor as factor
from reps import sessions, signin, sudo
from reps.addresses import is_own_path
from reps.forms.second_factor import SecondStepForm, SetupForm
from reps.preferences import remember_theme
from reps.qr import picture
from reps.requests import Request
from reps.sudo import recent_password
from reps.views.answers import done


# ── Signing in ──────────────────────────────────────────────────────────────────────────────────────────────────────
@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """After the right password: a code from the phone, or a recovery code."""
    if request.user.is_authenticated:
        return go(request, settings.LOGIN_REDIRECT_URL)
    stage = LoginStageController.enter(request, signin.SecondStep.key)
    user = stage.login.user if stage else None
    if user is None or "again" in request.POST or not signin.may_go_on(request, user):
        clear_login(request)
        signin.end_second_step(request)
        return go(request, settings.LOGIN_URL)
    by_paper = "recovery" in request.GET
    form = SecondStepForm(request.POST if request.method == "POST" else None, request=request, user=user, by_paper=by_paper)
    if request.method == "POST" and form.is_valid():
        return _come_in(request, stage)
    must_wait = form.has_error("code", signin.TOO_MANY)
    status = HTTPStatus.TOO_MANY_REQUESTS if must_wait else HTTPStatus.OK
    return render(request, "account/second_step.html", {"form": form, "person": user, "by_paper": by_paper}, status=status)


def _come_in(request: HttpRequest, stage: Any) -> HttpResponse:
    remembered = signin.end_second_step(request)
    response: HttpResponse = stage.exit()
    sessions.begin(request, remembered=remembered)
    remember_theme(response, request.user.theme)  # type: ignore[union-attr]
    return response


# ── My own ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@sensitive_post_parameters("code", "seed")
@require_http_methods(["GET", "POST"])
def second_factor(request: Request) -> HttpResponse:
    """Set it up, or see how it stands."""
    if factor.is_on(request.user):
        return go(request, "reps:second_factor") if request.method == "POST" else _show_state(request)
    # Asked before the picture is shown: a code that waits for a password is soon too old.
    if asked := sudo.ask(request):
        return asked
    form = SetupForm(request.POST if request.method == "POST" else None, user=request.user)
    seed = form.read_seed()
    if request.method == "POST" and form.is_valid():
        if seed is None:
            form.add_error(None, _("This picture is too old. Scan the new one, and type the code that it gives."))
        else:
            codes = factor.switch_on(user=request.user, seed=seed, code=form.cleaned_data["code"], here=request)
            if codes is not None:
                return _show_codes(request, codes, is_new=True) if codes else go(request, "reps:second_factor")
            form.add_error("code", signin.not_this_code(by_paper=False))
    return _show_setup(request, form, seed or factor.new_seed())


def _onward(request: Request) -> str:
    """Where somebody wanted to go who was led here."""
    wanted = clean_param(request.POST, "next", most=2000) or clean_param(request.GET, "next", most=2000)
    return wanted if is_own_path(wanted) else ""


def _show_setup(request: Request, form: SetupForm, seed: str) -> HttpResponse:
    link = factor.setup_link(request.user, seed, issuer=request.company.name or "Salesteam")
    context = {
        "form": form,
        "seed": factor.seal_seed(request.user, seed),
        "key": " ".join(seed[at : at + 4] for at in range(0, len(seed), 4)),
        "link": link,
        "picture": picture(link),
        "next": _onward(request),
    }
    template = "reps/second_factor_demanded.html" if factor.is_demanded(request.user) else "reps/second_factor.html"
    return render(request, template, context, status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK)


def _show_state(request: Request, fault: Any = None) -> HttpResponse:
    context = {"state": factor.state(request.user), "is_demanded": factor.is_demanded(request.user), "fault": fault}
    return render(request, "reps/second_factor.html", context, status=sudo.status_of(fault))


def _show_codes(request: Request, codes: list[str], *, is_new: bool) -> HttpResponse:
    """Shown in the answer to the act itself and nowhere else: they are stored as digests."""
    company = request.company.name or "Salesteam"
    head = _("Recovery codes of %(person)s for %(company)s. Each works once.") % {
        "person": request.user.email,
        "company": company,
    }
    context = {"codes": codes, "is_new": is_new, "file": "\n".join([head, "", *codes, ""]), "next": _onward(request)}
    return render(request, "reps/second_factor_codes.html", context)


@require_POST
@recent_password
def renew_codes(request: Request) -> HttpResponse:
    """New recovery codes; the old ones are spent."""
    codes = factor.renew_codes(user=request.user)
    return _show_codes(request, codes, is_new=False) if codes else go(request, "reps:second_factor")


@sensitive_post_parameters("password")
@require_POST
def switch_off(request: Request) -> HttpResponse:
    """The password alone from now on. Always asks for it, however lately it was given."""
    if not factor.is_on(request.user):
        return go(request, "reps:second_factor")
    if fault := sudo.check(request, request.POST.get("password", "")):
        return _show_state(request, fault)
    factor.switch_off(user=request.user)
    return done(request, _("The second factor is off. Your sign-in asks for the password alone."), "reps:second_factor")


# ── The password once more ──────────────────────────────────────────────────────────────────────────────────────────
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def confirm(request: Request) -> HttpResponse:
    """Ask for the password, then go on to the page that wanted it (reps/sudo.py)."""
    given = request.POST if request.method == "POST" else request.GET
    onward, back = (sudo.own_path(clean_param(given, name, most=5000)) or "/" for name in ("next", "back"))
    fault = sudo.check(request, request.POST.get(sudo.FIELD, "")) if request.method == "POST" else None
    if request.method == "POST" and fault is None:
        if sudo.is_file(onward):
            return render(request, "reps/confirmed.html", {"file": onward, "back": back})
        # A fragment's browser follows a plain redirect by itself and puts the answer where the question stood.
        return HttpResponseRedirect(onward)
    context = {"action": request.path, "carried": [("next", onward), ("back", back)], "fault": fault, "back": back}
    if request.headers.get("HX-Target") == "panel-body":
        return render(request, "reps/_confirm.html", {**context, "stays": True}, status=sudo.status_of(fault))
    return render(request, "reps/confirm.html", context, status=sudo.status_of(fault))
