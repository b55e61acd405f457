"""Coming in: sign-in, invitation, confirming a new address; language and appearance of every page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account.views import LoginView, PasswordChangeView
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from lib.htmx import is_fragment, say
from reps import invitations, people, sessions
from reps.addresses import is_own_path
from reps.forms.signin import WelcomeForm
from reps.models import User
from reps.preferences import remember_language, remember_theme
from reps.signin import TOO_MANY
from reps.tokens import read_address


class SignInView(LoginView):
    """allauth's page; who has to wait gets 429."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again with what is wrong."""
        response = super().form_invalid(form)
        if form.has_error("__all__", TOO_MANY):
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        return response


class ChangePasswordView(PasswordChangeView):
    """allauth's page; who never set a password sets one by mail."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask for the present password only where there is one."""
        if not request.user.has_usable_password():  # type: ignore[union-attr]
            return redirect("account_reset_password")
        return super().dispatch(request, *args, **kwargs)

    def get_success_url(self) -> str:
        """Back to the own settings."""
        return self.get_next_url() or reverse("reps:account")


sign_in = SignInView.as_view()
change_password = ChangePasswordView.as_view()


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, secret: str) -> HttpResponse:
    """An invited person sets name and password, or has a fresh link sent where theirs has run out."""
    invitation = invitations.find(secret)
    if invitation is None:
        return render(request, "reps/welcome_gone.html", status=HTTPStatus.NOT_FOUND)
    if not invitations.is_open(invitation):
        return _renew(request, invitation)
    user = invitation.user
    data = request.POST if request.method == "POST" else None
    form = WelcomeForm(data, user=user, initial={"name": user.name, "remember": True})
    if data is not None and form.is_valid():
        accepted = invitations.accept(
            invitation=invitation, name=form.cleaned_data["name"], password=form.cleaned_data["password"]
        )
        if accepted is None:
            return redirect("reps:welcome", secret)
        return _come_in(request, accepted, remembered=form.cleaned_data["remember"])
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "reps/welcome.html", {"form": form, "invitation": invitation, "user_email": user.email}, status=status)


def _renew(request: HttpRequest, invitation: Any) -> HttpResponse:
    """The link ran out: one click sends a fresh one to the same address."""
    context: dict[str, Any] = {"user_email": invitation.user.email}
    if request.method == "POST":
        context["is_sent"] = invitations.post_mail(invitation.user, by=invitation.invited_by)
        context["is_refused"] = not context["is_sent"]
    return render(request, "reps/welcome_again.html", context)


def _come_in(request: HttpRequest, user: User, *, remembered: bool) -> HttpResponse:
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    sessions.begin(request, remembered=remembered)
    say(request, _("Welcome, %(name)s.") % {"name": user.name})
    return redirect(settings.LOGIN_REDIRECT_URL)


@login_not_required
@require_http_methods(["GET", "POST"])
def confirm_address(request: HttpRequest, secret: str) -> HttpResponse:
    """The reader of the old address agrees to the new one. Opening the page changes nothing; the button does."""
    found = read_address(secret)
    user = User.objects.visible_by_link(*found[:2]) if found else None
    if found is None or user is None:
        return render(request, "reps/address_gone.html", status=HTTPStatus.NOT_FOUND)
    context: dict[str, Any] = {"old": found[1], "new": found[2]}
    if request.method == "POST":
        try:
            people.confirm_new_address(user=user, address=found[2])
        except ValidationError as error:
            context["fault"] = error.messages[0]
            return render(request, "reps/address.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return render(request, "reps/address_changed.html", context)
    return render(request, "reps/address.html", context)


@login_not_required
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Language or appearance, for this browser and, when signed in, for this person everywhere."""
    language, theme = request.POST.get("language", ""), request.POST.get("theme", "")
    back = request.POST.get("next", "")
    onward = HttpResponseRedirect(back if is_own_path(back) else "/")
    response = HttpResponse(status=HTTPStatus.NO_CONTENT) if is_fragment(request) else onward
    changed: dict[str, str] = {}
    if language in dict(settings.LANGUAGES):
        remember_language(response, language)
        changed["language"] = language
    if theme in User.Theme.values:
        remember_theme(response, theme)
        changed["theme"] = theme
    if changed and request.user.is_authenticated:
        User.objects.visible_to(request.user).filter(pk=request.user.pk).update(**changed)
    return response
