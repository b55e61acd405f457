from django.apps import AppConfig


class LibConfig(AppConfig):
    """Clock, periods, money, text, tags: knows none of our tables."""

    name = "lib"
