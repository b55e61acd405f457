"""Addresses of this app."""

from django.urls import URLPattern, path

from dashboard import styleguide
from dashboard.views import first_run, home, search, tour

app_name = "dashboard"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("mine/", home.mine, name="mine"),
    path("needs/", home.all_needs, name="needs"),
    path("help/", tour.help_page, name="help"),
    path("search/", search.search, name="search"),
    path("welcome/", first_run.first_run, name="first_run"),
    path("set-up/company/", first_run.first_run_company, name="first_run_company"),
    path("set-up/people/", first_run.first_run_people, name="first_run_people"),
    path("set-up/stages/", first_run.first_run_stages, name="first_run_stages"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
