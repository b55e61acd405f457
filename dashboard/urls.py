"""Addresses of this app."""

from django.urls import URLPattern, path

from dashboard import styleguide
from dashboard.views import home, search

app_name = "dashboard"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("mine/", home.mine, name="mine"),
    path("search/", search.search, name="search"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
