"""Addresses of this app."""

from django.urls import URLPattern

app_name = "reps"
urlpatterns: list[URLPattern] = []
