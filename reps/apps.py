from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RepsConfig(AppConfig):
    """Who we are: people, teams, roles, access."""

    name = "reps"
    verbose_name = _("People")
    default_auto_field = "django.db.models.BigAutoField"
