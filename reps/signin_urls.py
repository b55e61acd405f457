"""The pages of allauth that this product uses, under allauth's own names. Its others are not exposed."""

from allauth.account import views
from django.urls import path, re_path
from django.views.decorators.http import require_http_methods

from reps.views.second_factor import second_step
from reps.views.signin import change_password, sign_in

# allauth's form views would take PUT as well.
page = require_http_methods(["GET", "POST"])

urlpatterns = [
    path("login/", page(sign_in), name="account_login"),
    path("code/", second_step, name="mfa_authenticate"),
    path("logout/", page(views.logout), name="account_logout"),
    path("password/change/", page(change_password), name="account_change_password"),
    path("password/reset/", page(views.password_reset), name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        page(views.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
]
