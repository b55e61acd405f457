"""Addresses of this app."""

from django.urls import URLPattern

app_name = "deals"
urlpatterns: list[URLPattern] = []
